"""Customers, bookings, payments and the gateway contract."""

from django.apps import AppConfig


class CustomerDataConfig(AppConfig):
    name = "customer_data"
    verbose_name = "Customers and payments"
