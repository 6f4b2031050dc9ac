"""Which modules are mutated, and which tests may catch it."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

PURE = [
    "customer_data/money.py",
    "customer_data/status.py",
    "paynow_integration/hashing.py",
    "paynow_integration/messages.py",
]

# The road of the money first: what opens, sends, asks, records and gives back.
SERVICES = [
    f"customer_data/services/{name}.py"
    for name in (
        "opening",
        "sending",
        "checking",
        "reporting",
        "codes",
        "refunds",
        "refund_sending",
        "refund_steps",
        "proof_decisions",
        "transfers",
        "stopping",
        "asking_again",
        "cancelling",
        "disputes",
        "surprises",
        "paid_seats",
        "receipts",
        "booking_trips",
        "letters",
        "proofs",
        "proof_findings",
    )
]

TARGETS = [*PURE, *SERVICES]

_PURE_TESTS = [
    *(f"customer_data/tests/test_{name}.py" for name in ("money", "moves", "totals")),
    *(f"paynow_integration/tests/test_{name}.py" for name in ("hashing", "messages", "official_sdk")),
]
_SERVICE_TESTS = [
    *(
        f"customer_data/tests/test_{name}.py"
        for name in (
            "admin_payments",
            "admin_refunds",
            "bystanders",
            "cancelling",
            "codes",
            "controls",
            "disputes",
            "letters",
            "offer",
            "opening",
            "payment_timeline",
            "races",
            "races_at_the_desk",
            "receipts",
            "receipts_races",
            "refunds",
            "refunds_at_gateway",
            "refunds_races",
            "refusals",
            "reporting",
            "seats",
            "seats_booked",
            "stopping",
            "sending",
            "shares_and_payers",
            "sweep",
            "totals",
            "transfers",
        )
    ),
    *(f"offline_payments/tests/test_{name}.py" for name in ("gateway", "proofs", "proof_races", "review_queue")),
]


def tests_for(paths: list[str]) -> list[str]:
    """The files of tests that may notice a fault in `paths`.

    Of pages only those of payments and refunds; the chat and the desk are left out: what only they would notice counts as survived.
    """
    wanted = [
        *(_PURE_TESTS if set(paths) & set(PURE) else []),
        *(_SERVICE_TESTS if set(paths) & set(SERVICES) else []),
    ]
    return [test for test in dict.fromkeys(wanted) if (ROOT / test).exists()]


def dotted(path: str) -> str:
    """`customer_data.money` for `customer_data/money.py`."""
    return path.removesuffix(".py").replace("/", ".")
