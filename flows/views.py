"""Meta's doors. Flows: signed? readable? one request in, one sealed screen out. The webhook: signed? kept? Workers do the rest."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.db import Error
from django.http import HttpResponse
from django.utils.crypto import constant_time_compare
from rest_framework.request import Request

from customer_data.counting import count
from customer_data.signed_door import SignedDoor, read_bytes
from flows import booking_exchange, exchange, inbox, tasks
from flows.checks import check_reply
from flows.crypto import CannotDecrypt, is_signed, open_request, seal_response
from flows.definitions import BOOKING_FLOW, PAYMENT_FLOW
from flows.form_requests import Answer, form_text
from flows.keys import private_keys
from flows.webhook import NotReadable, read_updates

logger = logging.getLogger(__name__)

MOST_BYTES = 256 * 1024
MOST_WEBHOOK_BYTES = 3 * 1024 * 1024
"""Meta sends up to 3 MB."""

ASKED, PACE_SECONDS, MOST_ASKED = "form requests", 60, 120
"""So many requests of one form are answered in a minute: no hand taps faster. A form that is told so can be sent again."""

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
        token = form_text(opened.payload.get("flow_token"))
        if token and count(ASKED, token, seconds=PACE_SECONDS) > MOST_ASKED:
            return HttpResponse(status=429, headers={"Retry-After": str(PACE_SECONDS)})
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


class WhatsAppWebhookView(SignedDoor):
    """`/crm-api/whatsapp/webhook/`: GET when Meta asks whether this address is ours, POST with what it has to tell.

    200: kept; 503: not kept, send it again; 401: not signed with our app secret; 413: too long; 400: no JSON.
    """

    def get(self, request: Request) -> HttpResponse:
        asked, ours = request._request.GET, settings.WHATSAPP_VERIFY_TOKEN
        is_ours = ours and constant_time_compare(asked.get("hub.verify_token", ""), ours)
        if asked.get("hub.mode") != "subscribe" or not is_ours:
            return HttpResponse(status=403)
        # The challenge is whatever the caller wrote: as plain text that no browser takes for a page.
        return HttpResponse(
            asked.get("hub.challenge", ""), content_type="text/plain; charset=utf-8", headers={"X-Content-Type-Options": "nosniff"}
        )

    def post(self, request: Request) -> HttpResponse:
        body = read_bytes(request, MOST_WEBHOOK_BYTES)
        if len(body) > MOST_WEBHOOK_BYTES:
            return HttpResponse(status=413)
        if not is_signed(body, request.headers.get("X-Hub-Signature-256"), settings.WHATSAPP_APP_SECRET):
            # Meta asks for nothing in particular here (432 is for Flows only). 401 says what is wrong in the log of whoever runs
            # this, and with a new app secret that we do not know yet Meta sends it again for seven days: nothing is lost.
            return HttpResponse(status=401)
        try:
            waiting = inbox.store(read_updates(body))
        except NotReadable:
            return HttpResponse(status=400)
        except Error:
            logger.exception("What WhatsApp told us could not be stored; it is asked to send it again.")
            return HttpResponse(status=503)
        tasks.handle_soon(waiting)
        return HttpResponse(status=200)
