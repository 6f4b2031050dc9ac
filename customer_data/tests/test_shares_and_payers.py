"""One booking paid by several people, and the attempt that may still bring money."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from customer_data.models import Payment
from customer_data.offer import MOST_SHARES, CannotPay, share_of_balance, unconfirmed
from customer_data.services import PaymentRequest, asked_again, open_payment
from customer_data.status import Reason, Status
from customer_data.tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]


def ask(booking: Any, **asked: Any) -> Payment:
    request = {"booking_id": booking.pk, "payment_method": "drawer_wallet", "amount_option": "balance", "phone": "0771234567"}
    return open_payment(PaymentRequest(**(request | asked)), source="chat")


# --- Shares ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(("total", "people"), [("100.00", 3), ("231.00", 7), ("0.07", 4), ("99.99", 2), ("1000.01", 20)])
def test_shares_paid_one_after_the_other_add_up_to_the_cent_and_differ_by_one_at_most(total: str, people: int) -> None:
    booking = make.booking(total)
    shares = []
    for left in range(people, 0, -1):
        share = share_of_balance(booking, left)
        make.payment(Status.SUCCESSFUL, booking=booking, amount=share)
        booking.refresh_from_db()
        shares.append(share)
    assert sum(shares) == Decimal(total)
    assert max(shares) - min(shares) <= Decimal("0.01")


@pytest.mark.parametrize("people", [0, -1, MOST_SHARES + 1])
def test_an_odd_number_of_people_is_refused(people: int) -> None:
    with pytest.raises(CannotPay) as caught:
        share_of_balance(make.booking(), people)
    assert caught.value.code == "shares_unknown"


def test_a_share_is_a_payment_of_its_own_and_the_same_tap_is_the_same_payment() -> None:
    booking = make.booking("90.00")
    first = ask(booking, shares=3)
    assert first.amount == Decimal("30.00")
    assert ask(booking, shares=3) == first
    assert ask(booking, shares=2) != first


def test_a_request_made_once_more_asks_for_the_same() -> None:
    booking, payer = make.booking("90.00"), make.customer()
    payment = ask(booking, shares=3, payer_id=payer.pk)
    request = asked_again(payment)
    assert (request.shares, request.payer_id, request.phone, request.amount_option) == (3, payer.pk, payment.phone, "balance")
    assert open_payment(request, source="chat") == payment


def test_a_request_made_once_more_has_its_amount_its_address_and_its_page() -> None:
    payment = ask(make.booking("90.00"), amount_option="deposit", email="rudo@example.com", return_url="https://example.com/back")
    request = asked_again(payment)
    assert (request.amount_option, request.email, request.return_url, request.shares) == (
        "deposit",
        "rudo@example.com",
        "https://example.com/back",
        1,
    )


def test_what_was_noted_later_does_not_change_what_was_asked_for() -> None:
    payment = ask(make.booking("90.00"), shares=3)
    payment.note(source="test", reason="Somebody looked.", details={"shares": 7})
    assert asked_again(payment).shares == 3
    assert asked_again(make.payment()).shares == 1  # a payment from before that was noted


# --- Payers ---------------------------------------------------------------------------------------
def test_another_payer_is_another_payment_and_closes_the_first() -> None:
    booking, payer = make.booking(), make.customer()
    mine = ask(booking)
    theirs = ask(booking, payer_id=payer.pk)
    mine.refresh_from_db()
    assert (mine.status, mine.reason_code, theirs.payer) == (Status.EXPIRED, Reason.METHOD_CHANGED, payer)
    assert ask(booking, payer_id=payer.pk) == theirs
    assert mine.events.get(to_status=Status.EXPIRED).actor == ""


def test_who_has_another_payment_opened_has_closed_the_first() -> None:
    booking = make.booking()
    mine = ask(booking)
    again = PaymentRequest(booking.pk, "drawer_purse", "full", phone="0712345678")
    theirs = open_payment(again, source="admin", actor="tendai")
    assert mine.events.get(to_status=Status.EXPIRED).actor == theirs.events.get(from_status="").actor == "tendai"


# --- What may still bring money -------------------------------------------------------------------
@pytest.mark.parametrize("status", list(Status))
def test_an_open_or_expired_attempt_may_still_bring_money_and_no_other(status: Status) -> None:
    payment = make.payment(status)
    may_come = status in {Status.CREATED, Status.SENDING, Status.PENDING, Status.EXPIRED}
    assert (unconfirmed(payment.booking) == payment) is may_come


@pytest.mark.parametrize(
    "facts", [{"is_final": True}, {"next_check_at": None}, {"sends_made": 0}, {"reason_code": Reason.NOT_NEEDED}]
)
def test_an_expired_attempt_that_cannot_come_any_more_holds_nobody_up(facts: dict[str, Any]) -> None:
    payment = make.payment(Status.EXPIRED)
    Payment.objects.filter(pk=payment.pk).update(**facts)
    assert unconfirmed(payment.booking) is None


def test_the_open_attempt_counts_before_an_expired_one() -> None:
    booking = make.booking()
    opened = make.payment(Status.PENDING, booking=booking, moved_at=timezone.now() - timedelta(minutes=5))
    make.move(opened, Status.EXPIRED)
    newer = make.payment(Status.PENDING, booking=booking)
    assert unconfirmed(booking) == newer
    make.move(newer, Status.FAILED)
    assert unconfirmed(booking) == opened


def test_another_bookings_attempt_holds_nobody_up() -> None:
    make.payment(Status.PENDING)
    assert unconfirmed(make.booking()) is None
