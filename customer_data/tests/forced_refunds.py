"""Every way in which refunds, disputes and cancelled bookings could be wrong in the books, forced past the database's guards."""

from __future__ import annotations

from collections.abc import Callable

from customer_data import ledger, services
from customer_data.models import Concern, Refund
from customer_data.status import Status
from customer_data.tests import make, money_back, trips
from customer_data.tests.guards import without_guards

Forced = Callable[[], str]


def change_refund(status: str, what: str) -> str:
    """A refund of US$ 50.00 out of US$ 231.00 that came to `status`, and then somebody changes its row."""
    return _change(money_back.refund(status, amount="50.00"), what)


def change_payment_of(status: str, what: str, *, amount: str = "50.00") -> str:
    """Its payment is changed instead."""
    refund = money_back.refund(status, amount=amount)
    without_guards(f"UPDATE customer_data_payment SET {what} WHERE id = %(id)s", id=refund.payment_id)  # noqa: S608
    return refund.payment.reference


def exceed() -> str:
    refund = money_back.refund("done", amount="50.00")
    _change(refund, "amount = 231.01")
    return refund.payment.reference


def of_a_payment_without_money() -> str:
    refund = money_back.refund("requested", amount="50.00")
    without_guards("UPDATE customer_data_payment SET status = 'failed' WHERE id = %(id)s", id=refund.payment_id)
    return refund.reference


def refunded_and_nobody_told() -> str:
    payment = make.payment(Status.REFUNDED)
    Concern.objects.filter(kind="refunded_outside").delete()
    return payment.reference


def asked_and_nobody_told() -> str:
    refund = money_back.refund("approved", amount="50.00")
    Concern.objects.filter(kind="refund_to_pay").delete()
    return refund.reference


def change_dispute(what: str) -> str:
    payment = make.payment(Status.DISPUTED)
    without_guards(f"UPDATE customer_data_dispute SET {what}")  # noqa: S608
    return payment.reference


def change_cancelled(statement: str) -> str:
    booking = trips.booking()
    services.cancel_booking(booking, reason="The road is closed.", user=make.staff())
    without_guards(statement)
    return booking.booking_reference


def late_for_a_cancelled_trip_and_nobody_told() -> str:
    payment = make.payment(Status.PENDING)
    services.cancel_booking(payment.booking, reason="The road is closed.", user=make.staff())
    payment.refresh_from_db()
    make.move(payment, Status.SUCCESSFUL)
    Concern.objects.filter(kind="trip_cancelled").update(kind="late_money")
    return payment.reference


def _change(refund: Refund, what: str) -> str:
    without_guards(f"UPDATE customer_data_refund SET {what} WHERE id = %(id)s", id=refund.pk)  # noqa: S608
    return refund.reference


FORCED_REFUNDS: dict[ledger.Invariant, list[Forced]] = {
    ledger.refunds_never_exceed_the_payment: [exceed],
    ledger.a_refund_is_of_money_that_came_in: [
        lambda: change_refund("requested", "amount = 0"),
        lambda: change_refund("requested", "amount = -1"),
        lambda: change_refund("requested", "currency = 'ZWG'"),
        lambda: change_refund("requested", "is_test = true"),
        lambda: change_refund("requested", "status = 'returned'"),
        of_a_payment_without_money,
    ],
    ledger.a_refund_is_approved_by_another: [
        lambda: change_refund("approved", "approved_by_id = requested_by_id"),
        lambda: change_refund("done", "approved_by_id = NULL"),
        lambda: change_refund("done", "approved_at = NULL"),
        lambda: change_refund("requested", "status = 'approved'"),
    ],
    ledger.a_refund_that_is_done_says_who_and_when: [
        lambda: change_refund("done", "done_at = NULL"),
        lambda: change_refund("done", "done_by_id = NULL"),
        lambda: change_refund("done", "proof_of_payment = ''"),
        lambda: change_refund("approved", "status = 'done'"),
    ],
    ledger.a_refunded_payment_went_back_by_refunds_or_a_person_was_told: [
        refunded_and_nobody_told,
        lambda: change_payment_of("done", "status = 'refunded'"),
    ],
    ledger.a_payment_that_went_back_whole_is_refunded: [
        lambda: change_payment_of("done", "status = 'successful'", amount="231.00"),
        lambda: change_payment_of("approved", "status = 'refunded'"),
    ],
    ledger.a_refund_under_way_is_never_forgotten: [
        lambda: change_refund("approved", "way = 'gateway', next_check_at = NULL"),
        asked_and_nobody_told,
    ],
    ledger.a_disputed_payment_has_a_case: [
        lambda: change_dispute("status = 'won', closed_at = now()"),
        lambda: change_dispute("status = 'lost'"),
    ],
    ledger.a_cancelled_booking_holds_nothing: [
        lambda: change_cancelled("UPDATE customer_data_seathold SET released_at = NULL"),
        lambda: change_cancelled("UPDATE customer_data_booking SET cancel_reason = ''"),
        lambda: change_cancelled("UPDATE customer_data_booking SET cancelled_by_id = NULL"),
    ],
    ledger.money_for_a_cancelled_booking_was_told_to_a_person: [late_for_a_cancelled_trip_and_nobody_told],
}
