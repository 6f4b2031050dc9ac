"""What WhatsApp told us: kept first, then handled once, one stored update at a time, each customer's messages in their order."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from celery.exceptions import SoftTimeLimitExceeded
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from customer_data import correlation
from customer_data.counting import count, counted
from customer_data.models import Concern, ConcernKind, Customer
from customer_data.models.statements import expect_to_commit_at_once, insert_new
from flows import conversation, health, outbox
from flows.incoming import Incoming
from flows.models import Conversation, IncomingMessage, Update
from flows.webhook import ReadUpdate, flow_news_of, incoming_of, status_of

logger = logging.getLogger(__name__)

TRY_AGAIN_AFTER = tuple(timedelta(seconds=seconds) for seconds in (2, 10, 60))
"""A message that cannot be answered holds up its sender's next ones only so long; then a person is told."""

STATUS_TRY_AGAIN_AFTER = tuple(timedelta(seconds=seconds) for seconds in (2, 5, 15, 60, 300))
"""A status can overtake the answer that tells us the id of our own message."""

PATIENCE = timedelta(seconds=5)
"""The clock leaves this long to the task that was handed out with the update."""

ANSWERED, PACE_SECONDS, MOST_ANSWERED = "messages answered", 60, 60
"""So many messages of one sender are answered in a minute. More are kept as they come, and answered in the next minutes."""

MOST_OF_ONE_SENDER = 200
MOST_DUE = 1000
KEPT_FOR = timedelta(days=14)


class NotOursYet(Exception):
    """A status of a message whose id we do not know yet, or never will."""


# --- Keeping --------------------------------------------------------------------------------------
def store(updates: Sequence[ReadUpdate]) -> list[int]:
    """Keep what is new, all or nothing, and committed on return. Ids of those of `updates` that still wait to be handled.

    Raises django.db.Error when it could not be kept: WhatsApp must send it again.
    """
    now = timezone.now()
    rows = [
        Update(
            kind=update.kind,
            key=update.key,
            body=update.body,
            sender=update.sender,
            next_try_at=now if update.kind != Update.Kind.OTHER else None,
        )
        for update in updates
    ]
    expect_to_commit_at_once()
    new = insert_new(rows, returning=("key", "id"))
    if len(new) == len(rows):
        return sorted(new[update.key] for update in rows if update.next_try_at)
    waiting = Update.objects.filter(key__in=[update.key for update in updates], next_try_at__isnull=False)
    return list(waiting.order_by("pk").values_list("pk", flat=True))


def due_updates(*, now: datetime | None = None) -> list[int]:
    """Ids of the updates whose task was lost, or that are to be tried again."""
    overdue = Update.objects.filter(next_try_at__lte=(now or timezone.now()) - PATIENCE)
    return list(overdue.order_by("next_try_at").values_list("pk", flat=True)[:MOST_DUE])


def forget_old(*, now: datetime | None = None) -> int:
    """Blank what old updates said. Their keys stay: what is delivered once more is still known. Returns how many."""
    old = Update.objects.filter(received_at__lt=(now or timezone.now()) - KEPT_FOR, next_try_at__isnull=True)
    return old.exclude(body="").update(body="", last_error="")


# --- Handling -------------------------------------------------------------------------------------
def handle(update_id: int) -> bool:
    """Do what this update asks for, unless it is done or another worker is at it. A message waits for its sender's earlier ones.

    Returns whether something may have been written that is to be sent or fetched now.
    """
    update = Update.objects.filter(pk=update_id, next_try_at__isnull=False).only("kind", "sender", "key").first()
    if update is None:
        return True
    if update.kind == Update.Kind.MESSAGE:
        handle_sender(update.sender)
        return True
    _try_one(update_id)
    return update.key.endswith(":failed")  # then the message may be tried in another way


def handle_sender(sender: str) -> None:
    """Answer what this customer wrote, in order.

    Whoever finds the first one locked leaves: the worker that holds it looks for the next one after its commit.
    """
    for _ in range(MOST_OF_ONE_SENDER):
        waiting = Update.objects.filter(sender=sender, next_try_at__isnull=False)
        first = waiting.order_by("sender", "pk").values_list("pk", flat=True).first()
        if first is None or _is_too_fast(sender) or not _try_one(first):
            return
        count(ANSWERED, sender, seconds=PACE_SECONDS)


def _is_too_fast(sender: str) -> bool:
    """Whether this sender has been answered as often as we answer anybody. What waits is put off, not lost."""
    if counted(ANSWERED, sender, seconds=PACE_SECONDS) < MOST_ANSWERED:
        return False
    later = timezone.now() + timedelta(seconds=PACE_SECONDS)
    Update.objects.filter(sender=sender, next_try_at__isnull=False).update(next_try_at=later)
    return True


def _try_one(update_id: int) -> bool:
    """Whether the update is done with: handled, or given up."""
    try:
        with transaction.atomic():
            update = _locked(update_id)
            if update is None:
                return False
            with correlation.thread(correlation.id_of(update.key)):
                _DO[update.kind](update)
            Update.objects.filter(pk=update_id).update(handled_at=timezone.now(), next_try_at=None, last_error="")
    except SoftTimeLimitExceeded:  # the worker's time is up: nothing is wrong with the update
        raise
    except Exception as error:  # whatever one message does to us, the customer's next one and everybody else's must be answered
        return _failed(update_id, error)
    return True


def _locked(update_id: int) -> Update | None:
    """The update for us alone, if it waits, its time has come, and nobody has it."""
    now = timezone.now()
    may_try = Q(attempts=0) | Q(next_try_at__lte=now)
    waiting = Update.objects.filter(may_try, pk=update_id, next_try_at__isnull=False)
    return waiting.select_for_update(skip_locked=True).first()


def _failed(update_id: int, error: Exception) -> bool:
    """Keep why, and when it is tried again; give up after the last try. Whether it was given up."""
    update = Update.objects.only("key", "kind", "attempts", "next_try_at", "sender").get(pk=update_id)
    gaps = STATUS_TRY_AGAIN_AFTER if update.kind == Update.Kind.STATUS else TRY_AGAIN_AFTER
    is_last = update.attempts >= len(gaps)
    next_try_at = None if is_last else timezone.now() + gaps[update.attempts]
    Update.objects.filter(pk=update_id, handled_at__isnull=True).update(
        attempts=update.attempts + 1, next_try_at=next_try_at, last_error=_in_short(error)
    )
    if isinstance(error, NotOursYet):
        return is_last
    with correlation.thread(correlation.id_of(update.key)):
        logger.error("Update %s of WhatsApp was not handled%s.", update_id, " and is given up" if is_last else "", exc_info=error)
    if is_last and update.kind == Update.Kind.MESSAGE:
        _tell_staff(update)
    return is_last


def _in_short(error: Exception) -> str:
    """Its first line: in the next ones PostgreSQL repeats the values of a row, which are people's words."""
    return f"{type(error).__name__}: {error}".split("\n", 1)[0][:500]


def _tell_staff(update: Update) -> None:
    customer = Customer.objects.filter(Q(wa_id=update.sender) | Q(bsuid=update.sender)).first()
    sentence = "A customer wrote, and the machine could not answer. Read the talk and answer yourself."
    Concern.raise_about_customer(customer, ConcernKind.NOT_TOLD, sentence, update=str(update.pk))


# --- What is done ---------------------------------------------------------------------------------
def _answer(update: Update) -> None:
    """One message of a customer, under the lock of the talk. What is said is queued in the same transaction."""
    incoming = incoming_of(update.body, received_at=update.received_at)
    customer = customer_of(incoming)
    correlation.step(logger, "chat message taken", customer=customer.pk, kind=incoming.kind, update=update.pk)
    talk = _locked_talk(customer)
    if not _keep(customer, incoming):
        return
    heard = min(incoming.sent_at, timezone.now())
    talk.last_heard_at = max(talk.last_heard_at or heard, heard)
    talk.save(update_fields=["last_heard_at", "updated_at"])
    conversation.answer(talk, incoming)


def _keep(customer: Customer, incoming: Incoming) -> bool:
    """Write the message down for those who read the talk. False: it is there, so it was answered."""
    _, is_new = IncomingMessage.objects.get_or_create(
        wamid=incoming.wamid,
        defaults={
            "customer": customer,
            "kind": incoming.kind,
            "text": incoming.text,
            "media_id": incoming.media_id,
            "sent_at": incoming.sent_at,
        },
    )
    return is_new


def _locked_talk(customer: Customer) -> Conversation:
    Conversation.objects.get_or_create(customer=customer)
    return Conversation.objects.select_related("customer").select_for_update(of=("self",)).get(customer=customer)


def _note_status(update: Update) -> None:
    news = status_of(update.body)
    is_known = outbox.record_status(
        news.wamid,
        news.status,
        at=news.at or update.received_at,
        opaque=news.opaque,
        error_code=news.error_code,
        error=news.error,
    )
    if not is_known:
        raise NotOursYet("It is about no message that we know we sent.")


def _note_flow(update: Update) -> None:
    health.record(flow_news_of(update.body), received_at=update.received_at)


_DO: dict[str, Callable[[Update], None]] = {
    Update.Kind.MESSAGE: _answer,
    Update.Kind.STATUS: _note_status,
    Update.Kind.FLOW: _note_flow,
}


# --- Who wrote ------------------------------------------------------------------------------------
def customer_of(incoming: Incoming) -> Customer:
    """The customer by number, by business-scoped id, or new; in the caller's transaction.

    Whoever was known by one of the two is known by both from then on. Where two customers claim to be one, the number counts.
    """
    by_number = Customer.objects.filter(wa_id=incoming.wa_id).first() if incoming.wa_id else None
    by_bsuid = Customer.objects.filter(bsuid=incoming.bsuid).first() if incoming.bsuid else None
    customer = by_number or by_bsuid or _new_customer(incoming)
    if by_number and by_bsuid and by_number != by_bsuid:
        logger.warning("Customers %s and %s write as one; both are left as they are.", by_number.pk, by_bsuid.pk)
    else:
        _learn(customer, incoming)
    return customer


def _new_customer(incoming: Incoming) -> Customer:
    """Two workers may meet the same stranger at once: the constraint lets one of them in."""
    known = {"wa_id": incoming.wa_id} if incoming.wa_id else {"bsuid": incoming.bsuid}
    customer, _ = Customer.objects.get_or_create(**known, defaults={"name": incoming.name})
    return customer


def _learn(customer: Customer, incoming: Incoming) -> None:
    """What the message says of its sender and we did not know. What we knew is never overwritten."""
    said = {"wa_id": incoming.wa_id, "bsuid": incoming.bsuid, "name": incoming.name}
    new = {name: value for name, value in said.items() if value and not getattr(customer, name)}
    if not new:
        return
    try:
        with transaction.atomic():
            Customer.objects.filter(pk=customer.pk).update(**new)
    except IntegrityError:  # another worker gave the id to another customer at this moment
        logger.warning("Customer %s could not be told apart from another one yet.", customer.pk)
        return
    customer.refresh_from_db(fields=list(new))
