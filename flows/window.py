"""Whether WhatsApp takes a message to this customer now: the 24-hour window, and the rate for one person.

https://developers.facebook.com/documentation/business-messaging/whatsapp/messages/send-messages (edition of 2026-04-23)
"""

from datetime import datetime, timedelta

from django.db.models import F, Q
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from customer_data.models import Customer
from flows.models import Conversation

WINDOW = timedelta(hours=24)
MARGIN = timedelta(minutes=5)
"""Clocks differ, and a message takes its time."""

PAIR_GAP = timedelta(seconds=6)
PAIR_BURST = 45
"""One message in six seconds; a burst borrows from the time after it."""


def is_open(customer: Customer, *, now: datetime | None = None) -> bool:
    """Whether the customer certainly wrote within the last 24 hours."""
    heard = _last_heard(customer)
    return heard is not None and (now or timezone.now()) - heard < WINDOW - MARGIN


def is_closed(customer: Customer, *, now: datetime | None = None) -> bool:
    """Whether the customer certainly did not. Of one whom we never heard neither is known: WhatsApp decides (131047)."""
    heard = _last_heard(customer)
    return heard is not None and (now or timezone.now()) - heard >= WINDOW - MARGIN


def take_turn(customer: Customer, *, now: datetime | None = None) -> datetime | None:
    """Count one more message to the customer. None: send it now; else nothing was counted, and when to ask again.

    One guarded update: two workers never count the same turn twice.
    """
    now = now or timezone.now()
    latest = now + PAIR_GAP * (PAIR_BURST - 1)
    talk = Conversation.objects.filter(customer=customer)
    has_room = Q(pair_spent_until__isnull=True) | Q(pair_spent_until__lte=latest)
    one_more = Greatest(Coalesce(F("pair_spent_until"), now), now) + PAIR_GAP
    if talk.filter(has_room).update(pair_spent_until=one_more):
        return None
    _, is_new = Conversation.objects.get_or_create(customer=customer)
    if is_new and talk.filter(has_room).update(pair_spent_until=one_more):
        return None
    spent = talk.values_list("pair_spent_until", flat=True).first()
    return max(spent - (latest - now), now) if spent else now


def talk_of(customer: Customer) -> Conversation | None:
    """The talk with this customer, if there is one yet: the one that was selected with the customer, else the newest."""
    if Conversation.customer.field.remote_field.is_cached(customer):
        return getattr(customer, "conversation", None)
    return Conversation.objects.filter(customer=customer).first()


def _last_heard(customer: Customer) -> datetime | None:
    talk = talk_of(customer)
    return talk.last_heard_at if talk else None
