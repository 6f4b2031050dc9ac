"""The doorbell: how many status updates are taken, and how long until the booking is paid."""

import shutil
import sys
import time

import requests

from benchmarks import rows
from benchmarks.figures import Figure, Report
from benchmarks.load import Result, send_all
from benchmarks.place import HOST, LOCAL, free_port, program, web, worker
from customer_data.models import Payment, PaymentEvent
from customer_data.services import PaymentRequest, open_payment, send_payment

PAYMENTS = 300


def accepted(report: Report) -> None:
    """Genuine updates to one process, no worker."""
    ours = free_port()
    rows.waiting_payments(PAYMENTS)
    payments = list(Payment.objects.all())
    tokens = rows.new_tokens(PAYMENTS)
    with web(ours):
        send_all(ours, rows.sealed([rows.init(token) for token in tokens[:50]], ours))
        updates = send_all(ours, [rows.status_update(payment, ours) for payment in payments])
        inits = send_all(ours, rows.sealed([rows.init(token) for token in tokens], ours))
    shown = f"{inits.rate:.0f}/s INIT in the same run"
    report.add(Figure("Status updates stored and answered", f"{updates.rate:.0f}/s", shown, f"{updates.rate / inits.rate:.2f}"))


def to_successful(report: Report) -> None:
    """From the update's arrival to the move, with the simulator and a worker, over both brokers."""
    brokers = {"files": ""}
    if shutil.which("redis-server"):
        brokers["Redis"] = f"redis://{HOST}:{free_port()}/0"
    for name, url in brokers.items():
        latencies = _time_to_successful(url)
        result = Result(0, latencies, 0)
        share = f"{len(latencies)} of {PAYMENTS} paid"
        shown = f"median {result.percentile(50):.0f} ms, p99 {result.percentile(99):.0f} ms"
        report.add(Figure(f"Update to successful, broker of {name}", shown, share, "", "all paid", len(latencies) == PAYMENTS))


def _time_to_successful(redis_url: str) -> list[float]:
    ours, paynow = free_port(), free_port()
    simulator = [sys.executable, "-m", "paynow_integration.simulator", "--port", str(paynow)]
    redis_port = redis_url.rpartition(":")[2].partition("/")[0]
    redis = ["redis-server", "--port", redis_port, "--bind", HOST, "--save", "", "--appendonly", "no", "--dir", str(LOCAL)]
    with program(simulator, url=f"http://{HOST}:{paynow}/simulator/health"):
        if not redis_url:
            return _pay_all(ours, paynow)
        with program(redis):
            return _pay_all(ours, paynow, REDIS_URL=redis_url)


def _pay_all(ours: int, paynow: int, **environment: str) -> list[float]:
    """Every customer approves, ten a second; the simulator tells us over HTTP."""
    rows.configure_paynow(f"http://{HOST}:{paynow}")
    from django.conf import settings  # noqa: PLC0415  Django is set up by now

    settings.SITE_URL = f"http://{HOST}:{ours}"
    references = []
    for booking in rows.new_bookings(PAYMENTS):
        request = PaymentRequest(booking.pk, "paynow_ecocash", "full", phone="0772222222", email="rudo@example.com")
        references.append(send_payment(open_payment(request, source="bench").reference, source="bench").reference)
    with web(ours, **environment), worker(**environment):
        for at in range(0, PAYMENTS, 5):
            requests.post(f"http://{HOST}:{paynow}/simulator/approve", json={"references": references[at : at + 5]}, timeout=30)
            time.sleep(0.5)
        _wait_until_paid(references)
    return _latencies(references)


def _wait_until_paid(references: list[str]) -> None:
    deadline = time.monotonic() + 60
    while Payment.objects.filter(reference__in=references, status="successful").count() < len(references):
        if time.monotonic() > deadline:
            return
        time.sleep(0.2)


def _latencies(references: list[str]) -> list[float]:
    events = PaymentEvent.objects.filter(payment__reference__in=references, to_status="successful").select_related("payment")
    rung = [(event.created_at, event.payment.ipn_received_at) for event in events]
    return [(moved - received).total_seconds() * 1000 for moved, received in rung if received is not None]
