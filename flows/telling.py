"""Which moves of a payment customers are told of, and the rows of what they are told: once for each move, written first.

A payment that is started in the form is not told a second time in the chat while the form is in front of the customer: it says
what to do. A code that must be taken to another app is told at once all the same, the rest when the payment still waits a while
later: by then the form may have been closed, and no phone tells us so.
"""

from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from customer_data.gateway import PromptKind
from customer_data.models import Concern, ConcernKind, Customer, PaymentEvent, Refund, RefundStatus
from customer_data.status import OPEN, UNPAID_ENDS, Reason, Status
from flows import outbox
from flows.models import Message
from flows.outgoing import TooLong
from flows.payment_news import Line, language_of, lines_about
from flows.standing import standing

TOLD = frozenset({Status.SUCCESSFUL, Status.FAILED, Status.CANCELLED, Status.EXPIRED, Status.REFUNDED})
"""The ends a customer is told of."""

NOT_TOLD = frozenset({Reason.METHOD_CHANGED, Reason.NOT_NEEDED, Reason.OTHER_AMOUNT, Reason.BOOKING_CANCELLED})
"""An attempt that the customer replaced, or that another one made needless: the other one speaks for itself."""

CHAT, FORM, DESK = "chat", "flow", "admin"
"""Doors through which a payment comes whose next step is told in the chat. Other doors show it themselves."""

FORM_IS_CLOSED_AFTER = timedelta(seconds=90)

ANSWER_AT_THE_LATEST = timedelta(minutes=2)
"""When the gateway has not answered a customer's question by then, the customer hears that."""

LOOK_BACK = timedelta(days=2)
MOST_AT_ONCE = 500


def write_messages(event: PaymentEvent) -> list[Message]:
    """The messages about one move, all or none, each written once. Empty when this move is not told, or not yet."""
    if not is_told(event):
        return []
    return outbox.write_all([_message(event, line) for line in lines_about(event)])


def _message(event: PaymentEvent, line: Line) -> Message:
    return outbox.message(line.to, line.outgoing, key=f"event-{event.pk}-{line.name}", event=event, fallback=line.fallback)


def is_told(event: PaymentEvent) -> bool:
    """Whether the customer hears of this event now: bad news only while it is still true, a payment only when it comes in."""
    if not event.is_move:
        return False
    if event.to_status == Status.PENDING:
        return _is_prompt_told(event)
    if event.to_status not in TOLD or event.from_status == Status.DISPUTED:
        return False
    if event.to_status == Status.REFUNDED and event.payment.refunds.filter(status=RefundStatus.DONE).exists():
        return False  # each refund of ours is told by itself
    was_replaced = event.payment.reason_code in NOT_TOLD
    return event.to_status not in UNPAID_ENDS or (event.to_status == event.payment.status and not was_replaced)


def write_missed() -> int:
    """Write what a process that died did not, and what was not due before. Returns how many moves and questions were told."""
    missed = _missed().select_related("payment__booking__customer", "payment__payer").order_by("pk")
    return sum(_write_if_it_can_be_said(event) for event in missed[:MOST_AT_ONCE]) + _write_answers()


def _write_if_it_can_be_said(event: PaymentEvent) -> bool:
    """One move that WhatsApp would not take the words of must not keep all later ones untold: a person is told of it."""
    try:
        return bool(write_messages(event))
    except TooLong as problem:
        Concern.raise_about(event.payment, ConcernKind.NOT_TOLD, f"The customer could not be told of this payment. {problem}")
        return False


# --- The next step --------------------------------------------------------------------------------
def _is_prompt_told(event: PaymentEvent) -> bool:
    payment = event.payment
    if payment.status != Status.PENDING:
        return False
    door = payment.door
    form_is_gone = payment.prompt == PromptKind.ENTER_CODE or event.created_at <= timezone.now() - FORM_IS_CLOSED_AFTER
    return door in (CHAT, DESK) or (door == FORM and form_is_gone)


# --- What was missed ------------------------------------------------------------------------------
def _missed() -> QuerySet[PaymentEvent]:
    """Only what `write_messages` would write: what is never told must not crowd out what is."""
    since = timezone.now() - LOOK_BACK
    recent = PaymentEvent.objects.filter(to_status__in=[*TOLD, Status.PENDING], created_at__gte=since, messages__isnull=True)
    refunds = Refund.objects.filter(payment=OuterRef("payment"), status=RefundStatus.DONE)
    moves = recent.exclude(from_status=F("to_status")).exclude(from_status=Status.DISPUTED)
    moves = moves.exclude(Exists(refunds), to_status=Status.REFUNDED)
    return moves.filter(_is_anybody_reachable(), _is_end_told() | _is_prompt_due())


def _is_anybody_reachable() -> Q:
    customer = Q(payment__booking__customer__wa_id__gt="") | Q(payment__booking__customer__bsuid__gt="")
    return customer | Q(payment__payer__wa_id__gt="") | Q(payment__payer__bsuid__gt="")


def _is_end_told() -> Q:
    still_true = Q(to_status=F("payment__status")) & ~Q(payment__reason_code__in=NOT_TOLD)
    return Q(to_status__in=TOLD) & (still_true | ~Q(to_status__in=UNPAID_ENDS))


def _is_prompt_due() -> Q:
    opened_in = PaymentEvent.objects.filter(payment=OuterRef("payment"), from_status="")
    in_chat, in_form = Exists(opened_in.filter(source__in=[CHAT, DESK])), Exists(opened_in.filter(source=FORM))
    form_is_gone = Q(payment__prompt=PromptKind.ENTER_CODE) | Q(created_at__lte=timezone.now() - FORM_IS_CLOSED_AFTER)
    return Q(to_status=Status.PENDING, payment__status=Status.PENDING) & (Q(in_chat) | (Q(in_form) & form_is_gone))


# --- Answers to what a customer asked -------------------------------------------------------------
def _write_answers() -> int:
    """Tell the customers who asked how a payment stands what the gateway said since, when that moved nothing. Returns how many."""
    now = timezone.now()
    return sum(_write_answer(question) for question in _questions(now)[:MOST_AT_ONCE])


def _questions(now: datetime) -> QuerySet[PaymentEvent]:
    """Questions that can be answered now. One that a move has answered is told by the move."""
    asked = PaymentEvent.objects.filter(
        to_status__in=[*OPEN, Status.EXPIRED], from_status=F("to_status"), created_at__gte=now - LOOK_BACK, messages__isnull=True
    ).filter(details__answer_to__isnull=False)
    later = PaymentEvent.objects.filter(payment=OuterRef("payment"), pk__gt=OuterRef("pk"))
    newest_move = later.exclude(from_status=F("to_status"))
    asked_later = later.filter(details__answer_to__isnull=False)
    is_known = (
        Q(payment__reported_at__gt=F("created_at"))
        | Q(payment__reason_code__in=[Reason.WRONG_CODE, Reason.GATEWAY_DOWN], payment__otp="")
        | Q(created_at__lte=now - ANSWER_AT_THE_LATEST)
    )
    open_questions = asked.filter(is_known).exclude(Exists(newest_move)).exclude(Exists(asked_later))
    return open_questions.select_related("payment__booking__customer", "payment__payer").order_by("pk")


def _write_answer(question: PaymentEvent) -> bool:
    customer = Customer.objects.filter(pk=question.details["answer_to"]).first()
    if customer is None:
        return False
    answer = standing(question.payment, language=language_of(customer))
    outbox.write(customer, answer, key=f"event-{question.pk}-answer", event=question)
    return True
