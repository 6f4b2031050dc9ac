"""The doors of our Flows: signed? readable? then one request in, one sealed screen out."""

from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from rest_framework.request import Request

from customer_data.signed_door import SignedDoor, read_bytes
from flows import booking_exchange, exchange
from flows.checks import check_reply
from flows.crypto import CannotDecrypt, is_signed, open_request, seal_response
from flows.definitions import BOOKING_FLOW, PAYMENT_FLOW
from flows.form_requests import Answer
from flows.keys import private_keys

MOST_BYTES = 256 * 1024

CANNOT_DECRYPT = 421
BAD_SIGNATURE = 432

ANSWERS: dict[str, Callable[[Mapping[str, Any]], Answer]] = {
    PAYMENT_FLOW: exchange.answer,
    BOOKING_FLOW: booking_exchange.answer,
}


class FlowView(SignedDoor):
    """Called by Meta for the customer's phone, for one of our Flows.

    421: fetch the public key again and retry; 427: the message's button goes grey; 432: not signed with our app secret.
    """

    flow_name = ""

    def post(self, request: Request) -> HttpResponse:
        body = read_bytes(request, MOST_BYTES)
        if not is_signed(body, request.headers.get("X-Hub-Signature-256"), settings.WHATSAPP_APP_SECRET):
            return HttpResponse(status=BAD_SIGNATURE)
        try:
            opened = open_request(body, private_keys())
        except CannotDecrypt:
            return HttpResponse(status=CANNOT_DECRYPT)
        reply = ANSWERS[self.flow_name](opened.payload)
        if settings.DEBUG:
            check_reply(self.flow_name, opened.payload, reply)
        return HttpResponse(seal_response(reply.payload, opened), status=reply.status, content_type="text/plain")


class PaymentFlowView(FlowView):
    """`POST /crm-api/flows/paynow-payment-webhook/`"""

    flow_name = PAYMENT_FLOW


class BookingFlowView(FlowView):
    """`POST /crm-api/flows/booking-webhook/`"""

    flow_name = BOOKING_FLOW
