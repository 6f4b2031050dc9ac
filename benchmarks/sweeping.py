"""What one payment costs the sweep, and one EcoCash payment costs us, whatever else there is."""

import time
import tracemalloc
from statistics import median

from django.db import connection

from benchmarks import rows
from benchmarks.figures import Figure, Report
from benchmarks.load import rounds
from benchmarks.one_payment import Cost, measure_one_payment
from benchmarks.paying import STAGES, TO_PAID
from customer_data.models import Payment
from customer_data.sweep import sweep

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
    """Queries and CPU of one EcoCash payment through our doors, to paid and to the read receipt; the simulators' are their own."""
    cost = measure_one_payment()
    for name, stages in (("One EcoCash payment", TO_PAID), ("The same with its messages and their statuses", STAGES)):
        queries, cpu = cost.queries_in(stages), cost.cpu_in(stages)
        share = f"{queries / 40:.2f}", "≤ 1", queries <= 40
        report.add(Figure(f"{name}, queries", str(queries), "40 at most", *share))
        report.add(Figure(f"{name}, CPU", f"{cpu:.1f} ms", "20 ms at most", f"{cpu / 20:.2f}", "≤ 1", cpu <= 20))
    report.section("Where the time goes", [*_EXPLAINED, *_by_stage(cost)])


_EXPLAINED = (
    "One EcoCash payment of real money, stage by stage: medians of 40, in milliseconds of this machine. CPU is that of our own",
    "thread, with Django, DRF, Celery and everything else in it. Statements are what the database takes, the record of changes and",
    "all other triggers with it, and the way there and back. BEGIN, COMMIT and savepoints count as queries.",
    "`python -m benchmarks.one_payment --queries` shows each query with the line that asks it.",
    "",
)


def _by_stage(cost: Cost) -> list[str]:
    lines = ["| stage | queries | CPU, ms | statements, ms |", "|---|---|---|---|"]
    lines += [f"| {stage} | {_of(cost, (stage,))} |" for stage in STAGES]
    lines += [f"| **to paid** | {_of(cost, TO_PAID)} |", f"| **altogether** | {_of(cost, STAGES)} |"]
    return [*lines, "", *_KNOWN]


_KNOWN = (
    "- Each request of the form opens one RSA-OAEP envelope, which is some 1.3 ms of its CPU.",
    "- A move of money is six queries: BEGIN, the booking's lock, one statement for row and trail, the sum, the booking, COMMIT.",
    "  A move that leaves the payment open is one. A receipt is five, its number taken in the statement that writes it.",
    "- Most of *telling* is the receipt's PDF: reading two fonts and putting the letters that are used into the file.",
    "- A delivery status is kept in one statement by the webhook and noted in seven by a task: six of these for each payment are",
    "  half of all queries, and none of them is waited for by anybody.",
    "- The sweep's claim of 500 payments passes the record of changes, which compares all 500 rows before it keeps none of them:",
    "  dates of questions are not recorded. PostgreSQL has no statement triggers for some columns only.",
)


def _of(cost: Cost, stages: tuple[str, ...]) -> str:
    return f"{cost.queries_in(stages)} | {cost.cpu_in(stages):.1f} | {cost.database_in(stages):.1f}"


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
