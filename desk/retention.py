"""The timetable of what is deleted or emptied when, in one place; and the clock's work on it, a few rows at a time.

Nothing here touches a row of money, a receipt, a customer or the record of changes. Each step reads about as many rows as it
deletes: tables that only grow are taken from their oldest end, others by an index on their moment.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pgtrigger
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db import models
from django.db.models import Q, QuerySet
from django.utils import timezone

from customer_data.models import IdempotentRequest, ProofFile, ProofStatus, UsedForm
from desk.models import Export
from desk.privacy import ABOUT_A_CUSTOMER
from flows.models import Conversation, FlowSession, IncomingMessage, Message, SentFile, Update
from paynow_integration.models import Outcome, PaynowNotification

AT_ONCE = 500
MOST_A_DAY = 50_000
"""For one rule. What is left waits for tomorrow: nobody is kept waiting by it."""

LOOKED_AT_FOR = timedelta(days=60)
"""Rows that are emptied and stay are looked at for so long after their time has come: a clock that stood still catches up."""


@dataclass(frozen=True)
class Rule:
    """`setting`: its name in `settings.KEEP_DAYS`, in days; 0: for good. `step` does a few and returns how many; 0: nothing is
    left. `would`: the rows that would go, for who only looks.
    """

    setting: str
    what: str
    then: str
    would: Callable[[datetime], QuerySet[Any]]
    step: Callable[[datetime], int]

    @property
    def days(self) -> int:
        return int(settings.KEEP_DAYS[self.setting])

    def cutoff(self, now: datetime) -> datetime | None:
        """Rows of before this moment go; None: none ever do."""
        return now - timedelta(days=self.days) if self.days else None


def keep_to_the_timetable(now: datetime | None = None) -> dict[str, int]:
    """The clock's work: every rule, as far as a day's work goes. Returns how many rows each took."""
    return {rule.what: _do(rule, now or timezone.now()) for rule in TIMETABLE}


def what_would_go(now: datetime | None = None) -> Iterator[tuple[Rule, int]]:
    """Each rule with how many rows it would take now. Counts whole tables: for a person who asks, not for the clock."""
    for rule in TIMETABLE:
        cutoff = rule.cutoff(now or timezone.now())
        yield rule, 0 if cutoff is None else rule.would(cutoff).count()


def _do(rule: Rule, now: datetime) -> int:
    cutoff, done = rule.cutoff(now), 0
    while cutoff is not None and done < MOST_A_DAY:
        took = rule.step(cutoff)
        if not took:
            break
        done += took
    return done


# --- How rows go ----------------------------------------------------------------------------------
def _oldest(
    setting: str, rows: type[models.Model], moment: str, what: str, *, only: Q | None = None, past: tuple[str, ...] = ()
) -> Rule:
    """Deletes from the oldest end of a table that only grows. `only`: others are passed over. `past`: triggers that keep rows."""
    chosen = rows._base_manager.filter(only or Q())

    def step(cutoff: datetime) -> int:
        for keys in _old_keys(rows, moment, cutoff):
            with pgtrigger.ignore(*past) if past else nullcontext():
                deleted, _ = chosen.filter(pk__in=keys).delete()
            if deleted:
                return deleted
        return 0

    return Rule(setting, what, "deleted", lambda cutoff: chosen.filter(**{f"{moment}__lt": cutoff}), step)


def _old_keys(rows: type[models.Model], moment: str, cutoff: datetime) -> Iterator[list[Any]]:
    """Keys of the oldest rows, some at a time, up to the first ones that are not old enough."""
    last: Any = None
    while True:
        following = rows._base_manager.order_by("pk") if last is None else rows._base_manager.filter(pk__gt=last).order_by("pk")
        found = list(following.values_list("pk", moment)[:AT_ONCE])
        keys = [key for key, at in found if at is not None and at < cutoff]
        if keys:
            yield keys
        if len(keys) < AT_ONCE:
            return
        last = found[-1][0]


def _indexed(setting: str, rows: type[models.Model], moment: str, what: str, *, only: Q | None = None) -> Rule:
    """Deletes by an index on the moment."""
    chosen = rows._base_manager.filter(only or Q())

    def step(cutoff: datetime) -> int:
        old = chosen.filter(**{f"{moment}__lt": cutoff}).order_by(moment)
        keys = list(old.values_list("pk", flat=True)[:AT_ONCE])
        deleted, _ = chosen.filter(pk__in=keys).delete() if keys else (0, {})
        return deleted

    return Rule(setting, what, "deleted", lambda cutoff: chosen.filter(**{f"{moment}__lt": cutoff}), step)


@dataclass(frozen=True)
class _Blank:
    """Rows that stay, and what then stands in them. `full`: those that say something yet."""

    rows: type[models.Model]
    moment: str
    values: Mapping[str, Any]
    full: Q

    def old(self, cutoff: datetime) -> QuerySet[Any]:
        within = {f"{self.moment}__lt": cutoff, f"{self.moment}__gte": cutoff - LOOKED_AT_FOR}
        return self.rows._base_manager.filter(self.full, **within)

    def step(self, cutoff: datetime) -> int:
        keys = list(self.old(cutoff).order_by(self.moment).values_list("pk", flat=True)[:AT_ONCE])
        if not keys:
            return 0
        return self.rows._base_manager.filter(pk__in=keys).update(**self.values)


def _emptied(setting: str, what: str, blank: _Blank) -> Rule:
    return Rule(setting, what, "emptied", blank.old, blank.step)


# --- The timetable --------------------------------------------------------------------------------
_DECIDED = ~Q(proof__status=ProofStatus.WAITING)
_KEPT = "customer_data.ProofFile:proof_files_are_kept"
_JUDGED = ~Q(outcome=Outcome.RECEIVED)
_LISTS = ~Q(what=ABOUT_A_CUSTOMER)
_WAITS_NOT = Q(next_try_at__isnull=True)

TIMETABLE: tuple[Rule, ...] = (
    _oldest("UPDATES", Update, "received_at", "What WhatsApp handed over, as it came", only=_WAITS_NOT),
    _oldest("TALKS", IncomingMessage, "created_at", "What customers wrote in the chat"),
    _oldest("TALKS", Message, "created_at", "What customers were told in the chat", only=_WAITS_NOT),
    _oldest("TALKS", SentFile, "created_at", "That customers sent photos and PDFs", only=_WAITS_NOT),
    _emptied(
        "DRAFTS",
        "What was chosen and typed in a talk that fell silent",
        _Blank(Conversation, "last_heard_at", {"answers": {}, "trail": [], "step": ""}, ~Q(answers={})),
    ),
    _indexed("FORMS", FlowSession, "created_at", "Forms: what was typed and what they opened"),
    _oldest("SLIPS", ProofFile, "proof__submitted_at", "Pictures and PDFs of slips", only=_DECIDED, past=(_KEPT,)),
    _indexed("NOTIFICATIONS", PaynowNotification, "received_at", "Status updates of Paynow, as they came", only=_JUDGED),
    _oldest("API_ANSWERS", IdempotentRequest, "created_at", "Answers kept for repeated API requests"),
    _indexed("EXPORTS", Export, "requested_at", "That lists were exported, and with which filters", only=_LISTS),
    _oldest("ADMIN_LOG", LogEntry, "action_time", "Django's own log of the staff's pages"),
    _oldest("SIGN_INS", AccessLog, "attempt_time", "Sign-ins of staff"),
    _oldest("SIGN_INS", AccessFailureLog, "attempt_time", "Failed sign-ins"),
    _oldest("SIGN_IN_ATTEMPTS", AccessAttempt, "attempt_time", "Wrong passwords, counted"),
    _indexed("ENDED_SESSIONS", Session, "expire_date", "Sessions of staff that have ended"),
    _indexed("USED_FORMS", UsedForm, "used_at", "That a form of the staff's pages was sent"),
)
"""Files of exports go after a week, and what WhatsApp handed over loses its words after a fortnight, by tasks of their own."""
