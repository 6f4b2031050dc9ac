"""Paynow's vocabulary, translated at the door: messages in and out, status words, error texts. Pure.

Every message is one flat `name=value&name=value` text. Names are compared without case, order is kept because the
signature depends on it. Sources: https://developers.paynow.co.zw/docs/ (initiate_transaction, status_update, polling_status).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from urllib.parse import parse_qsl, quote, urlencode
from zoneinfo import ZoneInfo

from customer_data.gateway import NotUnderstood, Report
from customer_data.money import CENT, NotAnAmount, parse_amount
from customer_data.status import Reason, Status

Pairs = tuple[tuple[str, str], ...]

MOST_BYTES = 64 * 1024
MOST_FIELDS = 100
LONGEST_TRACE = 32
HARARE = ZoneInfo("Africa/Harare")

# The one table of Paynow's words. Delivered and Awaiting Delivery are money in: the customer has paid, and Paynow holds or
# settles it. The last three waiting words are older labels that its own .NET and WooCommerce code still knows.
STATUS_OF: dict[str, Status] = {
    "created": Status.PENDING,
    "sent": Status.PENDING,
    "awaiting redirect": Status.PENDING,
    "created but not paid": Status.PENDING,
    "pending3ds": Status.PENDING,
    "paid": Status.SUCCESSFUL,
    "awaiting delivery": Status.SUCCESSFUL,
    "delivered": Status.SUCCESSFUL,
    "cancelled": Status.CANCELLED,
    "failed": Status.FAILED,
    "disputed": Status.DISPUTED,
    "refunded": Status.REFUNDED,
}
FINAL = frozenset({"paid", "cancelled", "failed", "refunded"})
"""Words after which Paynow says nothing more by itself (a paid transaction may still be disputed or refunded)."""

OK, ERROR, NOT_FOUND = "ok", "error", "notfound"

_REASON_OF = {Status.CANCELLED: Reason.CANCELLED_BY_PAYER, Status.FAILED: Reason.DECLINED}
_GROUPED_AMOUNT = re.compile(r"\d{1,3}(,\d{3})+\.\d{2}")
_NAME = re.compile(r"[^\x00-\x20<>&=][^\x00-\x1f<>&=]{0,63}")
_EXPIRY = re.compile(r"(\d{1,2})-([A-Za-z]{3})-(\d{4}) (\d{1,2}):(\d{2})")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


# --- Coming in ------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Message:
    """One message as it arrived. `pairs` are decoded and untouched, because they are what was signed."""

    pairs: Pairs = field(repr=False)

    @cached_property
    def fields(self) -> dict[str, str]:
        """Lower-case name to value without surrounding spaces."""
        return {name.strip().lower(): value.strip() for name, value in self.pairs}

    def get(self, name: str) -> str:
        """The value of `name` in lower case; empty when it is blank or absent."""
        return self.fields.get(name, "")

    @property
    def word(self) -> str:
        """Paynow's own status word, for comparing: lower case, single spaces."""
        return " ".join(self.get("status").lower().split())

    @property
    def is_error(self) -> bool:
        """Error replies carry no signature; no other message may lack one."""
        return self.word == ERROR


def parse(body: bytes | str) -> Message:
    """The message in `body`. Raises NotUnderstood for anything that is not one flat form-encoded message.

    A repeated name is refused: two readers could each believe a different value, under one signature.
    """
    text = _text_of(body)
    try:
        pairs = tuple(parse_qsl(text, keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=MOST_FIELDS))
    except ValueError:
        raise NotUnderstood("The message is not form-encoded text.") from None
    names = [name.strip().lower() for name, _ in pairs]
    if not all(_NAME.fullmatch(name) for name in names) or any("\x00" in value for _, value in pairs):
        raise NotUnderstood("The message has a field that no message of Paynow has.")
    if len(set(names)) != len(names):
        raise NotUnderstood("The message repeats a field.")
    return Message(pairs)


def _text_of(body: bytes | str) -> str:
    raw = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    if len(raw) > MOST_BYTES:
        raise NotUnderstood("The message is too long.")
    try:
        text = raw.decode("utf-8-sig").strip().strip("&")
    except UnicodeDecodeError:
        raise NotUnderstood("The message is not text.") from None
    if not text or text.startswith("<"):
        raise NotUnderstood("The message is empty or a web page.")
    return text


def read_status(word: str) -> Status:
    """Our word for Paynow's. Raises NotUnderstood for a word outside the table: it moves no money."""
    try:
        return STATUS_OF[" ".join(word.lower().split())]
    except KeyError:
        raise NotUnderstood(f"Paynow said {word.strip()[:40]!r}, a status we do not know.") from None


def read_amount(text: str) -> Decimal:
    """An amount with two places. Raises NotUnderstood.

    Strict, but for one form: `1,000.00`, thousands grouped by three and two decimals, can only mean one thing and .NET
    writes numbers so (a published example has the reference `1,082`). `1,000` alone is refused.
    """
    plain = text.strip()
    if _GROUPED_AMOUNT.fullmatch(plain):
        plain = plain.replace(",", "")
    try:
        return parse_amount(plain)
    except NotAnAmount:
        raise NotUnderstood(f"Paynow said {text.strip()[:20]!r}, which is not an amount.") from None


def read_report(message: Message, *, account: str, currency: str = "") -> Report:
    """What a status update, poll or trace reply says. The caller has proven it genuine.

    `account` is the integration that was asked, `currency` its currency: Paynow names neither. Raises NotUnderstood.
    """
    status = read_status(message.get("status"))
    return Report(
        reference=message.get("reference"),
        status=status,
        gateway_status=message.get("status"),
        amount=read_amount(message.get("amount")),
        account=account,
        currency=currency,
        gateway_reference=message.get("paynowreference"),
        reason=_REASON_OF.get(status),
        final=message.word in FINAL,
    )


def read_expiry(text: str) -> datetime | None:
    """An InnBucks expiry such as `20-Sep-2026 14:35`; None when it cannot be read, for it is only shown.

    Paynow states no time zone; we take it for the time in Harare, where it is read.
    """
    match = _EXPIRY.fullmatch(" ".join(text.split()))
    if match is None or match[2].lower() not in _MONTHS:
        return None
    day, year, hour, minute = (int(match[group]) for group in (1, 3, 4, 5))
    try:
        return datetime(year, _MONTHS.index(match[2].lower()) + 1, day, hour, minute, tzinfo=HARARE)
    except ValueError:
        return None


def innbucks_links(code: str) -> tuple[str, str]:
    """Links that open the InnBucks app with `code`: the current scheme, then the older one. Offer the code itself first."""
    quoted = quote(code.strip(), safe="")
    return (
        f"com.innbucks.customer://purchase?paymentToken={quoted}",
        f"schinn.wbpycode://innbucks.co.zw?pymInnCode={quoted}",
    )


# --- Going out ------------------------------------------------------------------------------------
@dataclass(frozen=True, kw_only=True)
class ChargeRequest:
    """What we ask Paynow to collect. `merchant_trace` is new for every request: by it a lost answer is found again.

    With `method` (`ecocash`, `onemoney`, `innbucks`, `omari`) it is an express checkout, without one a page to open.
    In test mode `email` must be a login of the merchant's own Paynow account, or empty on the web.
    """

    reference: str
    amount: Decimal
    description: str
    return_url: str
    result_url: str
    merchant_trace: str
    email: str = ""
    phone: str = ""
    method: str = ""


def write_charge(request: ChargeRequest, *, integration_id: str) -> Pairs:
    """The unsigned fields of `request`, every value stripped, blank options left out. Raises ValueError with a sentence.

    An amount must be a Decimal above zero with no more than two places. `authphone` replaces `phone` on a web request.
    """
    if not 1 <= len(request.merchant_trace.strip()) <= LONGEST_TRACE:
        raise ValueError(f"A merchant trace has between 1 and {LONGEST_TRACE} characters.")
    phone_field = "phone" if request.method else "authphone"
    options = (
        ("authemail", request.email),
        (phone_field, wallet_number(request.phone)),
        ("method", request.method.lower()),
    )
    return _stripped(
        ("id", integration_id),
        ("reference", request.reference),
        ("amount", write_amount(request.amount)),
        ("additionalinfo", " ".join(request.description.split())),
        ("returnurl", request.return_url),
        ("resulturl", request.result_url),
        *((name, value) for name, value in options if value.strip()),
        ("merchanttrace", request.merchant_trace),
        ("status", "Message"),
    )


def write_trace(*, integration_id: str, merchant_trace: str) -> Pairs:
    """The unsigned question what became of the request that carried `merchant_trace`."""
    return _stripped(("id", integration_id), ("merchanttrace", merchant_trace), ("status", "Message"))


def write_otp(*, integration_id: str, otp: str) -> Pairs:
    """The unsigned one-time code, a text: its leading zeros count."""
    return _stripped(("id", integration_id), ("otp", otp), ("status", "Message"))


def write_amount(amount: Decimal) -> str:
    """`10.00`, always with two decimals. Raises ValueError for anything but a positive Decimal in whole cents."""
    if not isinstance(amount, Decimal) or not amount.is_finite() or amount <= 0 or amount != amount.quantize(CENT):
        raise ValueError("An amount must be a decimal above zero with at most two places.")
    return f"{amount:.2f}"


def wallet_number(phone: str) -> str:
    """`0771234567` from `+263 77 123 4567` or `263771234567`, the only form known to be accepted; others stay as they are."""
    digits = re.sub(r"[\s().-]", "", phone).removeprefix("+")
    if re.fullmatch(r"2637\d{8}", digits):
        return f"0{digits[3:]}"
    return f"0{digits}" if re.fullmatch(r"7\d{8}", digits) else phone.strip()


def encode(pairs: Iterable[tuple[str, str]]) -> bytes:
    """`pairs` as a form-encoded body, encoded once."""
    return urlencode(tuple(pairs)).encode("ascii")


def _stripped(*pairs: tuple[str, str]) -> Pairs:
    return tuple((name, value.strip()) for name, value in pairs)
