"""Seals over the record of changes: who has the database alone can write entries, and chain them, but cannot seal them.

Every minute the entries of all transactions that surely ended are put under one seal: their hashes, and the seal before, under a
key derived from FIELD_ENCRYPTION_KEYS. A transaction that still runs keeps its entries for a later seal, so nothing waits for it.
Each seal is written to the log as well: a log that is kept elsewhere tells when somebody turned the whole database back.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from customer_data.models import Seal

logger = logging.getLogger(__name__)

_ONE_AT_A_TIME = 7_201_945
"""The advisory lock of whoever seals. Nobody else takes it."""

_MOST_LOOKS = 20

_NOT_SEALED = "(id > %(last_id)s OR (id > %(floor_id)s AND transaction >= %(from_transaction)s))"


class CannotSeal(Exception):
    """The last seal is not ours: to seal after it would vouch for what somebody else wrote."""


def seal_changes() -> Seal | None:
    """Seal what is not sealed yet; None when there is nothing, or when all of it is still under way. Raises CannotSeal."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ONE_AT_A_TIME])
        last = Seal.objects.order_by("-number").first()
        if last is not None and not is_ours(last):
            raise CannotSeal(f"Seal {last.number} was not made with any of FIELD_ENCRYPTION_KEYS. Nothing is sealed after it.")
        made = _next_seal(last)
        if made is not None:
            made.save(force_insert=True)
            logger.info("Sealed %s changes up to %s: seal %s", made.entries, made.last_id, made)
    return made


def content_hash(seal: Seal) -> str:
    """SHA-256 of what a seal says."""
    said = [
        seal.number,
        seal.last_id,
        seal.to_transaction,
        seal.begins_anew,
        seal.floor_id,
        seal.entries,
        seal.digest,
        seal.previous,
        seal.sealed_at.timestamp(),
    ]
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()


def is_ours(seal: Seal) -> bool:
    """Whether one of our keys made it, and it says what it said then."""
    return content_hash(seal) == seal.hash and is_our_code(seal.key_name, seal.hash, seal.mac)


def digest_of(entries: Iterable[tuple[int, bytes]]) -> tuple[int, int, str]:
    """How many entries, the highest id, and SHA-256 over all of them, given in the order of their ids."""
    count, highest, digest = 0, 0, hashlib.sha256()
    for entry_id, entry_hash in entries:
        count, highest = count + 1, entry_id
        digest.update(line_of(entry_id, entry_hash))
    return count, highest, digest.hexdigest()


def line_of(entry_id: int, entry_hash: bytes) -> bytes:
    """An entry as it stands under a seal."""
    return f"{entry_id} {bytes(entry_hash).hex()}\n".encode()


class Coverage:
    """Which of these seals, in their order, covers an entry."""

    def __init__(self, seals: Sequence[Seal]) -> None:
        self._seals = seals
        self._last_ids = [seal.last_id for seal in seals]

    def position(self, entry_id: int, number_of_transaction: int) -> int | None:
        """The first seal made when the entry was there and its transaction had ended; None when no seal was."""
        for position in range(bisect_left(self._last_ids, entry_id), len(self._seals)):
            seal = self._seals[position]
            if seal.begins_anew or number_of_transaction < seal.to_transaction:
                return position
        return None


def _next_seal(last: Seal | None) -> Seal | None:
    ended, following = _ended_before()
    begins_anew = last is not None and following < last.to_transaction
    if begins_anew:
        # Restored into another server, whose transactions count from the beginning: wait for all that write, and seal everything.
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE customer_data_change IN SHARE MODE")
        ended, _ = _ended_before()
    elif last is not None:
        ended = max(ended, last.to_transaction)
    count, highest, digest = digest_of(_unsealed(last, None if begins_anew else ended))
    if not count and not _needs_handing_over(last):
        return None
    last_id = max(highest, last.last_id if last else 0)
    seal = Seal(
        number=last.number + 1 if last else 1,
        last_id=last_id,
        to_transaction=ended,
        begins_anew=begins_anew,
        floor_id=last_id if begins_anew else (last.floor_id if last else 0),
        entries=count,
        digest=digest,
        previous=last.hash if last else "",
        sealed_at=timezone.now(),
    )
    seal.hash = content_hash(seal)
    seal.key_name, seal.mac = code_of(seal.hash)
    return seal


def _needs_handing_over(last: Seal | None) -> bool:
    """A new key is the newest: a seal under it vouches for all that the old one sealed, also when nothing has changed since."""
    return last is not None and last.key_name != newest_key_name()


def _ended_before() -> tuple[int, int]:
    """Every transaction of this database with a smaller number has ended, and what it committed is there for the next question;
    and the number that no transaction has yet.

    A transaction in progress counts as ours unless it is seen to be elsewhere. One of which nothing is seen has just begun or just
    ended, whosever it is: another look tells.
    """
    for _ in range(_MOST_LOOKS):
        ended, following, all_seen = _look_at_transactions()
        if all_seen:
            break
    return ended, following


def _look_at_transactions() -> tuple[int, int, bool]:
    """The oldest transaction that may write here, the next number, and whether each one in progress was seen by its lock."""
    with connection.cursor() as cursor:
        cursor.execute(_TRANSACTIONS)
        ended, following, all_seen = cursor.fetchone()
    return int(ended), int(following), bool(all_seen)


# A backend has its number before it has its lock, and the lock until after the number is given back. What serves other databases,
# and the one who cleans up after everybody, write no entries here. Locks know the lower 32 bits of a number.
_TRANSACTIONS = """
WITH known AS MATERIALIZED (SELECT pg_current_snapshot() AS snapshot),
held AS MATERIALIZED (
    SELECT l.transactionid::text::bigint AS number,
           coalesce(bool_and(a.datname <> current_database() OR a.backend_type = 'autovacuum worker'), false) AS is_elsewhere
      FROM pg_locks l LEFT JOIN pg_stat_activity a ON a.pid = l.pid
     WHERE l.locktype = 'transactionid' AND l.mode = 'ExclusiveLock' AND l.granted
     GROUP BY l.transactionid::text
), running AS (
    SELECT one::text::bigint AS number, held.is_elsewhere
      FROM known CROSS JOIN LATERAL pg_snapshot_xip(snapshot) AS one
      LEFT JOIN held ON held.number = one::text::bigint % 4294967296
), following AS (
    SELECT pg_snapshot_xmax(snapshot)::text::bigint AS number FROM known
)
SELECT coalesce((SELECT min(number) FROM running WHERE is_elsewhere IS NOT TRUE), following.number),
       following.number,
       NOT EXISTS (SELECT FROM running WHERE is_elsewhere IS NULL)
  FROM following
"""


def _unsealed(last: Seal | None, ended: int | None) -> Iterator[tuple[int, bytes]]:
    """Id and hash of what no seal covers, in the order of ids; `ended` leaves out later transactions."""
    values = {
        "last_id": last.last_id if last else 0,
        "floor_id": last.floor_id if last else 0,
        "from_transaction": last.to_transaction if last else 0,
        "ended": ended,
    }
    only_ended = "" if ended is None else "AND transaction < %(ended)s"
    with connection.chunked_cursor() as cursor:
        cursor.execute(f"SELECT id, hash FROM customer_data_change WHERE {_NOT_SEALED} {only_ended} ORDER BY id", values)  # noqa: S608
        while rows := cursor.fetchmany(5000):
            yield from rows


def code_of(text: str) -> tuple[str, str]:
    """The name of our newest key, and the code that it makes of `text`."""
    name, key = next(iter(_keys().items()))
    return name, _mac(key, text)


def is_our_code(key_name: str, text: str, code: str) -> bool:
    """Whether the key of that name, if we (still) have it, makes that code."""
    key = _keys().get(key_name)
    return key is not None and hmac.compare_digest(_mac(key, text), code)


def newest_key_name() -> str:
    return key_names()[0]


def key_names() -> list[str]:
    """The names of our keys, the newest first, as FIELD_ENCRYPTION_KEYS has them. A name says nothing about its key."""
    return list(_keys())


def _keys() -> dict[str, bytes]:
    """Our keys by name, the newest first; the name says nothing about the key."""
    texts = settings.FIELD_ENCRYPTION_KEYS or [f"development:{settings.SECRET_KEY}"]
    keys = (hmac.digest(text.encode(), b"the seal of the record of changes", "sha256") for text in texts)
    return {hashlib.sha256(key).hexdigest()[:16]: key for key in keys}


def _mac(key: bytes, text: str) -> str:
    return hmac.digest(key, text.encode(), "sha256").hex()
