"""The page of money matching: three columns for some days, and what to do about each line."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path

from customer_data.money import Currency, show_amount
from customer_data.who import acting
from desk import closing, matching
from desk.admin.bare import page
from desk.admin.bringing import bring, choose_columns
from desk.admin.days import day_page
from desk.admin.matching_rows import STATES, Period, read_period, rows_of
from desk.models import ClosedDay

MAY_MATCH, MAY_CLOSE, MAY_SEE = "desk.import_statement", "desk.close_day", "desk.view_statementline"
View = Callable[..., HttpResponse]

_SUMMED = ("taken", "transfers", "elsewhere", "returned", "at_paynow", "money_in", "money_out")


def matching_urls(desk: Any) -> list[URLPattern]:
    """The addresses of all pages of money matching. Each is for those who have one of the permissions beside it."""

    def at(route: str, view: View, name: str, *permissions: str) -> URLPattern:
        guarded: View = desk.admin_site.admin_view(_only_for(view, permissions))
        return path(f"matching/{route}", guarded, {"desk": desk}, name=name)

    return [
        at("", overview, "desk_matching", MAY_SEE, MAY_MATCH, MAY_CLOSE),
        at("again/", match_again, "desk_matching_again", MAY_MATCH),
        at("confirm/", confirm_ticked, "desk_matching_confirm", MAY_MATCH),
        at("import/", bring, "desk_matching_import", MAY_MATCH),
        at("columns/<int:file_id>/", choose_columns, "desk_matching_columns", MAY_MATCH),
        at("day/<str:currency>/<str:day>/", day_page, "desk_matching_day", MAY_SEE, MAY_MATCH, MAY_CLOSE),
    ]


def overview(request: HttpRequest, desk: Any) -> HttpResponse:
    """Ours, Paynow, the bank: totals, days, and the lines in the state that was asked for."""
    period = read_period(request)
    days = matching.days_of(period.first, period.last, period.currency)
    rows, following = rows_of(period)
    counts = {"open": sum(day.undecided for day in days.values()), "missing": sum(day.unknown for day in days.values())}
    closed = {each.day for each in ClosedDay.objects.filter(day__in=days, currency=period.currency).only("day")}
    return page(
        request,
        desk,
        "admin/matching/overview.html",
        "Money matching",
        period=period,
        days=[(day, day.day in closed) for day in days.values()],
        totals=_totals(days.values(), period.currency),
        later=closing.later_than_closed(period.last, period.currency),
        rows=rows,
        following=following,
        states=[(state, label, period.at(state=state), counts.get(state, 0)) for state, label in STATES.items()],
        currencies=Currency.choices,
        may_match=request.user.has_perm(MAY_MATCH),
    )


def match_again(request: HttpRequest, desk: Any) -> HttpResponse:
    """Match every undecided line of the days that are shown."""
    period = read_period(request)
    if request.method != "POST":
        return _not_sent(request, period, "Match again")
    with acting(request.user.get_username(), "Match again"):
        run = matching.match_days(period.first, period.last, period.currency)
    messages.success(
        request,
        f"{run.looked_at:,} undecided lines looked at: {run.matched:,} matched, {run.proposed:,} proposed for you to confirm.",
    )
    return HttpResponseRedirect(period.address)


def confirm_ticked(request: HttpRequest, desk: Any) -> HttpResponse:
    """Confirm the proposals that were ticked; those that hold a difference are left for their own page."""
    period = read_period(request)
    if request.method != "POST":
        return _not_sent(request, period, "Confirm")
    keys = [int(key) for key in request.POST.getlist("line")[:200] if key.isascii() and key.isdigit() and len(key) < 19]
    with acting(request.user.get_username(), "Confirm proposals"):
        confirmed, left = matching.confirm_all(keys, by=request.user)
    if confirmed:
        messages.success(request, f"{confirmed} proposal{'' if confirmed == 1 else 's'} confirmed.")
    if left:
        messages.warning(request, f"{left} left as they are: decided already, or with a difference that needs a reason.")
    if not keys:
        messages.warning(request, "Nothing was ticked.")
    return HttpResponseRedirect(period.address)


@dataclass(frozen=True)
class Total:
    """The sum of a column: how many, and how much as it is shown."""

    count: int
    shown: str


def _totals(days: Iterable[matching.Day], currency: str) -> dict[str, Total]:
    """The sums of the columns. Of the difference and the fees only the amount matters."""
    sums = {name: matching.Amount() for name in _SUMMED}
    fees, exceptions = Decimal("0.00"), 0
    for day in days:
        fees, exceptions = fees + day.fees, exceptions + day.exceptions
        for name, total in sums.items():
            total.add(getattr(day, name).count, getattr(day, name).amount)
    difference = sums["at_paynow"].amount - sums["taken"].amount
    return {
        **{name: Total(total.count, show_amount(total.amount, currency)) for name, total in sums.items()},
        "fees": Total(0, show_amount(fees, currency)),
        "difference": Total(int(difference != 0), show_amount(difference, currency)),
        "exceptions": Total(exceptions, ""),
    }


def _only_for(view: View, permissions: tuple[str, ...]) -> View:
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not any(request.user.has_perm(permission) for permission in permissions):
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


def _not_sent(request: HttpRequest, period: Period, label: str) -> HttpResponse:
    """A session ended in the middle: the sign-in page leads here with a GET."""
    messages.warning(request, f"Nothing was done: {label} was not sent. Please press it again.")
    return HttpResponseRedirect(period.address)
