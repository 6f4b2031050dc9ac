"""Addresses of this part, under `/crm-api/`."""

from django.urls import path

from paynow_integration.views import back, status_update

urlpatterns = [
    path("paynow/ipn/", status_update, name="paynow-notify"),
    path("paynow/return/", back, name="paynow-return"),
]
