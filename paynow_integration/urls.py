"""Addresses of this part, under `/crm-api/`."""

from django.db import transaction
from django.urls import path

from paynow_integration.views import StatusUpdateView, back

urlpatterns = [
    # What arrived is committed by itself, whatever the rest of the request comes to.
    path("paynow/ipn/", transaction.non_atomic_requests(StatusUpdateView.as_view()), name="paynow-notify"),
    path("paynow/return/", back, name="paynow-return"),
]
