"""The parts of the page, for this member of staff: takings are for those who may see payments and the figures made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from customer_data.admin.page import may_see
from customer_data.models import Concern, Payment
from desk.dashboard import links
from desk.dashboard.attempts import Attempts, attempts
from desk.dashboard.forms import Form, forms
from desk.dashboard.takings import Periods, Takings, takings
from desk.dashboard.waiting import Matters, Pending, matters, pending
from desk.figures import figures_since
from desk.health import FlowHealth, GatewayHealth, Process, flows_health, gateways_health
from desk.models import DayFigures, FiguresProgress
from flows.models import FlowSession, WhatsAppFlow

OLD_AFTER = timedelta(minutes=2)


@dataclass(frozen=True)
class Today:
    """What stands on the page; None or empty where this person may not look, or where there is nothing."""

    day: date
    figures_as_of: datetime | None
    figures_are_old: bool
    takings: list[Takings] | None
    test_takings: list[Takings]
    attempts: Attempts | None
    pending: Pending | None
    forms: list[Form] | None
    matters: Matters | None
    gateways: list[GatewayHealth] | None
    flows: list[FlowHealth] | None
    processes: Sequence[Process]

    @property
    def forms_link(self) -> str:
        return links.list_of("flows_flowsession")

    @property
    def finds_payments(self) -> str:
        """The address that looks for what is typed; empty for who may not see payments."""
        return "" if self.pending is None else links.finding()

    @property
    def shows_something(self) -> bool:
        return any(part is not None for part in (self.takings, self.pending, self.forms, self.matters, self.flows))


def today(request: HttpRequest, *, processes: Sequence[Process] = (), now: datetime | None = None) -> Today:
    """The page as `request.user` may see it."""
    now = now or timezone.now()
    user: Any = request.user
    day = timezone.localdate(now)
    sees_payments, sees_forms, sees_flows = (may_see(user, model) for model in (Payment, FlowSession, WhatsAppFlow))
    periods = Periods(day)
    sees_takings = sees_payments and may_see(user, DayFigures)
    figures = figures_since(periods.first) if sees_takings else []
    made_at = FiguresProgress.objects.values_list("made_at", flat=True).first()
    return Today(
        day=day,
        figures_as_of=made_at,
        figures_are_old=made_at is None or now - made_at > OLD_AFTER,
        takings=takings(figures, periods, is_test=False) if sees_takings else None,
        test_takings=takings(figures, periods, is_test=True),
        attempts=attempts(figures, day),
        pending=pending(now) if sees_payments else None,
        forms=forms(day) if sees_forms else None,
        matters=matters() if may_see(user, Concern) else None,
        gateways=gateways_health(now=now) if sees_payments else None,
        flows=flows_health() if sees_flows else None,
        processes=processes,
    )
