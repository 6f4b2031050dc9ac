"""What a customer can do about money from anywhere in the chat: the named actions, and the words the engine hands on."""

from collections.abc import Callable, Mapping

from customer_data.gateway import Method, NotSupported, find_method
from customer_data.models import Booking, Concern, ConcernKind, Payment
from customer_data.offer import AmountOption, CannotPay, amount_options, methods_beside_forms, methods_for, owed, unconfirmed
from customer_data.phones import national
from customer_data.services import asked_again
from customer_data.status import MONEY_IN
from flows import asking, belongings, choices, paying_for_others, proof_words, proofs
from flows.asking import ask, unknown
from flows.buttons import action_id
from flows.inviting import CannotInvite, form_for
from flows.models import Conversation
from flows.outgoing import Buttons, Choice, ListMenu, Section, Text
from flows.replies import Reply
from flows.sentences import say
from flows.standing import standing

Action = Callable[[Conversation, str], Reply]
"""Reads the conversation, does what it is named for in the caller's transaction, and answers."""

MOST_SHARES_LISTED = 10


def initiate_paynow_payment(conversation: Conversation, argument: str) -> Reply:
    """Start the payment that was chosen step by step.

    Reads `conversation.answers`: `booking` (its reference), `amount_option` (full, deposit, or else the balance) and `payer`:
    nothing or `me`, `abroad`, or the other payer's number as typed.
    """
    reference = _answer(conversation, "booking") or argument
    payer = _answer(conversation, "payer")
    if payer == "abroad":
        return paying_for_others.pay_by_card_abroad(conversation, reference)
    if payer not in ("", "me"):
        return paying_for_others.pay_by_another_number(conversation, f"{reference}/{payer}")
    return _offer(conversation, reference, option=_answer(conversation, "amount_option") or AmountOption.BALANCE)


def pay_full(conversation: Conversation, argument: str) -> Reply:
    return _offer(conversation, argument, option=AmountOption.FULL)


def pay_deposit(conversation: Conversation, argument: str) -> Reply:
    return _offer(conversation, argument, option=AmountOption.DEPOSIT)


def pay_balance(conversation: Conversation, argument: str) -> Reply:
    return _offer(conversation, argument, option=AmountOption.BALANCE)


def pay_myself(conversation: Conversation, argument: str) -> Reply:
    """*I pay*, of *who pays?*"""
    chosen = _answer(conversation, "amount_option") if _answer(conversation, "booking") == argument else ""
    return _offer(conversation, argument, option=chosen or AmountOption.BALANCE)


def pay_share(conversation: Conversation, argument: str) -> Reply:
    """`<booking>`: among how many? `<booking>/<number of people>`: the form for one of so many equal shares of the balance."""
    reference, _, typed = argument.partition("/")
    if typed.isdecimal() and len(typed) <= 2:
        return _offer(conversation, reference, option=AmountOption.BALANCE, shares=int(typed))
    booking = _booking_to_pay(conversation, reference, action="pay_share")
    if isinstance(booking, Reply):
        return booking
    rows = tuple(
        Choice(action_id("pay_share", f"{booking.booking_reference}/{people}"), f"{people} people")
        for people in range(2, MOST_SHARES_LISTED + 1)
    )
    words = say("pay/how_many_share", language=conversation.language, booking=booking)
    return Reply((ListMenu(words, button="How many?", sections=(Section("", rows),)),))


def use_another_wallet(conversation: Conversation, argument: str) -> Reply:
    """A new form for the same amount. What is open is closed only when the form is sent off, and is asked about all the same."""
    booking = _booking_to_pay(conversation, _booking_reference(conversation, argument), action="use_another_wallet")
    if isinstance(booking, Reply):
        return booking
    last = booking.payments.exclude(status__in=MONEY_IN).order_by("-created_at").first()
    asked = asked_again(last) if last is not None else None
    return _form(conversation, booking, option=asked.amount_option if asked else "", shares=asked.shares if asked else 1)


def try_again(conversation: Conversation, argument: str) -> Reply:
    """The form once more, as it was filled in, after a payment that ended unpaid."""
    payment = belongings.own_payment(conversation.customer, argument)
    if payment is None:
        return _offer(conversation, argument, option="")
    waiting = unconfirmed(payment.booking)
    if waiting is not None or payment.status in MONEY_IN:
        return ask(conversation, waiting or payment, "The customer wants to try again.")
    asked = asked_again(payment)
    typed = {"payment_method": _choice_of(payment), "phone": national(payment.phone)}
    return _form(conversation, payment.booking, option=asked.amount_option, shares=asked.shares, typed=typed)


def pay_offline(conversation: Conversation, argument: str) -> Reply:
    """Bank transfer or cash: where to pay, and a person confirms it; nothing is booked as paid by the chat.

    Where no account or office is entered for the currency, a person says where to pay.
    """
    booking = _booking_to_pay(conversation, argument or _answer(conversation, "booking"), action="pay_offline")
    if isinstance(booking, Reply):
        return booking
    conversation.answers[proofs.AWAITS_SLIP] = booking.booking_reference  # from now on a picture may be the slip
    ways = [method for _, method in methods_beside_forms(booking.currency)]
    return _choose_offline(conversation, booking, ways) if ways else _ask_a_person_where(conversation, booking)


def _choose_offline(conversation: Conversation, booking: Booking, ways: list[Method]) -> Reply:
    """Which way; the only one there is is started at once."""
    option, _ = paying_for_others.amount_asked(conversation, booking)
    if option not in amount_options(booking):  # chosen before some of it was paid
        conversation.answers.pop("amount_option", None)
    if len(ways) == 1:
        return paying_for_others.pay_with(conversation, f"{booking.booking_reference}/{ways[0].choice}")
    words = say("pay/offline_ways", language=conversation.language, booking=booking)
    return Reply((paying_for_others.ways_to_pay(conversation, booking, ways, words=words),))


def _ask_a_person_where(conversation: Conversation, booking: Booking) -> Reply:
    sentence = f"Wants to pay {booking.balance_shown} for {booking.booking_reference} by bank transfer or in cash."
    Concern.raise_about_customer(conversation.customer, ConcernKind.WANTS_PERSON, sentence)
    words = say("pay/offline", language=conversation.language, booking=booking)
    return Reply((Buttons(words, choices=(choices.pay_balance(booking.booking_reference), choices.talk_to_a_person())),))


def send_slip(conversation: Conversation, argument: str) -> Reply:
    """*Send another slip*, after one was turned down."""
    booking = _booking_to_pay(conversation, argument, action="send_slip")
    if isinstance(booking, Reply):
        return booking
    conversation.answers[proofs.AWAITS_SLIP] = booking.booking_reference
    return Reply((Text(say("pay/send_slip", language=conversation.language, booking=booking)),))


def form_completed(conversation: Conversation, notice: Mapping[str, object]) -> Reply:
    """A payment form was completed. What it carries is only where to look; an end is told by itself, once."""
    payment = belongings.own_payment(conversation.customer, str(notice.get("payment_reference") or ""))
    return Reply((standing(payment, language=conversation.language),)) if payment is not None and payment.is_open else Reply()


def _offer(conversation: Conversation, reference: str, *, option: str, shares: int = 1) -> Reply:
    """The form for this booking; or, while an attempt may still bring money, what is going on."""
    booking = _booking_to_pay(conversation, reference, action=f"pay_{option or AmountOption.BALANCE}")
    if isinstance(booking, Reply):
        return booking
    waiting = unconfirmed(booking)
    if waiting is not None:
        return ask(conversation, waiting, "The customer wants to pay again.")
    return _form(conversation, booking, option=option, shares=shares)


def _form(
    conversation: Conversation, booking: Booking, *, option: str, shares: int, typed: Mapping[str, str] | None = None
) -> Reply:
    language = conversation.language
    try:
        form = form_for(booking, conversation.customer, option=option, shares=shares, typed=typed, language=language)
    except CannotPay as problem:
        return Reply((Text(str(problem)),))
    except CannotInvite:
        return _without_a_form(conversation, booking) if owed(booking) else _paid_already(conversation, booking)
    return Reply((form,))


def _without_a_form(conversation: Conversation, booking: Booking) -> Reply:
    """The form is not at WhatsApp: the ways to pay are chosen in the chat."""
    methods = [method for _, method in methods_for(booking.currency)]
    if not methods:
        words = say("pay/no_way_to_pay", language=conversation.language, booking=booking)
        return Reply((Buttons(words, choices=(choices.talk_to_a_person(),)),))
    words = say("pay/ways_to_pay", language=conversation.language, booking=booking)
    return Reply((paying_for_others.ways_to_pay(conversation, booking, methods, words=words),))


def _booking_to_pay(conversation: Conversation, reference: str, *, action: str) -> Booking | Reply:
    """The booking with something to pay; a choice of them without a reference; else the reply that says what is the matter."""
    language = conversation.language
    if reference:
        booking = belongings.own_booking(conversation.customer, reference)
        if booking is None:
            return unknown(conversation)
        return booking if owed(booking) else _paid_already(conversation, booking)
    due = belongings.bookings_to_pay(conversation.customer)
    if not due:
        return Reply((Text(say("pay/nothing_due", language=language)),))
    if len(due) == 1:
        return due[0]
    rows = tuple(Choice(action_id(action, each.booking_reference), each.title[:24], f"{each.balance_shown} to pay") for each in due)
    return Reply((ListMenu(say("pay/which_booking", language=language), button="Bookings", sections=(Section("", rows),)),))


def _paid_already(conversation: Conversation, booking: Booking) -> Reply:
    return Reply((Text(say("pay/paid_already", language=conversation.language, booking=booking)),))


def _booking_reference(conversation: Conversation, argument: str) -> str:
    """Of a button that names a booking or a payment."""
    payment = belongings.own_payment(conversation.customer, argument)
    return payment.booking.booking_reference if payment is not None else argument


def _choice_of(payment: Payment) -> str:
    """What the form calls its way to pay; empty when that is not offered any more."""
    try:
        method = find_method(payment.payment_method)[1]
    except NotSupported:
        return ""
    return method.choice if method.in_forms else ""


def _answer(conversation: Conversation, name: str) -> str:
    value = conversation.answers.get(name, "")
    return value if isinstance(value, str) else ""


ACTIONS: dict[str, Action] = {
    "initiate_paynow_payment": initiate_paynow_payment,
    "pay_full": pay_full,
    "pay_deposit": pay_deposit,
    "pay_balance": pay_balance,
    choices.PAY_WHAT_IS_LEFT: pay_balance,
    "pay_myself": pay_myself,
    "pay_share": pay_share,
    "pay_offline": pay_offline,
    "send_slip": send_slip,
    proof_words.NAME_BOOKING: proofs.slip_for,
    "use_another_wallet": use_another_wallet,
    "try_again": try_again,
    "i_have_paid": asking.i_have_paid,
    "send_prompt_again": asking.send_prompt_again,
    "receipt_again": asking.receipt_again,
    "who_pays": paying_for_others.who_pays,
    paying_for_others.ANOTHER_NUMBER: paying_for_others.pay_by_another_number,
    paying_for_others.WITH: paying_for_others.pay_with,
    "pay_by_card_abroad": paying_for_others.pay_by_card_abroad,
}
"""What the engine of the conversation merges with its own; a button's id names one of these."""

otp_typed = asking.otp_typed
asked_by_another = asking.asked_by_another
number_typed = paying_for_others.number_typed
