"""A database as large as a busy operator's after years, made in a minute or two: to see that pages stay quick.

Rows are written in bulk by PostgreSQL itself, with the triggers off, because a million payments by the road that payments take
would need a day. They are consistent all the same: `check_ledger` finds nothing in them but that nobody recorded how they came.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, models, transaction

from customer_data.models import Booking, Concern, Customer, Payment, PaymentEvent, Receipt, ReceiptSeries
from flows.models import Conversation, FlowSession, IncomingMessage, Message
from paynow_integration.models import PaynowNotification

TWO_YEARS = "interval '730 days'"
PAID, UNPAID, WAITING = "0", "1", "2"

# Bookings carry their plan in a temporary table: how many attempts, and how the last of them ended.
_PLAN = """
    CREATE TEMP TABLE plan ON COMMIT DROP AS
    SELECT number AS booking_number,
           %(first_booking)s + number AS booking_id,
           %(first_customer)s + 1 + (number::bigint * 7919) %% %(customers)s AS customer_id,
           now() - {two_years} * (1 - number::float8 / %(bookings)s) AS made_at,
           CASE WHEN number > %(bookings)s - %(open)s THEN 2 WHEN number %% 5 = 0 THEN 1 ELSE 0 END AS ending,
           (ARRAY[231, 120, 75, 480, 960, 55.50])[1 + number %% 6]::numeric(12, 2) AS total,
           CASE WHEN number %% 9 = 0 THEN 'ZWG' ELSE 'USD' END AS currency,
           number %% 200 = 3 AS is_test
    FROM generate_series(1, %(bookings)s) AS number
"""

_ATTEMPTS = """
    CREATE TEMP TABLE attempt ON COMMIT DROP AS
    SELECT row_number() OVER (ORDER BY booking_number, turn) AS number, gen_random_uuid() AS id, plan.*, turn, last_turn,
           made_at + turn * interval '9 minutes' AS asked_at,
           (ARRAY['paynow_ecocash', 'paynow_onemoney', 'paynow_innbucks', 'paynow_omari', 'paynow_card'])
               [1 + (booking_number + turn) %% 5] AS method,
           CASE WHEN turn < last_turn OR ending = 1 THEN (ARRAY['failed', 'expired', 'cancelled'])[1 + (booking_number + turn) %% 3]
                WHEN ending = 2 THEN 'pending' ELSE 'successful' END AS status
    FROM plan
    CROSS JOIN LATERAL (SELECT 3 + (CASE WHEN booking_number %% 3 = 0 THEN 1 ELSE 0 END) AS last_turn) AS turns
    CROSS JOIN LATERAL generate_series(1, last_turn) AS turn
    WHERE booking_number <= %(bookings)s
    ORDER BY booking_number, turn
    LIMIT %(payments)s
"""

# Ten characters of Crockford's alphabet, and the number's remainder by 37 as the eleventh, where that is a character.
_REFERENCE = """
    CREATE OR REPLACE FUNCTION pg_temp.reference_of(number bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
        SELECT string_agg(substr(alphabet, ((value >> (5 * place)) & 31)::int + 1, 1), '' ORDER BY place DESC)
               || max(substr(alphabet, (value % 37)::int + 1, 1))
        FROM (SELECT ((number * 7368787) % 17592186044416) * 37 + number % 32 AS value,
                     '0123456789ABCDEFGHJKMNPQRSTVWXYZ' AS alphabet) AS one, generate_series(0, 9) AS place
    $$
"""
_REFERENCE_OF_PAYMENT = "pg_temp.reference_of(%(first_reference)s + %(bookings)s + number)"


_RECEIPT_FACTS = """
    jsonb_build_array(
        jsonb_build_array('Receipt', series || '-' || lpad(number::text, greatest(6, length(number::text)), '0')),
        jsonb_build_array('Amount', CASE currency WHEN 'USD' THEN 'US$ ' ELSE 'ZiG ' END
            || to_char(total, 'FM9,999,999,999,990.00')),
        jsonb_build_array('Payment', reference))
"""


@dataclass(frozen=True)
class Size:
    """How much. Bookings are three tenths of the payments, events three for each payment."""

    payments: int = 1_000_000

    @property
    def bookings(self) -> int:
        return max(1, self.payments * 3 // 10)

    @property
    def customers(self) -> int:
        return max(1, self.bookings * 2 // 3)

    @property
    def open(self) -> int:
        """How many of the newest bookings wait for their money."""
        return min(500, self.bookings // 10)


def make_large_data(size: Size, *, say: Callable[[str], object] = lambda _: None) -> None:
    """Add `size` to what is there, in one transaction. Raises what PostgreSQL raises; then nothing was added."""
    with transaction.atomic(), connection.cursor() as cursor:
        _run(cursor, "DROP TABLE IF EXISTS pg_temp.plan, pg_temp.attempt")
        _run(cursor, _REFERENCE)
        facts: dict[str, Any] = {
            "bookings": size.bookings, "payments": size.payments, "customers": size.customers, "open": size.open,
            "first_booking": _last(Booking), "first_customer": _last(Customer),
            "first_receipt": _last_receipt("R"), "first_test_receipt": _last_receipt("TEST"),
            "first_reference": Payment.objects.count() * 2 + 1_000_000,
        }  # fmt: skip
        _run(cursor, _PLAN.format(two_years=TWO_YEARS), facts)
        _run(cursor, _ATTEMPTS, facts)
        _run(cursor, "ANALYZE attempt")
        for model, columns, source in _tables():
            say(f"{model._meta.verbose_name_plural} ...")
            with _without_triggers(cursor, model):
                _fill(cursor, model, columns, source, facts)
        _move_series(cursor)
    for model, *_ in _tables():
        _run_alone(f'ANALYZE "{model._meta.db_table}"')


# --- What is written ------------------------------------------------------------------------------
_Tables = Iterator[tuple[type[models.Model], dict[str, str], str]]


def _tables() -> _Tables:
    yield from _people_and_bookings()
    yield from _money()
    yield from _chat()


def _people_and_bookings() -> _Tables:
    names = "(ARRAY['Rudo Moyo','Tendai Ncube','Chipo Dube','Farai Sibanda','Nyasha Phiri','Themba Khumalo'])"
    yield (
        Customer,
        {
            "id": "%(first_customer)s + number", "name": f"{names}[1 + number %% 6] || ' ' || number",
            "wa_id": "'2637' || lpad((10000000 + %(first_customer)s + number)::text, 8, '0')",
            "phone": "'+2637' || lpad((10000000 + %(first_customer)s + number)::text, 8, '0')",
            "email": "'guest' || (%(first_customer)s + number) || '@example.com'", "created_at": f"now() - {TWO_YEARS}",
        },
        "generate_series(1, %(customers)s) AS number",
    )  # fmt: skip
    titles = "(ARRAY['Hwange, three days','Victoria Falls sunset','Matobo walk','Mana Pools canoe','Kariba houseboat'])"
    yield (
        Booking,
        {
            "id": "booking_id", "booking_reference": "'BK' || pg_temp.reference_of(%(first_reference)s + booking_number)",
            "customer_id": "customer_id", "title": f"{titles}[1 + booking_number %% 5]", "total_amount": "total",
            "currency": "currency", "deposit_percent": "50",
            "amount_paid": "CASE WHEN is_paid THEN total ELSE 0 END",
            "payment_status": "CASE WHEN is_paid THEN 'paid' ELSE 'unpaid' END",
            "is_test": "is_paid AND is_test", "created_at": "made_at", "updated_at": "made_at",
        },
        """(SELECT plan.*, paid.booking_id IS NOT NULL AS is_paid FROM plan
            LEFT JOIN (SELECT booking_id FROM attempt WHERE status = 'successful') AS paid USING (booking_id)) AS plan""",
    )  # fmt: skip


def _money() -> _Tables:
    paid_at = "asked_at + (20 + booking_number %% 180) * interval '1 second'"
    yield (
        Payment,
        {
            "id": "id", "reference": _REFERENCE_OF_PAYMENT, "booking_id": "booking_id",
            "amount": "total", "currency": "currency", "payment_method": "method", "status": "status", "is_test": "is_test",
            "reason_code": "CASE WHEN status IN ('failed', 'cancelled', 'expired') THEN 'timed_out' ELSE '' END",
            "phone": "'+2637' || lpad((10000000 + customer_id)::text, 8, '0')", "gateway": "'paynow'", "account": "'1201'",
            "gateway_reference": "'PN' || (%(first_reference)s + number)",
            "gateway_status": "CASE status WHEN 'successful' THEN 'Paid' WHEN 'pending' THEN 'Sent' ELSE 'Cancelled' END",
            "prompt": "'approve_on_phone'", "sends_made": "1", "is_final": "status <> 'pending'",
            "poll_url": "'https://www.paynow.co.zw/Interface/CheckPayment/?guid=' || id", "created_at": "asked_at",
            "updated_at": paid_at, "sent_at": "asked_at", "reported_at": paid_at,
            "next_check_at": "CASE WHEN status = 'pending' THEN now() + interval '1 hour' END",
            "processed_at": f"CASE WHEN status <> 'pending' THEN {paid_at} END",
            "ipn_received_at": f"CASE WHEN status = 'successful' THEN {paid_at} END",
        },
        "attempt",
    )  # fmt: skip
    yield (
        PaymentEvent,
        {
            "payment_id": "attempt.id", "from_status": "step.was", "to_status": "coalesce(step.becomes, attempt.status)",
            "source": "step.source", "actor": "''", "reason": "''",
            "created_at": "asked_at + CASE WHEN step.number < 3 THEN (step.number - 1) * interval '1 second'"
            " ELSE (20 + booking_number %% 180) * interval '1 second' END",
        },
        """attempt CROSS JOIN (VALUES (1, '', 'created', 'flow'), (2, 'created', 'sending', 'task'), (3, 'sending', NULL, 'task'))
           AS step (number, was, becomes, source) ORDER BY attempt.number, step.number""",
    )  # fmt: skip
    yield (
        Receipt,
        {
            "payment_id": "id", "series": "series", "number": "number", "facts": _RECEIPT_FACTS,
            "issued_at": f"CASE WHEN %(first_receipt)s > 0 THEN now() ELSE {paid_at} END",
        },
        f"""(SELECT attempt.id, total, currency, asked_at, booking_number, {_REFERENCE_OF_PAYMENT} AS reference,
                CASE WHEN is_test THEN 'TEST' ELSE 'R' END AS series,
                CASE WHEN is_test THEN %(first_test_receipt)s ELSE %(first_receipt)s END
                    + row_number() OVER (PARTITION BY is_test ORDER BY {paid_at}, number) AS number
            FROM attempt WHERE status = 'successful') AS paid ORDER BY series, number""",  # noqa: S608
    )  # fmt: skip
    yield (
        PaynowNotification,
        {
            "received_at": paid_at, "body": "''", "fingerprint": "md5(number::text) || md5(id::text)", "size": "240",
            "outcome": "'accepted'", "payment_id": "id", "reference": _REFERENCE_OF_PAYMENT,
        },
        "attempt WHERE status = 'successful'",
    )  # fmt: skip
    yield (
        Concern,
        {
            "kind": "'stuck'", "payment_id": "id", "sentence": "'No readable answer since it was sent.'", "created_at": paid_at,
            "solved_at": f"CASE WHEN number %% 2000 <> 0 THEN {paid_at} END", "solution": "''",
        },
        "attempt WHERE number %% 20 = 0",
    )  # fmt: skip


def _chat() -> _Tables:
    yield (
        Conversation,
        {
            "customer_id": "%(first_customer)s + number", "last_heard_at": "now() - number * interval '4 minutes'",
            "created_at": f"now() - {TWO_YEARS}", "updated_at": "now() - number * interval '4 minutes'",
        },
        "generate_series(1, %(customers)s) AS number",
    )  # fmt: skip
    yield (
        Message,
        {
            "customer_id": "customer_id", "key": "'large-' || id", "body": "'We received your payment. Thank you.'",
            "status": "'delivered'", "wamid": "'wamid.' || id", "attempts": "1", "created_at": "asked_at",
            "sent_at": "asked_at", "delivered_at": "asked_at",
        },
        "attempt WHERE status <> 'pending'",
    )  # fmt: skip
    yield (
        IncomingMessage,
        {
            "customer_id": "customer_id", "wamid": "'wamid.in.' || booking_number || '.' || booking_id", "kind": "'text'",
            "text": "'I would like to pay'",
            "sent_at": "made_at", "created_at": "made_at",
        },
        "plan",
    )  # fmt: skip
    yield (
        FlowSession,
        {
            "token_hash": "md5(booking_id::text) || md5(booking_number::text)", "token": "''", "customer_id": "customer_id",
            "booking_id": "booking_id", "created_at": "made_at", "expires_at": "made_at + interval '1 day'", "opened_at": "made_at",
            "flow_name": "'payment_whatsapp_flow'",
        },
        "plan",
    )  # fmt: skip


# --- Writing it -----------------------------------------------------------------------------------
def _fill(cursor: Any, model: type[models.Model], columns: dict[str, str], source: str, facts: dict[str, Any]) -> None:
    """One INSERT of everything; columns that are not named get the field's default."""
    values = {**_defaults(cursor, model, facts), **columns}
    names = ", ".join(f'"{name}"' for name in values)
    _run(cursor, f'INSERT INTO "{model._meta.db_table}" ({names}) SELECT {", ".join(values.values())} FROM {source}', facts)  # noqa: S608
    if isinstance(model._meta.pk, models.AutoField | models.BigAutoField):
        table = f"'{model._meta.db_table}'"
        _run(cursor, f"SELECT setval(pg_get_serial_sequence({table}, 'id'), (SELECT max(id) FROM {model._meta.db_table}))")  # noqa: S608


def _defaults(cursor: Any, model: type[models.Model], facts: dict[str, Any]) -> dict[str, str]:
    """Every column that may not be null and has no value of the database's own, with what Django would write there."""
    found = {}
    for field in model._meta.concrete_fields:
        if field.primary_key or field.null or isinstance(field, models.GeneratedField):
            continue
        value = field.get_default()
        if value is None and getattr(field, "auto_now", False):
            found[str(field.column)] = "now()"
        elif value is not None and not isinstance(field, models.ForeignKey):
            facts[f"default_{field.column}"] = field.get_db_prep_save(value, connection)
            found[str(field.column)] = f"%(default_{field.column})s"
    return found


@contextmanager
def _without_triggers(cursor: Any, model: type[models.Model]) -> Iterator[None]:
    """The owner of a table may switch its triggers off; keys to other tables are still checked."""
    cursor.execute(f'ALTER TABLE "{model._meta.db_table}" DISABLE TRIGGER USER')
    yield
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    cursor.execute(f'ALTER TABLE "{model._meta.db_table}" ENABLE TRIGGER USER')


def _move_series(cursor: Any) -> None:
    """The next receipts go on from the last ones."""
    ReceiptSeries.objects.bulk_create([ReceiptSeries(name=name) for name in ("R", "TEST")], ignore_conflicts=True)
    with _without_triggers(cursor, ReceiptSeries):
        _run(
            cursor,
            """UPDATE customer_data_receiptseries AS series SET last_number = last.number
               FROM (SELECT series, max(number) AS number FROM customer_data_receipt GROUP BY series) AS last
               WHERE last.series = series.name""",
        )


def _last(model: type[models.Model]) -> int:
    return int(model._default_manager.aggregate(last=models.Max("pk"))["last"] or 0)


def _last_receipt(series: str) -> int:
    return int(Receipt.objects.filter(series=series).aggregate(last=models.Max("number"))["last"] or 0)


def _run(cursor: Any, statement: str, facts: dict[str, Any] | None = None) -> None:
    cursor.execute(statement, facts)


def _run_alone(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
