"""Whether the parts around us do their work: gateways, their status updates, Flows. Every question is bounded and has its index."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from customer_data.gateway import Gateway, Trust, gateways
from customer_data.models import Concern, ConcernKind, GatewayPause, Payment, PaymentEvent, PollBudget
from customer_data.status import MONEY_IN, UNPAID_ENDS, Reason, Status
from flows.health import is_alarming
from flows.models import WhatsAppFlow

MOST_COUNTED = 1_000

# --- Status updates -------------------------------------------------------------------------------
LATEST = 20
FEWEST = 5
LOOK_BACK = timedelta(hours=24)
UPDATE_TAKES = timedelta(minutes=5)
"""Our own question is often faster than the gateway's update; that long we do not miss it."""


@dataclass(frozen=True)
class Updates:
    """Of the latest payments that became paid: how many status updates we expected, and how many came."""

    gateway: str
    label: str
    expected: int
    received: int
    last_at: datetime | None

    @property
    def have_stopped(self) -> bool:
        """Fewer than half came, of enough to say so."""
        return self.expected >= FEWEST and self.received * 2 < self.expected

    @property
    def come_again(self) -> bool:
        """More than a little above the alarm, so that it is not raised and taken back in turns."""
        return self.expected >= FEWEST and self.received * 5 >= self.expected * 4


def updates_of(gateway: Gateway, *, now: datetime | None = None) -> Updates | None:
    """None for a gateway that sends no updates worth waiting for."""
    if gateway.capabilities().notify_trust == Trust.NONE:
        return None
    now = now or timezone.now()
    paid = PaymentEvent.objects.filter(
        to_status=Status.SUCCESSFUL, created_at__gt=now - LOOK_BACK, created_at__lte=now - UPDATE_TAKES
    )
    latest = paid.filter(payment__gateway=gateway.name).exclude(from_status__in=MONEY_IN).order_by("-created_at")
    moments = list(latest.values_list("payment__ipn_received_at", flat=True)[:LATEST])
    came = [moment for moment in moments if moment is not None]
    return Updates(gateway.name, gateway.label, expected=len(moments), received=len(came), last_at=max(came, default=None))


def watch_updates(*, now: datetime | None = None) -> None:
    """One open matter per gateway whose updates stopped; it is solved by itself when they come again."""
    for gateway in gateways():
        updates = updates_of(gateway, now=now)
        if updates is None:
            continue
        if updates.have_stopped:
            _raise_missed(updates)
        elif updates.come_again:
            _take_back(updates)


def _raise_missed(updates: Updates) -> None:
    sentence = (
        f"Of the last {updates.expected} payments that were paid, {updates.label} told us about {updates.received}. "
        "We find the others by asking, which is slower. Look whether our address can be reached from the internet."
    )
    Concern.raise_about_customer(None, ConcernKind.MISSED_UPDATES, sentence, gateway=updates.gateway)


def _take_back(updates: Updates) -> None:
    matters = Concern.objects.filter(kind=ConcernKind.MISSED_UPDATES, solved_at__isnull=True, details__gateway=updates.gateway)
    matters.update(solved_at=timezone.now(), solution=f"{updates.label} tells us again: {updates.received} of {updates.expected}.")


# --- Gateways -------------------------------------------------------------------------------------
_TROUBLE = (Reason.GATEWAY_DOWN, Reason.GATEWAY_ERROR, Reason.NEVER_ARRIVED, Reason.MISCONFIGURED)
LAST_HOUR = timedelta(hours=1)
OVERDUE_AFTER = timedelta(minutes=2)


@dataclass(frozen=True)
class GatewayHealth:
    """How one gateway does: what it last said, what went wrong lately, what waits."""

    name: str
    label: str
    answers: bool
    """Whether it can be asked; a bank transfer is confirmed by a person."""
    is_paused: bool
    pause_reason: str
    last_answer_at: datetime | None
    troubles: int
    """Payments that ended in the last hour because of the gateway, not of the customer."""
    unsent: int
    """Payments that could not be handed over yet."""
    overdue: int
    """Questions that should have been asked some minutes ago."""
    budget_left: int
    """Questions that may be asked at once."""
    updates: Updates | None

    @property
    def is_well(self) -> bool:
        return not (self.is_paused or self.troubles or self.overdue or (self.updates is not None and self.updates.have_stopped))


def gateways_health(*, now: datetime | None = None) -> list[GatewayHealth]:
    """Every gateway that is plugged in."""
    now = now or timezone.now()
    pauses = {pause.gateway: pause for pause in GatewayPause.objects.filter(is_paused=True)}
    budgets = {budget.gateway: budget for budget in PollBudget.objects.all()}
    return [_health_of(gateway, pauses.get(gateway.name), budgets.get(gateway.name), now=now) for gateway in gateways()]


def _health_of(gateway: Gateway, pause: GatewayPause | None, budget: PollBudget | None, *, now: datetime) -> GatewayHealth:
    per_minute = gateway.capabilities().polls_per_minute
    due = Payment.objects.filter(gateway=gateway.name, next_check_at__lte=now - OVERDUE_AFTER)
    unsent = Payment.objects.filter(gateway=gateway.name).filter(Q(status=Status.CREATED) | Q(status=Status.SENDING, unsent=True))
    return GatewayHealth(
        name=gateway.name,
        label=gateway.label,
        answers=not gateway.capabilities().is_reviewed,
        is_paused=pause is not None,
        pause_reason="" if pause is None else pause.reason,
        last_answer_at=_last_answer_at(gateway, now=now),
        troubles=_bounded(_ended_by_the_gateway(gateway, now=now)),
        unsent=_bounded(unsent.filter(next_check_at__isnull=False)),
        overdue=_bounded(due),
        budget_left=per_minute // 2 if budget is None else budget.available(per_minute=per_minute, now=now),
        updates=updates_of(gateway, now=now),
    )


def _last_answer_at(gateway: Gateway, *, now: datetime) -> datetime | None:
    """When it last said how one of the latest payments stands."""
    latest = Payment.objects.filter(created_at__gt=now - LOOK_BACK).order_by("-created_at").values_list("gateway", "reported_at")
    return max((at for name, at in latest[: LATEST * 5] if name == gateway.name and at is not None), default=None)


def _ended_by_the_gateway(gateway: Gateway, *, now: datetime) -> QuerySet[PaymentEvent]:
    ended = PaymentEvent.objects.filter(to_status__in=UNPAID_ENDS, created_at__gt=now - LAST_HOUR)
    return ended.filter(payment__gateway=gateway.name, payment__reason_code__in=_TROUBLE)


def _bounded(rows: QuerySet[Payment] | QuerySet[PaymentEvent]) -> int:
    return rows.order_by()[:MOST_COUNTED].count()


# --- Flows ----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class FlowHealth:
    """How one Flow stands at Meta."""

    id: int
    label: str
    status: str
    troubles: tuple[str, ...]
    health_at: datetime | None

    @property
    def is_well(self) -> bool:
        return not self.troubles


def flows_health() -> list[FlowHealth]:
    return [_health_of_flow(flow) for flow in WhatsAppFlow.objects.defer("flow_json").order_by("name")]


def _health_of_flow(flow: WhatsAppFlow) -> FlowHealth:
    return FlowHealth(flow.pk, form_label(flow.name), flow.status, tuple(_troubles_of(flow)), flow.health_at)


def _troubles_of(flow: WhatsAppFlow) -> Iterator[str]:
    if flow.last_error:
        yield flow.last_error
    for event, word in flow.health.items():
        if is_alarming(event, word):
            yield f"{event.replace('_', ' ').capitalize()}. {word.get('message') or ''}".strip()


def form_label(flow_name: str) -> str:
    """The form for people: `Payment form` of `payment_whatsapp_flow`."""
    return f"{flow_name.removesuffix('_whatsapp_flow').replace('_', ' ').capitalize()} form"


# --- Processes ------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Process:
    """A process that answers no requests, and what is known of it as a sentence."""

    name: str
    sentence: str
    is_well: bool
