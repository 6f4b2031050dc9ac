"""What a customer asks about a payment that exists: has it arrived, send it again, here is the code, the receipt once more.

Nothing here charges but *send it again*, and that only when no earlier attempt can bring money any more, or the gateway has
just said that it is unpaid.
"""

from django.db import transaction
from django.utils import timezone

from customer_data.denying import note_refusal
from customer_data.doors import check_soon, send_soon, submit_otp_soon
from customer_data.gateway import PromptKind
from customer_data.models import Booking, Payment
from customer_data.offer import CannotPay, unconfirmed
from customer_data.phones import national
from customer_data.references import read_reference
from customer_data.services import asked_again, expire_payment, is_known_unpaid, is_over_unpaid, keep_otp, open_payment
from customer_data.status import MONEY_IN, OPEN, Reason, Status
from flows import belongings, choices
from flows.models import Conversation
from flows.outgoing import Buttons, Choice, Document, Outgoing, Text
from flows.replies import Reply
from flows.sentences import say
from flows.standing import DECIDED_BY_PEOPLE, standing

SOURCE = "chat"


def i_have_paid(conversation: Conversation, argument: str) -> Reply:
    """Asks the gateway, never charges. What is known is said now; the gateway's answer is told when it comes."""
    payment = _payment(conversation, argument)
    return _none(conversation, argument) if payment is None else ask(conversation, payment, "The customer says it is paid.")


def send_prompt_again(conversation: Conversation, argument: str) -> Reply:
    """A new request to the same wallet, once the earlier one certainly brings no money; until then, what is going on."""
    payment = _payment(conversation, argument)
    if payment is None:
        return unknown(conversation)
    with transaction.atomic():
        lock(payment.booking)
        payment.refresh_from_db(fields=["status", "next_check_at", "is_final", "reported_at"])
        return _again_or_what_is_going_on(conversation, payment)


def asked_by_another(conversation: Conversation) -> Reply | None:
    """Who was only asked to pay for somebody else writes to us: who asks, and how it stands. None when nobody asks."""
    payment = Payment.objects.filter(payer=conversation.customer, status=Status.PENDING).order_by("-created_at").first()
    if payment is None:
        return None
    booking = payment.booking
    words = say("pay/asks_you", language=conversation.language, payment=payment, booking=booking, customer=booking.customer)
    return Reply((Text(words), standing(payment, language=conversation.language)))


def otp_typed(conversation: Conversation, digits: str) -> Reply | None:
    """The one-time code for a payment of this customer that waits for one; None when none does."""
    waiting = Payment.objects.filter(status=Status.PENDING, prompt=PromptKind.TYPE_OTP, phone__gt="", otp="")
    payment = waiting.filter(pk__in=belongings.payments_of(conversation.customer)).order_by("-created_at").first()
    if payment is None:
        return None
    try:
        keep_otp(payment, digits)
    except CannotPay as problem:
        return Reply((Text(str(problem)),))
    note_question(conversation, payment, "The customer typed the code in the chat.")
    submit_otp_soon(payment)
    return Reply((Text(say("pay/otp_taken", language=conversation.language, payment=payment)),))


def receipt_again(conversation: Conversation, argument: str) -> Reply:
    payment = _payment(conversation, argument)
    if payment is None:
        return _none(conversation, argument)
    if payment.status not in MONEY_IN:
        return Reply((standing(payment, language=conversation.language),))
    files = receipt_file(payment)
    words = standing(payment, language=conversation.language)
    return Reply((_without_tap(words, choices.receipt_again(payment.reference)) if files else words, *files))


def _without_tap(message: Outgoing, tap: Choice) -> Outgoing:
    """What comes with it already is not offered again."""
    left = tuple(each for each in message.choices if each != tap) if isinstance(message, Buttons) else ()
    return Buttons(message.body, choices=left) if left else Text(message.body)


def receipt_file(payment: Payment) -> tuple[Document, ...]:
    """The receipt as a PDF, when there is one."""
    receipt = getattr(payment, "receipt", None)
    if receipt is None:
        return ()
    return (Document(str(receipt), source=f"receipt:{receipt}", file_name=f"receipt-{receipt}.pdf"),)


def ask(conversation: Conversation, payment: Payment, why: str) -> Reply:
    """Have the gateway asked, and say what is known until its answer comes."""
    may_bring_news = payment.status in OPEN or (payment.status == Status.EXPIRED and not is_over_unpaid(payment))
    is_asked = may_bring_news and payment.prompt not in DECIDED_BY_PEOPLE  # what people decide is told when they do
    if is_asked:
        note_question(conversation, payment, why)
        check_soon(payment)
    return Reply((standing(payment, language=conversation.language, asking=is_asked),))


def note_question(conversation: Conversation, payment: Payment, why: str) -> None:
    """A line in the trail that somebody waits for the gateway's answer; `telling` answers it, also after a crash."""
    payment.note(source=SOURCE, reason=why, details={"answer_to": conversation.customer_id})


def lock(booking: Booking) -> None:
    """Two people can pay one booking, each in a talk of their own: what one starts, the other one sees. In a transaction only."""
    Booking.objects.select_for_update(of=("self",)).get(pk=booking.pk)


def unknown(conversation: Conversation) -> Reply:
    """The answer to a reference that is nobody's, or somebody else's."""
    return Reply((Buttons(say("pay/unknown", language=conversation.language), choices=(choices.talk_to_a_person(),)),))


def _none(conversation: Conversation, reference: str) -> Reply:
    """Who names a reference is told that we do not find it; who only asks, that there is nothing yet."""
    return unknown(conversation) if reference else Reply((Text(say("pay/no_payment", language=conversation.language)),))


def _payment(conversation: Conversation, reference: str) -> Payment | None:
    """Without a reference it is the customer's newest one."""
    customer = conversation.customer
    return belongings.own_payment(customer, reference) if _is_reference(reference) else belongings.latest_payment(customer)


def _is_reference(text: str) -> bool:
    try:
        return bool(read_reference(text))
    except ValueError:
        return False


def _again_or_what_is_going_on(conversation: Conversation, payment: Payment) -> Reply:
    """The caller holds the booking's lock."""
    if payment.status in MONEY_IN or payment.status == Status.REFUNDED:
        return Reply((standing(payment, language=conversation.language),))
    waiting = unconfirmed(payment.booking)
    if waiting is not None and waiting.pk != payment.pk:
        return ask(conversation, waiting, "The customer asks for another request.")
    if not is_over_unpaid(payment) and not is_known_unpaid(payment, timezone.now()):
        return ask(conversation, payment, "The customer asks for the request again.")
    return _send_again(conversation, payment)


def _send_again(conversation: Conversation, payment: Payment) -> Reply:
    if payment.is_open:  # the same request would only find the open one
        expire_payment(payment, source=SOURCE, reason=Reason.METHOD_CHANGED, sentence="The customer asked for a new request.")
    try:
        newest = open_payment(asked_again(payment), source=SOURCE)
    except CannotPay as problem:
        note_refusal(problem.denial_id)
        return Reply((Text(str(problem)),))
    send_soon(newest)
    return Reply((Text(say("pay/sent_again", language=conversation.language, payment=newest, phone=national(newest.phone))),))
