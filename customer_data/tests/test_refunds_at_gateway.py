"""Refunds that a gateway sends back: handed over once, a lost answer is asked about, and the gateway's own word settles ours."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from customer_data import ledger, services
from customer_data.models import Concern, Payment, Refund
from customer_data.status import Status
from customer_data.tests import make, money_back, till
from customer_data.tests.drawer import Drawer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _books_are_right(drawer: Drawer) -> Any:
    yield
    assert list(ledger.violations()) == []


def paid(drawer: Drawer) -> Payment:
    payment = till.charge()
    drawer.pay(payment.reference)
    return till.check(payment)


def approved(drawer: Drawer, *, amount: str = "231.00", payment: Payment | None = None) -> Refund:
    return money_back.approve(money_back.request(payment or paid(drawer), amount=amount))


def clock_beats() -> list[Refund]:
    """Everything that is due, however soon it would have been."""
    Refund.objects.filter(next_check_at__isnull=False).update(next_check_at=timezone.now())
    return [services.send_refund(reference, source="clock") for reference in services.due_refunds()]


def stands(refund: Refund) -> tuple[str, str]:
    now = Refund.objects.select_related("payment").get(pk=refund.pk)
    return now.status, now.payment.status


def open_concerns(payment: Payment) -> list[str]:
    return sorted(payment.concerns.filter(solved_at=None).values_list("kind", flat=True))


# --- Handing over ---------------------------------------------------------------------------------
def test_what_is_approved_goes_to_the_gateway_and_comes_back_done(drawer: Drawer) -> None:
    refund = approved(drawer)
    assert (refund.way, drawer.arrivals(refund.reference)) == ("gateway", 0)
    clock_beats()
    assert stands(refund) == ("done", "refunded")
    assert drawer.arrivals(refund.reference) == 1
    assert open_concerns(refund.payment) == []
    assert clock_beats() == []


def test_nothing_reaches_the_gateway_before_it_is_approved(drawer: Drawer) -> None:
    refund = money_back.request(paid(drawer))
    assert clock_beats() == []
    services.send_refund(refund.reference)
    assert (stands(refund)[0], drawer.arrivals(refund.reference)) == ("requested", 0)


def test_sent_is_committed_before_the_gateway_hears_of_it(drawer: Drawer) -> None:
    approved(drawer)
    seen: list[str] = []
    drawer.before_refund = lambda reference: seen.append(Refund.objects.get(reference=reference).status)
    clock_beats()
    assert seen == ["sent"]


def test_one_that_takes_its_time_is_asked_about_until_it_ends(drawer: Drawer) -> None:
    refund = approved(drawer, amount="31.00")
    drawer.refund_word = "returning"
    for _ in range(3):
        clock_beats()
    assert (stands(refund), drawer.arrivals(refund.reference)) == (("sent", "successful"), 1)
    drawer.say(refund.reference, "returned")
    clock_beats()
    assert stands(refund) == ("done", "successful")
    assert till.stands(refund.payment) == ("successful", "deposit_paid")


def test_a_lost_answer_is_asked_about_and_moves_no_money_twice(drawer: Drawer) -> None:
    refund = approved(drawer)
    drawer.next_trouble = ["lose"]
    clock_beats()
    assert (stands(refund), drawer.arrivals(refund.reference)) == (("sent", "successful"), 1)
    clock_beats()
    assert (stands(refund), drawer.arrivals(refund.reference)) == (("done", "refunded"), 1)


def test_what_never_arrived_is_handed_over_again_under_the_same_reference(drawer: Drawer) -> None:
    refund = approved(drawer)
    drawer.next_trouble = ["refuse"]
    clock_beats()
    assert (stands(refund), drawer.arrivals(refund.reference)) == (("sent", "successful"), 0)
    clock_beats()
    assert (stands(refund), drawer.arrivals(refund.reference)) == (("done", "refunded"), 1)


@pytest.mark.parametrize("how", ["at once", "later"])
def test_a_refusal_ends_it_and_a_person_is_told(drawer: Drawer, how: str) -> None:
    refund = approved(drawer)
    if how == "at once":
        drawer.next_trouble = ["decline"]
    else:
        drawer.refund_word = "kept"
    clock_beats()
    assert stands(refund) == ("failed", "successful")
    assert open_concerns(refund.payment) == ["refund_failed"]
    assert services.most_to_refund(refund.payment) == Decimal("231.00")


@pytest.mark.parametrize(
    ("odd", "kind"),
    [
        ({"word": "teleported"}, "unknown_word"),
        ({"word": "returned", "amount": "230.99"}, "mismatch"),
        ({"word": "returned", "reference": "RF-of-another"}, "mismatch"),
    ],
)
def test_an_odd_answer_moves_nothing_and_a_person_is_told(drawer: Drawer, odd: dict[str, str], kind: str) -> None:
    refund = approved(drawer)
    drawer.refund_word = "returning"
    clock_beats()
    slip = drawer.folder / f"{refund.reference}.json"
    slip.write_text(json.dumps(json.loads(slip.read_text()) | odd))
    clock_beats()
    assert stands(refund) == ("sent", "successful")
    assert open_concerns(refund.payment) == [kind]


def test_wrong_keys_are_told_and_it_goes_on_when_they_are_right(drawer: Drawer) -> None:
    refund = approved(drawer)
    drawer.next_trouble = ["misconfigured"]
    clock_beats()
    assert stands(refund) == ("sent", "successful")
    assert open_concerns(refund.payment) == ["misconfigured"]
    clock_beats()
    assert stands(refund) == ("done", "refunded")


def test_what_comes_to_no_end_for_days_is_told_to_a_person(drawer: Drawer) -> None:
    refund = approved(drawer)
    drawer.refund_word = "returning"
    clock_beats()
    Refund.objects.filter(pk=refund.pk).update(sent_at=timezone.now() - timedelta(days=3))
    clock_beats()
    assert open_concerns(refund.payment) == ["stuck"]


def test_a_dispute_holds_back_what_has_not_left_us(drawer: Drawer) -> None:
    refund = approved(drawer)
    make.move(Payment.objects.get(pk=refund.payment_id), Status.DISPUTED)
    clock_beats()
    assert (stands(refund), drawer.arrivals(refund.reference)) == (("approved", "disputed"), 0)
    make.move(Payment.objects.get(pk=refund.payment_id), Status.SUCCESSFUL)
    clock_beats()
    assert (stands(refund), drawer.arrivals(refund.reference)) == (("done", "refunded"), 1)


def test_a_person_does_not_pay_what_the_gateway_sends(drawer: Drawer) -> None:
    refund = approved(drawer)
    with pytest.raises(services.CannotRefund, match="would have it twice"):
        services.record_paid_back(refund, proof_of_payment="CO-1", user=money_back.person())


# --- The gateway's word about the whole payment ---------------------------------------------------
def gateway_says_refunded(drawer: Drawer, payment: Payment) -> None:
    drawer.say(payment.reference, "returned")
    till.check(payment)


def test_the_gateways_refunded_settles_ours_and_calls_nobody(drawer: Drawer) -> None:
    refund = approved(drawer)
    drawer.refund_word = "returning"
    clock_beats()
    gateway_says_refunded(drawer, refund.payment)
    assert stands(refund) == ("done", "refunded")
    assert open_concerns(refund.payment) == []
    assert clock_beats() == []


def test_after_ours_is_done_the_gateways_refunded_changes_nothing(drawer: Drawer) -> None:
    refund = approved(drawer)
    clock_beats()
    gateway_says_refunded(drawer, refund.payment)
    assert stands(refund) == ("done", "refunded")
    assert open_concerns(refund.payment) == []


def test_refunded_at_the_gateway_without_us_is_told_to_a_person(drawer: Drawer) -> None:
    payment = paid(drawer)
    gateway_says_refunded(drawer, payment)
    assert open_concerns(payment) == ["refunded_outside"]


def test_refunded_at_the_gateway_before_anybody_agreed_stops_ours(drawer: Drawer) -> None:
    refund = money_back.request(paid(drawer))
    gateway_says_refunded(drawer, refund.payment)
    assert stands(refund) == ("failed", "refunded")
    assert open_concerns(refund.payment) == ["refunded_outside"]
    assert drawer.arrivals(refund.reference) == 0


def test_more_went_back_than_we_agreed_to_and_a_person_is_told(drawer: Drawer) -> None:
    payment = paid(drawer)
    sent, not_sent = approved(drawer, amount="100.00", payment=payment), money_back.request(payment, amount="50.00")
    clock_beats()
    gateway_says_refunded(drawer, payment)
    assert (stands(sent)[0], stands(not_sent)[0]) == ("done", "failed")
    concern = Concern.objects.get(kind="refunded_outside")
    assert "Refunds of ours are US$ 100.00 of it." in concern.sentence


def test_what_a_person_returned_at_the_gateway_itself_is_settled_by_its_word(drawer: Drawer, monkeypatch: Any) -> None:
    """As with Paynow: it has no way to be asked, so a person returns the money on its pages, and it reports it as refunded."""
    monkeypatch.setattr("customer_data.services.refunds._way_back", lambda payment: "person")
    refund = services.take_refund(approved(drawer), user=money_back.person())
    gateway_says_refunded(drawer, refund.payment)
    assert stands(refund) == ("done", "refunded")
    assert open_concerns(refund.payment) == []


def test_what_was_approved_and_went_back_before_we_sent_it_was_sent_and_done(drawer: Drawer) -> None:
    refund = approved(drawer)
    drawer.say(refund.payment.reference, "returned")
    till.check(refund.payment)
    assert stands(refund) == ("done", "refunded")
    assert Refund.objects.get(pk=refund.pk).sent_at is not None
