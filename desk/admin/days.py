"""One day in one currency: its figures for each way to pay, what is not in order, and closing it."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from customer_data.admin.desk import ReadOnlyDesk, moment, shown
from customer_data.admin.filters import DaysFilter
from customer_data.admin.page import NotDone, read_reason
from customer_data.admin.wording import method_label
from customer_data.money import Currency, show_amount
from customer_data.who import acting
from desk import closing, matching
from desk.admin.bare import page
from desk.models import ClosedDay

MAY_CLOSE = "desk.close_day"


def day_page(request: HttpRequest, desk: Any, currency: str, day: str) -> HttpResponse:
    """The day's figures, and with a POST: close it."""
    on = _day(day)
    if currency not in Currency.values or on is None:
        raise Http404
    typed = ""
    if request.method == "POST":
        if not request.user.has_perm(MAY_CLOSE):
            raise PermissionDenied
        typed = request.POST.get("reason", "")
        if _close(request, on, currency, typed):
            return HttpResponseRedirect(request.path)
    now = matching.days_of(on, on, currency)[on]
    closed = ClosedDay.objects.select_related("closed_by").filter(day=on, currency=currency).first()
    later = closing.later_than_closed(on, currency)
    return page(
        request,
        desk,
        "admin/matching/day.html",
        f"{on:%A, %d %B %Y} in {Currency(currency).label}",
        day=now,
        currency=currency,
        closed=closed,
        methods=_methods(now, closed, currency),
        figures=_figures(now, closed, currency),
        exceptions=[] if closed else closing.exceptions_of(now, currency),
        later=[each for each in later if (each.day == on) == bool(closed)],
        may_close=request.user.has_perm(MAY_CLOSE),
        typed=typed[:300],
        lines=f"{reverse('admin:desk_matching')}?from={on}&to={on}&currency={currency}&state=open",
        before=_address(on - timedelta(days=1), currency),
        after=_address(on + timedelta(days=1), currency),
    )


def _close(request: HttpRequest, on: date, currency: str, typed: str) -> bool:
    """Whether the day was closed; if not, a sentence says why."""
    try:
        note = read_reason(typed) if typed.strip() else ""
        with acting(request.user.get_username(), note or "Close a day"):
            closing.close_day(on, currency, note=note, by=request.user)
    except (NotDone, closing.NotClosed) as error:
        messages.error(request, str(error))
        return False
    messages.success(request, f"{on:%d %b %Y} is closed. Its figures stay as they are now.")
    return True


def _methods(now: matching.Day, closed: ClosedDay | None, currency: str) -> list[tuple[str, int, str]]:
    """For each way to pay: how many, how much. As closed, where it is closed."""
    rows = closed.figures["by_method"] if closed else closing.figures_of(now)["by_method"]
    return [(method_label(method), count, _shown(amount, currency)) for method, (count, amount) in rows.items()]


def _figures(now: matching.Day, closed: ClosedDay | None, currency: str) -> list[tuple[str, str, str]]:
    """Each figure: its name, how many, how much."""
    kept = closed.figures if closed else closing.figures_of(now)
    return [
        (label, kept.get(f"{name}_count", ""), _shown(kept.get(name, "0.00"), currency)) for name, label in closing.LABELS.items()
    ]


def _shown(amount: str, currency: str) -> str:
    return show_amount(Decimal(amount), currency)


def _address(day: date, currency: str) -> str:
    return reverse("admin:desk_matching_day", args=(currency, day.isoformat()))


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if date(2000, 1, 2) < day < date(2099, 12, 30) else None


@admin.register(ClosedDay)
class ClosedDayAdmin(ReadOnlyDesk):
    when_empty = "No day is closed yet. Close a day once its statements are in and its exceptions are settled."
    list_display = ("day", "currency", "shown_taken", "closed_by", "shown_closed", "note")
    list_select_related = ("closed_by",)
    list_filter = ("currency", ("day", DaysFilter))
    ordering = ("-day", "currency")
    fields = (("day", "currency"), ("closed_by", "shown_closed"), "note", "figures")
    shown_closed = moment("closed_at", "Closed")

    @shown("Taken through Paynow")
    def shown_taken(self, closed: ClosedDay) -> str:
        return show_amount(closing.amount_of(closed, "taken"), closed.currency)
