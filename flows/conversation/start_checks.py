"""What must be true of the conversation as it is declared. `manage.py check`, and so every start, says what is not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.core.checks import Error, register
from django.template.exceptions import TemplateDoesNotExist, TemplateSyntaxError
from django.template.loader import get_template

from flows.conversation import actions
from flows.conversation.example import LONG, ExampleTalking
from flows.conversation.keywords import WORDS
from flows.conversation.offering import CONDITIONS, SOURCES
from flows.conversation.presenting import present
from flows.conversation.readers import READERS
from flows.definitions.booking_flow import BOOKING_FLOW
from flows.definitions.steps import Step, Talk
from flows.labels import labels_of
from flows.outgoing import Text, TooLong
from flows.sentences import ENGLISH

LANGUAGES = (ENGLISH, "sn", "nd")

ALWAYS_HEARD = frozenset({"menu", "back", "my_bookings", "pay_balance", "talk_to_person", "stop", "start", "help"})

SENTENCES = (
    *(
        "already",
        "booked",
        "book_with_a_form",
        "cancel_booked",
        "cancelled",
        "cannot_read",
        "email_not_understood",
        "form_not_finished",
        "gone",
        "handed_back",
    ),
    *("hello_again", "help", "language_chosen", "late_button", "later", "name_not_understood", "no_such_date", "not_understood"),
    *(
        "nothing_to_pay",
        "nudge",
        "offer_person",
        "paid_already",
        "payer_is_abroad",
        "person_is_asked",
        "person",
        "person_is_coming",
    ),
    *(
        "person",
        "person_is_here",
        "phone_not_understood",
        "proof_received",
        "seats_ran_out",
        "started",
        "stopped",
        "too_many_travellers",
    ),
    *("travellers_not_understood", "unknown_button", "welcome"),
)
"""What the engine says besides the steps, of `templates/whatsapp/talk/`."""

LABELS = ("footer", "go_on", "more", "open_form")
"""What the engine shows besides the options."""


@register()
def check_conversation(**_: Any) -> list[Error]:
    """Django's door to `problems`."""
    return [Error(f"The booking conversation: {problem}", id="flows.E001") for problem in problems(BOOKING_FLOW)]


def problems(talk: Talk) -> list[str]:
    """Everything that is wrong with a conversation, each as a sentence; limits are measured only when all names exist."""
    found = [*_names(talk), *_ways(talk), *_sentences(talk)]
    return found or list(_limits(talk))


# --- Names ----------------------------------------------------------------------------------------
def _names(talk: Talk) -> Iterator[str]:
    if talk.start not in talk.steps:
        yield f"it starts at {talk.start}, and there is no such step."
    for name, step in talk.steps.items():
        yield from _names_of(talk, name, step)
    for name, wanted in talk.commands.items():
        yield from _unknown(f"the command {name}", "step", [wanted.go_to], talk.steps)
        yield from _unknown(f"the command {name}", "action", [wanted.run], talk.actions)
        yield from _unknown("a command", "keyword", [name], WORDS)
    for name, action in talk.actions.items():
        if not actions.exists(name):
            yield f"there is no code for the action {name}."
        yield from _unknown(f"the action {name}", "step", action.may_go_to, talk.steps)


def _names_of(talk: Talk, name: str, step: Step) -> Iterator[str]:
    where = f"the step {name}"
    if name != step.name:
        yield f"{where} calls itself {step.name}."
    yield from _unknown(where, "step", [step.go_to, step.if_empty_go_to, *(option.go_to for option in step.options)], talk.steps)
    yield from _unknown(where, "action", [step.run, step.on_enter, *(option.run for option in step.options)], talk.actions)
    yield from _unknown(where, "source", [step.source], SOURCES)
    yield from _unknown(where, "reader", [step.reader], READERS)
    yield from _unknown(where, "condition", [option.only_if for option in step.options], CONDITIONS)
    missing = ALWAYS_HEARD - step.escapes
    if missing:
        yield f"{where} does not hear {', '.join(sorted(missing))}."
    if bool(step.if_empty) != bool(step.if_empty_go_to):
        yield f"{where} must say what it says and where it goes when there is nothing to choose, or neither."


def _unknown(where: str, kind: str, names: Iterable[str], known: Iterable[str]) -> Iterator[str]:
    for name in names:
        if name and name not in known:
            yield f"{where} names the {kind} {name}, and there is none."


# --- Ways -----------------------------------------------------------------------------------------
def _ways(talk: Talk) -> Iterator[str]:
    for name, step in talk.steps.items():
        if not any(other != name for other in _next(talk, step)):
            yield f"the step {name} has no way out."
        elif not (step.options or step.source or step.reader):
            yield f"the step {name} accepts no answer."
        elif _is_stuck(step):
            yield f"the step {name} accepts an answer that leads nowhere."
    for name in sorted(set(talk.steps) - _reached(talk)):
        yield f"nothing leads to the step {name}."


def _is_stuck(step: Step) -> bool:
    leads_on = bool(step.go_to or step.run)
    stuck = (option for option in step.options if not (option.go_to or option.run or (leads_on and option.value is not None)))
    return any(stuck) or (bool(step.source or step.reader) and not leads_on)


def _next(talk: Talk, step: Step) -> set[str]:
    """Where a step may lead, not counting what works anywhere."""
    runs = {step.run, step.on_enter, *(option.run for option in step.options)}
    led = {name for run in runs if run in talk.actions for name in talk.actions[run].may_go_to}
    return led | ({step.go_to, step.if_empty_go_to, *(option.go_to for option in step.options)} - {""})


def _reached(talk: Talk) -> set[str]:
    """Every step that somebody can come to, from the start or by a command."""
    commanded = {command.go_to for command in talk.commands.values()}
    acted = {name for action in talk.actions.values() if action.from_anywhere for name in action.may_go_to}
    waiting, reached = [talk.start, *commanded, *acted], set[str]()
    while waiting:
        name = waiting.pop()
        if name in talk.steps and name not in reached:
            reached.add(name)
            waiting.extend(_next(talk, talk.steps[name]))
    return reached


# --- Sentences and limits -------------------------------------------------------------------------
def _sentences(talk: Talk) -> Iterator[str]:
    said = {name for step in talk.steps.values() for name in (step.says, step.if_empty) if name}
    for name in sorted({*said, *SENTENCES}):
        try:
            get_template(f"whatsapp/talk/{name}.txt", using="text")
        except TemplateDoesNotExist:
            yield f"there is no templates/whatsapp/talk/{name}.txt."
        except TemplateSyntaxError as error:
            yield f"templates/whatsapp/talk/{name}.txt cannot be read: {error}."
    labels = labels_of(ENGLISH)
    shown = {step.button for step in talk.steps.values()} | {
        option.label for step in talk.steps.values() for option in step.options
    }
    for name in sorted({*shown, *LABELS} - set(labels)):
        yield f"there is no label {name} in templates/whatsapp/talk/labels.txt."


def _limits(talk: Talk) -> Iterator[str]:
    """Every step and sentence with facts as long as they can be, in every language."""
    for language in LANGUAGES:
        talking = ExampleTalking(language)
        for step in talk.steps.values():
            try:
                present(talking, step)
            except TooLong as error:
                yield f"the step {step.name} is too long for WhatsApp in {language}: {error}"
        for name in SENTENCES:
            yield from _limit_of(talking, name, language)


def _limit_of(talking: ExampleTalking, name: str, language: str) -> Iterator[str]:
    facts: Mapping[str, object] = {"kind": "voice", "most": LONG}
    try:
        Text(talking.say(name, **facts))
    except TooLong as error:
        yield f"templates/whatsapp/talk/{name}.txt is too long for WhatsApp in {language}: {error}"
