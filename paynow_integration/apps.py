"""Paynow Zimbabwe behind the gateway contract."""

from django.apps import AppConfig


class PaynowIntegrationConfig(AppConfig):
    name = "paynow_integration"
    verbose_name = "Paynow"
