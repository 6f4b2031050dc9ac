"""The triggers that write the record of changes: what they do, putting them in place, and a first entry for rows without one.

They are put in place after every migration, so that they always fit the list in `settings.RECORDED`. Each fires once for a
statement, however many rows it touches. The entries of one row are written under that row's own lock: the chain of a row needs no
other, payments never wait for each other here, and no new deadlock is possible.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import connection, models, transaction

from customer_data.recorded import Recorded
from customer_data.sealed import SealedTextField
from customer_data.who import acting

BATCH = 2000

HASH = """sha256(convert_to(jsonb_build_array({e}.table_name, {e}.row_id, {e}.number, {e}.operation, {e}.before, {e}.after,
    {e}.who, {e}.why, {e}.database_user, {e}.transaction, to_char({e}.at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'),
    encode({e}.previous, 'hex'))::text, 'UTF8'))"""
"""The hash of an entry `{e}`: the trigger writes it, `check_ledger` computes it again."""

KEPT = """({row} - {left_out}) || (SELECT coalesce(jsonb_object_agg(s.name,
    'sha256:' || encode(sha256(convert_to({row} ->> s.name, 'UTF8')), 'hex')), '{{}}')
    FROM unnest({as_digest}) AS s (name) WHERE coalesce({row} ->> s.name, '') <> '')"""
"""What is kept of a row `{row}`. An empty secret stays as it is: that it is not set may be seen."""

_KEPT_FUNCTION = """
CREATE OR REPLACE FUNCTION paydesk_kept(entire jsonb, left_out text[], as_digest text[]) RETURNS jsonb LANGUAGE plpgsql IMMUTABLE AS
$paydesk$
DECLARE
    name text;
BEGIN
    entire := entire - left_out;
    FOREACH name IN ARRAY as_digest LOOP
        IF coalesce(entire ->> name, '') <> '' THEN
            entire := entire || jsonb_build_object(
                name, 'sha256:' || encode(sha256(convert_to(entire ->> name, 'UTF8')), 'hex'));
        END IF;
    END LOOP;
    RETURN entire;
END $paydesk$"""

# Who and why stand at the very end of the statement, where no value of a row can stand. Names of tables come with a collation
# of their own, with which no index would serve. A plan made while the record was small is kept, so it must not read all of it.
_WRITE_FUNCTION = f"""
CREATE OR REPLACE FUNCTION paydesk_write(what text, named text, ids text[], was jsonb[], becomes jsonb[]) RETURNS void
LANGUAGE plpgsql SET enable_seqscan TO off SET jit TO off AS $paydesk$
DECLARE
    tag text := substring(right(current_query(), 4000) FROM '/[*]paydesk:([A-Za-z0-9+/=]+)[*]/$');
    said jsonb := CASE WHEN tag IS NULL THEN jsonb_build_object('who', 'psql: ' || session_user)
        ELSE convert_from(decode(tag, 'base64'), 'UTF8')::jsonb END;
BEGIN
    IF what IN ('update', 'delete') AND EXISTS (SELECT 1 FROM unnest(ids) AS one (id) WHERE NOT EXISTS (
            SELECT 1 FROM customer_data_change c WHERE c.table_name = named AND c.row_id = one.id)) THEN
        PERFORM paydesk_write('found', named, array_agg(one.id), NULL, array_agg(one.was))
            FROM unnest(ids, was) AS one (id, was) WHERE NOT EXISTS (
                SELECT 1 FROM customer_data_change c WHERE c.table_name = named AND c.row_id = one.id);
    END IF;
    INSERT INTO customer_data_change (table_name, row_id, number, operation, before, after, who, why, database_user, transaction,
        at, previous, hash)
    SELECT e.*, {HASH.format(e="e")} FROM (
        SELECT named AS table_name, one.id AS row_id, coalesce(last.number, 0) + 1 AS number, what AS operation,
            CASE WHEN what = 'update' THEN changed.before ELSE one.was END AS before,
            CASE WHEN what = 'update' THEN changed.after ELSE one.becomes END AS after,
            left(said ->> 'who', 150) AS who, left(coalesce(said ->> 'why', ''), 500) AS why, session_user::text AS database_user,
            pg_current_xact_id()::text::bigint AS transaction, clock_timestamp() AS at, coalesce(last.hash, '') AS previous
        FROM unnest(ids, was, becomes) AS one (id, was, becomes)
        LEFT JOIN LATERAL (SELECT c.number, c.hash FROM customer_data_change c
            WHERE c.table_name = named AND c.row_id = one.id ORDER BY c.number DESC LIMIT 1) AS last ON true
        LEFT JOIN LATERAL (
            SELECT jsonb_object_agg(n.key, one.was -> n.key) AS before, jsonb_object_agg(n.key, n.value) AS after
            FROM jsonb_each(one.becomes) AS n WHERE what = 'update' AND one.was -> n.key IS DISTINCT FROM n.value
        ) AS changed ON what = 'update') AS e;
END $paydesk$"""  # noqa: S608  nothing of a user goes into it

# In UTC, because to_jsonb writes moments in the zone of the session, and the record must read the same for everybody.
_TRIGGER_FUNCTION = """
CREATE OR REPLACE FUNCTION paydesk_record_{event}() RETURNS trigger LANGUAGE plpgsql
SET "TimeZone" TO 'UTC' SET enable_nestloop TO off AS $paydesk$
DECLARE
    key text := TG_ARGV[0];
    left_out text[] := TG_ARGV[1];
    as_digest text[] := TG_ARGV[2];
    ids text[];
    was jsonb[];
    becomes jsonb[];
BEGIN
    {gather}
    IF ids IS NOT NULL THEN
        PERFORM paydesk_write('{event}', TG_TABLE_NAME::text COLLATE "default", ids, was, becomes);
    END IF;
    RETURN NULL;
END $paydesk$"""

_GATHER = {
    "insert": """
    SELECT array_agg(to_jsonb(n) ->> key), array_agg(NULL::jsonb), array_agg(paydesk_kept(to_jsonb(n), left_out, as_digest))
        INTO ids, was, becomes FROM new_rows n;""",
    "delete": """
    SELECT array_agg(to_jsonb(o) ->> key), array_agg(paydesk_kept(to_jsonb(o), left_out, as_digest)), array_agg(NULL::jsonb)
        INTO ids, was, becomes FROM old_rows o;""",
    # Each row is read once, and the two sides are joined by a hash: a plan for one row would read all new rows for each old one.
    "update": """
    WITH o AS MATERIALIZED (SELECT to_jsonb(r) ->> key AS id, to_jsonb(r) - left_out AS entire FROM old_rows r),
        n AS MATERIALIZED (SELECT to_jsonb(r) ->> key AS id, to_jsonb(r) - left_out AS entire FROM new_rows r),
        changed AS MATERIALIZED (
            SELECT o.id, o.entire AS was, n.entire AS becomes FROM o JOIN n USING (id) WHERE o.entire IS DISTINCT FROM n.entire)
    SELECT array_agg(c.id), array_agg(paydesk_kept(c.was, left_out, as_digest)),
        array_agg(paydesk_kept(c.becomes, left_out, as_digest)) INTO ids, was, becomes FROM changed c;""",
}
_REFERENCING = {
    "insert": "NEW TABLE AS new_rows",
    "delete": "OLD TABLE AS old_rows",
    "update": "OLD TABLE AS old_rows NEW TABLE AS new_rows",
}

_FUNCTIONS = {
    "paydesk_kept": _KEPT_FUNCTION,
    "paydesk_write": _WRITE_FUNCTION,
    **{
        f"paydesk_record_{event}": _TRIGGER_FUNCTION.format(event=event, gather=gather.strip()) for event, gather in _GATHER.items()
    },
}


@dataclass(frozen=True)
class Table:
    """One table that is recorded, with every column that is left out or kept as a digest."""

    model: type[models.Model]
    left_out: tuple[str, ...]
    as_digest: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.model._meta.db_table

    @property
    def key(self) -> str:
        return str(self._key.column)

    @property
    def label(self) -> str:
        return self.model._meta.label

    @property
    def _key(self) -> models.Field[Any, Any]:
        key = self.model._meta.pk
        assert key is not None  # noqa: S101  every model of Django has one
        return key

    @property
    def arguments(self) -> tuple[str, str, str]:
        """What its triggers are told."""
        return self.key, _array(self.left_out), _array(self.as_digest)

    def kept(self, row: str) -> str:
        """SQL for what is kept of a row whose JSON is `row`."""
        return KEPT.format(row=row, left_out=f"'{_array(self.left_out)}'::text[]", as_digest=f"'{_array(self.as_digest)}'::text[]")


def recorded_tables() -> Iterator[Table]:
    """Every table of `settings.RECORDED`."""
    listed: Mapping[str, Recorded] = settings.RECORDED
    for label, recorded in listed.items():
        model = apps.get_model(label)
        long_or_secret = [field.column for field in model._meta.concrete_fields if isinstance(field, _ALWAYS_AS_DIGEST)]
        yield Table(model, recorded.left_out, tuple(dict.fromkeys([*map(str, long_or_secret), *recorded.as_digest])))


_ALWAYS_AS_DIGEST = (SealedTextField, models.BinaryField)


def put_triggers_in_place() -> None:
    """Every recorded table has its triggers, and every row that was there before has a first entry. Safe to repeat, and to run
    while payments move. Tables that are not there (any more, or yet) are passed over.
    """
    there = _tables_there()
    if "customer_data_change" not in there:
        return
    _replace_functions()
    wanted = [table for table in recorded_tables() if table.name in there]
    in_place = _triggers_in_place()
    for table in wanted:
        if any(in_place.get((table.name, f"paydesk_{event}")) != table.arguments for event in _GATHER):
            _put_triggers_on(table)
            take_stock(table)


def tables_without_triggers() -> list[str]:
    """Recorded tables one of whose triggers is missing, switched off, or told something else."""
    in_place = _triggers_in_place()
    return [
        table.name
        for table in recorded_tables()
        if any(in_place.get((table.name, f"paydesk_{event}")) != table.arguments for event in _GATHER)
    ]


def take_stock(table: Table) -> None:
    """A first entry for every row that has none: for rows that are older than the record, or were loaded past the triggers.

    In short transactions that lock their rows, so that a change at the same moment comes after the first entry or brings it along.
    """
    last = None
    with acting("system", "Recording began."):
        while True:
            last = _take_stock_of_some(table, after=last)
            if last is None:
                return


def _take_stock_of_some(table: Table, *, after: Any) -> Any:
    """The key of the last row looked at, None when there are no more."""
    rows = table.model._base_manager.order_by("pk")
    keys = list((rows if after is None else rows.filter(pk__gt=after)).values_list("pk", flat=True)[:BATCH])
    if not keys:
        return None
    quote = connection.ops.quote_name
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL TIME ZONE 'UTC'")
        cursor.execute(
            f"""SELECT paydesk_write('found', %s, array_agg(one.id), NULL, array_agg(one.kept)) FROM (
                    SELECT to_jsonb(t) ->> %s AS id, paydesk_kept(to_jsonb(t), %s::text[], %s::text[]) AS kept
                    FROM {quote(table.name)} AS t WHERE {quote(table.key)} BETWEEN %s AND %s AND NOT EXISTS (
                        SELECT 1 FROM customer_data_change c WHERE c.table_name = %s AND c.row_id = to_jsonb(t) ->> %s)
                    FOR NO KEY UPDATE OF t) AS one HAVING count(*) > 0""",  # noqa: S608  names of our own tables
            [table.name, *table.arguments, keys[0], keys[-1], table.name, table.key],
        )
    return keys[-1]


def _array(names: tuple[str, ...]) -> str:
    return "{" + ",".join(names) + "}"


def _tables_there() -> set[str]:
    with connection.cursor() as cursor:
        return set(connection.introspection.table_names(cursor))


def _replace_functions() -> None:
    """Only those that are not there as they are written here: replacing one waits for whoever uses it."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT proname, prosrc, obj_description(oid, 'pg_proc') FROM pg_proc
               WHERE proname = ANY(%s) AND pronamespace = current_schema()::regnamespace""",
            [list(_FUNCTIONS)],
        )
        there = {name: (body, comment) for name, body, comment in cursor.fetchall()}
        for name, source in _FUNCTIONS.items():
            digest = hashlib.sha256(source.encode()).hexdigest()
            if there.get(name) != (source.split("$paydesk$")[1], digest):
                cursor.execute(source)
                cursor.execute(f"COMMENT ON FUNCTION {name} IS '{digest}'")


def _triggers_in_place() -> dict[tuple[str, str], tuple[str, ...]]:
    """What each trigger of ours that is switched on is told, by table and name."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.relname, t.tgname, t.tgargs FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
               JOIN pg_proc p ON p.oid = t.tgfoid WHERE t.tgname = replace(p.proname, '_record_', '_')
               AND c.relnamespace = current_schema()::regnamespace AND t.tgenabled IN ('O', 'A') AND t.tgname LIKE 'paydesk_%%'"""
        )
        return {(table, name): tuple(bytes(told).decode().split("\0")[:-1]) for table, name, told in cursor.fetchall()}


def _put_triggers_on(table: Table) -> None:
    quote = connection.ops.quote_name
    told = ", ".join(f"'{argument}'" for argument in table.arguments)
    with transaction.atomic(), connection.cursor() as cursor:
        for event, referencing in _REFERENCING.items():
            cursor.execute(f"DROP TRIGGER IF EXISTS paydesk_{event} ON {quote(table.name)}")
            cursor.execute(
                f"CREATE TRIGGER paydesk_{event} AFTER {event.upper()} ON {quote(table.name)} REFERENCING {referencing} "
                f"FOR EACH STATEMENT EXECUTE FUNCTION paydesk_record_{event}({told})"
            )
