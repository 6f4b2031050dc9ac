"""What a photo, a PDF or a forwarded wallet SMS in the chat means: kept for a person to check, never taken for money."""

from contextlib import suppress
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from customer_data.models import Booking, Proof
from customer_data.offer import owed, unconfirmed
from customer_data.services.proofs import CannotDecide, NotAProof, hand_in, match
from customer_data.status import OPEN
from customer_data.wallet_messages import read_wallet_message
from flows import belongings, choices
from flows.asking import ask, unknown
from flows.incoming import Incoming, IncomingKind
from flows.models import Conversation, SentFile
from flows.outgoing import Buttons, Outgoing, Text
from flows.proof_words import received
from flows.replies import Reply
from flows.sentences import say
from flows.standing import DECIDED_BY_PEOPLE

AWAITS_SLIP = "awaits_slip"
"""The answer that names the booking which the customer wants to pay by bank transfer or in cash."""

MOST_A_DAY = 20
"""So many files of one customer are kept within a day: nobody fills our store through the chat."""


def came(conversation: Conversation, incoming: Incoming, *, is_with_a_person: bool) -> Reply | None:
    """What is done about a message that may show a payment; None: it is none, and the talk goes on as ever.

    While a person answers, a photo is for that person, unless a transfer of this customer is waited for.
    """
    if incoming.kind == IncomingKind.TEXT:
        return _wallet_message_came(conversation, incoming)
    if incoming.kind not in (IncomingKind.IMAGE, IncomingKind.DOCUMENT) or not incoming.media_id:
        return None
    if is_with_a_person and _awaited(conversation) is None:
        return None
    return _file_came(conversation, incoming)


def slip_for(conversation: Conversation, argument: str) -> Reply:
    """`<booking>/<proof>`: the customer says which booking a proof is for, while nobody has decided about it."""
    reference, _, number = argument.partition("/")
    booking = belongings.own_booking(conversation.customer, reference)
    proof = _own_proof(conversation, number)
    if booking is None or proof is None:
        return unknown(conversation)
    with suppress(CannotDecide):  # it was said before, or a person has decided: what is so now is what is answered
        match(proof, booking)
    proof = Proof.objects.select_related("booking").get(pk=proof.pk)
    if proof.booking_id == booking.pk:
        return Reply((received(proof, conversation.customer, language=conversation.language),))
    words = say("pay/proof_is_settled", language=conversation.language, booking=proof.booking)
    return Reply((Buttons(words, choices=(choices.talk_to_a_person(),)),))


# --- Files ----------------------------------------------------------------------------------------
def _file_came(conversation: Conversation, incoming: Incoming) -> Reply:
    """A row that says what to fetch, committed with the answer to this message. What is kept is told when it is kept."""
    if _is_too_much(conversation):
        words = say("pay/proof_too_many", language=conversation.language)
        return Reply((Buttons(words, choices=(choices.talk_to_a_person(),)),))
    SentFile.objects.get_or_create(
        wamid=incoming.wamid,
        defaults={
            "customer": conversation.customer,
            "media_id": incoming.media_id,
            "caption": incoming.text,
            "booking": _booking_meant(conversation),
            "next_try_at": timezone.now(),
        },
    )
    return Reply()


def _is_too_much(conversation: Conversation) -> bool:
    since = timezone.now() - timedelta(days=1)
    return SentFile.objects.filter(customer=conversation.customer, created_at__gte=since)[:MOST_A_DAY].count() >= MOST_A_DAY


# --- Forwarded messages ---------------------------------------------------------------------------
def _wallet_message_came(conversation: Conversation, incoming: Incoming) -> Reply | None:
    """Kept like a photo; and where a wallet's request of ours is open, its gateway is asked: only its answer counts."""
    said = read_wallet_message(incoming.text)
    if said is None or not said.code:
        return None
    booking = _booking_meant(conversation)
    try:
        with transaction.atomic():
            proof = hand_in(booking=booking, customer=conversation.customer, text=incoming.text, wamid=incoming.wamid)
    except NotAProof as problem:
        return Reply((Text(say("pay/proof_refused", language=conversation.language, problem=str(problem))),))
    told: Outgoing = received(proof, conversation.customer, language=conversation.language)
    asked = _ask_wallet(conversation, proof.booking)
    return Reply((told, *asked.messages))


def _ask_wallet(conversation: Conversation, booking: Booking | None) -> Reply:
    waiting = unconfirmed(booking) if booking is not None else None
    if waiting is None or waiting.prompt in DECIDED_BY_PEOPLE:
        return Reply()
    return ask(conversation, waiting, "The customer forwarded a wallet's message.")


# --- For which booking ----------------------------------------------------------------------------
def _booking_meant(conversation: Conversation) -> Booking | None:
    """The booking whose transfer is waited for, else whose payment is open, else the only one with something to pay."""
    awaited = _awaited(conversation)
    if awaited is not None:
        return awaited
    is_open = belongings.payments_of(conversation.customer).filter(status__in=OPEN).order_by("-created_at").first()
    if is_open is not None:
        return is_open.booking
    due = belongings.bookings_to_pay(conversation.customer)
    return due[0] if len(due) == 1 else None


def _awaited(conversation: Conversation) -> Booking | None:
    """The booking that the customer wants to pay by bank transfer or in cash, and still owes."""
    reference = conversation.answers.get(AWAITS_SLIP)
    asked_for = belongings.own_booking(conversation.customer, reference) if isinstance(reference, str) and reference else None
    if asked_for is not None and owed(asked_for):
        return asked_for
    theirs = belongings.payments_of(conversation.customer).filter(status__in=OPEN, prompt__in=DECIDED_BY_PEOPLE)
    newest = theirs.order_by("-created_at").first()
    return newest.booking if newest is not None else None


def _own_proof(conversation: Conversation, number: str) -> Proof | None:
    if not number.isascii() or not number.isdigit() or len(number) > 18:
        return None
    return Proof.objects.filter(pk=int(number), customer=conversation.customer).first()
