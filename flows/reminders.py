"""When we speak up by ourselves: about a payment that was left unfinished, and about a balance before the trip.

Each reminder has a key in the outbox, so that it is written once, however many clocks tick. Nobody is reminded who wrote STOP,
or while a person has the talk.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat
from django.utils import timezone

from customer_data.models import Booking, Customer, Payment
from customer_data.offer import owed, unconfirmed
from customer_data.status import UNPAID_ENDS
from flows import choices, outbox
from flows.definitions.payment_whatsapp_flow import FLOW_NAME
from flows.models import Conversation, FlowSession, Message
from flows.outgoing import Buttons, Template
from flows.payment_news import is_reachable, language_of, one_line
from flows.sentences import say

UNFINISHED_AFTER, UNFINISHED_BEFORE = timedelta(hours=20), timedelta(hours=23)
"""After the customer's last message: late enough to be a help, with an hour left before WhatsApp's 24-hour window closes."""

LAST_CALL = timedelta(hours=22)
"""From then on the hour of the day does not matter any more: the window would close first."""

DAYTIME = range(8, 20)
"""Hours in Harare at which a phone may buzz."""

BALANCE_DAYS = (14, 3)
"""Before the trip. Tour operators in Zimbabwe ask for the balance 30 to 14 days before it (their own terms, read in 2026), so the
first one falls on the last of those days; the second leaves time for a bank and for a person, before park fees are due."""

MAY_BE_LATE = timedelta(days=2)
"""A reminder that a stopped clock missed is still sent so many days later, and then not any more."""

MOST_AT_ONCE = 500


def remind_unfinished(now: datetime | None = None) -> int:
    """Write to customers whose payment was left unfinished, once for each booking. Returns how many."""
    now = now or timezone.now()
    due = _quiet_talks(now).values_list("pk", flat=True).order_by("last_heard_at")
    return sum(_remind_unfinished(talk, now) for talk in due[:MOST_AT_ONCE])


def remind_balances(now: datetime | None = None) -> int:
    """Write to customers who still owe a balance before the trip, once for each booking and number of days. Returns how many."""
    now = now or timezone.now()
    if timezone.localtime(now).hour not in DAYTIME:
        return 0
    return sum(_remind_balance(booking, days) for days in BALANCE_DAYS for booking in _with_a_balance(now, days)[:MOST_AT_ONCE])


# --- A payment that was left unfinished -----------------------------------------------------------
def _quiet_talks(now: datetime) -> QuerySet[Conversation]:
    """Talks in which the customer fell silent long enough ago, and nobody has spoken up since."""
    since, until = now - UNFINISHED_BEFORE, now - UNFINISHED_AFTER
    silent = may_be_reminded().filter(last_heard_at__gt=since, last_heard_at__lte=until)
    if timezone.localtime(now).hour not in DAYTIME:
        silent = silent.filter(last_heard_at__lte=now - LAST_CALL)
    return silent.filter(Q(nudged_at__isnull=True) | Q(nudged_at__lt=F("last_heard_at")))


def may_be_reminded() -> QuerySet[Conversation]:
    return Conversation.objects.filter(muted_at__isnull=True, wants_person_since__isnull=True, taken_by__isnull=True)


def _remind_unfinished(talk_id: int, now: datetime) -> bool:
    """One reminder, about the newest unfinished booking. A talk that is busy at this moment is left alone."""
    with transaction.atomic():
        talk = _quiet_talks(now).select_for_update(skip_locked=True, of=("self",)).filter(pk=talk_id).first()
        booking = _unfinished(talk.customer, now) if talk is not None else None
        if talk is None or booking is None:
            return False
        words = say("pay/remind_unfinished", language=talk.language, booking=booking, customer=talk.customer)
        taps = (choices.pay_balance(booking.booking_reference), choices.talk_to_a_person())
        fallback = Template(words, purpose="unfinished_payment", facts=_facts(booking))
        outbox.write(talk.customer, Buttons(words, choices=taps), key=_key_unfinished(booking), fallback=fallback)
        Conversation.objects.filter(pk=talk.pk).update(nudged_at=now)
    return True


def _unfinished(customer: Customer, now: datetime) -> Booking | None:
    for booking in _left_unpaid(customer, now):
        was_reminded = Message.objects.filter(key=_key_unfinished(booking)).exists()
        if not was_reminded and owed(booking) and unconfirmed(booking) is None:
            return booking
    return None


def _left_unpaid(customer: Customer, now: datetime) -> Iterator[Booking]:
    """Bookings whose newest attempt ended unpaid, or whose form was never opened, since the day before."""
    since = now - timedelta(days=1)
    newest = Payment.objects.filter(booking=OuterRef("pk")).order_by("-created_at")
    forms = FlowSession.objects.filter(booking=OuterRef("pk"), flow_name=FLOW_NAME, opened_at__isnull=True, created_at__gte=since)
    bookings = Booking.objects.filter(customer=customer, cancelled_at=None, amount_paid__lt=F("total_amount")).annotate(
        newest_status=Subquery(newest.values("status")[:1]), newest_at=Subquery(newest.values("created_at")[:1])
    )
    ended_unpaid = Q(newest_status__in=UNPAID_ENDS, newest_at__gte=since)
    never_opened = Q(Exists(forms), newest_status__isnull=True)
    ahead = bookings.exclude(departure__starts_on__lt=timezone.localdate(now))
    yield from ahead.filter(ended_unpaid | never_opened).select_related("customer").order_by("-created_at")[:10]


def _key_unfinished(booking: Booking) -> str:
    return f"reminder-unfinished-{booking.pk}"


# --- A balance before the trip --------------------------------------------------------------------
def _with_a_balance(now: datetime, days: int) -> QuerySet[Booking]:
    """Bookings that are partly paid, were made before this reminder's day, and have not had it."""
    today = timezone.localdate(now)
    trip, earliest = today + timedelta(days=days), today + timedelta(days=days) - MAY_BE_LATE
    owing = Booking.objects.filter(cancelled_at=None, amount_paid__gt=0, amount_paid__lt=F("total_amount"))
    soon = owing.filter(departure__starts_on__lte=trip, departure__starts_on__gt=earliest)
    quiet = Conversation.objects.exclude(pk__in=may_be_reminded()).filter(customer=OuterRef("customer"))
    key = Concat(Value("reminder-balance-"), Cast(OuterRef("pk"), CharField()), Value(f"-{days}"))
    due = soon.filter(created_at__lt=now - MAY_BE_LATE).exclude(Exists(quiet)).exclude(Exists(Message.objects.filter(key=key)))
    return due.select_related("customer", "departure__tour").order_by("departure__starts_on", "pk")


def _remind_balance(booking: Booking, days: int) -> bool:
    """Not while an attempt may still bring the money."""
    customer, departure = booking.customer, booking.departure
    if departure is None or not is_reachable(customer) or not owed(booking) or unconfirmed(booking) is not None:
        return False
    date = f"{departure.starts_on:%d %B %Y}"
    words = say("pay/remind_balance", language=language_of(customer), booking=booking, customer=customer, date=date)
    taps = (choices.pay_balance(booking.booking_reference), choices.talk_to_a_person())
    fallback = Template(words, purpose="balance_reminder", facts=(*_facts(booking), ("date", date)))
    key = f"reminder-balance-{booking.pk}-{days}"
    if Message.objects.filter(key=key).exists():  # another worker was faster
        return False
    outbox.write(customer, Buttons(words, choices=taps), key=key, fallback=fallback)
    return True


def _facts(booking: Booking) -> tuple[tuple[str, str], ...]:
    """What a template about a booking may say, by the names that staff enter with it."""
    return (
        ("name", one_line(booking.customer.name) or "customer"),
        ("balance", booking.balance_shown),
        ("booking", booking.booking_reference),
        ("title", one_line(booking.title)),
    )
