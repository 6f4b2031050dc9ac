"""A disputed payment opens a case with a deadline, in the same transaction; the gateway's word closes it."""

from datetime import timedelta
from typing import Any

import pytest

from customer_data import ledger, services
from customer_data.models import Dispute, Payment
from customer_data.services import CannotAnswer
from customer_data.status import Status
from customer_data.tests import make, money_back, till
from customer_data.tests.drawer import Drawer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _books_are_right() -> Any:
    yield
    assert list(ledger.violations()) == []


def test_a_dispute_opens_a_case_with_a_deadline(drawer: Drawer, settings: Any) -> None:
    settings.DISPUTE_ANSWER_DAYS = 5
    payment = till.charge()
    drawer.say(payment.reference, "held")
    till.check(payment)
    case = Dispute.objects.get(payment=payment)
    assert (case.status, case.deadline - case.opened_at) == ("open", timedelta(days=5))
    assert "disputed" in till.concerns(payment)


@pytest.mark.parametrize(("end", "ending"), [(Status.SUCCESSFUL, "won"), (Status.REFUNDED, "lost")])
def test_a_case_closes_with_the_payments_next_move(end: Status, ending: str) -> None:
    payment = make.move(make.payment(Status.DISPUTED), end)
    case = Dispute.objects.get(payment=payment)
    assert (case.status, case.closed_at is not None) == (ending, True)


@pytest.mark.parametrize(
    ("end", "solution"),
    [
        (Status.SUCCESSFUL, "The gateway decided: the money stays."),
        (Status.REFUNDED, "The gateway decided: the money went back to the customer."),
    ],
)
def test_what_the_gateway_decided_waits_for_nobody(end: Status, solution: str) -> None:
    payment = make.payment(Status.DISPUTED)
    other = make.payment(Status.DISPUTED)
    make.move(payment, end)
    matter = payment.concerns.get(kind="disputed")
    assert (matter.solution, matter.solved_at is not None, matter.solved_by) == (solution, True, None)
    assert other.concerns.get(kind="disputed").solved_at is None


def test_a_payment_disputed_again_has_a_second_case() -> None:
    payment = make.payment(Status.DISPUTED)
    make.move(make.move(payment, Status.SUCCESSFUL), Status.DISPUTED)
    assert sorted(payment.disputes.values_list("status", flat=True)) == ["open", "won"]


def test_a_move_that_fails_opens_no_case(monkeypatch: pytest.MonkeyPatch) -> None:
    payment = make.payment(Status.SUCCESSFUL)
    monkeypatch.setattr(Dispute.objects, "create", lambda **fields: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        make.step(payment, Status.DISPUTED)
    assert Payment.objects.get(pk=payment.pk).status == "successful"


def test_what_was_answered_is_kept_with_who_and_when() -> None:
    make.payment(Status.DISPUTED)  # somebody else's
    case = Dispute.objects.get(payment=make.payment(Status.DISPUTED))
    user = money_back.person()
    services.record_answer(case, answer=" The customer travelled: guide's list attached. ", user=user)
    case = services.record_answer(case, answer="Sent the boat ticket too.", user=user)
    assert case.answer == "The customer travelled: guide's list attached.\n\nSent the boat ticket too."
    case = Dispute.objects.get(pk=case.pk)
    assert (case.answered_by, case.answered_at is not None) == (user, True)
    last = case.payment.events.last()
    assert last is not None
    assert (last.source, last.actor, last.reason) == ("admin", user.username, "Answered the dispute: Sent the boat ticket too.")


@pytest.mark.parametrize("answer", ["", " ", "\0\n"])
def test_an_answer_that_says_nothing_is_refused(answer: str) -> None:
    case = Dispute.objects.get(payment=make.payment(Status.DISPUTED))
    with pytest.raises(CannotAnswer, match="say what you answered"):
        services.record_answer(case, answer=answer, user=money_back.person())


def test_a_closed_case_takes_no_answer() -> None:
    payment = make.move(make.payment(Status.DISPUTED), Status.SUCCESSFUL)
    with pytest.raises(CannotAnswer, match="closed"):
        services.record_answer(Dispute.objects.get(payment=payment), answer="Too late.", user=money_back.person())
