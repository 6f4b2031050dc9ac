"""The trigger that repeats a table of moves in the database, where a bug, a script or a person in `psql` cannot pass it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

import pgtrigger

Word = TypeVar("Word", bound=str)


def legal_moves_only(name: str, what: str, moves: Mapping[Word, Iterable[Word]]) -> pgtrigger.Trigger:
    """A status changes only as `moves` has it: from each start to its ends. `what` is what the refusal calls a row: *payment*."""
    allowed = " OR ".join(
        f"(OLD.status = '{start}' AND NEW.status IN ({', '.join(repr(str(end)) for end in sorted(ends))}))"
        for start, ends in moves.items()
        if ends
    )
    return pgtrigger.Trigger(
        name=name,
        operation=pgtrigger.UpdateOf("status"),
        when=pgtrigger.Before,
        condition=pgtrigger.Condition("OLD.status IS DISTINCT FROM NEW.status"),
        func=f"""
            IF NOT ({allowed}) THEN
                RAISE EXCEPTION 'a {what} cannot go from % to %', OLD.status, NEW.status USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """,
    )
