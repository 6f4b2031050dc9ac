"""Addresses of this part, under `/crm-api/`."""

from django.urls import path

from paynow_integration.views import StatusUpdateView, back

urlpatterns = [
    path("paynow/ipn/", StatusUpdateView.as_view(), name="paynow-notify"),
    path("paynow/return/", back, name="paynow-return"),
]
