"""A customer who fell silent in the middle of a booking hears from us once, before WhatsApp's 24-hour window closes."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from flows import choices, outbox
from flows.buttons import action_id
from flows.conversation.facts import Talking
from flows.definitions.booking_flow import BOOKING_FLOW
from flows.labels import label
from flows.models import Conversation, Message
from flows.outgoing import Buttons, Choice
from flows.reminders import DAYTIME, LAST_CALL, MOST_AT_ONCE, UNFINISHED_AFTER, UNFINISHED_BEFORE, may_be_reminded

DRAFT_STEPS = tuple(name for name, step in BOOKING_FLOW.steps.items() if step.is_draft)


def nudge_silent(now: datetime | None = None) -> int:
    """Write to customers who left a booking unfinished, once for each booking, by day, never after STOP. Returns how many."""
    now = now or timezone.now()
    due = _silent(now).order_by("last_heard_at").values_list("pk", flat=True)
    return sum(_nudge(talk_id, now) for talk_id in due[:MOST_AT_ONCE])


def _silent(now: datetime) -> QuerySet[Conversation]:
    """Talks that stand in the middle of a booking, and in which nobody has said anything for long enough."""
    waiting = may_be_reminded().filter(step__in=DRAFT_STEPS, answers__has_key="tour")
    quiet = waiting.filter(last_heard_at__gt=now - UNFINISHED_BEFORE, last_heard_at__lte=now - UNFINISHED_AFTER)
    if timezone.localtime(now).hour not in DAYTIME:
        quiet = quiet.filter(last_heard_at__lte=now - LAST_CALL)
    return quiet.filter(Q(nudged_at__isnull=True) | Q(nudged_at__lt=F("last_heard_at")))


def _nudge(talk_id: int, now: datetime) -> bool:
    """Under the lock of the talk, which is looked at again: the customer may have written meanwhile."""
    with transaction.atomic():
        silent = _silent(now).select_for_update(skip_locked=True, of=("self",)).select_related("customer")
        talk = silent.filter(pk=talk_id).first()
        if talk is None:
            return False
        key = f"nudge-{talk.pk}-{talk.answers.get('begun_at', '')}"
        talking = Talking(talk)
        if talking.tour is None or Message.objects.filter(key=key).exists():
            return False
        go_on = Choice(action_id("go_on"), label("go_on", language=talking.language).title)
        outbox.write(talk.customer, Buttons(talking.say("nudge"), choices=(go_on, choices.talk_to_a_person())), key=key)
        Conversation.objects.filter(pk=talk.pk).update(nudged_at=now)
    return True
