"""Two doors: Paynow's status updates, and the page a card payer comes back to."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from customer_data.counting import count, counted
from customer_data.gateway import Disposition, gateway_named
from customer_data.models import Payment
from customer_data.references import read_reference
from customer_data.signed_door import SignedDoor, read_bytes
from paynow_integration.messages import MOST_BYTES
from paynow_integration.notifications import is_genuine, receive

MOST_SIZE = 2_147_483_647
"""The largest size our column holds; nobody sends that much, but anybody can announce it."""

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
JUNK, JUNK_SECONDS, MOST_JUNK = "not genuine", 60, 60
"""So many updates a minute that were not genuine are kept from one address, for people to look at; more say nothing new."""

_PATIENCE = timedelta(minutes=15)


class StatusUpdateView(SignedDoor):
    """`POST /crm-api/paynow/ipn/`: 200 kept and acted upon, 400 not genuine, 404 no such payment, 503 send it again.

    429: this address has sent much that was not genuine, and this is not genuine either. It is not kept. What is genuine is
    always heard, from any address.
    """

    def post(self, request: Request) -> HttpResponse:
        body = read_bytes(request, MOST_BYTES)
        size = min(max(len(body), _announced(request.META.get("CONTENT_LENGTH", ""))), MOST_SIZE)
        headers, remote_address = dict(request.headers), BaseThrottle().get_ident(request) or ""
        if counted(JUNK, remote_address, seconds=JUNK_SECONDS) >= MOST_JUNK and not is_genuine(body, headers):
            return HttpResponse(status=429, headers={"Retry-After": str(JUNK_SECONDS)})
        disposition = receive(body, headers, size=size, remote_address=remote_address)
        if disposition == Disposition.REJECTED:
            count(JUNK, remote_address, seconds=JUNK_SECONDS)
        reply = gateway_named("paynow").reply(disposition)
        return HttpResponse(reply.body, status=reply.status, content_type=reply.content_type)


@require_safe
@never_cache
def back(request: HttpRequest) -> HttpResponse:
    """Where a card payer returns: the payment as we know it. It proves nothing and asks nobody."""
    payment = _payment_named(request.GET.get("reference", ""))
    response = render(request, "paynow/return.html", {"payment": payment}, status=200 if payment else 404)
    response["Content-Security-Policy"] = _POLICY
    if payment is not None and payment.is_open:
        response["Refresh"] = _refresh_seconds(payment)
    return response


def _announced(text: str) -> int:
    return int(text[:20]) if text.isascii() and text.isdigit() else 0


def _payment_named(text: str) -> Payment | None:
    """The payment a link of ours names. The reference is unguessable; nothing else in the address is read."""
    try:
        reference = read_reference(text)
    except ValueError:
        return None
    return Payment.objects.select_related("booking").filter(reference=reference).first()


def _refresh_seconds(payment: Payment) -> str:
    """Often while the answer is expected any moment; a page forgotten in a tab asks us less."""
    return "4" if timezone.now() - payment.created_at < _PATIENCE else "30"
