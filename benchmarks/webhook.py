"""The webhook: how soon WhatsApp has its answer whatever the conversation does, and what one turn of the talk costs among many."""

import json
import time
from statistics import median
from typing import Any

from django.conf import settings
from django.db import connection

from benchmarks.figures import Figure, Report
from benchmarks.load import Result, http_request, rounds, send_all
from benchmarks.place import free_port, web
from flows import inbox
from flows.models import Update
from flows.simulator.envelope import sign
from flows.webhook import read_updates

CALLS = 600
PER_SECOND = 50.0
MOST_IN_ONE_CALL = 1_000
ADVICE_MS, SLOW_MS = 250, 1_000
"""Meta's: half of the answers within 250 ms, fewer than one in a hundred over a second."""

SIZES = (1_000, 1_000_000)
TURNS = 60


def answered(report: Report) -> None:
    """Calls of one message at a steady pace, then of a thousand, while nobody answers the customers: there is no worker."""
    ours = free_port()
    with web(ours):
        send_all(ours, [_call(ours, f"warm{number}", 1) for number in range(50)])
        ordinary = send_all(ours, [_call(ours, f"one{number}", 1) for number in range(CALLS)], per_second=PER_SECOND)
        large = send_all(ours, [_call(ours, f"many{number}", MOST_IN_ONE_CALL) for number in range(10)], connections=1)
    _add(report, f"Webhook, one message, {PER_SECOND:.0f} calls a second", ordinary)
    shown = f"median {large.percentile(50):.0f} ms, slowest {max(large.latencies):.0f} ms"
    is_soon = max(large.latencies) < SLOW_MS
    large_call = f"Webhook, {MOST_IN_ONE_CALL:,} messages in one call"
    report.add(Figure(large_call, shown, "the most Meta sends at once", f"{large.percentile(50) / SLOW_MS:.2f}", "< 1 s", is_soon))
    kept, sent = Update.objects.count(), 50 + CALLS + 10 * MOST_IN_ONE_CALL
    report.add(Figure("Webhook, messages kept", f"{kept:,}", f"{sent:,} sent", f"{kept / sent:.2f}", "all", kept == sent))


def turn_cost(report: Report) -> None:
    """One turn of the talk, from the kept message to the queued reply, among ever more stored messages."""
    milliseconds = {}
    for size in SIZES:
        _fill(size)
        milliseconds[size] = _a_turn()
    few, many = SIZES
    ratio = milliseconds[many] / milliseconds[few]
    ours, beside = f"{milliseconds[many]:.1f} ms at {many:,}", f"{milliseconds[few]:.1f} ms at {few:,}"
    report.add(Figure("One turn of the conversation", ours, beside, f"{ratio:.2f}", "≤ 1.2", ratio <= 1.2))


def _add(report: Report, what: str, result: Result) -> None:
    middle, worst = result.percentile(50), result.percentile(99)
    slow = sum(latency > SLOW_MS for latency in result.latencies) / len(result.latencies)
    is_met = middle <= ADVICE_MS and slow < 0.01 and result.bad == 0
    shown = f"median {middle:.1f} ms, p99 {worst:.1f} ms"
    advice = f"Meta's advice: median {ADVICE_MS} ms, < 1 % over 1 s"
    report.add(Figure(what, shown, advice, f"{middle / ADVICE_MS:.2f}", "≤ 1", is_met))


def _call(port: int, name: str, count: int) -> bytes:
    body = _body([_message(f"wamid.{name}.{number}", f"26377{number:07d}") for number in range(count)])
    signature = sign(body, settings.WHATSAPP_APP_SECRET[0])
    headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signature}
    return http_request(port, "/crm-api/whatsapp/webhook/", body, headers)


def _body(messages: list[dict[str, Any]]) -> bytes:
    value = {"messaging_product": "whatsapp", "messages": messages}
    entry = {"id": "1", "changes": [{"field": "messages", "value": value}]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode()


def _message(wamid: str, number: str, text: str = "menu") -> dict[str, Any]:
    return {"from": number, "id": wamid, "timestamp": str(int(time.time())), "type": "text", "text": {"body": text}}


def _a_turn() -> float:
    """Milliseconds, the median over customers that the tables hold already."""
    times: list[float] = []
    for turn in rounds("again", times=TURNS):
        number = len(times)
        updates = read_updates(_body([_message(f"wamid.{turn}{number}.{time.time_ns()}", f"26378{number:07d}")]))
        (update_id,) = inbox.store(updates)
        began = time.perf_counter()
        inbox.handle(update_id)
        times.append((time.perf_counter() - began) * 1000)
    return median(times[5:])


def _fill(size: int) -> None:
    """So many messages of each side, and updates that were handled, of a twentieth as many customers."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE customer_data_customer, flows_update CASCADE")
        for statement in _FILLING:
            cursor.execute(statement, {"size": size, "customers": size // 20})
        cursor.execute(
            "VACUUM ANALYZE customer_data_customer, flows_conversation, flows_incomingmessage, flows_message, flows_update"
        )


_FILLING = (
    """INSERT INTO customer_data_customer (id, name, wa_id, phone, email, created_at)
       SELECT n, 'Customer', '26378' || lpad((n - 1)::text, 7, '0'), '', '', now() FROM generate_series(1, %(customers)s) n""",
    "SELECT setval(pg_get_serial_sequence('customer_data_customer', 'id'), %(customers)s + 1)",
    """INSERT INTO flows_incomingmessage (customer_id, wamid, kind, text, media_id, sent_at, created_at)
       SELECT 1 + n %% %(customers)s, 'old.' || n, 'text', 'Hi', '', now(), now() FROM generate_series(1, %(size)s) n""",
    """INSERT INTO flows_message (customer_id, key, kind, content, body, status, wamid, attempts, last_error, created_at)
       SELECT 1 + n %% %(customers)s, 'old-' || n, 'text', '{"body": "Hello"}', 'Hello', 'read', 'sent.' || n, 1, '', now()
       FROM generate_series(1, %(size)s) n""",
    """INSERT INTO flows_update (kind, key, body, sender, received_at, handled_at, attempts, last_error)
       SELECT 'message', 'message:old.' || n, '', '26378' || lpad((n %% %(customers)s)::text, 7, '0'), now(), now(), 0, ''
       FROM generate_series(1, %(size)s) n""",
)
