"""Paynow pays out in lumps: which of its lines make up one amount at the bank. Pure, and bounded: never all subsets.

Paynow settles local mobile money the next day, local cards after two, foreign cards after three, with a cut-off at 20:00 and not on
Sundays (https://www.paynow.co.zw/Home/MerchantTutorial). So whole days are tried first, wallets and cards each by itself and
together, then a day without one or two lines that were late, then a few single lines.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import combinations

LONGEST_WAY_DAYS = 8  # foreign cards after three days, a Sunday and a holiday or two between
_MOST_DAYS_TOGETHER = 5
_MOST_SINGLE_LINES = 40

ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Waiting:
    """One line of Paynow whose money is not known to have reached the bank."""

    line_id: int
    day: date
    amount: Decimal
    fee: Decimal
    is_card: bool = False


@dataclass(frozen=True)
class Group:
    """Lines that make up a pay-out, with what they come to before (`gross`) and after Paynow's fees (`net`)."""

    lines: tuple[Waiting, ...]
    gross: Decimal
    net: Decimal

    def is_worth(self, amount: Decimal) -> bool:
        """Whether a pay-out of `amount` is this group, with or without Paynow's fees."""
        return amount in (self.gross, self.net)

    def __add__(self, other: Group) -> Group:
        return Group(self.lines + other.lines, self.gross + other.gross, self.net + other.net)


def find_group(amount: Decimal, waiting: Sequence[Waiting]) -> tuple[Group | None, bool]:
    """The one group that makes `amount`, or None; and whether several would, so that a person must choose.

    Whole days come before days with lines left out, and these before single lines: the first kind that fits is taken.
    """
    for candidates in (_whole_days(waiting, amount), _days_with_gaps(waiting, amount), _single_lines(waiting)):
        fits: dict[frozenset[int], Group] = {}
        for group in candidates:
            if group.is_worth(amount):
                fits.setdefault(frozenset(line.line_id for line in group.lines), group)
            if len(fits) > 1:
                return None, True
        if fits:
            return next(iter(fits.values())), False
    return None, False


def group_of(lines: Sequence[Waiting]) -> Group:
    """Some lines as one group."""
    gross = sum((line.amount for line in lines), ZERO)
    return Group(tuple(lines), gross, gross - sum((line.fee for line in lines), ZERO))


def _whole_days(waiting: Sequence[Waiting], amount: Decimal) -> Iterator[Group]:
    """Neighbouring days: all lines, only wallets, only cards, and some days of wallets with some days of cards."""
    yield from _runs(waiting)
    wallets = list(_runs([line for line in waiting if not line.is_card]))
    cards = list(_runs([line for line in waiting if line.is_card]))
    if wallets and cards:
        yield from wallets
        yield from cards
        yield from (one + other for one in wallets for other in cards if amount in (one.gross + other.gross, one.net + other.net))


def _runs(lines: Sequence[Waiting]) -> Iterator[Group]:
    by_day: dict[date, list[Waiting]] = {}
    for line in lines:
        by_day.setdefault(line.day, []).append(line)
    days = [group_of(by_day[day]) for day in sorted(by_day)]
    for start in range(len(days)):
        run = days[start]
        yield run
        for following in days[start + 1 : start + _MOST_DAYS_TOGETHER]:
            run += following
            yield run


def _days_with_gaps(waiting: Sequence[Waiting], amount: Decimal) -> Iterator[Group]:
    """A run of days without one or two of its lines: those that came after the cut-off. Found by the sum that is too much."""
    for run in _runs(waiting):
        gross = [line.amount for line in run.lines]
        net = [line.amount - line.fee for line in run.lines]
        for worth, values in ((run.gross, gross), (run.net, net)):
            if worth > amount:
                for left_out in _adding_up_to(worth - amount, values):
                    yield group_of([line for number, line in enumerate(run.lines) if number not in left_out])


def _adding_up_to(total: Decimal, values: Sequence[Decimal]) -> Iterator[tuple[int, ...]]:
    """The places of one or two values that make `total`."""
    places: dict[Decimal, list[int]] = {}
    for number, value in enumerate(values):
        if value == total:
            yield (number,)
        for other in places.get(total - value, ()):
            yield (other, number)
        places.setdefault(value, []).append(number)


def _single_lines(waiting: Sequence[Waiting]) -> Iterator[Group]:
    newest = sorted(waiting, key=lambda line: line.day, reverse=True)[:_MOST_SINGLE_LINES]
    for count in (1, 2, 3):
        yield from (group_of(lines) for lines in combinations(newest, count))
