"""The staff's pages: bookings, payments, customers, what needs a person, and who may come in."""

from customer_data.admin import access, bookings, concerns, customers, payments, receipts, tours

__all__ = ["access", "bookings", "concerns", "customers", "payments", "receipts", "tours"]
