"""What the payer must do now, for every kind of prompt: told in the chat when the chat is where it is needed, and once."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from customer_data.gateway import PromptKind
from customer_data.models import Concern, Customer, Payment, PaymentEvent
from customer_data.phones import national
from customer_data.status import Status
from customer_data.tests import make
from flows import telling
from flows.buttons import action_id, read_tap
from flows.models import Conversation, Message
from flows.outgoing import Buttons, Image, LinkButton, Template
from flows.paying import ACTIONS
from flows.payment_news import lines_about
from flows.prompts import prompt_messages
from flows.telling import is_told, write_messages, write_missed
from flows.tests.chatting import do, sent_by_worker, taps, told_to, words_to
from flows.tests.customers import phone_of, sent, submit
from flows.tests.news import last_move

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]


def started_in_chat(choice: str, **facts: Any) -> Payment:
    booking = make.booking(**facts)
    do("pay_with", f"{booking.booking_reference}/{choice}", by=booking.customer)
    payment = sent_by_worker(booking)
    write_missed()
    return payment


# --- What is said ---------------------------------------------------------------------------------
def test_a_request_on_the_phone_says_which_number_how_much_and_what_if_it_does_not_come() -> None:
    payment = started_in_chat("wallet")
    (message,) = told_to(payment.booking.customer)
    assert f"US$ 231.00 on {national(payment.phone)}." in message.body
    assert payment.instructions in message.body
    assert [read_tap(each).name for each in taps(message)] == ["i_have_paid", "send_prompt_again", "use_another_wallet"]


def test_a_code_comes_as_text_with_its_end_and_as_a_picture() -> None:
    payment = started_in_chat("code")
    text, picture = told_to(payment.booking.customer)
    assert "123456" in text.body
    assert "valid until" in text.body
    assert isinstance(picture, Image)
    assert picture.source == "qr:123456"


def test_a_code_with_an_address_comes_with_a_link_that_warns_of_data() -> None:
    payment = started_in_chat("code")
    Payment.objects.filter(pk=payment.pk).update(redirect_url="https://wallet.example/123456")
    *_, link = [line.outgoing for line in lines_about(last_move(payment))]
    assert isinstance(link, LinkButton)
    assert link.url == "https://wallet.example/123456"
    assert "internet data" in link.body


def test_a_code_whose_app_has_an_address_of_its_own_kind_is_linked_through_our_page(settings: Any) -> None:
    settings.SITE_URL = "https://pay.example"
    payment = started_in_chat("code")
    Payment.objects.filter(pk=payment.pk).update(redirect_url="wallet://pay?code=123456")
    *_, link = [line.outgoing for line in lines_about(last_move(payment))]
    assert isinstance(link, LinkButton)
    assert link.url.startswith("https://pay.example/")
    assert link.url.endswith(f"?reference={payment.reference}")


def test_a_one_time_code_is_asked_for_in_the_chat() -> None:
    payment = started_in_chat("otp")
    (message,) = told_to(payment.booking.customer)
    assert "Type the code here" in message.body
    assert "Never send your PIN" in message.body


def test_a_page_is_a_button_after_words_about_data() -> None:
    payment = started_in_chat("page")
    page, after = told_to(payment.booking.customer)
    assert isinstance(page, LinkButton)
    assert page.url == payment.redirect_url
    assert "needs internet data, about 60 KB" in page.body
    assert action_id("i_have_paid", payment.reference) in taps(after)


@pytest.mark.parametrize("kind", list(PromptKind))
def test_every_kind_of_prompt_has_words_and_a_way_on(kind: PromptKind) -> None:
    payment = make.payment(Status.PENDING, prompt=kind, instructions="Pay into account 1234.")
    lines = lines_about(last_move(payment))
    assert lines
    names = {read_tap(tap).name for line in lines for tap in taps(line.outgoing)}
    assert names & {"use_another_wallet", "talk_to_person"}
    assert names <= set(ACTIONS) | {"talk_to_person"}


@pytest.mark.parametrize("kind", [PromptKind.ENTER_CODE, PromptKind.OPEN_PAGE, PromptKind.NOTHING])
def test_what_went_with_a_lost_answer_is_said(kind: PromptKind) -> None:
    payment = make.payment(Status.PENDING, prompt=kind)
    (line,) = lines_about(last_move(payment))
    assert "did not reach us" in line.outgoing.body


def test_a_test_says_so_first() -> None:
    payment = make.payment(Status.PENDING, is_test=True)
    assert lines_about(last_move(payment))[0].outgoing.body.startswith("TEST, no money moves.")


# --- Not twice ------------------------------------------------------------------------------------
def form_payment(method: str = "wallet") -> Payment:
    booking = make.booking()
    submit(phone_of(booking), payment_method=method)
    return sent(booking)


def test_while_the_form_may_be_open_the_chat_is_silent_and_then_it_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    payment = form_payment()
    assert write_missed() == 0
    later = timezone.now() + telling.FORM_IS_CLOSED_AFTER + timedelta(seconds=1)
    monkeypatch.setattr("flows.telling.timezone.now", lambda: later)
    assert write_missed() == 1
    assert write_missed() == 0
    assert "Approve US$ 231.00" in words_to(payment.booking.customer)


def test_what_the_gateway_says_about_buttons_of_its_own_page_is_left_out() -> None:
    payment = form_payment()
    payment.instructions = "Dial *151# and enter your PIN. Once approved, please click Check For Payment below to conclude."
    (message,) = prompt_messages(payment)
    assert "Dial *151# and enter your PIN." in message.body
    assert "Check For Payment" not in message.body


def test_a_code_that_must_be_taken_to_another_app_is_told_at_once() -> None:
    payment = form_payment("code")
    assert write_missed() == 1
    assert "123456" in words_to(payment.booking.customer)


def test_a_form_whose_payment_ended_meanwhile_is_told_the_end_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    payment = make.move(form_payment(), Status.SUCCESSFUL)
    later = timezone.now() + telling.FORM_IS_CLOSED_AFTER + timedelta(seconds=1)
    monkeypatch.setattr("flows.telling.timezone.now", lambda: later)
    assert write_missed() == 1
    assert "Approve" not in words_to(payment.booking.customer)


def test_a_shops_own_payment_is_shown_by_the_shop() -> None:
    payment = make.payment(Status.PENDING)
    assert write_messages(last_move(payment)) == []
    assert write_missed() == 0


@pytest.mark.parametrize("method", ["wallet", "code"])
@pytest.mark.parametrize("seconds", [0, 100])
@pytest.mark.parametrize("status", [Status.PENDING, Status.CANCELLED])
def test_what_is_looked_for_is_what_is_told(method: str, seconds: int, status: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The query and the rule say the same of every event of a payment from the form."""
    payment = form_payment(method)
    if status != Status.PENDING:
        make.move(payment, status)
    later = timezone.now() + timedelta(seconds=seconds)
    monkeypatch.setattr("flows.telling.timezone.now", lambda: later)
    by_rule = {event.pk for event in PaymentEvent.objects.select_related("payment") if is_told(event)}
    assert {event.pk for event in telling._missed()} == by_rule


def heard(customer: Customer, *, hours_ago: float = 0) -> None:
    """The customer wrote to us then."""
    Conversation.objects.update_or_create(
        customer=customer, defaults={"last_heard_at": timezone.now() - timedelta(hours=hours_ago, minutes=1)}
    )


# --- Two people -----------------------------------------------------------------------------------
def for_another(choice: str) -> tuple[Payment, Customer]:
    booking = make.booking(customer=make.customer(name="Rudo"))
    do("pay_with", f"{booking.booking_reference}/{choice}/+263772222222", by=booking.customer)
    payment = sent_by_worker(booking)
    assert payment.payer is not None
    return payment, payment.payer


def test_the_one_who_pays_gets_the_request_and_the_one_who_booked_hears_of_it() -> None:
    payment, payer = for_another("wallet")
    heard(payer)
    write_missed()
    assert "Rudo asks you to pay US$ 231.00" in words_to(payer)
    assert "Approve US$ 231.00" in words_to(payer)
    (message,) = told_to(payment.booking.customer)
    assert "We asked 0772222222 (Wallet) for US$ 231.00" in message.body


@pytest.mark.parametrize(
    ("choice", "how"), [("wallet", "approving the Wallet request on 0772222222"), ("otp", "One-time code request on 0772222222")]
)
def test_who_never_wrote_to_us_is_asked_by_a_template_alone(choice: str, how: str) -> None:
    payment, payer = for_another(choice)
    (line,) = [line for line in lines_about(last_move(payment)) if line.to == payer]
    assert isinstance(line.outgoing, Template)
    assert line.outgoing.purpose == "payment_request"
    facts = dict(line.outgoing.facts)
    assert facts["amount"] == "US$ 231.00"
    assert how in facts["how"]
    assert all(text and "\n" not in text for text in facts.values())


def test_outside_the_window_only_what_has_a_template_is_written() -> None:
    payment = make.payment(Status.SUCCESSFUL)
    heard(payment.booking.customer, hours_ago=25)
    (line,) = lines_about(last_move(payment))
    assert line.fallback is not None
    assert line.fallback.purpose == "payment_successful"


def test_both_get_the_receipt() -> None:
    payment, payer = for_another("wallet")
    heard(payer)
    make.move(payment, Status.SUCCESSFUL)
    write_missed()
    for customer in (payer, payment.booking.customer):
        assert words_to(customer).count("*Paid.* We received US$ 231.00") == 1
        assert [message.body for message in told_to(customer)].count(str(Payment.objects.get().receipt)) == 1


# --- What can be done next ------------------------------------------------------------------------
def test_after_a_deposit_the_balance_is_one_tap_away() -> None:
    payment = make.payment(Status.SUCCESSFUL, booking=make.booking(), amount="115.50")
    message = write_messages(last_move(payment))[0]
    assert message.kind == "buttons"
    assert message.content["choices"][0]["id"] == action_id("pay_what_is_left", payment.booking.booking_reference)


@pytest.mark.parametrize(
    ("status", "first"), [(Status.FAILED, "try_again"), (Status.CANCELLED, "try_again"), (Status.EXPIRED, "i_have_paid")]
)
def test_after_a_failure_there_are_three_ways_on(status: str, first: str) -> None:
    payment = make.payment(status)
    (line,) = lines_about(last_move(payment))
    assert isinstance(line.outgoing, Buttons)
    assert [read_tap(tap).name for tap in taps(line.outgoing)] == [first, "use_another_wallet", "talk_to_person"]


def test_a_failure_on_a_booking_that_is_paid_all_the_same_asks_for_nothing() -> None:
    booking = make.booking()
    failed = make.payment(Status.FAILED, booking=booking)
    make.payment(Status.SUCCESSFUL, booking=booking)
    (line,) = lines_about(last_move(failed))
    assert "is paid all the same" in line.outgoing.body
    assert taps(line.outgoing) == []


# --- What is too long -----------------------------------------------------------------------------
def test_long_instructions_are_cut_to_what_whatsapp_takes() -> None:
    payment = make.payment(Status.PENDING, instructions="Dial this. " * 300)
    assert lines_about(last_move(payment))


def test_what_cannot_be_said_is_for_a_person_and_keeps_nobody_else_waiting() -> None:
    first = started_in_chat("page")
    Message.objects.all().delete()
    Payment.objects.filter(pk=first.pk).update(redirect_url="https://drawer.example/" + "x" * 3000)
    second = make.payment(Status.SUCCESSFUL)
    assert write_missed() == 1
    assert "*Paid.*" in words_to(second.booking.customer)
    assert write_missed() == 0
    assert Concern.objects.get(payment=first).kind == "not_told"


def test_the_receipt_of_who_pays_for_another_does_not_call_the_booking_theirs() -> None:
    payment, payer = for_another("wallet")
    heard(payer)
    make.move(payment, Status.SUCCESSFUL)
    write_missed()
    assert "The booking is paid in full." in words_to(payer)
    assert "Your booking is paid in full." in words_to(payment.booking.customer)
