"""The roof as a Django app: it carries the commands that need the whole house."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"
    verbose_name = "Paydesk"
