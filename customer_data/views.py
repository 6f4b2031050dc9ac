"""The REST doors: start a payment for a booking, ask how it stands. No gateway is called inside a request."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from customer_data.api.body import StrictJSONParser
from customer_data.api.description import INITIATE, STATUS
from customer_data.api.errors import Refusal
from customer_data.api.idempotency import Answer, answer_once
from customer_data.api.keys import HasKey, KeyAuthentication, PerAddress, PerKey
from customer_data.api.serializers import InitiateRequest, describe_initiated, describe_status
from customer_data.doors import check_soon, send_soon
from customer_data.gateway import Gateway, Method, NotSupported, PromptKind, gateway_named
from customer_data.models import Booking, Payment
from customer_data.services import PaymentRequest, open_payment
from customer_data.status import Status

ASK_WHEN_OLDER_THAN = timedelta(seconds=30)
ASK_AGAIN_AFTER = timedelta(seconds=10)

_NEXT = {
    PromptKind.APPROVE_ON_PHONE: "A request is on its way to the phone. The payer approves it there with the PIN.",
    PromptKind.ENTER_CODE: "A code is being made. Ask for the status to get it; the payer enters it in the app.",
    PromptKind.TYPE_OTP: "A code is on its way to the payer's phone by SMS.",
    PromptKind.OPEN_PAGE: "The payment page is being made. Ask for the status to get its address.",
}


class ApiView(APIView):
    """A door for machines with an API key."""

    authentication_classes = (KeyAuthentication,)
    permission_classes = (HasKey,)
    parser_classes = (StrictJSONParser,)
    throttle_classes = (PerKey,)

    def perform_authentication(self, request: Request) -> None:
        """Whoever guesses keys is slowed down, too: an address is counted before its key is looked at."""
        address = PerAddress()
        if not address.allow_request(request, self):
            self.throttled(request, address.wait() or 0)
        super().perform_authentication(request)


class InitiateView(ApiView):
    """`POST /crm-api/payments/<gateway>/initiate/`"""

    @INITIATE
    def post(self, request: Request, gateway: str) -> Response:
        found = _gateway(gateway)
        asked = InitiateRequest(data=request.data)
        asked.is_valid(raise_exception=True)
        status_code, answer = answer_once(request, lambda: _initiate(found, asked.validated_data))
        return Response(answer, status=status_code)


class StatusView(ApiView):
    """`GET /crm-api/payments/<gateway>/status/<payment_id>/`"""

    @STATUS
    def get(self, request: Request, gateway: str, payment_id: UUID) -> Response:
        payments = Payment.objects.select_related("booking").filter(gateway=_gateway(gateway).name)
        payment = payments.filter(pk=payment_id).first()
        if payment is None:
            raise Refusal(404, "payment_unknown", "There is no such payment.")
        if _is_worth_asking(payment):
            check_soon(payment)
        return Response(describe_status(payment))


class NoSuchDoor(APIView):
    """Any other address beside these two: the same shape of error, not a web page."""

    authentication_classes = ()
    permission_classes = ()
    schema = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise Refusal(404, "address_unknown", "There is nothing at this address. The API is described at /crm-api/docs/.")


def _gateway(name: str) -> Gateway:
    try:
        gateway = gateway_named(name)
    except NotSupported:
        gateway = None
    if gateway is None or not gateway.is_in_forms:
        raise Refusal(404, "gateway_unknown", "There is no such payment gateway.")
    return gateway


def _initiate(gateway: Gateway, asked: dict[str, str]) -> Answer:
    booking = Booking.objects.filter(booking_reference=asked["booking_reference"]).first()
    if booking is None:
        raise Refusal(404, "booking_unknown", "There is no booking with this reference.", field="booking_reference")
    request = PaymentRequest(
        booking_id=booking.pk,
        payment_method=_method(gateway, asked["payment_method"]).name,
        amount_option=asked["amount_option"],
        phone=asked["phone"],
        email=asked["customer_email"],
        return_url=asked["return_url"],
    )
    payment = open_payment(request, source="api")
    send_soon(payment)
    poll_url = settings.SITE_URL + reverse("payment-status", args=[gateway.name, payment.pk])
    message = _NEXT.get(PromptKind(payment.prompt), "The payment has been started.")
    return 202, describe_initiated(payment, poll_url=poll_url, message=message)


def _method(gateway: Gateway, choice: str) -> Method:
    """Another method is never chosen instead."""
    methods = [method for method in gateway.capabilities().methods if method.in_forms]
    for method in methods:
        if method.choice == choice:
            return method
    known = ", ".join(method.choice for method in methods)
    raise Refusal(422, "method_unknown", f"Choose one of: {known}.", field="payment_method")


def _is_worth_asking(payment: Payment) -> bool:
    """What waits to be sent again is left alone: asking for it would cut short its wait."""
    if payment.status not in (Status.PENDING, Status.SENDING) or payment.unsent:
        return False
    now = timezone.now()
    was_asked_lately = payment.checked_at is not None and now - payment.checked_at < ASK_AGAIN_AFTER
    return now - payment.created_at > ASK_WHEN_OLDER_THAN and not was_asked_lately
