"""What is written into a large database: every table, its columns as SQL, and what they are made from."""

from __future__ import annotations

from collections.abc import Iterator

from django.db import models

from customer_data.models import Booking, Concern, Customer, Payment, PaymentEvent, Receipt
from flows.models import Conversation, FlowSession, IncomingMessage, Message
from paynow_integration.models import PaynowNotification

TWO_YEARS = "interval '730 days'"
PAID, UNPAID, WAITING = "0", "1", "2"

# Bookings carry their plan in a temporary table: how many attempts, and how the last of them ended.
PLAN = """
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

ATTEMPTS = """
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
REFERENCE = """
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

Tables = Iterator[tuple[type[models.Model], dict[str, str], str]]


def tables() -> Tables:
    yield from _people_and_bookings()
    yield from _money()
    yield from _chat()


def _people_and_bookings() -> Tables:
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


def _money() -> Tables:
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


def _chat() -> Tables:
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
