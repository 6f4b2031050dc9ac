"""`make bench`: every benchmark, printed and written to docs/benchmarks.md."""

import os

from benchmarks import place

os.environ.update(place.environment())
place.LOCAL.mkdir(parents=True, exist_ok=True)

import django  # noqa: E402  the environment comes first

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from benchmarks import doorbell, flow, outbox, pages, rows, soak, starting, sweeping, webhook  # noqa: E402
from benchmarks.figures import Report  # noqa: E402


def main() -> None:
    print("Preparing a database of its own ...", flush=True)
    call_command("migrate", verbosity=0)
    report = Report()
    for bench in (
        starting.until_it_works,
        flow.against_peers,
        flow.while_paynow_hangs,
        doorbell.accepted,
        doorbell.to_successful,
        outbox.handed_to_whatsapp,
        sweeping.own_cost,
        sweeping.cost_per_payment,
        webhook.answered,
        webhook.turn_cost,
        pages.server_time,
        soak.memory_over_an_hour,
    ):
        print(f"{bench.__doc__}", flush=True)
        _start_afresh()
        bench(report)
    connection.close()
    report.write()
    print("Written to docs/benchmarks.md.")


def _start_afresh() -> None:
    """Nothing that one benchmark left behind is another one's load."""
    for task in (place.LOCAL / "broker" / "messages").glob("*"):
        task.unlink(missing_ok=True)
    call_command("flush", interactive=False, verbosity=0)
    rows.configure_paynow(f"http://{place.HOST}:9")


if __name__ == "__main__":
    main()
