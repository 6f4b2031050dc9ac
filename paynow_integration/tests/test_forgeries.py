"""Updates that are forged, replayed, shifted, foreign, doubled or out of order: the booking ends as Paynow itself says."""

import socket
from collections.abc import Iterator

import pytest

from paynow_integration.messages import encode
from paynow_integration.models import PaynowNotification
from paynow_integration.notifications import judge
from paynow_integration.tests.till import PAID, WAITING, Till, changed


# --- An update is a bell, not a fact --------------------------------------------------------------
def test_an_update_that_says_paid_moves_nothing_while_paynow_says_sent(till: Till) -> None:
    """Signed with our own key, so the signature holds: the worst a stolen key can do is make us ask."""
    till.paynow.manners.announce_sent = True
    payment = till.charge()
    forged = till.signed(changed(till.fields(payment), status="Paid"))

    assert till.ring(forged) == 200
    assert till.stands(payment) == WAITING


def test_characters_moved_between_fields_keep_the_signature_and_move_no_money(till: Till) -> None:
    till.paynow.manners.announce_sent = True
    payment = till.charge()
    genuine = dict(till.fields(payment))
    shifted = genuine | {
        "paynowreference": "",
        "amount": genuine["paynowreference"] + genuine["amount"],
    }

    assert till.ring(encode(shifted.items())) == 200, "the scheme has no separators: the signature holds"

    assert till.stands(payment) == WAITING
    payment.refresh_from_db()
    assert payment.gateway_reference == genuine["paynowreference"]
    assert till.concerns(payment) == []


def test_a_genuine_update_with_renamed_fields_cannot_ring_for_another_payment(till: Till) -> None:
    """Names are not signed: only values and their order are."""
    victim, own = till.charge(), till.paid()
    fields = till.fields(own)
    renamed = [
        ("paynowreference", value) if name == "reference" else (name, value) for name, value in fields if name != "paynowreference"
    ]
    forged = [("reference", victim.reference), *renamed]

    assert till.ring(encode(forged)) == 400
    assert till.stands(victim) == WAITING


def test_a_paid_update_replayed_for_another_attempt_pays_only_its_own(till: Till) -> None:
    first = till.paid()
    second = till.charge()

    assert till.ring(till.update(first)) == 200

    assert till.stands(second) == WAITING
    assert till.stands(first) == PAID
    assert till.moves(first).count("successful") == 1


def test_a_paid_update_replayed_after_the_refund_leaves_it_refunded(till: Till) -> None:
    payment = till.paid()
    old_news = till.update(payment)
    till.paynow.move(payment.reference, "Refunded")
    assert till.ring(till.update(payment)) == 200
    till.sweep(seconds_later=5)
    assert till.stands(payment) == ("refunded", "refunded")

    assert till.ring(old_news) == 200
    till.sweep(seconds_later=10)

    assert till.stands(payment) == ("refunded", "refunded")
    assert till.outcomes()[-1] == "duplicate"


def test_another_amount_in_the_update_does_not_count(till: Till) -> None:
    payment = till.charge()
    till.paynow.approve(payment.reference)

    assert till.ring(till.signed(changed(till.fields(payment), amount="9999.00"))) == 200

    assert till.stands(payment) == PAID
    payment.booking.refresh_from_db()
    assert str(payment.booking.amount_paid) == "10.00"


@pytest.mark.parametrize("amount", ["0.01", "10.01", "1000.00", "1,000", "ten", ""])
def test_another_amount_in_paynows_answer_moves_nothing_and_a_person_is_told(till: Till, amount: str) -> None:
    payment = till.charge()
    till.paynow.approve(payment.reference)
    till.paynow.fault("wrong_amount", on="poll", value=amount or " ")

    assert till.ring(till.update(payment)) == 200

    assert till.stands(payment) == WAITING
    assert till.concerns(payment) in (["mismatch"], ["unknown_word"])


def test_another_reference_in_paynows_answer_moves_nothing_and_a_person_is_told(till: Till) -> None:
    payment = till.charge()
    till.paynow.approve(payment.reference)
    till.paynow.fault("wrong_reference", on="poll")

    assert till.ring(till.update(payment)) == 200

    assert till.stands(payment) == WAITING
    assert till.concerns(payment) == ["mismatch"]


@pytest.mark.parametrize("fault", ["no_hash", "forged_hash", "html", "empty", "http_error"])
def test_an_answer_that_paynow_did_not_sign_moves_nothing_and_is_asked_for_again(till: Till, fault: str) -> None:
    payment = till.charge()
    till.paynow.approve(payment.reference)
    till.paynow.fault(fault, on="poll", times=1)

    assert till.ring(till.update(payment)) == 200
    assert till.stands(payment) == WAITING

    till.sweep(seconds_later=60)
    assert till.stands(payment) == PAID


# --- Addresses ------------------------------------------------------------------------------------
@pytest.fixture
def trap() -> Iterator[socket.socket]:
    """A server of an attacker's: whoever connects has walked into it."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        yield listener


def nobody_came(trap: socket.socket) -> bool:
    try:
        connection, _ = trap.accept()
    except BlockingIOError:
        return True
    connection.close()
    return False


def test_a_poll_address_in_an_update_is_never_asked(till: Till, trap: socket.socket) -> None:
    payment = till.charge()
    till.paynow.approve(payment.reference)
    foreign = f"http://127.0.0.1:{trap.getsockname()[1]}/Interface/CheckPayment/?guid=1"

    assert till.ring(till.signed(changed(till.fields(payment), pollurl=foreign))) == 200

    assert nobody_came(trap)
    assert till.stands(payment) == PAID, "it was asked for at the address that was kept from the start"
    payment.refresh_from_db()
    assert payment.poll_url.startswith(till.paynow.url)


def test_a_poll_address_in_an_update_is_not_kept_where_the_first_answer_was_lost(till: Till, trap: socket.socket) -> None:
    till.paynow.fault("reset", on="express", times=1)
    payment = till.charge()
    assert till.stands(payment) == ("sending", "unpaid")
    till.paynow.approve(payment.reference)
    foreign = f"http://127.0.0.1:{trap.getsockname()[1]}/Interface/CheckPayment/?guid=1"

    assert till.ring(till.signed(changed(till.fields(payment), pollurl=foreign))) == 200

    assert nobody_came(trap)
    assert till.stands(payment) == PAID
    payment.refresh_from_db()
    assert payment.poll_url.startswith(till.paynow.url)


def test_a_foreign_poll_address_in_paynows_own_answer_is_neither_kept_nor_asked(till: Till, trap: socket.socket) -> None:
    till.paynow.fault("reset", on="express", times=1)
    foreign = f"http://127.0.0.1:{trap.getsockname()[1]}/Interface/CheckPayment/?guid=1"
    till.paynow.fault("foreign_pollurl", on="trace", value=foreign)
    payment = till.charge()

    till.sweep(seconds_later=60)
    till.sweep(seconds_later=120)

    assert nobody_came(trap)
    payment.refresh_from_db()
    assert payment.poll_url == ""


# --- Twice, and in the wrong order ----------------------------------------------------------------
def test_a_duplicate_is_answered_200_and_pays_once(till: Till) -> None:
    payment = till.paid()

    assert till.ring(till.update(payment)) == 200
    till.sweep(seconds_later=5)

    assert till.outcomes() == ["accepted", "duplicate"]
    assert till.moves(payment).count("successful") == 1
    payment.booking.refresh_from_db()
    assert str(payment.booking.amount_paid) == "10.00"


def test_a_first_update_that_is_judged_again_does_not_become_the_duplicate_of_a_later_one(till: Till) -> None:
    payment = till.paid()
    assert till.ring(till.update(payment)) == 200

    assert judge(PaynowNotification.objects.earliest("pk")) == "accepted"


def test_sent_that_arrives_after_paid_does_not_unpay(open_till: Till) -> None:
    open_till.paynow.manners.announce_sent = True
    open_till.paynow.fault("hold_update", on="update", times=1)
    payment = open_till.charge()

    open_till.clock.advance(30)
    open_till.sweep(seconds_later=5)

    assert [update.word for update in open_till.paynow.updates()] == ["Sent", "Paid"]
    assert [note.detail for note in PaynowNotification.objects.order_by("pk")] == ["It says Paid.", "It says Sent."]
    assert open_till.stands(payment) == PAID


def test_cancelled_that_arrives_after_paid_does_not_unpay(till: Till) -> None:
    payment = till.paid()

    assert till.ring(till.signed(changed(till.fields(payment), status="Cancelled"))) == 200
    till.sweep(seconds_later=5)

    assert till.stands(payment) == PAID


def test_a_late_cancelled_in_paynows_own_answer_does_not_unpay_and_a_person_is_told(till: Till) -> None:
    payment = till.paid()
    till.paynow.office.find(payment.reference).status = "Cancelled"

    assert till.ring(till.update(payment)) == 200
    till.sweep(seconds_later=5)

    assert till.stands(payment) == PAID
    assert till.concerns(payment) == ["illegal_news"]


def test_refunded_that_arrives_before_paid_ends_refunded_with_both_in_the_trail(till: Till) -> None:
    payment = till.charge()
    till.paynow.approve(payment.reference)
    paid_update = till.update(payment)
    till.paynow.move(payment.reference, "Refunded")

    assert till.ring(till.update(payment)) == 200
    assert till.ring(paid_update) == 200
    till.sweep(seconds_later=5)

    assert till.stands(payment) == ("refunded", "refunded")
    assert till.moves(payment)[-2:] == ["successful", "refunded"]
    assert till.concerns(payment) == ["refunded_outside"]


def test_an_update_that_comes_before_the_first_answer_pays_and_the_answer_undoes_nothing(open_till: Till) -> None:
    open_till.paynow.fault("early_update", on="express", times=1)

    payment = open_till.charge()

    assert open_till.paynow.updates()[-1].answers == [200]
    assert open_till.stands(payment) == PAID
    payment.refresh_from_db()
    assert payment.poll_url, "where to ask later is kept all the same"


def test_paid_after_the_customer_chose_another_way_counts_and_a_person_is_told(till: Till) -> None:
    first = till.charge()
    second = till.charge("onemoney", booking=first.booking)
    assert till.stands(first)[0] == "expired"
    till.paynow.approve(first.reference)

    assert till.ring(till.update(first)) == 200

    assert till.stands(first) == PAID
    assert till.concerns(first) == ["late_money"]
    assert till.stands(second)[0] == "pending"
