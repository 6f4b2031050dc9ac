"""Addresses of this part, under `/crm-api/`."""

from django.urls import path, re_path

from customer_data.views import InitiateView, NoSuchDoor, StatusView

urlpatterns = [
    path("payments/<slug:gateway>/initiate/", InitiateView.as_view(), name="payment-initiate"),
    path("payments/<slug:gateway>/status/<uuid:payment_id>/", StatusView.as_view(), name="payment-status"),
    re_path(r"^payments(?:/|$)", NoSuchDoor.as_view()),
]
