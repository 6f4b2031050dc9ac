"""What one message means where the talk stands: a tap, a typed answer, a keyword, a completed form, or something we cannot read."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import NoReturn

from django.utils import timezone

from customer_data.card_numbers import MARK
from flows import outbox, paying, proofs
from flows.buttons import Tap, read_tap
from flows.conversation import actions, forms
from flows.conversation.facts import Talking
from flows.conversation.keywords import hint_of, meaning_of
from flows.conversation.moving import choose, command, read_value
from flows.conversation.offering import MORE, choices_of, typed_choice
from flows.conversation.readers import READERS, NotRead, is_a_date
from flows.definitions.booking_flow import BOOKING_FLOW
from flows.incoming import Incoming, IncomingKind
from flows.outgoing import Text
from flows.replies import Reply

WRONG_BEFORE_A_PERSON = 3
"""So many answers in a row that were not understood, and we offer a person."""

WITH_A_PERSON = frozenset({"menu", "stop", "start"})
"""What the machine still hears while a person is asked for or answers."""

SILENT = frozenset({IncomingKind.REACTION})

_CODE = re.compile(r"\D{0,30}?(\d(?:[ -]?\d){3,7})\D{0,10}")
"""A one-time code as people type it: alone, in groups, or in a few words."""


def understand(talking: Talking, incoming: Incoming) -> Reply:
    """What is done about the message."""
    if incoming.kind in SILENT:
        return Reply()
    if incoming.kind == IncomingKind.TEXT and MARK in incoming.text:
        return Reply((Text(talking.say("card_number")),))
    if incoming.kind == IncomingKind.FLOW_REPLY:
        return forms.completed(talking, incoming)
    shown = proofs.came(talking.conversation, incoming, is_with_a_person=talking.is_with_a_person)
    return _said(talking, incoming) if shown is None else shown


def _said(talking: Talking, incoming: Incoming) -> Reply:
    """What shows no payment."""
    tap = read_tap(incoming.button_id)
    if talking.is_with_a_person and not _is_for_the_machine(tap, incoming):
        return _left_to_the_person(talking, incoming)
    if incoming.kind == IncomingKind.BUTTON:
        return _tapped(talking, tap, incoming.text)
    if incoming.kind == IncomingKind.TEXT:
        return _typed(talking, incoming.text)
    return _unreadable(talking, incoming)


# --- Taps -----------------------------------------------------------------------------------------
def _tapped(talking: Talking, tap: Tap, title: str) -> Reply:
    if tap.kind == "do":
        return _action(talking, tap)
    if tap.kind == "step" and tap.name in BOOKING_FLOW.steps:
        return _answered(talking, tap)
    meaning = meaning_of(title)  # a template's button comes with its title only
    if meaning in BOOKING_FLOW.commands:
        return command(talking, BOOKING_FLOW.commands[meaning])
    return _again(talking, "unknown_button")


def _action(talking: Talking, tap: Tap) -> Reply:
    if tap.name in BOOKING_FLOW.commands and not tap.argument:
        return command(talking, BOOKING_FLOW.commands[tap.name])
    named = BOOKING_FLOW.actions.get(tap.name)
    if tap.name in paying.ACTIONS or (named is not None and named.from_anywhere):
        return actions.run(talking, tap.name, tap.argument)
    return _again(talking, "unknown_button")


def _answered(talking: Talking, tap: Tap) -> Reply:
    """A tap on a step's message, which may be an old one: it answers that step anew, where that still makes sense."""
    step = BOOKING_FLOW.steps[tap.name]
    answer, _, about = tap.argument.partition("/") if step.about else (tap.argument, "", "")
    if _is_second_tap(talking, tap):
        return _again(talking, "already")
    is_about_now = not about or str(talking.answers.get(step.about, "")) == about
    if not is_about_now and not _turn_to(talking, step.about, about):
        return _again(talking, "late_button")
    if any(talking.answers.get(need) in (None, "") for need in step.needs):
        return _again(talking, "late_button")
    if answer == MORE:
        talking.answers["page"] = talking.page + 1
        return Reply(go_to=step.name)
    found = next((each for each in choices_of(talking, step) if each.answer == answer), None)
    if found is None:
        return Reply((Text(talking.say("gone")),), go_to=step.name) if step.source else _again(talking, "late_button")
    talking.answers.pop("wrong", None)
    return choose(talking, step, found)


def _is_second_tap(talking: Talking, tap: Tap) -> bool:
    """Whether it is what has just led here, tapped once more."""
    came_from = talking.conversation.trail[-1:]
    return (
        tap.name != talking.step.name and [tap.name] == came_from and talking.answers.get("said", {}).get(tap.name) == tap.argument
    )


def _turn_to(talking: Talking, about: str, value: str) -> bool:
    """An old message was about another tour or booking: the talk turns to that one, if it is still there."""
    if about == "booking":
        before = talking.answers.get("booking")
        talking.answers["booking"] = value
        talking.forget("booking", "owed", "amount_options")
        if talking.booking is not None:
            return True
        talking.answers["booking"] = before
        talking.forget("booking")
        return False
    if about == "tour" and any(str(tour.pk) == value for tour in talking.tours):
        talking.answers["tour"] = value
        talking.answers.setdefault("begun_at", f"{timezone.now():%Y%m%d%H%M%S}")
        talking.forget("tour", "dates", "departure")
        return True
    return False


# --- Typed ----------------------------------------------------------------------------------------
def _typed(talking: Talking, text: str) -> Reply:
    step, meaning = talking.step, meaning_of(text)
    if not talking.conversation.step and meaning in ("", "greeting"):
        return _first_words(talking, text)
    found = typed_choice(talking, step, text, meaning)
    if found is not None and found.answer == MORE:
        talking.answers["page"] = talking.page + 1
        return Reply(go_to=step.name)
    if found is not None:
        talking.answers.pop("wrong", None)
        return choose(talking, step, found)
    if meaning in BOOKING_FLOW.commands:
        return command(talking, BOOKING_FLOW.commands[meaning])
    return _about_a_payment(talking, text) or _read(talking, text, meaning)


def _first_words(talking: Talking, text: str) -> Reply:
    """A stranger writes: whatever it is, they see what can be done here; first of all, who asks them to pay."""
    asked = paying.asked_by_another(talking.conversation)
    if asked is not None:
        return asked
    try:
        return read_value(talking, talking.step, READERS["tour_name"](talking, text))
    except NotRead:
        return Reply(go_to=BOOKING_FLOW.start)


def _about_a_payment(talking: Talking, text: str) -> Reply | None:
    """A one-time code, or the number that pays, which a payment waits for."""
    code = _CODE.fullmatch(text.strip())
    if code is not None:
        taken = paying.otp_typed(talking.conversation, "".join(filter(str.isdigit, code[1])))
        if taken is not None:
            return taken
    return paying.number_typed(talking.conversation, text)


def _read(talking: Talking, text: str, meaning: str) -> Reply:
    step = talking.step
    if meaning == "greeting" and not step.is_draft:  # somebody who comes back, perhaps after weeks
        return Reply(go_to=BOOKING_FLOW.start)
    if meaning in ("greeting", "thanks"):
        return _again(talking, "hello_again" if meaning == "greeting" else "welcome")
    try:
        value = READERS[step.reader](talking, text) if step.reader else _nothing()
    except NotRead as problem:
        return _something_else(talking, text) or _not_understood(talking, problem)
    talking.answers.pop("wrong", None)
    return read_value(talking, step, value)


def _nothing() -> NoReturn:
    """This step reads nothing."""
    raise NotRead


def _something_else(talking: Talking, text: str) -> Reply | None:
    """Not an answer, but another date, another trip by its name, or a sentence about something that works anywhere."""
    step, hint = talking.step, hint_of(text)
    if hint in BOOKING_FLOW.commands:
        return command(talking, BOOKING_FLOW.commands[hint])
    if step.is_draft and talking.tour is not None and is_a_date(text):
        return _another_date(talking, text)
    if step.is_draft and len(text) > 3:
        with suppress(NotRead):
            return read_value(talking, BOOKING_FLOW.steps[BOOKING_FLOW.start], READERS["tour_name"](talking, text))
    return None


def _another_date(talking: Talking, text: str) -> Reply:
    """The date is changed by typing it, wherever the booking stands."""
    step = next(each for each in BOOKING_FLOW.steps.values() if each.reader == "date")
    try:
        return read_value(talking, step, READERS["date"](talking, text))
    except NotRead as problem:
        return Reply((Text(talking.say(problem.template)),), go_to=step.name)


def _not_understood(talking: Talking, problem: NotRead | None = None) -> Reply:
    """Say what was expected, and show the step again; after a while, that a person can help."""
    talking.answers["wrong"] = wrong = talking.answers.get("wrong", 0) + 1
    template = problem.template if problem and problem.template else "not_understood"
    sentence = talking.say(template, **(problem.facts if problem else {}))
    if wrong >= WRONG_BEFORE_A_PERSON:
        sentence = f"{sentence}\n\n{talking.say('offer_person')}"
    return Reply((Text(sentence),), go_to=talking.step.name)


# --- Neither tapped nor typed ---------------------------------------------------------------------
def _unreadable(talking: Talking, incoming: Incoming) -> Reply:
    sentence = talking.say("cannot_read", kind=str(incoming.kind))
    return Reply((Text(sentence),), go_to=talking.step.name)


# --- While a person answers -----------------------------------------------------------------------
def _is_for_the_machine(tap: Tap, incoming: Incoming) -> bool:
    if incoming.kind == IncomingKind.TEXT:
        return meaning_of(incoming.text) in WITH_A_PERSON
    return tap.kind == "do"


def _left_to_the_person(talking: Talking, incoming: Incoming) -> Reply:
    """Quiet: the message is for the person. Once, while nobody has come yet, the customer hears that it was kept."""
    talk = talking.conversation
    if incoming.kind == IncomingKind.BUTTON:
        return Reply((Text(talking.say("person_is_here")),))
    if talk.taken_by_id is None and talk.wants_person_since is not None:
        actions.waits_for_a_person(talking)
        waiting = Text(talking.say("person_is_coming"))
        outbox.write(talking.customer, waiting, key=f"waiting-{talk.pk}-{talk.wants_person_since:%Y%m%d%H%M%S}")
    return Reply()


def _again(talking: Talking, template: str) -> Reply:
    """A sentence, and the present step again."""
    return Reply((Text(talking.say(template)),), go_to=talking.step.name)
