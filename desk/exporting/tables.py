"""What can be exported: which list, and its columns in the order of the file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.db.models import DecimalField, F, Model, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from customer_data.admin.wording import method_label
from customer_data.models import Booking, Payment, Receipt, Refund, RefundStatus, RefundWay
from customer_data.status import BookingStatus, Reason, Status
from desk.exporting.cells import Cell


def _as_it_is(value: Any) -> Cell:
    found: Cell = value
    return found


@dataclass(frozen=True)
class Column:
    """`path`: of the model, as in `values_list`; `read` turns the database's value into the cell."""

    title: str
    path: str
    read: Callable[[Any], Cell] = _as_it_is


@dataclass(frozen=True)
class Table:
    """One list. `prepare` adds what columns need beside the model's own fields."""

    name: str
    title: str
    model: type[Model]
    columns: tuple[Column, ...]
    prepare: Callable[[QuerySet[Any]], QuerySet[Any]] = lambda rows: rows

    @cached_property
    def titles(self) -> list[str]:
        return [column.title for column in self.columns]

    def rows(self, listed: QuerySet[Any]) -> QuerySet[Any]:
        """The rows of the file: what is listed, oldest first, only the columns' values."""
        chosen = self.prepare(listed.model._default_manager.filter(pk__in=listed.order_by().values("pk")))
        return chosen.order_by(self._oldest_first).values_list(*(column.path for column in self.columns))

    def cells(self, values: tuple[Any, ...]) -> list[Cell]:
        return [column.read(value) for column, value in zip(self.columns, values, strict=True)]

    @property
    def _oldest_first(self) -> str:
        return {"payments": "created_at", "bookings": "created_at", "refunds": "requested_at", "receipts": "pk"}[self.name]


def _words(choices: Any) -> Callable[[Any], Cell]:
    labels = dict(choices.choices)
    return lambda value: labels.get(value, value)


def _yes(value: Any) -> Cell:
    return "test" if value else ""


def _receipt(value: Any) -> Cell:
    return "" if value is None else str(value)


def _with_refunds(payments: QuerySet[Payment]) -> QuerySet[Payment]:
    done = Refund.objects.filter(payment=OuterRef("pk"), status=RefundStatus.DONE).order_by().values("payment")
    back = Subquery(done.annotate(sum=Sum("amount")).values("sum"))
    zero = Value(0, output_field=DecimalField(max_digits=12, decimal_places=2))
    return payments.annotate(returned=Coalesce(back, zero))


PAYMENTS = Table(
    "payments",
    "Payments",
    Payment,
    (
        Column("Reference", "reference"),
        Column("Booking", "booking__booking_reference"),
        Column("Booked", "booking__title"),
        Column("Customer", "booking__customer__name"),
        Column("Asked for", "created_at"),
        Column("Amount", "amount"),
        Column("Currency", "currency"),
        Column("Way to pay", "payment_method", method_label),
        Column("Status", "status", _words(Status)),
        Column("Why", "reason_code", _words(Reason)),
        Column("Ended", "processed_at"),
        Column("Given back", "returned"),
        Column("Paying number", "phone"),
        Column("Gateway's reference", "gateway_reference"),
        Column("Receipt series", "receipt__series", _receipt),
        Column("Receipt number", "receipt__number"),
        Column("Test money", "is_test", _yes),
    ),
    _with_refunds,
)

BOOKINGS = Table(
    "bookings",
    "Bookings",
    Booking,
    (
        Column("Booking", "booking_reference"),
        Column("Booked", "title"),
        Column("Customer", "customer__name"),
        Column("Customer's number", "customer__phone"),
        Column("Made", "created_at"),
        Column("Trip date", "departure__starts_on"),
        Column("Travellers", "travellers"),
        Column("Total", "total_amount"),
        Column("Paid", "amount_paid"),
        Column("Still owed", "owed"),
        Column("Currency", "currency"),
        Column("Status", "payment_status", _words(BookingStatus)),
        Column("Cancelled", "cancelled_at"),
        Column("Test money", "is_test", _yes),
    ),
    lambda bookings: bookings.annotate(owed=F("total_amount") - F("amount_paid")),
)

REFUNDS = Table(
    "refunds",
    "Refunds",
    Refund,
    (
        Column("Refund", "reference"),
        Column("Payment", "payment__reference"),
        Column("Booking", "payment__booking__booking_reference"),
        Column("Customer", "payment__booking__customer__name"),
        Column("Amount", "amount"),
        Column("Currency", "currency"),
        Column("How", "way", _words(RefundWay)),
        Column("Status", "status", _words(RefundStatus)),
        Column("Asked for", "requested_at"),
        Column("Asked for by", "requested_by__username"),
        Column("Approved", "approved_at"),
        Column("Approved by", "approved_by__username"),
        Column("Paid back", "done_at"),
        Column("Paid back under", "proof_of_payment"),
        Column("Why", "reason"),
        Column("Why not", "failure"),
        Column("Test money", "is_test", _yes),
    ),
)

RECEIPTS = Table(
    "receipts",
    "Receipts",
    Receipt,
    (
        Column("Series", "series"),
        Column("Number", "number"),
        Column("Issued", "issued_at"),
        Column("Payment", "payment__reference"),
        Column("Booking", "payment__booking__booking_reference"),
        Column("Customer", "payment__booking__customer__name"),
        Column("Amount", "payment__amount"),
        Column("Currency", "payment__currency"),
        Column("Way to pay", "payment__payment_method", method_label),
        Column("Test money", "payment__is_test", _yes),
    ),
)

TABLES = {table.name: table for table in (PAYMENTS, BOOKINGS, REFUNDS, RECEIPTS)}
