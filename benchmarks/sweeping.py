"""What one payment costs the sweep, and one EcoCash payment costs us, whatever else there is."""

import time
import tracemalloc
from statistics import median

from django.db import connection
from django.test.utils import CaptureQueriesContext

from benchmarks import rows
from benchmarks.figures import Figure, Report
from benchmarks.load import rounds
from benchmarks.place import HOST
from customer_data.models import Payment
from customer_data.services import check_payment, make_due, send_payment
from customer_data.sweep import sweep
from flows import exchange
from paynow_integration.notifications import receive
from paynow_integration.simulator import DrivenClock, PaynowSimulator

SIZES = (1_000, 10_000, 100_000)
MEASURED = 1_000


def cost_per_payment(report: Report) -> None:
    """Claiming and handing out a thousand payments among ever more of them."""
    microseconds, peaks = {}, {}
    for size in SIZES:
        rows.waiting_payments(size)
        microseconds[size], peaks[size] = _claim_a_thousand()
    for size in SIZES[1:]:
        ratio, memory = microseconds[size] / microseconds[SIZES[0]], peaks[size] / peaks[SIZES[0]]
        ours = f"{microseconds[size]:.0f} µs at {size:,}"
        beside = f"{microseconds[SIZES[0]]:.0f} µs at {SIZES[0]:,}"
        report.add(Figure("Sweep, per payment", ours, beside, f"{ratio:.2f}", "≤ 1.2", ratio <= 1.2))
        kilobytes = f"{peaks[size] / 1024:.0f} KiB"
        report.add(Figure("Sweep, memory", kilobytes, f"{peaks[SIZES[0]] / 1024:.0f} KiB", f"{memory:.2f}", "≤ 1.2", memory <= 1.2))


def own_cost(report: Report) -> None:
    """Queries and CPU of one EcoCash payment: form, sending, notification, question, news; the gateway's own time is its own."""
    with PaynowSimulator(clock=DrivenClock()) as paynow:
        rows.configure_paynow(paynow.url)
        tokens = rows.new_tokens(21)
        _pay(tokens[0], paynow)  # warm
        with CaptureQueriesContext(connection) as queries:
            _pay(tokens[1], paynow)
        began = time.thread_time()
        for token in tokens[2:]:
            _pay(token, paynow)
        cpu = (time.thread_time() - began) / (len(tokens) - 2) * 1000
    count = len(queries.captured_queries)
    report.add(Figure("One EcoCash payment, queries", str(count), "40 at most", f"{count / 40:.2f}", "≤ 1", count <= 40))
    report.add(Figure("One EcoCash payment, CPU", f"{cpu:.1f} ms", "20 ms at most", f"{cpu / 20:.2f}", "≤ 1", cpu <= 20))


def _claim_a_thousand() -> tuple[float, int]:
    """Microseconds per payment, and the peak of memory in bytes: two sweeps of 500, measured apart."""
    times = []
    for _ in rounds("again", times=3):
        _make_all_due()
        began = time.perf_counter()
        handed_out = sum(sweep(send=_nothing, check=_nothing) for _ in range(MEASURED // 500))
        times.append((time.perf_counter() - began) / handed_out * 1_000_000)
    _make_all_due()
    tracemalloc.start()
    sweep(send=_nothing, check=_nothing)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return median(times), peak


def _make_all_due() -> None:
    """As they would be: vacuumed, because the rows that such an update leaves behind are the benchmark's and not the sweep's."""
    Payment.objects.filter(next_check_at__isnull=False).update(next_check_at=Payment.objects.earliest("created_at").created_at)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE customer_data_payment")


def _nothing(*_: object) -> None: ...


def _pay(token: str, paynow: PaynowSimulator) -> None:
    exchange.answer(rows.init(token))
    exchange.answer(rows.submit(token))
    payment = Payment.objects.latest("created_at")
    send_payment(payment.reference)
    paynow.approve(payment.reference)
    body = paynow.updates(payment.reference)[-1].body if paynow.updates(payment.reference) else b""
    receive(body or b"x", {}, size=len(body), remote_address=HOST)
    make_due(payment)
    check_payment(payment.reference)
    exchange.answer({**rows.submit(token), "screen": "PAYMENT_PROCESSING", "data": {"next": "check"}})
