"""One id from the customer's message to the answer: where it begins, what takes it up, and what never shares it."""

import queue
from typing import Any

import pytest
from celery import current_app as app
from celery import shared_task
from celery.contrib.testing.worker import start_worker
from django.db import transaction
from django.test import Client

from customer_data import correlation
from customer_data.models import Payment
from customer_data.services import check_payment, ring
from customer_data.signals import payment_moved
from customer_data.status import Status
from customer_data.tests import make

heard: "queue.Queue[str]" = queue.Queue()

OURS = "correlation"
"""What other tests hand out waits in the other queues of the same memory."""


@shared_task(name="tests.say_thread", ignore_result=True)
def say_thread() -> None:
    heard.put(correlation.thread_here())


@shared_task(name="tests.take_up_another", ignore_result=True)
def take_up_another() -> None:
    correlation.take_up("a" * 16)
    heard.put(correlation.thread_here())


# --- By itself ------------------------------------------------------------------------------------
def test_a_thread_is_left_as_it_was_found() -> None:
    with correlation.thread("a" * 16):
        with correlation.thread("b" * 16):
            correlation.take_up("c" * 16)
            assert correlation.thread_here() == "c" * 16
        assert correlation.thread_here() == "a" * 16
    assert correlation.thread_here() == ""


def test_a_row_from_before_there_were_threads_takes_nothing_away() -> None:
    with correlation.thread("a" * 16):
        correlation.take_up("")
        assert correlation.thread_here() == "a" * 16


def test_the_same_update_has_the_same_id_whenever_it_is_handled() -> None:
    assert correlation.id_of("message:wamid.1") == correlation.id_of("message:wamid.1")
    assert correlation.id_of("message:wamid.1") != correlation.id_of("message:wamid.2")


def test_no_id_looks_like_a_beat_of_the_clock() -> None:
    unlucky = next(key for key in map(str, range(10**6)) if correlation.id_of(key).startswith("f000"))
    ids = [correlation.id_of(unlucky), *(correlation.new_id() for _ in range(100))]
    assert not [each for each in ids if each.startswith(correlation.BEAT)]
    assert {len(each) for each in ids} == {correlation.LENGTH}


def test_what_is_written_in_one_beat_of_the_clock_begins_threads_of_its_own() -> None:
    with correlation.thread(correlation.BEAT + "1" * 12):
        first, second = correlation.current_id(), correlation.current_id()
    assert first != second
    assert not first.startswith(correlation.BEAT)


# --- Requests -------------------------------------------------------------------------------------
def test_every_request_has_a_thread_of_its_own_and_says_which(client: Client) -> None:
    first, second = (client.get("/healthz")[correlation.RESPONSE_HEADER] for _ in range(2))
    assert len(first) == len(second) == correlation.LENGTH
    assert first != second
    assert correlation.thread_here() == ""


# --- Tasks ----------------------------------------------------------------------------------------
@pytest.fixture
def worker() -> Any:
    """A real worker over a broker in this process's memory."""
    before = (app.conf.broker_url, app.conf.broker_transport, app.conf.broker_transport_options, app.conf.task_always_eager)
    app.conf.update(broker_url="memory://localhost/", broker_transport=None, broker_transport_options={}, task_always_eager=False)
    app.amqp._producer_pool = None  # type: ignore[attr-defined]  # made anew, for the new address
    app.set_current()
    with start_worker(app, pool="solo", queues=[OURS], perform_ping_check=False, shutdown_timeout=30):
        yield
    app.amqp.queues.select([one.name for one in app.conf.task_queues])
    app.conf.update(
        broker_url=before[0], broker_transport=before[1], broker_transport_options=before[2], task_always_eager=before[3]
    )
    app.amqp._producer_pool = None  # type: ignore[attr-defined]  # as above


@pytest.mark.django_db(transaction=True)
def test_a_task_goes_on_in_the_thread_that_handed_it_out_and_leaves_nothing_to_the_next_one(worker: None) -> None:
    with correlation.thread("a1" * 8):
        take_up_another.apply_async(queue=OURS)
        say_thread.apply_async(queue=OURS)
    say_thread.apply_async(queue=OURS)  # as the clock does: nobody's thread
    assert [heard.get(timeout=30) for _ in range(2)] == ["a" * 16, "a1" * 8]
    assert heard.get(timeout=30).startswith(correlation.BEAT)


def test_a_task_that_is_run_inside_a_request_gives_the_thread_back() -> None:
    with correlation.thread("b" * 16):
        take_up_another.apply()
        assert correlation.thread_here() == "b" * 16
    assert heard.get_nowait() == "a" * 16


# --- Payments -------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_payment_remembers_the_thread_in_which_it_was_asked_for() -> None:
    with correlation.thread("d" * 16):
        payment = make.payment(Status.PENDING)
    assert Payment.objects.get(pk=payment.pk).correlation_id == "d" * 16


@pytest.mark.django_db
@pytest.mark.usefixtures("drawer")
@pytest.mark.parametrize(
    "door", [lambda payment: check_payment(payment.reference), lambda payment: ring(payment.reference, account=payment.account)]
)
def test_work_about_a_payment_is_done_in_its_thread(door: Any) -> None:
    with correlation.thread("d" * 16):
        payment = make.payment(Status.SUCCESSFUL)
    with correlation.thread():
        door(payment)
        assert correlation.thread_here() == "d" * 16


@pytest.mark.django_db(transaction=True)
def test_what_follows_from_a_move_belongs_to_the_payment_whoever_moved_it() -> None:
    with correlation.thread("d" * 16):
        payment = make.payment(Status.PENDING)
    threads: list[str] = []

    def listen(**_: Any) -> None:
        threads.append(correlation.thread_here())

    payment_moved.connect(listen)
    try:
        with correlation.thread("e" * 16), transaction.atomic():  # somebody presses a button in the admin
            payment.move_to(Status.EXPIRED, source="admin")
        assert threads == ["d" * 16]
    finally:
        payment_moved.disconnect(listen)
