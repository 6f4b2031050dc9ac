"""Addresses of this part, under `/crm-api/`."""

from django.urls import path

from flows.views import BookingFlowView, PaymentFlowView, WhatsAppWebhookView

urlpatterns = [
    path("flows/paynow-payment-webhook/", PaymentFlowView.as_view(), name="payment-flow"),
    path("flows/booking-webhook/", BookingFlowView.as_view(), name="booking-flow"),
    path("whatsapp/webhook/", WhatsAppWebhookView.as_view(), name="whatsapp-webhook"),
]
