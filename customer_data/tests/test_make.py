"""The builders build what they say, by legal moves only."""

import pytest

from customer_data.status import MOVES, Status, may_move
from customer_data.tests import make


@pytest.mark.django_db
@pytest.mark.parametrize("status", Status)
def test_a_payment_comes_to_any_status_by_legal_moves(status: Status) -> None:
    payment = make.payment(status)
    trail = [(event.from_status, event.to_status) for event in payment.events.all()]
    assert payment.status == trail[-1][1] == status
    assert trail[0] == ("", Status.CREATED)
    assert all(may_move(*step) for step in trail[1:])


def test_there_is_no_way_back_from_the_end() -> None:
    assert MOVES[Status.REFUNDED] == frozenset()
    with pytest.raises(AssertionError, match="No way"):
        make.way(Status.REFUNDED, Status.CREATED)
