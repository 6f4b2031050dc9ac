"""One run over the undecided lines of some days: certain matches are made, the rest is proposed. Safe to repeat at any time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.db.models import QuerySet

from customer_data.money import show_amount
from desk.matching.bank_lines import judge_refunds, judge_transfers
from desk.matching.paynow_lines import judge_by_reference, propose_by_amount
from desk.matching.payouts import LONGEST_WAY_DAYS, ZERO, Group, Waiting, find_group
from desk.matching.verdicts import Verdict, lock_matching, undecided, write
from desk.models import LineStatus, SourceKind, StatementFile, StatementLine

BATCH = 500
Judges = tuple[Callable[[Sequence[StatementLine]], dict[int, Verdict]], ...]


@dataclass(frozen=True)
class Run:
    """What one run found: how many lines stand matched and proposed among those it looked at."""

    looked_at: int = 0
    matched: int = 0
    proposed: int = 0


def match_file(file: StatementFile) -> Run:
    """Match what a file brought, and what waited for it on the days around."""
    days = StatementLine.objects.filter(file=file).order_by("day").values_list("day", flat=True)
    first, last = days.first(), days.last()
    if first is None or last is None:
        return Run()
    around = timedelta(days=LONGEST_WAY_DAYS)
    return match_days(first - around, last + around, file.source.currency)


def match_days(first: date, last: date, currency: str) -> Run:
    """Match all undecided lines of these days in one currency."""
    runs = [
        _match_kind(SourceKind.PAYNOW, first, last, currency, (judge_by_reference, propose_by_amount)),
        _match_kind(SourceKind.BANK, first, last, currency, (judge_refunds, judge_transfers, _judge_payouts)),
    ]
    return Run(*(sum(getattr(run, name) for run in runs) for name in ("looked_at", "matched", "proposed")))


def _match_kind(kind: str, first: date, last: date, currency: str, judges: Judges) -> Run:
    looked_at = matched = proposed = 0
    for keys in _batches(kind, first, last, currency):
        with transaction.atomic():
            lock_matching()
            lines = list(
                undecided(kind, first, last, currency).filter(pk__in=keys).select_for_update(of=("self",)).order_by("day", "pk")
            )
            StatementLine.objects.filter(settled_by__in=[line.pk for line in lines]).update(settled_by=None)
            verdicts = _judge(lines, judges)
            write(lines, verdicts)
        looked_at += len(lines)
        matched += sum(verdict.status == LineStatus.MATCHED for verdict in verdicts.values())
        proposed += sum(verdict.status == LineStatus.PROPOSED for verdict in verdicts.values())
    return Run(looked_at, matched, proposed)


def _judge(lines: Sequence[StatementLine], judges: Judges) -> dict[int, Verdict]:
    """Each judge sees the lines about which no judge before had anything to say."""
    verdicts: dict[int, Verdict] = {}
    for judge in judges:
        verdicts |= judge([line for line in lines if line.pk not in verdicts])
    return verdicts


def _batches(kind: str, first: date, last: date, currency: str) -> Iterator[list[int]]:
    """Keys of undecided lines, oldest day first, so that each batch touches few days."""
    keys = list(undecided(kind, first, last, currency).order_by("day", "pk").values_list("pk", flat=True))
    for start in range(0, len(keys), BATCH):
        yield keys[start : start + BATCH]


# --- Pay-outs -------------------------------------------------------------------------------------
def _judge_payouts(lines: Sequence[StatementLine]) -> dict[int, Verdict]:
    """Verdicts about money that Paynow brought to the bank in lumps. The lines of a lump are marked as settled by it."""
    verdicts: dict[int, Verdict] = {}
    for line in lines:
        if line.amount > 0:
            waiting = _waiting(line)
            group, is_open = find_group(line.amount, waiting)
            if group is not None:
                _settle(group, line)
                verdicts[line.pk] = Verdict(LineStatus.PROPOSED, describe(group, line))
            elif is_open:
                verdicts[line.pk] = Verdict(LineStatus.OPEN, "Several groups of Paynow's lines make this amount: pick the days.")
    return verdicts


def _waiting(line: StatementLine) -> list[Waiting]:
    """Lines of Paynow that may be in a pay-out of this day."""
    lines = unsettled(line.day - timedelta(days=LONGEST_WAY_DAYS), line.day, line.currency)
    facts = lines.order_by("day", "pk").values_list("pk", "day", "amount", "fee", "payment__payment_method")
    return [Waiting(pk, day, amount, fee or ZERO, (method or "").endswith("card")) for pk, day, amount, fee, method in facts]


def unsettled(first: date, last: date, currency: str) -> QuerySet[StatementLine]:
    """Paynow's lines of money of these days that no pay-out is known for."""
    return StatementLine.objects.filter(
        source__kind=SourceKind.PAYNOW, currency=currency, day__gte=first, day__lte=last, is_money=True, settled_by=None
    )


def _settle(group: Group, line: StatementLine) -> None:
    StatementLine.objects.filter(pk__in=[each.line_id for each in group.lines], settled_by=None).update(settled_by=line)


def describe(group: Group, line: StatementLine) -> str:
    """What makes up the pay-out, in a sentence."""
    days = sorted({each.day for each in group.lines})
    span = f"{days[0]:%d %b}" if len(days) == 1 else f"{days[0]:%d %b} to {days[-1]:%d %b}"
    count = len(group.lines)
    said = f"Paynow's {count} line{'s' if count != 1 else ''} of {span}: {show_amount(group.gross, line.currency)}"
    if line.amount == group.gross:
        return f"{said}."
    return f"{said}, less fees of {show_amount(group.gross - group.net, line.currency)}."
