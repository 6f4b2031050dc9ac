"""Two doors: Paynow's status updates, and the page a card payer comes back to."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from rest_framework.request import Request

from customer_data.gateway import gateway_named
from customer_data.models import Payment
from customer_data.references import read_reference
from customer_data.signed_door import SignedDoor, read_bytes
from paynow_integration.messages import MOST_BYTES
from paynow_integration.notifications import receive

MOST_SIZE = 2_147_483_647
"""The largest size our column holds; nobody sends that much, but anybody can announce it."""

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_PATIENCE = timedelta(minutes=15)


class StatusUpdateView(SignedDoor):
    """`POST /crm-api/paynow/ipn/`: 200 kept and acted upon, 400 not genuine, 404 no such payment, 503 send it again."""

    def post(self, request: Request) -> HttpResponse:
        body = read_bytes(request, MOST_BYTES)
        size = min(max(len(body), _announced(request.META.get("CONTENT_LENGTH", ""))), MOST_SIZE)
        remote_address = request.META.get("REMOTE_ADDR", "")
        disposition = receive(body, dict(request.headers), size=size, remote_address=remote_address)
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
