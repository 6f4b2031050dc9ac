"""Statements against our books, three ways: payments, Paynow, bank."""

from desk.matching.decisions import (
    NotMatched,
    candidates,
    confirm,
    confirm_all,
    look_again,
    needs_reason,
    pick,
    pick_days,
    set_aside,
    turn_down,
)
from desk.matching.overview import (
    MOST_DAYS,
    Amount,
    Day,
    covered,
    days_of,
    lines_of,
    payments_without_line,
    refunds_without_line,
)
from desk.matching.run import Run, match_days, match_file

__all__ = [
    "MOST_DAYS",
    "Amount",
    "Day",
    "NotMatched",
    "Run",
    "candidates",
    "confirm",
    "confirm_all",
    "covered",
    "days_of",
    "lines_of",
    "look_again",
    "match_days",
    "match_file",
    "needs_reason",
    "payments_without_line",
    "pick",
    "pick_days",
    "refunds_without_line",
    "set_aside",
    "turn_down",
]
