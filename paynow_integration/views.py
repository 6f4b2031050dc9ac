"""Two doors: Paynow's status updates, and the page a card payer comes back to."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from customer_data.gateway import gateway_named
from customer_data.models import Payment
from customer_data.references import read_reference
from paynow_integration.messages import MOST_BYTES
from paynow_integration.notifications import receive


class StatusUpdateView(APIView):
    """`POST /crm-api/paynow/ipn/`. The raw bytes are what was signed, so nothing parses them before us."""

    authentication_classes = ()
    permission_classes = ()
    parser_classes = ()
    throttle_classes = ()

    @extend_schema(exclude=True)
    def post(self, request: Request) -> HttpResponse:
        body, size = _read(request._request)
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
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    if payment is not None and payment.is_open:
        response["Refresh"] = "4"
    return response


def _read(request: HttpRequest) -> tuple[bytes, int]:
    """At most a little more than a status update may have, and the size that was announced."""
    announced = request.META.get("CONTENT_LENGTH") or "0"
    body = request.read(MOST_BYTES + 1)
    return body, max(len(body), int(announced) if announced.isdigit() else 0)


def _payment_named(text: str) -> Payment | None:
    """The payment a link of ours names. The reference is unguessable; nothing else in the address is read."""
    try:
        reference = read_reference(text)
    except ValueError:
        return None
    return Payment.objects.select_related("booking").filter(reference=reference).first()
