"""What Paynow checks before it accepts a request, in its order. Texts marked "assumed" are published nowhere. Pure."""

import re
from collections.abc import Collection, Mapping
from decimal import Decimal
from urllib.parse import urlsplit

from paynow_integration.hashing import hash_of
from paynow_integration.simulator.records import ALL_METHODS, CARD_METHODS, TEST_PHONES, TEST_TOKENS, Integration
from paynow_integration.simulator.wire import Pairs

_AMOUNT = re.compile(r"\d{1,10}(\.\d{1,2})?")
# No test values are published for these two, so test mode takes any number for them (assumed).
_FREE_IN_TEST = frozenset({"innbucks", "omari"})


class Refused(Exception):
    """`status=Error` with this text."""


def fields_of(pairs: Pairs) -> dict[str, str]:
    """Lower-case name to value without surrounding spaces."""
    return {name.strip().lower(): value.strip() for name, value in pairs}


def find_integration(pairs: Pairs, integrations: Mapping[str, Integration]) -> Integration:
    """Who sent `pairs`: id, signature over the fields in arrival order, and `status=Message`. Raises Refused."""
    fields = fields_of(pairs)
    integration = integrations.get(fields.get("id", ""))
    if integration is None:
        raise Refused("Invalid id.")
    expected = hash_of(pairs, integration.key)
    if len(fields) != len(pairs) or fields.get("hash", "").upper() != expected:
        raise Refused(f"Invalid Hash.  Hash should start with: {expected[:6]}")
    if fields.get("status", "").lower() != "message":
        raise Refused("Invalid status field")  # assumed
    return integration


def check_charge(fields: Mapping[str, str], integration: Integration, traces: Collection[str], *, any_phone: bool = False) -> None:
    """Whether Paynow would begin this payment. `traces` are those the integration has used. Raises Refused.

    `any_phone`: test mode takes every number, which Paynow's own does not.
    """
    _check_amount(fields.get("amount", ""))
    if not fields.get("reference"):
        raise Refused("Invalid reference field")  # assumed
    for name in ("returnurl", "resulturl"):
        if urlsplit(fields.get(name, "")).scheme not in ("http", "https"):
            raise Refused(f"Enter valid {name.removesuffix('url')} url")  # paraphrase of Paynow's own
    _check_method(fields, integration)
    if not integration.live:
        _check_test_mode(fields, integration, any_phone=any_phone)
    trace = fields.get("merchanttrace", "")
    if len(trace) > 32:
        raise Refused("Invalid merchanttrace field")  # assumed
    if trace and trace in traces:
        raise Refused("Duplicate merchanttrace")  # assumed


def _check_amount(text: str) -> None:
    if not _AMOUNT.fullmatch(text) or Decimal(text) <= 0:
        raise Refused("Invalid amount field")


def _check_method(fields: Mapping[str, str], integration: Integration) -> None:
    """The method is ticked on the integration and has what it needs. Texts assumed."""
    method = fields["method"].lower() if "method" in fields else "web"
    if method not in integration.methods & ALL_METHODS:
        raise Refused("The payment method is not enabled for this integration")
    if method == "web":
        return
    if not fields.get("authemail"):
        raise Refused("Invalid authemail field")
    if method in CARD_METHODS:
        if not fields.get("token") or not fields.get("merchanttrace"):
            raise Refused("A token and a merchanttrace are required for this payment method")
    elif not re.fullmatch(r"07\d{8}", fields.get("phone", "")):
        raise Refused("Invalid phone field")


def _check_test_mode(fields: Mapping[str, str], integration: Integration, *, any_phone: bool) -> None:
    """Listed numbers and a merchant's own e-mail only; on the web the page itself turns strangers away. Texts assumed."""
    method = fields.get("method", "web").lower()
    if method == "web":
        return
    if fields.get("authemail", "").lower() not in {email.lower() for email in integration.merchant_emails}:
        raise Refused("Integration is in test mode: authemail must be a login of the merchant account")
    if method in CARD_METHODS:
        if fields.get("token") not in TEST_TOKENS[method]:
            raise Refused("Integration is in test mode: only the test tokens are accepted")
    elif not any_phone and method not in _FREE_IN_TEST and fields.get("phone") not in TEST_PHONES:
        raise Refused("Integration is in test mode: only the test numbers are accepted")
