"""Figures by day: the same as a plain count over all rows, kept up to date whatever comes late, made again when they are lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from time import monotonic
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from hypothesis import given
from hypothesis import strategies as st

from customer_data.models import Payment
from customer_data.status import Status
from customer_data.tests import make
from desk.figures import make_range, update_figures
from desk.figures.buckets import BOUNDS, percentile
from desk.figures.making import changed_days
from desk.models import DayFigures, FiguresProgress
from desk.tests import days

NOON = datetime(2026, 3, 10, 10, tzinfo=UTC)  # noon in Harare
MIDNIGHT = datetime(2026, 3, 9, 22, tzinfo=UTC)  # in Harare, where the 10th begins
DAY = date(2026, 3, 10)

# Counted without any of the code under test, over whole tables.
PLAIN_COUNT = """
    WITH event AS (
        SELECT e.*, (e.created_at AT TIME ZONE 'Africa/Harare')::date AS day, p.currency, p.payment_method, p.is_test, p.amount,
               p.status AS stands
        FROM customer_data_paymentevent e JOIN customer_data_payment p ON p.id = e.payment_id
    ), line AS (
        SELECT (created_at AT TIME ZONE 'Africa/Harare')::date AS day, currency, payment_method, is_test,
               1 AS opened, 0 AS successful, 0 AS ended, 0.00 AS taken, 0.00 AS returned FROM customer_data_payment
        UNION ALL
        SELECT day, currency, payment_method, is_test, 0, 1, 0, amount, 0 FROM event
        WHERE to_status = 'successful' AND from_status IN ('pending', 'failed', 'cancelled', 'expired')
        UNION ALL
        SELECT day, currency, payment_method, is_test, 0, 0, 1, 0, 0 FROM event
        WHERE to_status IN ('failed', 'cancelled', 'expired') AND stands IN ('failed', 'cancelled', 'expired')
        UNION ALL
        SELECT (r.done_at AT TIME ZONE 'Africa/Harare')::date, p.currency, p.payment_method, p.is_test, 0, 0, 0, 0, r.amount
        FROM customer_data_refund r JOIN customer_data_payment p ON p.id = r.payment_id WHERE r.status = 'done'
        UNION ALL
        SELECT day, currency, payment_method, is_test, 0, 0, 0, 0, amount - coalesce(
            (SELECT sum(r.amount) FROM customer_data_refund r WHERE r.payment_id = event.payment_id AND r.status = 'done'), 0)
        FROM event WHERE to_status = 'refunded'
    )
    SELECT day, currency, payment_method, is_test, sum(opened), sum(successful), sum(ended), sum(taken), sum(returned)
    FROM line GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""


def plain_count() -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(PLAIN_COUNT)
        return [tuple(row) for row in cursor.fetchall()]


def kept() -> list[tuple[Any, ...]]:
    names = ("day", "currency", "payment_method", "is_test", "opened", "successful", "ended_unpaid", "taken", "returned")
    return list(DayFigures.objects.order_by("day", "currency", "payment_method", "is_test").values_list(*names))


def of_day(day: date) -> dict[str, Any]:
    return dict(DayFigures.objects.filter(day=day).values("opened", "successful", "ended_unpaid", "taken", "returned").get())


def a_booking(**fields: Any) -> Any:
    return make.booking("1000.00", **fields)


# --- What they say --------------------------------------------------------------------------------
@pytest.mark.django_db
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_figures_are_a_plain_count_of_all_that_happened(seed: int) -> None:
    days.many(120, around=MIDNIGHT, days=4, random=Random(seed))  # noqa: S311
    make_range(DAY - timedelta(days=3), DAY + timedelta(days=9))
    assert kept() == plain_count()
    assert len(kept()) > 15


@pytest.mark.django_db
def test_a_day_ends_at_midnight_in_harare() -> None:
    for seconds in (-1, 0):
        at = MIDNIGHT + timedelta(seconds=seconds)
        days.lived(a_booking(), at - timedelta(minutes=1), (Status.SUCCESSFUL, at))
    make_range(DAY - timedelta(days=1), DAY)
    assert [of_day(day)["taken"] for day in (DAY - timedelta(days=1), DAY)] == [Decimal("10.00"), Decimal("10.00")]
    assert [of_day(day)["opened"] for day in (DAY - timedelta(days=1), DAY)] == [2, 0]


@pytest.mark.django_db
def test_every_payment_is_in_one_bucket_of_time() -> None:
    days.many(60, around=MIDNIGHT, days=3, random=Random(4))  # noqa: S311
    make_range(DAY - timedelta(days=3), DAY + timedelta(days=9))
    for figures in DayFigures.objects.all():
        assert sum(figures.seconds_to_paid.values()) == figures.successful
        assert {int(upper) for upper in figures.seconds_to_paid} <= set(BOUNDS)


@pytest.mark.django_db
def test_what_came_back_from_a_dispute_is_not_taken_twice() -> None:
    at = [NOON + timedelta(minutes=number) for number in range(3)]
    days.lived(a_booking(), NOON, (Status.SUCCESSFUL, at[0]), (Status.DISPUTED, at[1]), (Status.SUCCESSFUL, at[2]))
    make_range(DAY, DAY)
    assert (of_day(DAY)["successful"], of_day(DAY)["taken"]) == (1, Decimal("10.00"))


@pytest.mark.django_db
def test_a_refund_that_the_gateway_then_reports_too_went_back_once() -> None:
    payment = days.lived(a_booking(), NOON, (Status.SUCCESSFUL, NOON), (Status.REFUNDED, NOON + timedelta(days=1)))
    days.refund(payment, "4.00", NOON + timedelta(hours=2))
    make_range(DAY, DAY + timedelta(days=1))
    assert [of_day(DAY)["returned"], of_day(DAY + timedelta(days=1))["returned"]] == [Decimal("4.00"), Decimal("6.00")]


# --- Kept up to date ------------------------------------------------------------------------------
@pytest.mark.django_db
def test_late_money_turns_the_end_of_an_earlier_day_into_a_success_of_today() -> None:
    payment = days.lived(a_booking(), NOON, (Status.EXPIRED, NOON))
    update_figures(now=NOON)
    assert of_day(DAY)["ended_unpaid"] == 1
    seen_until(NOON + timedelta(days=3))
    Payment.objects.filter(pk=payment.pk).update(reported_at=NOON, gateway_status="Paid", status=Status.SUCCESSFUL)
    days.happened(payment, Status.EXPIRED, Status.SUCCESSFUL, NOON + timedelta(days=3))
    assert update_figures(now=NOON + timedelta(days=3)) == [DAY, DAY + timedelta(days=3)]
    assert (of_day(DAY)["ended_unpaid"], of_day(DAY + timedelta(days=3))["taken"]) == (0, Decimal("10.00"))


@pytest.mark.django_db
def test_a_refund_changes_its_own_day_and_not_the_day_of_the_payment() -> None:
    payment = days.lived(a_booking(), NOON, (Status.SUCCESSFUL, NOON))
    update_figures(now=NOON)
    seen_until(NOON + timedelta(days=2))
    days.refund(payment, "3.50", NOON + timedelta(days=2))
    assert update_figures(now=NOON + timedelta(days=2)) == [DAY + timedelta(days=2)]
    assert [of_day(DAY)["returned"], of_day(DAY + timedelta(days=2))["returned"]] == [0, Decimal("3.50")]


@pytest.mark.django_db
def test_nothing_new_makes_nothing_again() -> None:
    days.lived(a_booking(), NOON, (Status.SUCCESSFUL, NOON))
    update_figures(now=NOON)
    seen_until(NOON + timedelta(hours=1))
    assert update_figures(now=NOON + timedelta(hours=1)) == []


@pytest.mark.django_db
def test_figures_that_were_lost_follow_from_the_payments_again() -> None:
    days.many(40, around=MIDNIGHT, days=3, random=Random(7))  # noqa: S311
    make_range(DAY - timedelta(days=3), DAY + timedelta(days=9))
    before = kept()
    DayFigures.objects.all().delete()
    FiguresProgress.objects.all().delete()
    call_command("make_figures", "--from", "2026-03-01", "--to", "2026-03-25")
    assert kept() == before != []


@pytest.mark.django_db
def test_days_in_the_wrong_order_are_named() -> None:
    with pytest.raises(CommandError, match="2026-03-25 is after 2026-03-01"):
        call_command("make_figures", "--from", "2026-03-25", "--to", "2026-03-01")


def seen_until(moment: datetime) -> None:
    """As if the clock had gone on until then."""
    FiguresProgress.objects.update(seen_until=moment)


# --- Slow transactions and two at once ------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_an_event_that_becomes_visible_an_hour_late_is_not_missed() -> None:
    payment = days.lived(a_booking(), NOON)
    update_figures(now=NOON)
    with somebody_else() as cursor:
        cursor.execute("BEGIN")
        paid_slowly(cursor, payment)
        for minutes in (1, 30, 60):
            update_figures(now=NOON + timedelta(minutes=minutes))
        cursor.execute("COMMIT")
    update_figures(now=NOON + timedelta(minutes=61))
    assert of_day(DAY)["taken"] == Decimal("10.00")


@pytest.mark.django_db(transaction=True)
def test_a_mark_that_did_not_wait_would_miss_it() -> None:
    """The control: the same event, looked for after a mark that moved with the clock."""
    payment = days.lived(a_booking(), NOON)
    with somebody_else() as cursor:
        cursor.execute("BEGIN")
        paid_slowly(cursor, payment)
        assert changed_days(NOON - timedelta(minutes=1)) == {DAY}
        cursor.execute("COMMIT")
    assert DAY not in changed_days(NOON + timedelta(minutes=55))


@pytest.mark.django_db(transaction=True)
def test_the_mark_moves_on_once_everybody_has_ended() -> None:
    update_figures(now=NOON)
    assert FiguresProgress.objects.get().next_until == NOON
    assert_the_mark_comes_to(NOON)


@pytest.mark.django_db(transaction=True)
def test_a_second_run_at_the_same_time_leaves_the_work_to_the_first() -> None:
    days.lived(a_booking(), NOON, (Status.SUCCESSFUL, NOON))
    update_figures(now=NOON)
    with somebody_else() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT 1 FROM desk_figuresprogress FOR UPDATE")
        assert update_figures(now=NOON) == []
        cursor.execute("COMMIT")
    assert update_figures(now=NOON) == [DAY]
    assert of_day(DAY)["successful"] == 1


@pytest.mark.django_db(transaction=True)
def test_a_restored_database_whose_transactions_count_anew_goes_on() -> None:
    update_figures(now=NOON)
    FiguresProgress.objects.update(next_transaction=2**60)
    update_figures(now=NOON + timedelta(minutes=1))
    assert_the_mark_comes_to(NOON + timedelta(minutes=1))


def assert_the_mark_comes_to(moment: datetime) -> None:
    """Soon: sessions of other databases on the same server are waited for, too."""
    give_up_at = monotonic() + 60
    while FiguresProgress.objects.get().seen_until != moment and monotonic() < give_up_at:
        update_figures(now=moment + timedelta(minutes=1))
    assert FiguresProgress.objects.get().seen_until == moment


@contextmanager
def somebody_else() -> Iterator[Any]:
    """Another session of the same database."""
    other = connections.create_connection("default")
    try:
        with other.cursor() as cursor:
            yield cursor
    finally:
        other.close()


def paid_slowly(cursor: Any, payment: Payment) -> None:
    """What a move writes, at noon, in a transaction that is still open."""
    cursor.execute(
        "UPDATE customer_data_payment SET status = 'successful', gateway_status = 'Paid', reported_at = %s WHERE id = %s",
        [NOON, payment.pk],
    )
    cursor.execute(days._EVENT, [payment.pk, Status.PENDING, Status.SUCCESSFUL, NOON])


# --- Percentiles ----------------------------------------------------------------------------------
@given(st.lists(st.integers(0, BOUNDS[-1] - 1), min_size=1, max_size=200), st.sampled_from([50, 90, 99]))
def test_a_percentile_from_buckets_is_right_to_within_a_fifth(seconds: list[int], percent: int) -> None:
    buckets: dict[int, int] = {}
    for each in seconds:
        upper = next(bound for bound in BOUNDS if bound > each)
        buckets[upper] = buckets.get(upper, 0) + 1
    true = sorted(seconds)[-(-len(seconds) * percent // 100) - 1]
    answer = percentile(buckets, percent)
    assert answer is not None
    assert true / 1.21 - 1 <= answer <= true * 1.21 + 1


def test_of_nothing_there_is_no_percentile() -> None:
    assert percentile({}, 50) is None
