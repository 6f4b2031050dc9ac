"""One run over the undecided lines of some days: certain matches are made, the rest is proposed. Safe to repeat at any time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from customer_data.money import show_amount
from desk.matching.bank_lines import judge_refunds, judge_transfers
from desk.matching.paynow_lines import judge_by_reference, propose_by_amount
from desk.matching.payouts import LONGEST_WAY_DAYS, ZERO, Group, Waiting, find_group
from desk.matching.verdicts import Verdict, lock_matching, undecided, write
from desk.models import LineStatus, SourceKind, StatementFile, StatementLine

BATCH = 500
Judge = Callable[[Sequence[StatementLine]], dict[int, Verdict]]


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
        _match_kind(SourceKind.BANK, first, last, currency, (judge_refunds, judge_transfers, _judge_payouts, _leave_to_a_person)),
    ]
    return Run(*(sum(getattr(run, name) for run in runs) for name in ("looked_at", "matched", "proposed")))


def _match_kind(kind: str, first: date, last: date, currency: str, judges: tuple[Judge, ...]) -> Run:
    counted: Counter[str] = Counter()
    for keys in _batches(kind, first, last, currency):
        with transaction.atomic():
            lock_matching()
            lines = list(
                undecided(kind, first, last, currency)
                .filter(pk__in=keys)
                .select_related("source")
                .select_for_update(of=("self",))
                .order_by("day", "pk")
            )
            for judge in judges:
                lines = _judge(lines, judge, counted)
    return Run(sum(counted.values()), counted[LineStatus.MATCHED], counted[LineStatus.PROPOSED])


def _judge(lines: Sequence[StatementLine], judge: Judge, counted: Counter[str]) -> list[StatementLine]:
    """Write what the judge says, and give the lines about which it said nothing to the next.

    Written before the next looks: a payment that has its line now is not proposed for another.
    """
    verdicts = judge(lines)
    if judge is not _judge_payouts:
        _release_proposals([line for line in lines if line.pk in verdicts])
    write([line for line in lines if line.pk in verdicts], verdicts)
    counted.update(verdict.status for verdict in verdicts.values())
    return [line for line in lines if line.pk not in verdicts]


def _batches(kind: str, first: date, last: date, currency: str) -> Iterator[list[int]]:
    """Keys of undecided lines, oldest day first, so that each batch touches few days."""
    keys = list(undecided(kind, first, last, currency).order_by("day", "pk").values_list("pk", flat=True))
    for start in range(0, len(keys), BATCH):
        yield keys[start : start + BATCH]


# --- Pay-outs -------------------------------------------------------------------------------------
def _judge_payouts(lines: Sequence[StatementLine]) -> dict[int, Verdict]:
    """Verdicts about money that Paynow brought to the bank in lumps. The lines of a lump are marked as settled by it."""
    incoming = [line for line in lines if line.amount > 0]
    free = _free(incoming) if incoming else []
    groups: dict[int, Group] = {}
    verdicts: dict[int, Verdict] = {}
    for line in incoming:
        since = line.day - timedelta(days=LONGEST_WAY_DAYS)
        group, is_open = find_group(line.amount, [each for each in free if since <= each.day <= line.day])
        if group is not None:
            groups[line.pk] = group
            gone = {each.line_id for each in group.lines}
            free = [each for each in free if each.line_id not in gone]
            verdicts[line.pk] = Verdict(LineStatus.PROPOSED, describe(group, line))
        elif is_open:
            verdicts[line.pk] = Verdict(LineStatus.OPEN, "Several groups of Paynow's lines make this amount: pick the days.")
    _mark_settled([line.pk for line in lines], groups)
    return verdicts


def _free(lines: Sequence[StatementLine]) -> list[Waiting]:
    """Lines of Paynow that may be in a pay-out of these days; those in a proposal that is looked at again now may be in another."""
    days = [line.day for line in lines]
    since, until = min(days) - timedelta(days=LONGEST_WAY_DAYS), max(days)
    found = money_at_paynow(since, until, lines[0].currency).filter(
        Q(settled_by=None) | Q(settled_by__in=[line.pk for line in lines])
    )
    facts = found.order_by("day", "pk").values_list("pk", "day", "amount", "fee", "payment__payment_method")
    return [Waiting(pk, day, amount, fee or ZERO, (method or "").endswith("card")) for pk, day, amount, fee, method in facts]


def _mark_settled(looked_at: Sequence[int], groups: dict[int, Group]) -> None:
    """Write only what changed: every change is kept in the record."""
    wanted = {each.line_id: key for key, group in groups.items() for each in group.lines}
    marked = dict(StatementLine.objects.filter(settled_by__in=looked_at).values_list("pk", "settled_by"))
    dropped = [pk for pk in marked if pk not in wanted]
    StatementLine.objects.filter(pk__in=dropped).update(settled_by=None)
    for key, group in groups.items():
        new = [each.line_id for each in group.lines if marked.get(each.line_id) != key]
        StatementLine.objects.filter(pk__in=new).update(settled_by=key)


def _release_proposals(lines: Sequence[StatementLine]) -> None:
    """These turned out to be no pay-outs: Paynow's lines that were proposed for them are free again."""
    keys = [line.pk for line in lines if line.source.kind == SourceKind.BANK and line.status == LineStatus.PROPOSED]
    StatementLine.objects.filter(settled_by__in=keys).update(settled_by=None)


def _leave_to_a_person(lines: Sequence[StatementLine]) -> dict[int, Verdict]:
    """What the bank has and nothing of ours explains."""
    out = Verdict(LineStatus.OPEN, "We know no refund of this amount. A bank fee, or a transfer of your own? Set it aside.")
    into = Verdict(LineStatus.OPEN, "No transfer and no pay-out of Paynow makes this amount.")
    return {line.pk: out if line.amount < 0 else into for line in lines}


def money_at_paynow(first: date, last: date, currency: str) -> QuerySet[StatementLine]:
    """Paynow's lines of these days that moved money."""
    return StatementLine.objects.filter(
        source__kind=SourceKind.PAYNOW, currency=currency, day__gte=first, day__lte=last, is_money=True
    )


def describe(group: Group, line: StatementLine) -> str:
    """What makes up the pay-out, in a sentence."""
    days = sorted({each.day for each in group.lines})
    span = f"{days[0]:%d %b}" if len(days) == 1 else f"{days[0]:%d %b} to {days[-1]:%d %b}"
    count = len(group.lines)
    said = f"Paynow's {count} line{'s' if count != 1 else ''} of {span}: {show_amount(group.gross, line.currency)}"
    if line.amount == group.gross:
        return f"{said}."
    return f"{said}, less fees of {show_amount(group.gross - group.net, line.currency)}."
