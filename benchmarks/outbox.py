"""The outbox: how many messages a second it hands to WhatsApp."""

import sys
import time
from concurrent.futures import ThreadPoolExecutor

from benchmarks.figures import Figure, Report
from benchmarks.place import HOST, free_port, program
from customer_data.models import Customer
from flows import outbox
from flows.models import Message
from flows.outgoing import Text

MESSAGES = 400
THREADS = 4
META_TAKES = 80
"""Messages a second from one number, in Meta's first tier."""


def handed_to_whatsapp(report: Report) -> None:
    """Messages to as many customers, four threads, the simulator of WhatsApp in a process of its own."""
    port = free_port()
    with program([sys.executable, "-m", "flows.simulator", "--port", str(port)], url=f"http://{HOST}:{port}/"):
        _use(f"http://{HOST}:{port}/v25.0")
        waiting = _written()
        began = time.monotonic()
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(outbox.send_message, waiting))
        rate = MESSAGES / (time.monotonic() - began)
    sent = Message.objects.filter(status=Message.Status.SENT).count()
    shown = f"{META_TAKES}/s that WhatsApp takes from one number; {sent} of {MESSAGES} sent"
    is_met = sent == MESSAGES and rate > META_TAKES
    report.add(Figure("Messages handed to WhatsApp", f"{rate:.0f}/s", shown, f"{rate / META_TAKES:.1f}", "above 1", is_met))


def _use(graph_url: str) -> None:
    from django.conf import settings  # noqa: PLC0415  Django is set up by now

    settings.WHATSAPP_GRAPH_BASE_URL = graph_url
    settings.WHATSAPP_ACCESS_TOKEN, settings.WHATSAPP_PHONE_NUMBER_ID = "token", "100000000000001"


def _written() -> list[int]:
    customers = Customer.objects.bulk_create([Customer(wa_id=f"26377{number:07d}") for number in range(MESSAGES)])
    return [outbox.write(customer, Text("Thank you."), key=f"bench-{customer.pk}").pk for customer in customers]
