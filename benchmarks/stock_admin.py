"""A stock ModelAdmin over our own tables, as the peer of our pages: the same columns, search and filters, nothing of ours."""

from django.contrib import admin
from django.urls import path
from unfold.sites import UnfoldAdminSite

from config.urls import urlpatterns as ours
from customer_data.models import Booking, Customer, Payment

site = UnfoldAdminSite(name="stock")  # the same look: what differs is what a list asks the database


class StockPaymentAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # not subscriptable at run time
    list_display = ("reference", "created_at", "booking", "amount", "payment_method", "status", "phone")
    list_filter = ("status", "payment_method", "currency", "is_test")
    search_fields = ("reference", "booking__booking_reference", "phone", "booking__customer__name")
    raw_id_fields = ("booking", "payer", "approved_by")


class StockBookingAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("booking_reference", "created_at", "title", "customer", "total_amount", "amount_paid", "payment_status")
    list_filter = ("payment_status", "currency", "is_test")
    search_fields = ("booking_reference", "title", "customer__name", "customer__phone")
    raw_id_fields = ("customer", "departure")


class StockCustomerAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "phone", "wa_id", "email", "created_at")
    search_fields = ("name", "phone", "wa_id", "email")


site.register(Payment, StockPaymentAdmin)
site.register(Booking, StockBookingAdmin)
site.register(Customer, StockCustomerAdmin)

urlpatterns = [path("stock/", site.urls), *ours]
