"""The verdict itself: each promise is seen to break. A verdict that cannot find anything proves nothing."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from config.tests.processes import wait_until
from customer_data.models import Payment
from customer_data.services import issue_receipt
from customer_data.status import Status
from customer_data.tests import make
from flows.models import Message, Update
from paynow_integration.models import PaynowNotification
from proof import verdict
from proof.books import Books, Charge, Delivery, Told
from proof.cast import Booked, Cast
from proof.evidence import Evidence, Failure, Forged
from proof.form import Story
from proof.plan import End, Forgery, Journey, Plan, make_plan
from proof.promises import PROMISED

pytestmark = pytest.mark.django_db

WEBHOOK = '{"entry": [{"changes": [{"value": {"statuses": [{"id": "wamid.1", "status": "sent"}]}}]}]}'


def charge_of(payment: Payment, **facts: Any) -> Charge:
    paid = Charge(payment.reference, payment.amount, payment.currency, "Paid", 1, "ecocash", ("Created", "Sent", "Paid"))
    return replace(paid, **facts)


def books(*charges: Charge, told: tuple[Told, ...] = (), **facts: Any) -> Books:
    by_number: dict[str, list[Told]] = {}
    for each in told:
        by_number.setdefault(each.to, []).append(each)
    empty: dict[str, Any] = {"deliveries": [], "struck": [], "webhook_answers": {}, "webhook_refusals": [], "webhooks_taken": []}
    return Books(charges=charges, told=by_number, **(empty | facts))


def journey(**facts: Any) -> Journey:
    return replace(make_plan(1, payments=1, customers=2).journeys[0], **({"by_chat": False} | facts))


def story(payment: Payment, **facts: Any) -> Story:
    booked = Booked(payment.booking.booking_reference, "Trip", str(payment.booking.customer.wa_id), "", "")
    return Story(journey(**facts), booked, [payment.reference])


def evidence(kept: Books | None = None, **facts: Any) -> Evidence:
    nothing: dict[str, Any] = {
        "plan": Plan(1, 0, ()),
        "cast": Cast({}, (), {}),
        "books": kept or books(),
        "stories": (),
        "forged": (),
        "failures": (),
        "customer_webhooks_taken": (),
        "database_away": (),
        "logs": Path("/nowhere"),
        "environment": {},
    }
    return Evidence(**(nothing | facts))


def found(promise: str, given: Evidence) -> list[str]:
    return list(getattr(verdict, promise)(given))


@pytest.fixture
def paid() -> Payment:
    payment = make.payment(Status.SUCCESSFUL)
    issue_receipt(payment)
    return payment


def told_of(payment: Payment) -> tuple[Told, ...]:
    """What the customer of a paid payment gets: the news and the receipt."""
    number = str(payment.booking.customer.wa_id)
    news = Told(number, "text", f"*Paid.* Thank you. Payment: {payment.reference}", "", "message-1", opens_form=False)
    return news, replace(news, kind="document", words="", file_name=f"receipt-{payment.receipt}.pdf", mark="message-2")


def test_every_promise_that_is_written_down_is_looked_at() -> None:
    assert [look.__name__ for look in verdict.LOOKS] == list(PROMISED)


def test_a_world_in_order_has_no_findings(paid: Payment) -> None:
    assert verdict.judge(evidence(books(charge_of(paid), told=told_of(paid)), stories=[story(paid)])) == []


def test_two_charges_and_two_prompts_are_found(paid: Payment) -> None:
    assert found("one_charge_for_each_payment", evidence(books(charge_of(paid), charge_of(paid))))
    assert found("one_charge_for_each_payment", evidence(books(charge_of(paid, prompts=2))))


def test_two_payments_of_one_tap_are_found(paid: Payment) -> None:
    make.payment(Status.FAILED, booking=paid.booking)
    assert found("one_payment_for_each_tap", evidence(stories=[story(paid, end=End.APPROVED)]))
    assert not found("one_payment_for_each_tap", evidence(stories=[story(paid, end=End.CHANGED)]))


def test_money_on_one_side_only_is_found(paid: Payment) -> None:
    promise = "money_is_the_same_on_both_sides"
    assert found(promise, evidence(books()))
    assert found(promise, evidence(books(charge_of(paid, amount=paid.amount + Decimal("0.01")))))
    assert found(promise, evidence(books(charge_of(paid), charge_of(make.payment(Status.EXPIRED)))))


def test_a_payment_that_stands_otherwise_at_the_gateway_is_found(paid: Payment) -> None:
    assert found("both_sides_say_the_same", evidence(books(charge_of(paid, status="Disputed"))))


def test_two_refunds_of_one_payment_are_found(paid: Payment) -> None:
    assert found("a_button_works_once", evidence(refunded=[paid.reference]))


def test_an_open_payment_and_what_still_waits_are_found() -> None:
    make.payment(Status.PENDING)
    assert len(found("every_payment_has_an_end", evidence(unsettled=["3 messages wait."]))) == 2


def test_a_ledger_that_does_not_add_up_is_found(paid: Payment) -> None:
    type(paid.booking).objects.filter(pk=paid.booking_id).update(amount_paid=1)
    assert found("the_ledger_is_clean", evidence())


def test_money_without_a_receipt_is_found() -> None:
    make.payment(Status.SUCCESSFUL)
    assert found("receipts_have_no_gap", evidence())


def test_who_is_told_twice_or_never_is_found(paid: Payment) -> None:
    news, receipt = told_of(paid)
    assert found("everyone_is_told_once", evidence(books(told=(news,))))
    assert found("everyone_is_told_once", evidence(books(told=(news, receipt, replace(news, mark="message-3")))))
    assert found("everyone_is_told_once", evidence(books(told=(news, receipt, replace(receipt, file_name="", words="Hi")))))


def test_bad_news_that_was_never_told_is_found() -> None:
    make.payment(Status.CANCELLED)
    assert found("everyone_is_told_once", evidence())


def test_two_forms_for_one_message_are_found(paid: Payment) -> None:
    number = str(paid.booking.customer.wa_id)
    form = Told(number, "flow", f"Pay for booking {paid.booking.booking_reference}", "", "message-9", opens_form=True)
    asked = [story(paid, by_chat=True)]
    assert not found("one_answer_for_each_message", evidence(books(told=(form,)), stories=asked))
    assert found("one_answer_for_each_message", evidence(books(told=(form, form)), stories=asked))


def test_an_odd_answer_that_nobody_heard_of_is_found(paid: Payment) -> None:
    struck = books(struck=[("wrong_amount", "poll", paid.reference)])
    assert found("people_hear_of_odd_answers", evidence(struck))
    assert not found("people_hear_of_odd_answers", evidence(struck, killed=1))


def test_a_customer_who_gave_up_is_found(paid: Payment) -> None:
    assert found("nobody_gave_up", evidence(stories=[replace(story(paid), gave_up="gave up")]))


def test_an_error_counts_unless_the_database_was_away() -> None:
    failed = evidence(failures=[Failure(100.0, 503, "A webhook")])
    assert found("no_error_for_what_could_be_stored", failed)
    assert not found("no_error_for_what_could_be_stored", replace(failed, database_away=[(99.0, 101.0)]))


def test_what_was_taken_and_is_nowhere_is_found() -> None:
    promise = "nothing_that_was_taken_is_missing"
    assert found(promise, evidence(books(webhooks_taken=[WEBHOOK])))
    assert found(promise, evidence(customer_webhooks_taken=["wamid.2"]))
    assert found(promise, evidence(books(deliveries=[Delivery("R", "Paid", b"body", (503, 200), (1.0, 2.0), was_dropped=False)])))
    Update.objects.create(kind="status", key="status:wamid.1:sent", body="")
    assert not found(promise, evidence(books(webhooks_taken=[WEBHOOK])))


def test_a_forgery_that_was_believed_and_one_that_was_never_judged_are_found() -> None:
    promise = "forgeries_change_nothing"
    assert found(promise, evidence(forged=[Forged(Forgery.WRONG_KEY, "R", b"", (200,))]))
    assert not found(
        promise, evidence(forged=[Forged(Forgery.REPLAYED, "R", b"", (200,)), Forged(Forgery.UNSIGNED, "R", b"", (400,))])
    )
    PaynowNotification.objects.create(body="", fingerprint="", size=0)
    assert found(promise, evidence())


def test_a_message_that_waits_and_one_that_was_given_up_are_found() -> None:
    customer = make.customer()
    Message.objects.create(customer=customer, key="a", kind="text", content={}, body="", next_try_at=timezone.now())
    assert found("nothing_is_left_waiting", evidence())
    Message.objects.update(next_try_at=None, status="failed")
    assert found("nothing_is_left_waiting", evidence())


@contextmanager
def somebody_waits_in(database: str) -> Iterator[None]:
    """Two sessions want the same lock of `database`; when this begins, PostgreSQL itself says that one waits."""
    first, second = connection.copy(), connection.copy()
    first.settings_dict["NAME"] = second.settings_dict["NAME"] = database

    def waits() -> bool:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT wait_event_type = 'Lock' FROM pg_stat_activity WHERE pid = %s", [second.connection.info.backend_pid]
            )
            return bool(cursor.fetchone()[0])

    try:
        with first.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_lock(1)")
        second.ensure_connection()
        second.connection.pgconn.send_query(b"SELECT pg_advisory_lock(1)")  # and is not waited for
        wait_until(waits)
        yield
    finally:
        first.close()
        second.close()


@pytest.mark.django_db(transaction=True)  # within one transaction PostgreSQL shows what it saw at first
def test_a_lock_that_is_waited_for_is_found_but_not_one_of_another_database() -> None:
    with somebody_waits_in(connection.settings_dict["NAME"]):
        assert found("nothing_is_held", evidence()) == ["1 locks are waited for."]
    with somebody_waits_in("postgres"):
        assert not found("nothing_is_held", evidence())


@pytest.mark.parametrize("line", ["key 8b1b3f60-70c6", "wallet +263784100000 pays", "a=b&hash=AB", "F" * 128])
def test_a_secret_a_number_or_a_body_in_a_log_is_found(tmp_path: Path, line: str) -> None:
    (tmp_path / "worker1.log").write_text(f"fine\n{line}\n")
    cast = Cast({}, (), {"2201": "8b1b3f60-70c6"})
    plan = Plan(1, 0, (journey(wallet="0784100000"),))
    (sentence,) = found("nothing_secret_can_be_read", evidence(logs=tmp_path, cast=cast, plan=plan))
    assert "worker1.log, line 2" in sentence
    assert "8b1b3f60" not in sentence
    assert "784100000" not in sentence


def test_a_secret_in_an_open_column_is_found(tmp_path: Path) -> None:
    make.customer(name="Key 8b1b3f60-70c6")
    assert found("nothing_secret_can_be_read", evidence(logs=tmp_path, cast=Cast({}, (), {"2201": "8b1b3f60-70c6"})))
