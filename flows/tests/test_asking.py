"""*I have paid*, *send it again*, the typed code, the receipt once more: we ask, we never charge twice, and the answer comes."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from customer_data import services
from customer_data.models import Payment
from customer_data.services.sending import charge_for
from customer_data.status import Reason, Status
from customer_data.tests import make
from customer_data.tests.drawer import OTP, Drawer
from flows.buttons import action_id
from flows.outgoing import Document
from flows.paying import otp_typed
from flows.telling import write_missed
from flows.tests.chatting import do, newest, only, sent_by_worker, talk_of, taps, told_to, words_to

pytestmark = [pytest.mark.django_db]


@pytest.fixture(autouse=True)
def plugged_in(drawer: Drawer) -> Drawer:
    return drawer


def waiting(*, minutes: float = 1, status: str = Status.PENDING, **facts: Any) -> Payment:
    """A payment that was put before the customer so many minutes ago, also at the gateway."""
    payment = make.payment(status, moved_at=timezone.now() - timedelta(minutes=minutes), **facts)
    Drawer.in_use.put(charge_for(payment))
    Payment.objects.filter(pk=payment.pk).update(poll_url=f"drawer://{payment.reference}")
    payment.refresh_from_db()
    return payment


def ask_gateway(payment: Payment) -> Payment:
    services.make_due(payment)
    return services.check_payment(payment.reference)


# --- I have paid ----------------------------------------------------------------------------------
def test_i_have_paid_asks_the_gateway_and_charges_nothing(drawer: Drawer) -> None:
    payment = waiting()
    message = only(do("i_have_paid", payment.reference, by=payment.booking.customer))
    assert "We are asking Wallet" in message.body
    assert "Do not pay a second time" in message.body
    payment.refresh_from_db()
    assert payment.next_check_at is not None
    assert payment.next_check_at <= timezone.now() + timedelta(seconds=2)
    assert Payment.objects.count() == 1


def test_without_a_reference_it_is_the_newest_payment() -> None:
    payment = waiting()
    make.payment(
        Status.FAILED, booking=make.booking(customer=payment.booking.customer), moved_at=timezone.now() - timedelta(days=1)
    )
    assert action_id("i_have_paid", payment.reference) in taps(only(do("i_have_paid", by=payment.booking.customer)))


def test_the_gateways_answer_is_told_when_it_comes_and_once() -> None:
    payment = waiting()
    customer = payment.booking.customer
    do("i_have_paid", payment.reference, by=customer)
    assert write_missed() == 0
    ask_gateway(payment)
    assert write_missed() == 1
    assert write_missed() == 0
    assert "has not reached us yet" in told_to(customer)[-1].body


def test_an_answer_that_does_not_come_is_said_too() -> None:
    payment = waiting()
    do("i_have_paid", payment.reference, by=payment.booking.customer)
    with _two_minutes_later(payment):
        assert write_missed() == 1


def test_asked_twice_is_answered_once() -> None:
    payment = waiting()
    for _ in range(2):
        do("i_have_paid", payment.reference, by=payment.booking.customer)
    ask_gateway(payment)
    assert write_missed() == 1


def test_money_that_came_is_told_by_its_own_message_alone(drawer: Drawer) -> None:
    payment = waiting()
    customer = payment.booking.customer
    do("i_have_paid", payment.reference, by=customer)
    drawer.pay(payment.reference)
    ask_gateway(payment)
    assert write_missed() == 1
    assert write_missed() == 0
    assert words_to(customer).count("*Paid.*") == 1
    assert "has not reached us" not in words_to(customer)


@pytest.mark.parametrize(("status", "words"), [(Status.SUCCESSFUL, "is paid"), (Status.REFUNDED, "went back")])
def test_what_is_known_already_is_said_without_asking(status: str, words: str, drawer: Drawer) -> None:
    payment = make.payment(status)
    assert words in only(do("i_have_paid", payment.reference, by=payment.booking.customer)).body
    assert not payment.events.filter(details__answer_to__isnull=False).exists()


# --- Send it again --------------------------------------------------------------------------------
def test_the_request_is_sent_again_when_the_gateway_has_just_said_unpaid() -> None:
    payment = ask_gateway(waiting(minutes=4))
    do("send_prompt_again", payment.reference, by=payment.booking.customer)
    first, second = payment.booking.payments.order_by("created_at")
    assert (first.status, first.reason_code) == (Status.EXPIRED, Reason.METHOD_CHANGED)
    assert (second.status, second.phone, second.amount) == (Status.CREATED, first.phone, first.amount)


@pytest.mark.parametrize(("minutes", "is_asked"), [(1, True), (4, False)])
def test_it_is_not_sent_again_while_it_may_be_on_the_phone_or_the_gateway_was_not_asked(minutes: float, is_asked: bool) -> None:
    """The control: the same tap after the same answer is let through above."""
    payment = waiting(minutes=minutes)
    if is_asked:
        payment = ask_gateway(payment)
    message = only(do("send_prompt_again", payment.reference, by=payment.booking.customer))
    assert "Do not pay a second time" in message.body
    assert Payment.objects.count() == 1


@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED])
def test_after_an_attempt_that_ended_the_request_is_sent_again_at_once(status: str) -> None:
    payment = make.payment(status)
    do("send_prompt_again", payment.reference, by=payment.booking.customer)
    assert newest(payment.booking).status == Status.CREATED
    assert Payment.objects.count() == 2


def test_two_taps_send_it_again_once() -> None:
    payment = make.payment(Status.FAILED)
    for _ in range(2):
        do("send_prompt_again", payment.reference, by=payment.booking.customer)
    assert Payment.objects.count() == 2


def test_paid_meanwhile_it_is_not_sent_again() -> None:
    payment = make.payment(Status.SUCCESSFUL)
    assert "is paid" in only(do("send_prompt_again", payment.reference, by=payment.booking.customer)).body
    assert Payment.objects.count() == 1


def test_a_deposit_is_asked_for_again_as_a_deposit() -> None:
    booking = make.booking()
    request = services.PaymentRequest(booking.pk, "drawer_wallet", "deposit", phone="0771234567")
    payment = make.move(services.open_payment(request, source="flow"), Status.FAILED)
    do("send_prompt_again", payment.reference, by=booking.customer)
    assert [each.amount for each in booking.payments.all()] == [payment.amount] * 2


# --- The typed code -------------------------------------------------------------------------------
def with_a_code() -> Payment:
    booking = make.booking()
    do("pay_with", f"{booking.booking_reference}/otp/+263771234567", by=booking.customer)
    return sent_by_worker(booking)


def test_a_code_typed_in_the_chat_pays(drawer: Drawer) -> None:
    payment = with_a_code()
    reply = otp_typed(talk_of(payment.booking.customer), OTP)
    assert reply is not None
    assert "handing the code over" in only(reply).body
    assert services.submit_otp(payment.reference).status == Status.SUCCESSFUL
    assert drawer.otps == [OTP]


def test_a_wrong_code_is_said_and_can_be_typed_again() -> None:
    payment = with_a_code()
    customer = payment.booking.customer
    write_missed()
    before = len(told_to(customer))
    otp_typed(talk_of(customer), "000000")
    services.submit_otp(payment.reference)
    assert write_missed() == 1
    (answer,) = told_to(customer)[before:]
    assert "code was not right" in answer.body
    assert otp_typed(talk_of(customer), OTP) is not None
    assert services.submit_otp(payment.reference).status == Status.SUCCESSFUL


def test_digits_are_nothing_when_no_payment_waits_for_a_code() -> None:
    payment = with_a_code()
    assert otp_typed(talk_of(make.customer()), OTP) is None
    make.move(payment, Status.CANCELLED)
    assert otp_typed(talk_of(payment.booking.customer), OTP) is None


def test_a_code_of_the_wrong_length_is_said() -> None:
    payment = with_a_code()
    reply = otp_typed(talk_of(payment.booking.customer), "12")
    assert reply is not None
    assert "digits only" in only(reply).body


# --- The receipt ----------------------------------------------------------------------------------
def test_the_receipt_comes_again_as_a_file() -> None:
    payment = make.payment(Status.SUCCESSFUL)
    write_missed()
    text, file = do("receipt_again", payment.reference, by=payment.booking.customer).messages
    assert "is paid" in text.body
    assert taps(text) == []  # the receipt is here: it is not offered once more
    assert isinstance(file, Document)
    assert file.source == f"receipt:{Payment.objects.get().receipt}"


@pytest.mark.parametrize("action", ["receipt_again", "i_have_paid"])
def test_who_has_no_payment_at_all_is_told_so(action: str) -> None:
    assert "There is no payment of yours yet" in only(do(action, by=make.customer())).body


def test_there_is_no_receipt_for_what_is_not_paid() -> None:
    payment = make.payment(Status.FAILED)
    assert "Not paid" in only(do("receipt_again", payment.reference, by=payment.booking.customer)).body


class _two_minutes_later:  # noqa: N801  reads as a sentence
    """Events cannot be dated back, so the clock goes on."""

    def __init__(self, payment: Payment) -> None:
        self.payment = payment

    def __enter__(self) -> None:
        self.patch = pytest.MonkeyPatch()
        later = timezone.now() + timedelta(minutes=2, seconds=1)
        self.patch.setattr("flows.telling.timezone.now", lambda: later)

    def __exit__(self, *_: object) -> None:
        self.patch.undo()


@pytest.mark.parametrize("status", list(Status))
@pytest.mark.parametrize("prompt", ["approve_on_phone", "enter_code", "type_otp", "open_page", "nothing"])
def test_how_it_stands_can_always_be_said(status: str, prompt: str) -> None:
    """However long what the gateway gave us is."""
    facts = {"instructions": "Dial this. " * 300, "redirect_url": "https://drawer.example/" + "x" * 3000}
    payment = make.payment(status, prompt=prompt, **facts)
    message = only(do("i_have_paid", payment.reference, by=payment.booking.customer))
    assert payment.amount_shown in message.body
    assert taps(message)
