"""The staff's pages over a million payments: server time beside a limit, and beside a stock ModelAdmin over the same tables."""

import time
from collections.abc import Callable
from statistics import quantiles
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from benchmarks.figures import Figure, Report
from customer_data.models import Booking, Customer, Payment, Receipt
from desk.large_data import Size, make_large_data

LIMIT_MS = 200
TIMES = 12

Page = tuple[str, Callable[[], str]]


def server_time(report: Report, *, size: Size | None = None) -> None:
    """Server time of the staff's pages with one million payments, 300,000 bookings, three million events."""
    make_large_data(size or Size(), say=lambda words: print(f"    {words}", flush=True))
    owner = get_user_model().objects.create_superuser("bench")
    browser = Client()
    browser.force_login(owner)
    # Nobody signs in here: what a page costs is the same after a second step.
    asked = {"ROOT_URLCONF": "benchmarks.stock_admin", "ALLOWED_HOSTS": ["testserver"], "STAFF_TWO_FACTOR": False}
    with override_settings(**asked):
        stock = {name: _p95(browser, address()) for name, address in stock_pages()}
        slowest = 0.0
        for name, address in our_pages():
            ours, queries = _p95(browser, address()), _queries(browser, address())
            slowest = max(slowest, ours)
            beside = f"{stock[name]:.0f} ms stock ModelAdmin" if name in stock else f"{LIMIT_MS} ms at most"
            ratio = ours / stock[name] if name in stock else ours / LIMIT_MS
            words = f"p95 {ours:.0f} ms, {queries} queries"
            report.add(Figure(f"Page: {name}", words, beside, f"{ratio:.2f}", f"< {LIMIT_MS} ms", ours < LIMIT_MS))
    report.add(
        Figure(
            "Pages, the slowest", f"p95 {slowest:.0f} ms", f"{LIMIT_MS} ms", f"{slowest / LIMIT_MS:.2f}", "≤ 1", slowest <= LIMIT_MS
        )
    )


def our_pages() -> list[Page]:
    """Every list, the searches staff make, one page of each kind, and the pages over everything."""
    payment, booking, customer, receipt = _some()
    payments, bookings, customers = (f"customer_data_{name}_changelist" for name in ("payment", "booking", "customer"))
    pages: list[Page] = [
        ("today", _at("index")),
        ("payments", _at(payments)),
        ("payments, page 10", _at(payments, query="?p=10")),
        ("payments that failed", _at(payments, query="?status=failed")),
        ("payments of one way to pay", _at(payments, query="?payment_method=paynow_omari&status=successful")),
        ("a payment by its reference", _at(payments, query=f"?q={payment.reference}")),
        ("payments by the start of a reference", _at(payments, query=f"?q={payment.reference[:6]}")),
        ("payments by a phone number", _at(payments, query=f"?q=0{payment.phone[4:]}")),
        ("payments by a customer's name", _at(payments, query="?q=chipo")),
        ("payments by part of a name", _at(payments, query="?q=ndai")),
        ("payments by the gateway's reference", _at(payments, query=f"?q={payment.gateway_reference}")),
        ("payments that are not there", _at(payments, query="?q=nobody+at+all")),
        ("one payment", _at("customer_data_payment_change", payment.pk)),
        ("bookings", _at(bookings)),
        ("bookings that are paid", _at(bookings, query="?payment_status=paid")),
        ("a booking by its reference", _at(bookings, query=f"?q={booking.booking_reference}")),
        ("bookings by a title", _at(bookings, query="?q=kariba")),
        ("one booking", _at("customer_data_booking_change", booking.pk)),
        ("customers", _at(customers)),
        ("customers by a name", _at(customers, query="?q=rudo")),
        ("one customer", _at("customer_data_customer_change", customer.pk)),
        ("receipts", _at("customer_data_receipt_changelist")),
        ("a receipt by its number", _at("customer_data_receipt_changelist", query=f"?q={receipt}")),
        ("one receipt", _at("customer_data_receipt_change", receipt.pk)),
        ("what needs a person", _at("customer_data_concern_changelist")),
        ("all that ever needed a person", _at("customer_data_concern_changelist", query="?solved=all")),
        ("status updates", _at("paynow_integration_paynownotification_changelist")),
        ("conversations", _at("flows_conversation_changelist")),
        ("messages", _at("flows_message_changelist")),
        ("payment requests", _at("flows_flowsession_changelist")),
        ("refunds", _at("customer_data_refund_changelist")),
        ("disputes", _at("customer_data_dispute_changelist")),
        ("proofs", _at("customer_data_proof_changelist")),
        ("the record of changes", _at("customer_data_change_changelist")),
        ("money matching", _at("desk_matching")),
        ("one day to close", _at("desk_matching_day", "USD", timezone.localdate().isoformat())),
    ]
    return [page for page in pages if _is_there(page)]


def stock_pages() -> list[Page]:
    payment, booking, customer, _ = _some()
    return [
        ("payments", _stock("payment_changelist")),
        ("payments, page 10", _stock("payment_changelist", query="?p=10")),
        ("payments that failed", _stock("payment_changelist", query="?status__exact=failed")),
        ("a payment by its reference", _stock("payment_changelist", query=f"?q={payment.reference}")),
        ("payments by a customer's name", _stock("payment_changelist", query="?q=chipo")),
        ("one payment", _stock("payment_change", payment.pk)),
        ("bookings", _stock("booking_changelist")),
        ("a booking by its reference", _stock("booking_changelist", query=f"?q={booking.booking_reference}")),
        ("one booking", _stock("booking_change", booking.pk)),
        ("customers", _stock("customer_changelist")),
        ("customers by a name", _stock("customer_changelist", query="?q=rudo")),
        ("one customer", _stock("customer_change", customer.pk)),
    ]


def _some() -> tuple[Payment, Booking, Customer, Receipt]:
    payment = list(Payment.objects.filter(status="successful", is_test=False).order_by("-created_at")[:500])[-1]
    receipt = list(Receipt.objects.filter(series="R").order_by("-pk")[:100])[-1]
    return payment, payment.booking, payment.booking.customer, receipt


def _at(name: str, *parts: Any, query: str = "") -> Callable[[], str]:
    return lambda: reverse(f"admin:{name}", args=parts) + query


def _stock(name: str, *parts: Any, query: str = "") -> Callable[[], str]:
    return lambda: reverse(f"stock:customer_data_{name}", args=parts) + query


def _is_there(page: Page) -> bool:
    try:
        page[1]()
    except NoReverseMatch:
        return False
    return True


def _p95(browser: Client, address: str) -> float:
    """Milliseconds of server time that nineteen of twenty pages stay below; the first, which warms caches, is not counted."""
    _open(browser, address)
    return float(quantiles([_open(browser, address) for _ in range(TIMES)], n=20, method="inclusive")[-1])


def _open(browser: Client, address: str) -> float:
    began = time.perf_counter()
    response = browser.get(address)
    took = (time.perf_counter() - began) * 1000
    if response.status_code != 200:
        raise SystemExit(f"make bench: {address} answers {response.status_code}.")
    return took


def _queries(browser: Client, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        _open(browser, address)
    return len(queries)
