"""The page of one payment: everything that happened in one list, what comes next, and a button for each thing to do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from customer_data.admin.page import MOST_LINES, add_timeline, timelines_of
from customer_data.admin.wording import how_often_asked, what_happens_next
from customer_data.gateway import gateway_named
from customer_data.models import (
    Booking,
    Concern,
    ConcernKind,
    Dispute,
    NonReceiptLetter,
    Payment,
    PaymentEvent,
    Proof,
    Receipt,
    Refund,
    Transfer,
)
from customer_data.services import issue_receipt
from customer_data.services.transfers import transfer_payment
from customer_data.status import Status
from customer_data.tests import make
from customer_data.tests.desk import Desk, desk, owner, page_of, press_of
from customer_data.tests.drawer import Drawer

pytestmark = pytest.mark.django_db

PAYNOW = {"gateway": "paynow", "payment_method": "paynow_ecocash", "account": "1201"}
LOOKS = ("view_payment", "view_booking", "view_concern")


def a_payment(status: str = "pending", **fields: Any) -> Payment:
    return make.payment(status, **(PAYNOW | fields))


def an_unpaid_one(status: str = "failed", **fields: Any) -> Payment:
    """Ended without money; the gateway has just said so."""
    payment = a_payment(status, **fields)
    Payment.objects.filter(pk=payment.pk).update(gateway_status="Cancelled", reported_at=timezone.now(), is_final=True)
    payment.refresh_from_db()
    return payment


def titles(cashier: Desk, payment: Payment, **query: str) -> list[str]:
    """The titles of the lines, from top to bottom."""
    page = cashier.get(page_of(payment), **query).content.decode()
    found = re.findall(r'<div class="desk-line">\s*<strong[^>]*>(.*?)</strong>', page, flags=re.DOTALL)
    return [re.sub(r"<[^>]+>", "", title) for title in found]


# --- Reading --------------------------------------------------------------------------------------
def test_the_story_is_read_newest_first_or_from_its_beginning() -> None:
    payment, cashier = a_payment("successful"), desk(*LOOKS)
    story = ["Created (new)", "Created → Sending", "Sending → Pending", "Pending → Successful"]
    assert titles(cashier, payment) == story[::-1]
    assert titles(cashier, payment, timeline="oldest") == story
    assert "Read it oldest first" in cashier.page(payment)


def test_everything_about_a_payment_has_its_line() -> None:
    payment = a_payment("successful")
    boss, tendai = owner(), owner().user
    issue_receipt(payment)
    Concern.raise_about(payment, ConcernKind.OVERPAID, "It costs less.")
    Concern.objects.update(
        taken_at=timezone.now(), taken_by=tendai, solved_at=timezone.now(), solved_by=tendai, solution="Given back."
    )
    Proof.objects.create(payment=payment, kind="picture", claimed_amount="231.00", claimed_currency="USD", submitted_by=tendai)
    transfer_payment(payment, make.booking(), reason="wrong trip", user=tendai)
    make.move(payment, Status.DISPUTED)
    payment.note(source="admin", actor="tendai", reason="Asks for a refund.", details={"refund": "RF1"})
    page = boss.page(payment)
    for line in (
        "Receipt R-000001 US$ 231.00",
        "More was paid than the booking costs It costs less.",
        "Taken: More was paid than the booking costs",
        "Solved: More was paid than the booking costs Given back.",
        "Proof: Photo It claims US$ 231.00.",
        "wrong trip",
        "Dispute opened",
        "Refund, still disputed Asks for a refund.",
        "Successful → Disputed",
    ):
        assert line in page, line
    assert (
        titles(boss, payment).count(
            f"Moved from {Transfer.objects.get().from_booking.booking_reference} to "
            f"{Transfer.objects.get().to_booking.booking_reference}"
        )
        == 1
    )


def test_lines_are_for_those_who_may_see_what_they_are_about() -> None:
    payment = a_payment("successful")
    issue_receipt(payment)
    Concern.raise_about(payment, ConcernKind.OVERPAID, "It costs less.")
    page = desk("view_payment").page(payment)
    assert "Receipt R-" not in page
    assert "It costs less." not in page


def test_a_long_story_is_cut_with_a_sentence_and_can_be_read_from_both_ends() -> None:
    payment, cashier = a_payment(), desk(*LOOKS)
    PaymentEvent.objects.bulk_create(
        PaymentEvent(payment=payment, from_status="pending", to_status="pending", source="task", reason=f"note {number}")
        for number in range(MOST_LINES + 20)
    )
    newest, oldest = titles(cashier, payment), titles(cashier, payment, timeline="oldest")
    assert len(newest) == len(oldest) == MOST_LINES
    assert oldest[0] == "Created (new)"
    assert "Created (new)" not in newest
    assert f"Only the newest {MOST_LINES} lines are shown" in cashier.page(payment)
    assert "Only the newest" not in cashier.page(a_payment())


def test_the_page_costs_the_same_however_much_has_happened(django_assert_max_num_queries: Any) -> None:
    payment, boss = a_payment("successful"), owner()
    boss.page(payment)
    queries = []
    for more in (1, 30):
        for number in range(more):
            happens_to(payment, number)
        with django_assert_max_num_queries(100) as captured:
            boss.page(payment)
        queries.append(len(captured))
    assert queries[0] == queries[1]


def happens_to(payment: Payment, number: int) -> None:
    user: Any = make.staff(f"staff-{Proof.objects.count()}-{number}")
    payment.note(source="task", reason=f"note {number}", details={"gateway_status": "Paid"})
    Concern.raise_about(payment, ConcernKind.OVERPAID, f"matter {number}")
    Concern.objects.update(solved_at=timezone.now(), solved_by=user)
    Proof.objects.create(payment=payment, kind="picture", submitted_by=user)
    transfer_payment(payment, make.booking(), reason="wrong trip", user=user)
    NonReceiptLetter.objects.create(payment=payment, number=f"NR-{user}", facts=[], written_by=user, reason="x")
    Dispute.objects.create(
        payment=payment, status="won", opened_at=timezone.now(), deadline=timezone.now(), closed_at=timezone.now()
    )


def test_what_stands_in_a_line_is_text() -> None:
    payment = a_payment()
    payment.note(source="task", actor="<b>x</b>", reason="<img src=x>")
    Concern.raise_about(payment, ConcernKind.STUCK, "<script>alert(1)</script>")
    raw = owner().get(page_of(payment)).content.decode()
    for bad in ("<img src=x>", "<script>alert(1)", "<b>x</b>"):
        assert bad not in raw


def test_another_part_adds_its_lines() -> None:
    def nothing(payment: Payment, reading: Any) -> list[Any]:
        return []

    add_timeline(Booking, nothing, seen_with=Booking)
    assert timelines_of(Booking, owner().user) == [nothing]
    assert timelines_of(Booking, desk("view_payment").user) == []


# --- What comes next ------------------------------------------------------------------------------
def test_a_dispute_says_until_when_it_is_answered() -> None:
    payment = a_payment("disputed")
    Dispute.objects.update(deadline=timezone.now() + timedelta(days=3))
    assert what_happens_next(payment).startswith("Answer the gateway before ")
    assert "in 3 days. Nobody has answered it yet." in what_happens_next(payment)


@pytest.mark.parametrize(
    ("status", "way", "sentence"),
    [
        ("requested", "person", "Somebody else than who asked for it must approve it."),
        ("approved", "person", "Somebody must pay it back"),
        ("approved", "gateway", "It is handed to the gateway by itself."),
        ("sent", "gateway", "The gateway is asked how it stands."),
    ],
)
def test_money_on_its_way_back_says_who_is_next(status: str, way: str, sentence: str) -> None:
    payment, user, other = a_payment("successful"), owner().user, owner().user
    agreed = {} if status == "requested" else {"approved_by": other}
    Refund.objects.create(
        payment=payment, amount="10.00", currency="USD", reason="left", requested_by=user, status=status, way=way, **agreed
    )
    assert what_happens_next(payment).startswith(f"US$ 10.00 is to go back. {sentence}")


def test_money_that_a_person_looks_for_is_asked_of_nobody() -> None:
    payment = make.payment("pending", gateway="offline", payment_method="offline_bank_transfer", account="desk")
    Payment.objects.filter(pk=payment.pk).update(next_check_at=timezone.now() + timedelta(days=3))
    payment.refresh_from_db()
    assert what_happens_next(payment).startswith("It is paid when a person approves what has arrived. We stop waiting in 3 days")
    Proof.objects.create(payment=payment, kind="picture")
    assert what_happens_next(payment).startswith("A proof waits for review.")
    assert how_often_asked(payment) == ""


def test_how_often_the_gateway_was_asked_stands_on_top() -> None:
    payment, at = a_payment(), timezone.now()
    Payment.objects.filter(pk=payment.pk).update(checks_made=12, checked_at=at, reported_at=at, gateway_status="Sent")
    clock = f"{timezone.localtime(at):%H:%M:%S}"
    assert f"Paynow was asked 12 times, last at {clock}. Its last answer, at {clock}: Sent." in desk(*LOOKS).page(payment)


# --- Nothing is typed over ------------------------------------------------------------------------
@pytest.mark.parametrize("status", ["pending", "successful", "failed"])
def test_every_field_of_the_page_posted_changes_nothing(status: str) -> None:
    payment = a_payment(status)
    before: dict[str, Any] = dict(Payment.objects.filter(pk=payment.pk).values().get())
    everything = {field.name: "1" for field in Payment._meta.get_fields()} | {
        "_save": "Save",
        "status": "refunded",
        "amount": "0.01",
    }
    for boss in (owner(), desk("view_payment", "change_payment", "add_payment", "delete_payment")):
        assert boss.web.post(page_of(payment), everything).status_code == 403
        for button in ("ask-again", "send-again", "stop-waiting", "move-to-booking", "write-letter"):
            boss.web.post(press_of(payment, button), everything)
    after: dict[str, Any] = dict(Payment.objects.filter(pk=payment.pk).values().get())
    kept = set(before) - {"next_check_at", "updated_at", "status", "reason_code", "processed_at", "otp"}
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert after["status"] == before["status"], "a reason of one character stops nothing"


# --- Buttons --------------------------------------------------------------------------------------
BUTTONS = {
    "ask-again": "ask_gateway",
    "send-again": "send_request_again",
    "stop-waiting": "stop_waiting",
    "move-to-booking": "move_payment",
    "write-letter": "write_letter",
}


@pytest.mark.parametrize("button", BUTTONS)
def test_each_button_is_for_who_has_its_permission(button: str) -> None:
    payment = a_payment("successful" if button == "move-to-booking" else "failed" if button == "write-letter" else "pending")
    others = [permission for name, permission in BUTTONS.items() if name != button]
    without = desk("view_payment", "change_payment", *others)
    assert without.press(payment, button, reason="because", booking="x").status_code == 403
    assert press_of(payment, button) not in without.get(page_of(payment)).content.decode()
    assert press_of(payment, button) in desk("view_payment", BUTTONS[button]).get(page_of(payment)).content.decode()


def test_asking_leaves_who_asked() -> None:
    payment, cashier = a_payment(), desk(*LOOKS, "ask_gateway")
    cashier.press(payment, "ask-again")
    assert "Has the gateway asked how this payment stands." in cashier.page(payment)
    assert payment.events.filter(actor=cashier.user.username).count() == 1


def test_an_ended_payment_is_asked_for_again_with_the_same_in_it(shop: None) -> None:
    payment, cashier = ended_at_the_drawer(phone="+263771234567"), desk(*LOOKS, "send_request_again")
    told = cashier.told(cashier.press(payment, "send-again", reason="the customer has money now"))
    newest = Payment.objects.exclude(pk=payment.pk).get()
    assert told == [f"The customer is asked again, for US$ 231.00: payment {newest.reference}. It stands on the booking's page."]
    assert (newest.amount, newest.payment_method, newest.phone) == (payment.amount, payment.payment_method, payment.phone)
    assert newest.events.filter(actor=cashier.user.username, reason__contains="the customer has money now").exists()


@pytest.mark.parametrize(
    ("status", "facts", "sentence"),
    [
        ("pending", {}, "may still be approved"),
        ("sending", {}, "may still be approved"),
        ("pending", {"prompt": "open_page"}, "can still pay with what they have"),
        ("expired", {}, "may still be approved"),
    ],
)
def test_what_may_still_bring_money_is_not_doubled(shop: None, status: str, facts: dict[str, Any], sentence: str) -> None:
    payment, cashier = make.payment(status, **facts), desk(*LOOKS, "send_request_again")
    told = cashier.told(cashier.press(payment, "send-again", reason="the customer asks"))
    assert sentence in told[0]
    assert told[0].startswith("Nothing was sent.")
    assert Payment.objects.count() == 1


def test_a_request_on_the_phone_is_replaced_once_it_is_known_unpaid(shop: None) -> None:
    payment, cashier = make.payment("pending", moved_at=timezone.now() - timedelta(minutes=4)), desk(*LOOKS, "send_request_again")
    Payment.objects.filter(pk=payment.pk).update(reported_at=timezone.now(), gateway_status="Sent")
    cashier.press(payment, "send-again", reason="the phone was off")
    payment.refresh_from_db()
    assert (payment.status, payment.reason_code) == ("expired", "method_changed")
    assert Payment.objects.exclude(pk=payment.pk).count() == 1


def test_another_attempt_that_may_bring_money_is_asked_about_first(shop: None) -> None:
    booking = make.booking()
    ended = ended_at_the_drawer(booking=booking)
    open_one, cashier = make.payment("pending", booking=booking), desk(*LOOKS, "send_request_again")
    assert (
        f"Payment {open_one.reference} of this booking may still bring money"
        in cashier.told(cashier.press(ended, "send-again", reason="asks again"))[0]
    )


def test_moving_asks_for_the_booking_and_says_what_it_did() -> None:
    payment, meant = a_payment("successful"), make.booking()
    cashier = desk(*LOOKS, "move_payment")
    typed = f" {meant.booking_reference[:6].lower()}-{meant.booking_reference[6:].lower()} "
    told = cashier.told(cashier.press(payment, "move-to-booking", booking=typed, reason="paid for the wrong trip"))
    assert told == [f"US$ 231.00 counts for {meant.booking_reference} now. Both customers are told on WhatsApp."]
    payment.refresh_from_db()
    assert payment.booking == meant


@pytest.mark.parametrize("typed", ["", "BK0", "nobody", "' OR 1=1 --", "\x00", "x" * 400])
def test_a_booking_that_is_not_there_moves_nothing(typed: str) -> None:
    payment, cashier = a_payment("successful"), desk(*LOOKS, "move_payment")
    told = cashier.told(cashier.press(payment, "move-to-booking", booking=typed, reason="paid for the wrong trip"))
    assert told[0].startswith("Nothing was")
    assert not Transfer.objects.exists()


def test_a_letter_is_written_and_read_by_those_who_may() -> None:
    payment, cashier = an_unpaid_one(), desk("view_payment", "write_letter", "view_nonreceiptletter")
    told = cashier.told(cashier.press(payment, "write-letter", approval_code="", reason="EcoCash asks for it"))
    letter = NonReceiptLetter.objects.get()
    assert told[0].startswith(f"Letter {letter.number} is written.")
    page = cashier.get(page_of(letter)).content.decode()
    pdf = re.search(r'href="([^"]+/pdf/)"', page)
    assert pdf is not None
    answer = cashier.get(pdf[1])
    assert (answer.status_code, answer["Content-Type"], answer.content[:5]) == (200, "application/pdf", b"%PDF-")
    assert desk("view_payment", "write_letter").get(pdf[1]).status_code == 403
    assert f"Non-receipt letter {letter.number}" in cashier.page(payment)


def test_a_refused_letter_keeps_what_was_typed() -> None:
    payment, cashier = an_unpaid_one(), desk("view_payment", "write_letter")
    told = cashier.told(cashier.press(payment, "write-letter", approval_code="MP12", reason="EcoCash asks for it"))
    assert "'MP12' is not an approval code" in told[0]
    page = cashier.get(page_of(payment)).content.decode()
    assert 'value="MP12"' in page
    assert 'value="EcoCash asks for it"' in page


def test_a_receipt_is_reached_from_the_timeline() -> None:
    payment = a_payment("successful")
    receipt = issue_receipt(payment)
    assert f'href="{page_of(receipt)}"' in owner().get(page_of(payment)).content.decode()
    assert Receipt.objects.count() == 1


def ended_at_the_drawer(**fields: Any) -> Payment:
    return make.payment("failed", **fields)


@pytest.fixture
def shop(settings: Any, tmp_path: Path) -> Iterator[None]:
    """The drawer beside what is plugged in, so that a new payment can be opened."""
    settings.PAYMENT_GATEWAYS = {**settings.PAYMENT_GATEWAYS, "drawer": "customer_data.tests.drawer_gateway.DrawerGateway"}
    gateway_named.cache_clear()
    Drawer.in_use = Drawer(tmp_path)
    yield
    gateway_named.cache_clear()
