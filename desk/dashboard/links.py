"""The list behind a figure."""

from __future__ import annotations

from datetime import date, datetime
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse

from customer_data.status import OPEN, UNPAID_ENDS, Status

_PAYMENTS = "admin:customer_data_payment_changelist"


def paid_payments(first: date, last: date, *, currency: str, payment_method: str = "", is_test: bool = False) -> str:
    """Payments whose money came in on these days, both included."""
    query = {"processed_at_from": first, "processed_at_to": last, "currency__exact": currency, "is_test__exact": int(is_test)}
    return _payments(**query, **({"payment_method": payment_method} if payment_method else {}))


def ended_payments(first: date, *, payment_method: str) -> str:
    """Attempts from `first` on that came to an end, with money or without."""
    ends = ",".join(sorted([Status.SUCCESSFUL, *UNPAID_ENDS]))
    return _payments(status__in=ends, payment_method=payment_method, created_at_from=first, is_test__exact=0)


def open_payments(*, after: datetime | None = None, until: datetime | None = None) -> str:
    """Payments that wait, asked for after one moment and until another."""
    ages: dict[str, object] = {}
    if after is not None:
        ages["created_at__gt"] = after.isoformat(timespec="seconds")
    if until is not None:
        ages["created_at__lte"] = until.isoformat(timespec="seconds")
    return _payments(status__in=",".join(sorted(OPEN)), is_test__exact=0, **ages)


def finding() -> str:
    """Where the first page's field sends what was typed."""
    return reverse(_PAYMENTS)


def list_of(name: str, **query: object) -> str:
    """The list of a kind of row, such as `customer_data_concern`; empty while there is none."""
    try:
        address = reverse(f"admin:{name}_changelist")
    except NoReverseMatch:
        return ""
    return f"{address}?{urlencode(query)}" if query else address


def _payments(**query: object) -> str:
    return f"{reverse(_PAYMENTS)}?{urlencode(query)}"
