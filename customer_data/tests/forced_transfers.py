"""Ways to break what must be true of transfers."""

from __future__ import annotations

from collections.abc import Callable

from customer_data import ledger
from customer_data.models import Payment
from customer_data.services.transfers import transfer_payment
from customer_data.status import Status
from customer_data.tests import make
from customer_data.tests.guards import without_guards


def moved() -> Payment:
    """A payment that was moved twice, and so has a chain."""
    payment, user = make.payment(Status.SUCCESSFUL), make.staff("moves-money")
    for _ in range(2):
        transfer_payment(payment, make.booking(), reason="wrong trip", user=user)
    return payment


def move_without_a_transfer() -> str:
    payment, elsewhere = moved(), make.booking()
    without_guards("UPDATE customer_data_payment SET booking_id = %(to)s WHERE id = %(id)s", to=elsewhere.pk, id=payment.pk)
    return payment.reference


def break_the_chain() -> str:
    payment, elsewhere = moved(), make.booking()
    first = payment.transfers.order_by("pk").first()
    assert first is not None
    without_guards("UPDATE customer_data_transfer SET to_booking_id = %(to)s WHERE id = %(id)s", to=elsewhere.pk, id=first.pk)
    return payment.reference


FORCED_TRANSFERS: dict[ledger.Invariant, list[Callable[[], str]]] = {
    ledger.a_payment_is_where_its_last_transfer_put_it: [move_without_a_transfer],
    ledger.transfers_follow_one_another: [break_the_chain],
}
