"""What staff decide about a line of a statement, on its own page; and bringing a file in once more."""

from __future__ import annotations

from datetime import date
from typing import Any

from customer_data.admin.page import Ask, Button, NotDone, Press, add_button
from customer_data.doors import check_soon
from desk import importing, matching
from desk.models import LineStatus, SourceKind, StatementFile, StatementLine

MAY_MATCH = "desk.import_statement"


def _is_undecided(line: StatementLine) -> bool:
    return line.status in (LineStatus.OPEN, LineStatus.PROPOSED)


def _is_proposed(line: StatementLine) -> bool:
    return line.status == LineStatus.PROPOSED


def _confirm(line: StatementLine, press: Press) -> str:
    return _done(matching.confirm, line.pk, by=press.user)


def _confirm_all_the_same(line: StatementLine, press: Press) -> str:
    return _done(matching.confirm, line.pk, by=press.user, reason=press.reason)


def _turn_down(line: StatementLine, press: Press) -> str:
    return _done(matching.turn_down, line.pk, by=press.user)


def _pick(line: StatementLine, press: Press) -> str:
    reference = press.given.get("reference") or press.given.get("candidate", "")
    if not reference:
        raise NotDone("Nothing was done: choose what belongs to the line, or type its reference.")
    return _done(matching.pick, line.pk, reference, by=press.user, reason=press.given.get("why", ""))


def _pick_days(line: StatementLine, press: Press) -> str:
    try:
        first, last = date.fromisoformat(press.given["first"]), date.fromisoformat(press.given["last"])
    except ValueError:
        raise NotDone("Nothing was done: choose the first and the last day.") from None
    return _done(matching.pick_days, line.pk, first, last, by=press.user, reason=press.given.get("why", ""))


def _set_aside(line: StatementLine, press: Press) -> str:
    return _done(matching.set_aside, line.pk, press.reason, by=press.user)


def _look_again(line: StatementLine, press: Press) -> str:
    said = _done(matching.look_again, line.pk, by=press.user)
    matching.match_days(line.day, line.day, line.currency)
    return said


def _ask_gateway(line: StatementLine, press: Press) -> str:
    if line.payment is None:
        raise NotDone("There is no payment to ask about.")
    check_soon(line.payment)
    return f"The gateway is being asked about {line.payment.reference}. When it has answered, press Match again."


def _done(decide: Any, *facts: Any, **more: Any) -> str:
    try:
        return str(decide(*facts, **more))
    except matching.NotMatched as error:
        raise NotDone(str(error)) from None


def _choices(line: StatementLine) -> list[tuple[str, str]]:
    return [("", "Choose…"), *matching.candidates(line)]


_WHY = Ask("why", "Why, where amounts differ", is_required=False)

for _button in (
    Button(
        name="confirm",
        label="Confirm",
        press=_confirm,
        hint="The proposal is right.",
        permission=MAY_MATCH,
        is_offered=lambda line: _is_proposed(line) and not matching.needs_reason(line),
    ),
    Button(
        name="confirm-all-the-same",
        label="Confirm all the same",
        press=_confirm_all_the_same,
        asks_why="Why is it right?",
        permission=MAY_MATCH,
        is_offered=lambda line: _is_proposed(line) and matching.needs_reason(line),
    ),
    Button(name="turn-down", label="Turn down", press=_turn_down, permission=MAY_MATCH, is_offered=_is_proposed),
    Button(
        name="ask-gateway",
        label="Ask the gateway again",
        press=_ask_gateway,
        hint="It is asked how this payment stands, nothing else.",
        permission="customer_data.ask_gateway",
        is_offered=lambda line: _is_undecided(line) and line.payment is not None and line.source.kind == SourceKind.PAYNOW,
    ),
    Button(
        name="pick",
        label="Pick",
        press=_pick,
        hint="Payments and refunds of these days that stand on no line yet; any other by its reference.",
        permission=MAY_MATCH,
        asks=(
            Ask("candidate", "What belongs to this line", kind="choice", choices=_choices, is_required=False),
            Ask("reference", "or its reference", is_required=False),
            _WHY,
        ),
        is_offered=_is_undecided,
    ),
    Button(
        name="pick-days",
        label="It is Paynow's pay-out",
        press=_pick_days,
        hint="All lines of Paynow of these days that are not in a pay-out yet.",
        permission=MAY_MATCH,
        asks=(Ask("first", "For payments from", kind="date"), Ask("last", "to", kind="date"), _WHY),
        is_offered=lambda line: _is_undecided(line) and line.source.kind == SourceKind.BANK and line.amount > 0,
    ),
    Button(
        name="set-aside",
        label="Set aside",
        press=_set_aside,
        hint="It concerns no payment: a bank fee, a transfer of our own.",
        asks_why="What is it?",
        permission=MAY_MATCH,
        is_offered=_is_undecided,
    ),
    Button(
        name="look-again",
        label="Open again",
        press=_look_again,
        hint="The decision is taken back, and the line is matched afresh.",
        permission=MAY_MATCH,
        is_offered=lambda line: not _is_undecided(line) or line.decided_by_id is not None,
    ),
):
    add_button(StatementLine, _button)


def _import_again(file: StatementFile, press: Press) -> str:
    try:
        importing.import_file(file)
    except importing.CannotImport as error:
        raise NotDone(str(error)) from None
    matching.match_file(file)
    bad = len(file.bad_rows)
    return f"Imported: {file.lines_new:,} lines are from this file, {file.lines_known:,} were known, {bad:,} could not be read."


add_button(
    StatementFile,
    Button(
        name="import-again",
        label="Import again",
        press=_import_again,
        hint="Brings in what is not in yet. Nothing comes twice.",
        permission=MAY_MATCH,
    ),
)
