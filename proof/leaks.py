"""Whether anything a run logged or stored holds what must not be read: keys, tokens, codes, raw bodies, whole phone numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from django.db import connection

from proof.cast import number_of
from proof.customers import RIGHT_CODE
from proof.evidence import Evidence
from proof.plan import Plan

OUR_LOGS = ("web*.log", "worker*.log", "clock.log", "postgres.log")
RAW = re.compile(r"paynowreference=|[?&]hash=|encrypted_flow_data|encrypted_aes_key|\b[0-9A-F]{128}\b|BEGIN (?:RSA )?PRIVATE KEY")
"""Bodies as they go over the wire, a signature of Paynow, a private key."""
NUMBER = re.compile(r"7\d{8}")
SECRET_NAMES = (
    "SECRET_KEY",
    "FIELD_ENCRYPTION_KEYS",
    "WHATSAPP_ACCESS_TOKEN",
    "WHATSAPP_APP_SECRET",
    "WHATSAPP_VERIFY_TOKEN",
    "WHATSAPP_FLOW_PRIVATE_KEY",
    "PAYNOW_INTEGRATION_KEY",
)
LONGEST_QUOTE = 160
MOST_TOKENS = 15
"""Of the run's form tokens, so many are looked for in every table."""


def nothing_secret_can_be_read(evidence: Evidence) -> Iterator[str]:
    """In the logs, and in every column of every table: what is sealed there does not read as what it is."""
    secrets = secrets_of(evidence)
    yield from in_logs(evidence.logs, secrets=secrets, phones=phones_of(evidence.plan))
    yield from in_tables(secrets)


def secrets_of(evidence: Evidence) -> list[str]:
    """What only we, and who shares it with us, may know."""
    named = [evidence.environment[name] for name in SECRET_NAMES if name in evidence.environment]
    return [RIGHT_CODE] + [secret for secret in [*named, *evidence.cast.secrets[:MOST_TOKENS]] if len(secret) >= 8]


def phones_of(plan: Plan) -> list[str]:
    """Every number of a customer or a wallet, without what comes before its nine digits."""
    numbers = [number_of(customer)[3:] for customer in range(plan.customers)]
    return numbers + [wallet[1:] for journey in plan.journeys for wallet in (journey.wallet, journey.second_wallet)]


def in_logs(folder: Path, *, secrets: Iterable[str], phones: Iterable[str]) -> Iterator[str]:
    """Sentences that name the file and the line, and never quote the secret."""
    wanted, numbers = list(secrets), set(phones)
    for pattern in OUR_LOGS:
        for file in sorted(folder.glob(pattern)):
            text = file.read_text(errors="replace")
            for what, at in _found(text, wanted, numbers):
                line = text.count("\n", 0, at) + 1
                yield f"{what} stands in {file.name}, line {line}: {_hidden(text.splitlines()[line - 1], wanted)}"


def _found(text: str, secrets: Iterable[str], numbers: set[str]) -> Iterator[tuple[str, int]]:
    for secret in secrets:
        if (at := text.find(secret)) >= 0:
            yield "A secret", at
    if (raw := RAW.search(text)) is not None:
        yield "A raw body or a signature", raw.start()
    number = next((found for found in NUMBER.finditer(text) if found[0] in numbers), None)
    if number is not None:
        yield "A whole phone number", number.start()


def in_tables(secrets: list[str]) -> Iterator[str]:
    """Every row as text. What is sealed is other text there."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            name = connection.ops.quote_name(table)
            like = " OR ".join(["strpos(kept::text, %s) > 0"] * len(secrets))
            cursor.execute(f"SELECT count(*) FROM {name} AS kept WHERE {like}", secrets)  # noqa: S608  its own name
            (count,) = cursor.fetchone()
            if count:
                yield f"{count} rows of {table} hold a secret that is not sealed."


def _hidden(line: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        line = line.replace(secret, "…")
    return re.sub(r"\d{3,}|[0-9A-Fa-f]{32,}", "…", line.strip())[:LONGEST_QUOTE]
