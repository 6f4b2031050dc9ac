"""What must be true of the record of changes: nothing is missing from it, nothing in it was altered, and the rows are as it says.

Every question is asked with PostgreSQL's own functions, none of ours: whoever could replace those could have them say anything.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from typing import Any, cast

from django.db import connection
from django.utils import timezone

from customer_data.models import Concern, ConcernKind, Seal
from customer_data.privacy.record import an_erased_entry_is_as_it_was_left, an_erasure_is_ours
from customer_data.recording import HASH, Table, recorded_tables, tables_without_triggers
from customer_data.sealing import CannotSeal, Coverage, content_hash, is_ours, line_of, seal_changes

MOST_TOLD = 20


def every_recorded_table_has_its_triggers() -> Iterator[str]:
    """What is not recorded cannot be found missing later."""
    for table in tables_without_triggers():
        yield f"Changes of {table} are not recorded: its triggers are missing or switched off. Run migrate to put them back."


def an_entry_says_what_it_said(since: int = 0) -> Iterator[str]:
    """Each entry has the hash of what it says, but where a customer was erased from it. `since`: only entries with a higher id."""
    altered = f"""SELECT id, table_name, row_id, number FROM customer_data_change e WHERE id > %s AND hash <> {HASH.format(e="e")}
        AND NOT EXISTS (SELECT 1 FROM customer_data_erasedentry x WHERE x.entry_id = e.id)"""  # noqa: S608
    for entry, table, row, number in _rows(altered, [since]):
        yield f"Entry {entry} of the record ({table} {row}, number {number}) was altered."


def the_entries_of_a_row_are_unbroken(since: int = 0) -> Iterator[str]:
    """The entries of one row count from one, each carries the hash of the one before, and only the first tells how it began."""
    only = "(table_name, row_id) IN (SELECT table_name, row_id FROM customer_data_change WHERE id > %s)" if since else "%s = 0"
    rows = _rows(
        f"""SELECT table_name, row_id, number, before FROM (
                SELECT table_name, row_id, number, previous, operation,
                    coalesce(lag(number) OVER entries, 0) AS before, coalesce(lag(hash) OVER entries, '') AS hash_before
                FROM customer_data_change WHERE {only} WINDOW entries AS (PARTITION BY table_name, row_id ORDER BY number)) AS e
            WHERE number <> before + 1 OR previous <> hash_before
                OR number = 1 AND operation NOT IN ('found', 'insert') OR number > 1 AND operation = 'found'""",  # noqa: S608
        [since],
    )
    for table, row, number, before in rows:
        yield f"In the record of {table} {row}, entry {number} does not follow entry {before}: entries are missing or were altered."


def rows_are_as_the_record_says() -> Iterator[str]:
    """Every recorded row has entries, and all of them together say what stands in the row now."""
    with connection.cursor() as cursor:
        cursor.execute("DROP AGGREGATE IF EXISTS pg_temp.in_the_end(jsonb)")
        cursor.execute("CREATE AGGREGATE pg_temp.in_the_end(jsonb) (SFUNC = pg_catalog.jsonb_concat, STYPE = jsonb)")
    for table in recorded_tables():
        yield from _rows_as_recorded(table)


def the_seals_hold(since: int = 0) -> Iterator[str]:
    """Each seal follows the one before, and the entries under it are those that it was put on. `since`: from that seal on."""
    seals = list(Seal.objects.filter(number__gte=since).order_by("number"))
    if seals and not is_ours(seals[-1]):
        yield f"Seal {seals[-1].number}, the last, was not made with any of FIELD_ENCRYPTION_KEYS, or was altered."
    yield from _seals_follow_each_other(seals, first=max(since, 1))
    yield from _entries_are_those_sealed(seals)


def the_seal_is_there(noted: str) -> Iterator[str]:
    """`noted`: a seal as it was written down outside of this database, `12:5f3a…`."""
    number, _, mac = noted.strip().partition(":")
    if not number.isdecimal() or not Seal.objects.filter(number=number, mac=mac).exists():
        yield f"Seal {noted} is not there: the database was turned back to before it, or the record was written anew."


def _seals_follow_each_other(seals: list[Seal], *, first: int) -> Iterator[str]:
    """A seal whose key was taken out of use is vouched for by the seals after it."""
    before = None
    for seal in seals:
        number, previous = (before.number, before.hash) if before else (first - 1, "" if first == 1 else seal.previous)
        if seal.number != number + 1 or seal.previous != previous:
            yield f"Seal {seal.number} does not follow seal {number}: seals are missing or were altered."
        if content_hash(seal) != seal.hash:
            yield f"Seal {seal.number} was altered."
        before = seal


def _entries_are_those_sealed(seals: list[Seal]) -> Iterator[str]:
    coverage, unsealed = Coverage(seals), 0
    counts, digests = [0] * len(seals), [hashlib.sha256() for _ in seals]
    earlier = Seal.objects.filter(number=seals[0].number - 1).first() if seals else None
    for entry, transaction, entry_hash, is_old in _entries_after(earlier):
        position = coverage.position(entry, transaction)
        if position is None:
            unsealed += is_old
        else:
            counts[position] += 1
            digests[position].update(line_of(entry, entry_hash))
    for seal, count, digest in zip(seals, counts, digests, strict=True):
        if digest.hexdigest() != seal.digest:
            yield f"The entries under seal {seal.number} are not those it was put on: there were {seal.entries}, there are {count}."
    if unsealed:
        yield f"{unsealed:,} entries are older than a day and under no seal: the clock stands still, or seals are missing."


def _entries_after(earlier: Seal | None) -> Iterator[tuple[int, int, bytes, bool]]:
    """What `earlier` and the seals before it do not cover."""
    values = [earlier.last_id, earlier.floor_id, earlier.to_transaction] if earlier else [0, 0, 0]
    question = """SELECT id, transaction, hash, at < now() - interval '1 day' FROM customer_data_change
                  WHERE id > %s OR (id > %s AND transaction >= %s) ORDER BY id"""
    return cast("Iterator[tuple[int, int, bytes, bool]]", _rows(question, values))


def _rows_as_recorded(table: Table) -> Iterator[str]:
    quote = connection.ops.quote_name
    rows = _rows(
        f"""WITH record AS (
                SELECT row_id, pg_temp.in_the_end(coalesce(after, '{{}}') ORDER BY number) AS said,
                    (array_agg(operation ORDER BY number DESC))[1] AS last
                FROM customer_data_change WHERE table_name = %(table)s GROUP BY row_id),
            standing AS (SELECT entire ->> %(key)s AS row_id, {table.kept("entire")} AS kept
                FROM (SELECT to_jsonb(t) AS entire FROM {quote(table.name)} t) AS one)
        SELECT row_id, last, said, kept FROM record FULL JOIN standing USING (row_id)
        WHERE (last IS NULL) OR (kept IS NULL) <> (last = 'delete') OR (kept || said) IS DISTINCT FROM kept
            AND EXISTS (SELECT 1 FROM jsonb_each(said) s WHERE kept ? s.key AND kept -> s.key IS DISTINCT FROM s.value)""",  # noqa: S608
        {"table": table.name, "key": table.key},
    )
    for row, last, said, kept in rows:
        yield f"{table.name} {row} {_difference(last, said, kept)}."


def _difference(last: str | None, said: Any, kept: Any) -> str:
    if last is None:
        return "has no entry in the record of changes: its entries are missing, or it was made past the record"
    if kept is None:
        return "is gone, and the record of changes does not say who deleted it"
    if last == "delete":
        return "is there, and the record of changes says that it was deleted"
    said, kept = json.loads(said), json.loads(kept)
    names = sorted(name for name, value in said.items() if name in kept and kept[name] != value)
    return f"differs from the record of changes in {', '.join(names)}: it was changed past the record, or entries are missing"


def _rows(sql: str, values: Any) -> Iterator[tuple[Any, ...]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, values)
        while rows := cursor.fetchmany(2000):
            yield from rows


def seal_or_tell() -> None:
    """The clock's seal. What must not be sealed is told to a person."""
    try:
        seal_changes()
    except CannotSeal as refusal:
        _tell([str(refusal)])


def check_and_tell(*, within: timedelta | None = None) -> None:
    """The clock's check, of all the record or of what is new; the first things that are wrong are told to a person."""
    _tell(list(islice(what_is_wrong(within=within), MOST_TOLD)))


def what_is_wrong(*, within: timedelta | None = None) -> Iterator[str]:
    """Every sentence of the questions here. `within`: only about entries that are that new, and nothing about rows without any."""
    if within is None:
        for invariant in INVARIANTS:
            yield from invariant()
        return
    earlier = Seal.objects.filter(sealed_at__lt=timezone.now() - within).order_by("-number").first()
    after = earlier.last_id if earlier else 0
    yield from every_recorded_table_has_its_triggers()
    yield from an_entry_says_what_it_said(after)
    yield from an_erased_entry_is_as_it_was_left()
    yield from an_erasure_is_ours()
    yield from the_entries_of_a_row_are_unbroken(after)
    yield from the_seals_hold(earlier.number if earlier else 0)


def _tell(wrong: list[str]) -> None:
    if wrong:
        Concern.raise_about_customer(
            None,
            ConcernKind.RECORD_BROKEN,
            f"{wrong[0]} Run check_ledger, which names everything that is wrong.",
            found="\n".join(wrong),
        )


INVARIANTS = (
    every_recorded_table_has_its_triggers,
    an_entry_says_what_it_said,
    an_erased_entry_is_as_it_was_left,
    an_erasure_is_ours,
    the_entries_of_a_row_are_unbroken,
    rows_are_as_the_record_says,
    the_seals_hold,
)
