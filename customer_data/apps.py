"""Customers, bookings, payments and the gateway contract."""

from django.apps import AppConfig


class CustomerDataConfig(AppConfig):
    name = "customer_data"
    verbose_name = "Customers and payments"

    def ready(self) -> None:
        """Connected before the other parts' receivers: they find the receipt when they tell people of the money."""
        from customer_data.services import issue_when_paid  # noqa: PLC0415  models are not there any sooner
        from customer_data.signals import payment_moved  # noqa: PLC0415

        payment_moved.connect(issue_when_paid, dispatch_uid="receipts")
