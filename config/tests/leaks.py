"""A search for what must not be found: in text, and in every column of every table that holds text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

STORED_ON_PURPOSE = {
    ("customer_data_customer", "wa_id"): "who is answered in the chat",
    ("customer_data_customer", "phone"): "whom staff call",
    ("customer_data_payment", "phone"): "which wallet was debited; refunds and disputes ask for it",
    ("customer_data_payment", "poll_url"): "where the gateway answers for this payment; the record of changes keeps a digest of it",
    ("customer_data_change", "before"): "the record of changes keeps what a row said",
    ("customer_data_change", "after"): "the record of changes keeps what a row says",
    ("flows_update", "sender"): "whose updates stay in order; their words beside it are sealed",
    ("flows_flowsession", "typed"): "what was typed in a form, to be shown again; emptied by the timetable of retention",
    ("flows_message", "content"): "the customer's own number among the facts of a template, where Meta approved one that names it",
}
"""Table and column: why a number or an address stands there in clear. All else is sealed, hashed or not kept."""


@dataclass(frozen=True)
class Needle:
    """Something that must stand nowhere: `what` it is, and the words or the pattern."""

    what: str
    words: str
    is_pattern: bool = False

    def is_in(self, text: str) -> bool:
        return bool(re.search(self.words, text)) if self.is_pattern else self.words in text


def found_in_text(text: str, needles: Sequence[Needle]) -> list[tuple[str, str]]:
    """What was found, each with the first line that holds it."""
    lines = text.splitlines()
    first = ((needle.what, next((line for line in lines if needle.is_in(line)), None)) for needle in needles)
    return [(what, line) for what, line in first if line is not None]


def found_in_database(database: psycopg.Connection[Any], needles: Sequence[Needle]) -> dict[tuple[str, str], set[str]]:
    """By table and column: what was found there."""
    found: dict[tuple[str, str], set[str]] = {}
    for table, column in _text_columns(database):
        query = sql.SQL("SELECT {column}::text FROM {table} WHERE {column} IS NOT NULL")
        rows = database.execute(query.format(column=sql.Identifier(column), table=sql.Identifier(table))).fetchall()
        everything = "\n".join(row[0] for row in rows)
        words = {needle.what for needle in needles if needle.is_in(everything)}
        if words:
            found[table, column] = words
    return found


def _text_columns(database: psycopg.Connection[Any]) -> list[tuple[str, str]]:
    rows = database.execute(
        """SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = 'public'
           AND data_type IN ('text', 'character varying', 'character', 'json', 'jsonb', 'ARRAY', 'bytea', 'inet')"""
    )
    return [(table, column) for table, column in rows]
