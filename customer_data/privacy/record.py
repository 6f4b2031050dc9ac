"""Taking a customer's values out of the record of changes, and what must be true of the record afterwards.

An entry keeps its hash, over which the seals are, and loses the values. What it says now has a hash of its own in `ErasedEntry`,
and the erasure has a code over all of those, by a key that the database does not hold. So nobody with the database alone can take
anything out of the record, or change an amount in it, and call that an erasure.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pgtrigger
from django.db import connection

from customer_data.models import Change, Customer, ErasedEntry, Erasure
from customer_data.privacy.emptying import Emptied
from customer_data.privacy.known import Known
from customer_data.recording import HASH
from customer_data.sealing import code_of, is_our_code

AT_ONCE = 500


class RecordIsBroken(Exception):
    """An entry is not what it was: to erase from it would hide that."""


@dataclass(frozen=True)
class _Entry:
    pk: int
    row_id: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    why: str
    hash: bytes


def erase_from_record(erasure: Erasure, rule: Emptied, rows: Sequence[Any], known: Known) -> None:
    """Take out of the entries of `rows` what `rule` takes out of the rows. Raises RecordIsBroken."""
    for start in range(0, len(rows), AT_ONCE):
        by_key = {str(row.pk): row for row in rows[start : start + AT_ONCE]}
        table = type(rows[0])._meta.db_table
        for entry in _entries(table, list(by_key)):
            _erase_entry(erasure, rule, by_key[entry.row_id], entry, known)


def vouch(erasure: Erasure) -> None:
    """Count and sign what was erased. The erasure is saved by this for the last time."""
    erasure.entries, erasure.digest = _what_was_erased(erasure)
    erasure.key_name, erasure.code = code_of(_said(erasure))


def sign_again(erasure: Erasure) -> bool:
    """Under our newest key, where an older one of ours had signed. False: it was not signed by any."""
    if not is_our_code(erasure.key_name, _said(erasure), erasure.code):
        return False
    key_name, code = code_of(_said(erasure))
    if key_name != erasure.key_name:
        Erasure.objects.filter(pk=erasure.pk).update(key_name=key_name, code=code)
    return True


# --- What must be true ----------------------------------------------------------------------------
def an_erasure_is_ours() -> Iterator[str]:
    """Every erasure was made by this system, and the entries that lost values by it are those that it was made for."""
    for erasure in Erasure.objects.order_by("pk"):
        if not is_our_code(erasure.key_name, _said(erasure), erasure.code):
            yield f"Erasure {erasure.pk} was not made with any of FIELD_ENCRYPTION_KEYS, or was altered."
        elif (erasure.entries, erasure.digest) != _what_was_erased(erasure):
            yield f"The entries that erasure {erasure.pk} names are not those that lost values by it."


def an_erased_entry_is_as_it_was_left() -> Iterator[str]:
    """An entry that lost values begins with the hash that was sealed, and says what the last erasure left."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT e.id, e.table_name, e.row_id, e.number FROM customer_data_change e JOIN (
                    SELECT entry_id, (array_agg(was ORDER BY id))[1] AS first, (array_agg(now ORDER BY id DESC))[1] AS last
                    FROM customer_data_erasedentry GROUP BY entry_id) AS x ON x.entry_id = e.id
                WHERE x.first <> e.hash OR x.last <> {HASH.format(e="e")}
                UNION ALL
                SELECT e.id, e.table_name, e.row_id, e.number FROM customer_data_change e JOIN (
                    SELECT entry_id, was, lag(now) OVER (PARTITION BY entry_id ORDER BY id) AS left_as
                    FROM customer_data_erasedentry) AS x ON x.entry_id = e.id WHERE x.left_as <> x.was"""  # noqa: S608  nothing of a user
        )
        for entry, table, row, number in cursor.fetchall():
            yield f"Entry {entry} of the record ({table} {row}, number {number}) is not as its erasure left it."


# --- One entry ------------------------------------------------------------------------------------
def _entries(table: str, keys: list[str]) -> Iterable[_Entry]:
    found = Change.objects.filter(table_name=table, row_id__in=keys).order_by("pk")
    for values in found.values_list("pk", "row_id", "before", "after", "why", "hash"):
        yield _Entry(*values[:-1], hash=bytes(values[-1]))


def _erase_entry(erasure: Erasure, rule: Emptied, row: Any, entry: _Entry, known: Known) -> None:
    before, after = (_news(rule, row, said, erasure.customer, known) for said in (entry.before, entry.after))
    why = known.leaves_of_free_text(entry.why)
    if not (before or after or why != entry.why):
        return
    was = _hash_of(entry.pk)
    left_as = ErasedEntry.objects.filter(entry=entry.pk).order_by("-pk").values_list("now", flat=True).first()
    if was != bytes(left_as or entry.hash):
        raise RecordIsBroken(f"Entry {entry.pk} of the record was altered. Nothing was erased: run check_ledger first.")
    with pgtrigger.ignore("customer_data.Change:changes_stay"), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE customer_data_change SET before = before || %s::jsonb, after = after || %s::jsonb, why = %s WHERE id = %s",
            [json.dumps(before), json.dumps(after), why, entry.pk],
        )
    ErasedEntry.objects.create(entry_id=entry.pk, erasure=erasure, was=was, now=_hash_of(entry.pk))


def _news(rule: Emptied, row: Any, said: Mapping[str, Any] | None, customer: Customer, known: Known) -> dict[str, Any]:
    """The columns of one side of an entry that say something else afterwards. No column of theirs is an amount."""
    if not said:
        return {}
    news = {name: rule.value_in_record(row, name, said[name], customer, known) for name in rule.fields if name in said}
    return {name: value for name, value in news.items() if value != said[name]}


def _hash_of(entry: int) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {HASH.format(e='e')} FROM customer_data_change e WHERE e.id = %s", [entry])  # noqa: S608
        return bytes(cursor.fetchone()[0])


# --- What vouches ---------------------------------------------------------------------------------
def _what_was_erased(erasure: Erasure) -> tuple[int, str]:
    count, digest = 0, hashlib.sha256()
    erased = ErasedEntry.objects.filter(erasure=erasure.pk).order_by("entry_id")
    for entry, was, now in erased.values_list("entry_id", "was", "now").iterator():
        count += 1
        digest.update(f"{entry} {bytes(was).hex()} {bytes(now).hex()}\n".encode())
    return count, digest.hexdigest()


def _said(erasure: Erasure) -> str:
    """What the code is made of."""
    said = [
        "erasure of a customer",
        erasure.customer_id,
        erasure.reason,
        erasure.made_by_id,
        erasure.made_at.timestamp(),
        sorted(erasure.rows.items()),
        erasure.entries,
        erasure.digest,
    ]
    return json.dumps(said)
