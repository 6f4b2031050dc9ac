"""Bank transfers and cash behind the gateway contract: the notification is a person's decision."""

from django.apps import AppConfig


class OfflinePaymentsConfig(AppConfig):
    name = "offline_payments"
    verbose_name = "Bank and cash"
