"""Takings of a currency: today, this week and this month, by way to pay and by day. Net of what went back; test money apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from customer_data.admin.wording import method_label
from customer_data.money import Currency, show_amount
from desk.dashboard import links
from desk.figures import Taken, taken_in
from desk.models import DayFigures

CHART_DAYS = 30


@dataclass(frozen=True)
class Periods:
    """The days that *today*, *this week* (from Monday) and *this month* begin with."""

    today: date

    @property
    def week(self) -> date:
        return self.today - timedelta(days=self.today.weekday())

    @property
    def month(self) -> date:
        return self.today.replace(day=1)

    @property
    def chart(self) -> date:
        return self.today - timedelta(days=CHART_DAYS - 1)

    @property
    def first(self) -> date:
        """The first day that any figure on the page needs."""
        return min(self.week, self.month, self.chart)


@dataclass(frozen=True)
class Amount:
    """An amount as it is shown, how many payments it is of, and the list behind it."""

    shown: str
    payments: int
    returned: str
    link: str


@dataclass(frozen=True)
class MethodTakings:
    label: str
    today: Amount
    week: Amount
    month: Amount


@dataclass(frozen=True)
class Bar:
    """One day of the chart. `percent`: of the highest day; negative days, when more went back than came in, have no bar."""

    day: date
    amount: Amount
    percent: int
    is_today: bool


@dataclass(frozen=True)
class Takings:
    """All about the money of one currency, real or test."""

    currency: str
    label: str
    today: Amount
    yesterday: Amount
    week: Amount
    month: Amount
    methods: tuple[MethodTakings, ...]
    bars: tuple[Bar, ...]


def takings(figures: Sequence[DayFigures], periods: Periods, *, is_test: bool) -> list[Takings]:
    """A part for each currency that anything was paid in; none when nothing was."""
    rows = [row for row in figures if row.is_test is is_test and (row.successful or row.returned)]
    return [
        _of_currency(currency, [row for row in rows if row.currency == currency], periods, is_test=is_test)
        for currency in Currency.values
        if any(row.currency == currency for row in rows) or (currency == Currency.USD and not is_test)
    ]


def _of_currency(currency: str, rows: list[DayFigures], periods: Periods, *, is_test: bool) -> Takings:
    def between(first: date, last: date, payment_method: str = "") -> Amount:
        wanted = [r for r in rows if first <= r.day <= last and payment_method in ("", r.payment_method)]
        link = links.paid_payments(first, last, currency=currency, payment_method=payment_method, is_test=is_test)
        return _amount(taken_in(wanted), currency, link)

    today = periods.today
    yesterday = today - timedelta(days=1)
    shown = sorted({row.payment_method for row in rows if row.day >= min(periods.week, periods.month)}, key=method_label)
    return Takings(
        currency=currency,
        label=str(Currency(currency).label),
        today=between(today, today),
        yesterday=between(yesterday, yesterday),
        week=between(periods.week, today),
        month=between(periods.month, today),
        methods=tuple(
            MethodTakings(
                label=method_label(name),
                today=between(today, today, name),
                week=between(periods.week, today, name),
                month=between(periods.month, today, name),
            )
            for name in shown
        ),
        bars=tuple(_bars(rows, periods, currency, is_test=is_test)),
    )


def _bars(rows: Iterable[DayFigures], periods: Periods, currency: str, *, is_test: bool) -> Iterable[Bar]:
    by_day: dict[date, list[DayFigures]] = {periods.chart + timedelta(days=number): [] for number in range(CHART_DAYS)}
    for row in rows:
        if row.day in by_day:
            by_day[row.day].append(row)
    taken = {day: taken_in(of_day) for day, of_day in by_day.items()}
    highest = max((each.net for each in taken.values()), default=Decimal(0))
    for day, each in taken.items():
        percent = int(each.net * 100 / highest) if highest > 0 and each.net > 0 else 0
        link = links.paid_payments(day, day, currency=currency, is_test=is_test)
        yield Bar(day=day, amount=_amount(each, currency, link), percent=percent, is_today=day == periods.today)


def _amount(taken: Taken, currency: str, link: str) -> Amount:
    returned = show_amount(taken.returned, currency) if taken.returned else ""
    return Amount(shown=show_amount(taken.net, currency), payments=taken.payments, returned=returned, link=link)
