"""What Paynow answers, field by field in the order seen in real replies, and how a fault twists it. Pure."""

from datetime import UTC, datetime
from urllib.parse import quote
from zoneinfo import ZoneInfo

from paynow_integration.hashing import hash_of
from paynow_integration.simulator import wire
from paynow_integration.simulator.faults import Struck
from paynow_integration.simulator.records import CARD_METHODS, PAID_WORDS, Manners, Transaction
from paynow_integration.simulator.wire import Pairs

HARARE = ZoneInfo("Africa/Harare")

INSTRUCTIONS = {
    "ecocash": "Dial *151*2*4# and enter your EcoCash PIN. Once you have authorized the payment via your handset, "
    "please click Check For Payment below to conclude this transaction",
    # Not published: assumed.
    "onemoney": "A prompt was sent to your phone. Enter your OneMoney PIN to authorize the payment.",
}
_CHANNELS = {"ecocash": "Ecocash", "onemoney": "OneMoney", "innbucks": "InnBucks", "omari": "Omari"}
_TOKEN_DAYS = 180


def error_reply(text: str) -> bytes:
    """An error carries no hash."""
    return wire.encode([("status", "Error"), ("error", text)])


def not_found_reply(key: str) -> bytes:
    return compose([("status", "NotFound")], key, Struck())


def web_fields(transaction: Transaction, public_url: str) -> Pairs:
    page = f"{public_url}/Payment/ConfirmPayment/{transaction.paynow_reference}"
    if transaction.email:
        page += f"/{quote(transaction.email, safe='')}//"
    return [
        ("status", "Ok"),
        ("browserurl", page),
        ("pollurl", transaction.poll_url),
        ("paynowreference", transaction.paynow_reference),
    ]


def express_fields(transaction: Transaction) -> Pairs:
    extra: Pairs = []
    if transaction.method in INSTRUCTIONS:
        extra = [("instructions", INSTRUCTIONS[transaction.method])]
    elif transaction.code:
        extra = [("authorizationcode", transaction.code), ("authorizationexpires", _expiry(transaction.code_expires_at))]
    elif transaction.otp_reference:
        extra = [("otpreference", transaction.otp_reference), ("remoteotpurl", transaction.otp_url)]
    return [
        ("status", "Ok"),
        *extra,
        ("paynowreference", transaction.paynow_reference),
        ("pollurl", transaction.poll_url),
    ]


def status_fields(transaction: Transaction, word: str, manners: Manners) -> Pairs:
    """The one body of updates, polls, traces and accepted one-time codes. Where optional fields stand is assumed."""
    return [
        ("reference", transaction.reference),
        ("paynowreference", transaction.paynow_reference),
        ("amount", f"{transaction.amount:.2f}"),
        ("status", word),
        ("pollurl", transaction.poll_url),
        *(_optional_fields(transaction, manners) if word in PAID_WORDS else []),
    ]


def compose(pairs: Pairs, key: str, struck: Struck) -> bytes:
    """`pairs` twisted by the faults that strike, signed with `key`, encoded."""
    fields = _twisted(pairs, struck)
    if "no_hash" not in struck:
        fields.append(("hash", hash_of(fields, "forged" if "forged_hash" in struck else key)))
    return wire.encode(wire.capitalised(fields) if "capitalised_keys" in struck else fields)


def _twisted(pairs: Pairs, struck: Struck) -> Pairs:
    fields = dict(pairs)
    if "no_paynowreference" in struck:
        fields.pop("paynowreference", None)
    if "comma_paynowreference" in struck and "paynowreference" in fields:
        fields["paynowreference"] = f"{int(fields['paynowreference']):,}"
    for fault, name, value in (
        ("wrong_amount", "amount", "0.01"),
        ("wrong_reference", "reference", "SOMEBODY-ELSE"),
        ("unknown_status", "status", "Under Review"),
        ("foreign_pollurl", "pollurl", "http://192.0.2.1/Interface/CheckPayment/?guid=foreign"),
    ):
        if fault in struck and name in fields:
            fields[name] = struck.value(fault, value)
    if "extra_field" in struck:
        fields["somethingnew"] = struck.value("extra_field", "a field nobody told you about")
    if "blank_field" in struck:
        fields["note"] = ""
    return list(fields.items())


def _optional_fields(transaction: Transaction, manners: Manners) -> Pairs:
    pairs: Pairs = []
    if transaction.tokenize or transaction.method in CARD_METHODS:
        pairs += [("token", f"{{{transaction.guid}}}"), ("tokenexpiry", _token_expiry(transaction.created_at, manners))]
    if transaction.integration.instrument_details:
        pairs += [
            ("paymentchannel", _CHANNELS.get(transaction.method, "Visa")),
            ("paymentinstrument", f"*******{transaction.phone[-3:]}" if transaction.phone else "411111******1111"),
        ]
    return pairs


def _expiry(at: float) -> str:
    """`20-Sep-2026 14:35` in Harare. Paynow states no time zone: assumed."""
    moment = datetime.fromtimestamp(at, HARARE)
    return f"{moment.day}-{moment:%b-%Y %H:%M}"


def _token_expiry(created_at: float, manners: Manners) -> str:
    day = datetime.fromtimestamp(created_at + _TOKEN_DAYS * 86_400, UTC)
    return f"{day.day}-{day:%b-%Y}" if "-" in manners.token_expiry_format else f"{day:%d%b%Y}"
