"""Who pays: the customer, another number in Zimbabwe, or somebody abroad by card. The request or the link goes to that person."""

from django.db import transaction

from customer_data.denying import note_refusal
from customer_data.doors import send_soon
from customer_data.gateway import Method
from customer_data.models import Booking, Customer, Payment
from customer_data.money import show_amount
from customer_data.offer import (
    AmountOption,
    CannotPay,
    amount_for,
    method_chosen,
    methods_beside_forms,
    share_of_balance,
    unconfirmed,
)
from customer_data.phones import national
from customer_data.services import PaymentRequest, open_payment
from flows import belongings, choices, payers
from flows.asking import SOURCE, ask, lock, unknown
from flows.buttons import action_id
from flows.models import Conversation
from flows.outgoing import Buttons, Choice, ListMenu, Outgoing, Section, Text
from flows.replies import Reply
from flows.sentences import say

ANOTHER_NUMBER = "pay_by_another_number"
WITH = "pay_with"

WAITS_FOR_PAYER_OF = "waits_for_payer_of"
"""The answer that names the booking whose payer's number we have asked for."""

LEAST_DIGITS = 7
"""What has fewer is no attempt at a phone number."""


def who_pays(conversation: Conversation, argument: str) -> Reply:
    """Asks it, for the booking `argument`."""
    booking = belongings.own_booking(conversation.customer, argument)
    if booking is None:
        return unknown(conversation)
    reference = booking.booking_reference
    taps = (
        Choice(action_id("pay_myself", reference), "I pay"),
        Choice(action_id(ANOTHER_NUMBER, reference), "Somebody in Zimbabwe"),
        Choice(action_id("pay_by_card_abroad", reference), "Somebody abroad"),
    )
    return Reply((Buttons(say("pay/who_pays", language=conversation.language, booking=booking), choices=taps),))


def pay_by_another_number(conversation: Conversation, argument: str) -> Reply:
    """`<booking>/<number>`: by which of that number's wallets? Without a number: it is asked for, see `number_typed`."""
    reference, _, typed = argument.partition("/")
    booking = belongings.own_booking(conversation.customer, reference)
    if booking is None:
        return unknown(conversation)
    if not typed:
        conversation.answers[WAITS_FOR_PAYER_OF] = booking.booking_reference
        return _text(conversation, "which_number")
    try:
        return _offer_wallets(conversation, booking, payers.number_of(typed))
    except CannotPay as problem:
        return Reply((Text(str(problem)),))


def number_typed(conversation: Conversation, text: str) -> Reply | None:
    """The payer's number, when we have just asked for it; None when we have not, or it is something else."""
    reference = conversation.answers.get(WAITS_FOR_PAYER_OF)
    if not reference or sum(character.isdigit() for character in text) < LEAST_DIGITS:
        return None
    return pay_by_another_number(conversation, f"{reference}/{text}")


def pay_with(conversation: Conversation, argument: str) -> Reply:
    """`<booking>/<way to pay>/<number>`: starts it from the chat. Without a number the customer's own is asked."""
    reference, _, rest = argument.partition("/")
    choice, _, phone = rest.partition("/")
    booking = belongings.own_booking(conversation.customer, reference)
    if booking is None:
        return unknown(conversation)
    try:
        return _start(conversation, booking, _chosen(choice, booking.currency), phone)
    except CannotPay as problem:
        note_refusal(problem.denial_id)
        return Reply((Text(str(problem)),))


def pay_by_card_abroad(conversation: Conversation, argument: str) -> Reply:
    """`<booking>` or `<booking>/<number>`: a payment page whose link the customer forwards; a number given gets it, too."""
    reference, _, typed = argument.partition("/")
    booking = belongings.own_booking(conversation.customer, reference)
    if booking is None:
        return unknown(conversation)
    method = payers.page_method(booking.currency)
    if method is None:
        return _text(conversation, "no_card", choices.talk_to_a_person())
    try:
        return _start(conversation, booking, method, payers.number_of(typed) if typed else "")
    except CannotPay as problem:
        note_refusal(problem.denial_id)
        return Reply((Text(str(problem)),))


def ways_to_pay(conversation: Conversation, booking: Booking, methods: list[Method], *, words: str, phone: str = "") -> Outgoing:
    """One choice for each of `methods`: buttons where three are enough, else a list."""
    suffix = f"/{phone}" if phone else ""
    rows = tuple(
        Choice(action_id(WITH, f"{booking.booking_reference}/{each.choice}{suffix}"), each.label[:20]) for each in methods[:10]
    )
    return Buttons(words, choices=rows) if len(rows) <= 3 else ListMenu(words, button="Ways to pay", sections=(Section("", rows),))


def amount_asked(conversation: Conversation, booking: Booking) -> tuple[AmountOption, int]:
    """Which amount the customer has chosen for this booking, and among how many the balance is shared."""
    answers = conversation.answers
    if answers.get("booking") != booking.booking_reference:
        return AmountOption.BALANCE, 1
    shares = answers.get("shares")
    if isinstance(shares, int) and shares > 1:
        return AmountOption.BALANCE, shares
    chosen = answers.get("amount_option")
    return (AmountOption(chosen) if chosen in list(AmountOption) else AmountOption.BALANCE), 1


def _chosen(choice: str, currency: str) -> Method:
    """Of those that forms offer, or that only the chat does. Raises CannotPay."""
    beside = [method for _, method in methods_beside_forms(currency) if method.choice == choice]
    return beside[0] if beside else method_chosen(choice, currency)


def _offer_wallets(conversation: Conversation, booking: Booking, phone: str) -> Reply:
    if not national(phone):
        return _text(conversation, "foreign_number", Choice(action_id("pay_by_card_abroad", _both(booking, phone)), "Pay by card"))
    wallets = payers.wallets_for(booking.currency, phone)
    if not wallets:
        return _text(conversation, "no_wallet", choices.talk_to_a_person())
    conversation.answers[WAITS_FOR_PAYER_OF] = booking.booking_reference  # a wrong number is typed again
    option, shares = amount_asked(conversation, booking)
    amount = share_of_balance(booking, shares) if shares > 1 else amount_for(booking, option)
    shown = show_amount(amount, booking.currency)
    words = say("pay/which_wallet", language=conversation.language, phone=national(phone), amount=shown)
    return Reply((ways_to_pay(conversation, booking, wallets, words=words, phone=phone),))


def _start(conversation: Conversation, booking: Booking, method: Method, phone: str) -> Reply:
    """Open it and have it sent, unless an earlier attempt may still bring money. Raises CannotPay."""
    payer = _payer(conversation.customer, booking, phone)
    option, shares = amount_asked(conversation, booking)
    request = PaymentRequest(
        booking_id=booking.pk,
        payment_method=method.name,
        amount_option=option,
        phone=phone if method.needs_phone else "",
        payer_id=payer.pk if payer else None,
        shares=shares,
    )
    with transaction.atomic():
        lock(booking)
        waiting = unconfirmed(booking)
        if waiting is not None:
            return ask(conversation, waiting, "The customer wants to pay again.")
        payment = open_payment(request, source=SOURCE)
        send_soon(payment)
    conversation.answers.pop(WAITS_FOR_PAYER_OF, None)
    return _text(conversation, "starting", payment=payment, method=method.label, phone=national(payment.phone), payer=payer)


def _payer(customer: Customer, booking: Booking, phone: str) -> Customer | None:
    """Who is marked as the payer; None for the one who booked. Raises CannotPay."""
    if phone and not payers.is_own_number(booking.customer, phone):
        return customer if payers.is_own_number(customer, phone) else payers.payer_with(phone, booking=booking)
    return customer if not phone and customer.pk != booking.customer_id else None


def _both(booking: Booking, phone: str) -> str:
    return f"{booking.booking_reference}/{phone}"


def _text(conversation: Conversation, name: str, *taps: Choice, **facts: Payment | Customer | str | None) -> Reply:
    words = say(f"pay/{name}", language=conversation.language, **facts)
    return Reply((Buttons(words, choices=taps) if taps else Text(words),))
