"""A disaster, and the way back: python -m deploy.drills.restore [--payments 3]

Customers pay, the database is dumped, customers go on paying, and everything is lost. The dump goes into a NEW database; before
anything is started the books and the record of changes are checked. Then the house runs on it, Paynow rings again for what it
knows, and the drill says what became of each payment: those in the dump, those that were waiting in it, and those that only Paynow
knows.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from config.tests.processes import ROOT, wait_until
from deploy.drills.house import CommandFailed, House, new_database, new_house
from deploy.drills.servers import new_server, path_with
from deploy.drills.shop import PATIENCE_SECONDS, Till, new_payment, rows, wait_for

_SEAL = "from customer_data.sealing import seal_changes; print(seal_changes())"


@dataclass
class Story:
    """What the drill saw, in the order in which it happened. Times in seconds."""

    paid_before: list[str] = field(default_factory=list)
    waiting: str = ""  # sent before the dump, approved after it
    paid_after: list[str] = field(default_factory=list)  # only Paynow knows these
    seal: str = ""
    dump_seconds: float = 0.0
    dump_bytes: int = 0
    restore_seconds: float = 0.0
    check_seconds: float = 0.0
    check_said: str = ""
    outcomes: dict[str, list[str]] = field(default_factory=dict)  # of the updates that arrived after the restore, by reference
    statuses: dict[str, str] = field(default_factory=dict)  # of our payments at the end, by reference
    received: dict[str, int] = field(default_factory=dict)  # how often each moved to successful
    only_at_paynow: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)  # what the scripts would not do
    last_check: str = ""


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="drill-") as name:
        story = play(Path(name), payments=options.payments)
    for line in tell(story):
        print(line)
    return 0 if is_as_it_must_be(story) else 1


def play(folder: Path, *, payments: int = 3) -> Story:
    story = Story()
    with new_server(folder) as server, new_house(folder, server.url) as house, house.paynow():
        programs = {"PATH": path_with(server.programs)}
        house.manage("migrate", "--no-input", "--verbosity", "0")
        with house.everyone("-before"):
            dump = _until_the_disaster(house, story, payments, programs)
        with new_database(server.url) as fresh:
            _restore(house, dump, fresh, story, programs)
            _run_on_what_was_restored(house.with_database(fresh), story)
    return story


def _until_the_disaster(house: House, story: Story, payments: int, programs: dict[str, str]) -> Path:
    _say("customers pay")
    till = Till.of(house)
    story.paid_before = [new_payment(till) for _ in range(payments)]
    wait_for(house, story.paid_before, "successful")
    story.waiting = new_payment(till, approves_after_seconds=None)
    wait_for(house, [story.waiting], "pending")
    story.seal = house.shell(_SEAL).split()[-1]
    started = time.monotonic()
    dump = Path(_script("backup.sh", house.folder, environment={**programs, "DATABASE_URL": house.database_url}).strip())
    story.dump_seconds, story.dump_bytes = time.monotonic() - started, dump.stat().st_size
    _say("dumped; customers go on paying")
    story.paid_after = [new_payment(till) for _ in range(payments)]
    wait_for(house, story.paid_after, "successful")
    till.approve(story.waiting)
    wait_for(house, [story.waiting], "successful")
    return dump


def _restore(house: House, dump: Path, fresh: str, story: Story, programs: dict[str, str]) -> None:
    _say("everything is lost; the dump goes into a new database")
    started = time.monotonic()
    _script("restore.sh", dump, fresh, environment=programs)
    story.restore_seconds = time.monotonic() - started
    restored = house.with_database(fresh)
    started = time.monotonic()
    story.check_said = restored.manage("check_ledger", "--seal", story.seal)
    story.check_seconds = time.monotonic() - started
    story.refusals = [*_refusals(house, dump, programs), *_refused_without_its_key(restored)]


def _run_on_what_was_restored(house: House, story: Story) -> None:
    till = Till(house, "")
    _say("the house runs on what was restored, and Paynow rings again")
    with house.everyone("-after"):
        wait_for(house, [story.waiting], "successful")  # nobody rang: the sweep asked
        for reference in [*story.paid_before, *story.paid_after]:
            till.resend_update(reference)
        wanted = {*story.paid_before, *story.paid_after}
        wait_until(lambda: wanted <= set(_outcomes(house)), seconds=PATIENCE_SECONDS)
        wait_until(lambda: all("received" not in each for each in _outcomes(house).values()), seconds=PATIENCE_SECONDS)
    story.outcomes = _outcomes(house)
    story.statuses = dict(rows(house, "select reference, status from customer_data_payment"))
    story.received = dict(rows(house, _TIMES_PAID))
    known = [*story.paid_before, story.waiting, *story.paid_after]
    story.only_at_paynow = [each for each in known if till.at_paynow(each).get("status") == "Paid" and each not in story.statuses]
    story.last_check = house.manage("check_ledger", "--seal", story.seal)


_TIMES_PAID = """
select payment.reference, count(*)
from customer_data_paymentevent event join customer_data_payment payment on payment.id = payment_id
where event.to_status = 'successful' group by 1
"""


def _outcomes(house: House) -> dict[str, list[str]]:
    """What was said of each status update that was kept."""
    found: dict[str, list[str]] = {}
    question = "select coalesce(nullif(reference, ''), claims), outcome from paynow_integration_paynownotification order by id"
    for reference, outcome in rows(house, question):
        found.setdefault(reference, []).append(outcome)
    return found


def _refusals(house: House, dump: Path, programs: dict[str, str]) -> list[str]:
    """A database that is in use, and a dump that was cut short."""
    short = dump.with_name("short.dump")
    short.write_bytes(dump.read_bytes()[: dump.stat().st_size // 2])
    short.with_name("short.dump.sha256").write_text(
        dump.with_name(f"{dump.name}.sha256").read_text().replace(dump.name, "short.dump")
    )
    with new_database(house.database_url) as empty:
        tries = [(dump, house.database_url), (short, empty)]
        return [said for source, target in tries if (said := _complaint("restore.sh", source, target, environment=programs))]


def _refused_without_its_key(restored: House) -> list[str]:
    """The keys are not in the dump: with others, the record cannot be proven."""
    try:
        restored.manage("check_ledger", FIELD_ENCRYPTION_KEYS="another key altogether")
    except CommandFailed as complaint:
        return [str(complaint)]
    return []


def _say(words: str) -> None:
    print(f"    {words}", flush=True)


def _script(name: str, *arguments: object, environment: dict[str, str]) -> str:
    done = _ran(name, *arguments, environment=environment)
    if done.returncode:
        raise CommandFailed(f"{name} ended with {done.returncode}: {done.stderr}")
    return done.stdout


def _complaint(name: str, *arguments: object, environment: dict[str, str]) -> str:
    """What a script says when it refuses; empty: it did not."""
    done = _ran(name, *arguments, environment=environment)
    return (done.stderr + done.stdout).strip() if done.returncode else ""


def _ran(name: str, *arguments: object, environment: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    command = [str(ROOT / "deploy" / name), *map(str, arguments)]
    return subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=False)  # noqa: S603


def is_as_it_must_be(story: Story) -> bool:
    in_the_dump = [*story.paid_before, story.waiting]
    return (
        all(story.statuses.get(reference) == "successful" and story.received.get(reference) == 1 for reference in in_the_dump)
        and all(story.outcomes[reference][-1] in ("accepted", "duplicate") for reference in story.paid_before)
        and all(set(story.outcomes[reference]) == {"unknown_reference"} for reference in story.paid_after)
        and story.only_at_paynow == story.paid_after
        and len(story.refusals) == 3
    )


def tell(story: Story) -> list[str]:
    """The story, for people."""
    again = sorted({story.outcomes[each][-1] for each in story.paid_before})
    unknown = sorted({each for reference in story.paid_after for each in story.outcomes[reference]})
    return [
        f"dumped in {story.dump_seconds:.1f} s, {story.dump_bytes / 1024:.0f} KiB; restored in {story.restore_seconds:.1f} s",
        f"books and record checked in {story.check_seconds:.1f} s: {story.check_said.strip()}",
        f"in the dump: {len(story.paid_before)}, each paid once at the end; their updates, sent again, were judged {again}",
        f"waiting in the dump, approved afterwards: {story.statuses.get(story.waiting)} without any update",
        f"made after the dump: {len(story.only_at_paynow)} are paid at Paynow and have no row; their updates are kept as {unknown}",
        *(f"refused: {said.splitlines()[-1][:160]}" for said in story.refusals),
    ]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--payments", type=int, default=3, help="how many before the dump, and as many after it")
    return parser.parse_args()


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # who is told to end takes everything with it
    sys.exit(main())
