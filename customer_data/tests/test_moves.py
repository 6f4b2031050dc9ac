"""The table of moves: in Python, and in the database whoever asks."""

import itertools
from uuid import UUID

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from customer_data.models import IllegalMove, Payment, PaymentEvent
from customer_data.status import MOVES, Status, may_move
from customer_data.tests import make, till

pytestmark = pytest.mark.django_db

PAIRS = list(itertools.product(Status, Status))
LEGAL = [pair for pair in PAIRS if pair[1] in MOVES[pair[0]]]
ILLEGAL = [pair for pair in PAIRS if pair not in LEGAL]

# The design's table, written down a second time: a change to one must be a change to both.
DESIGN = {
    "created": "sending cancelled expired",
    "sending": "pending successful failed cancelled expired",
    "pending": "successful failed cancelled expired",
    "successful": "disputed refunded",
    "disputed": "successful refunded",
    "failed": "successful",
    "cancelled": "successful",
    "expired": "successful",
    "refunded": "",
}


def test_the_table_is_the_designs() -> None:
    assert {status.value: set(MOVES[status]) for status in Status} == {start: set(ends.split()) for start, ends in DESIGN.items()}


@pytest.mark.parametrize(("start", "end"), LEGAL)
def test_a_legal_move_is_made_with_its_event(start: Status, end: Status) -> None:
    payment = make.payment(start)
    make.step(payment, end)
    event = payment.events.last()
    assert event is not None
    assert (payment.status, event.from_status, event.to_status) == (end, start, end)


@pytest.mark.parametrize(("start", "end"), ILLEGAL)
def test_an_illegal_move_changes_nothing(start: Status, end: Status) -> None:
    payment = make.payment(start)
    events = payment.events.count()
    with pytest.raises(IllegalMove, match=f"{start} to {end}"):
        payment.move_to(end, source="test")
    payment.refresh_from_db()
    assert (payment.status, payment.events.count()) == (start, events)


@pytest.mark.parametrize(("start", "end"), LEGAL)
def test_the_database_allows_a_legal_move(start: Status, end: Status) -> None:
    payment = make.payment(start)
    _in_sql(
        "UPDATE customer_data_payment SET status = %s, reported_at = now(), gateway_status = 'x' WHERE id = %s", end, payment.pk
    )
    payment.refresh_from_db()
    assert payment.status == end


@pytest.mark.parametrize(("start", "end"), [(start, end) for start, end in ILLEGAL if start != end])
def test_the_database_refuses_an_illegal_move(start: Status, end: Status) -> None:
    payment = make.payment(start)
    with pytest.raises(IntegrityError, match=f"a payment cannot go from {start} to {end}"), transaction.atomic():
        _in_sql(
            "UPDATE customer_data_payment SET status = %s, reported_at = now(), gateway_status = 'x' WHERE id = %s", end, payment.pk
        )
    payment.refresh_from_db()
    assert payment.status == start


def test_an_unknown_word_may_go_nowhere_and_nothing_may_go_there() -> None:
    assert not may_move("teleported", Status.SUCCESSFUL)
    assert not may_move(Status.PENDING, "teleported")
    with pytest.raises(IllegalMove):
        make.payment(Status.PENDING).move_to("teleported", source="test")


def test_a_stale_object_moves_nothing() -> None:
    payment = make.payment(Status.PENDING)
    stale = Payment.objects.get(pk=payment.pk)
    make.move(payment, Status.SUCCESSFUL)
    assert stale.move_to(Status.CANCELLED, source="test") is None
    assert till.stands(payment) == ("successful", "paid")
    assert PaymentEvent.objects.filter(payment=payment, to_status="cancelled").count() == 0


@pytest.mark.parametrize("bad_news", [Status.FAILED, Status.CANCELLED, Status.EXPIRED, Status.PENDING])
def test_bad_news_never_overwrites_good(bad_news: Status) -> None:
    payment = make.payment(Status.SUCCESSFUL)
    with pytest.raises(IllegalMove):
        payment.move_to(bad_news, source="test")
    assert till.stands(payment) == ("successful", "paid")


def test_a_status_outside_the_list_never_enters_the_books() -> None:
    payment = make.payment(Status.PENDING)
    with pytest.raises(DatabaseError), transaction.atomic():
        _in_sql("UPDATE customer_data_payment SET status = %s WHERE id = %s", "Paid", payment.pk)


def _in_sql(statement: str, *values: str | UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
