"""A step as messages: buttons where three are enough, a list where there are more, a text where there is nothing to tap."""

from __future__ import annotations

from dataclasses import replace

from flows.conversation.facts import Talking
from flows.conversation.offering import Found, as_choice, choices_of, page_of
from flows.definitions.steps import Step
from flows.labels import label
from flows.outgoing import Buttons, ListMenu, Outgoing, Section, Text

MOST_IN_BODY = {Text: 4096, Buttons: 1024, ListMenu: 4096}
MOST_ON_BUTTON = 20


def present(talking: Talking, step: Step) -> Outgoing:
    """What the step says, with what can be tapped."""
    found = page_of(talking, step, choices_of(talking, step))
    body = talking.say(step.says)
    footer = label("footer", language=talking.language).title
    taps = tuple(as_choice(talking, step, each) for each in found)
    if not taps:
        return Text(f"{body}\n\n{footer}")
    if len(taps) <= 3 and all(_fits_a_button(each) for each in found):
        return Buttons(body, choices=tuple(replace(tap, description="") for tap in taps), footer=footer)
    button = label(step.button, language=talking.language).title
    return ListMenu(body, button=button, sections=(Section("", taps),), footer=footer)


def joined(messages: list[Outgoing]) -> tuple[Outgoing, ...]:
    """A text and what follows it as one message, where WhatsApp takes it: fewer messages arrive sooner and in order."""
    done: list[Outgoing] = []
    for message in messages:
        before = done[-1] if done else None
        if type(before) is Text and type(message) in MOST_IN_BODY:
            body = f"{before.body}\n\n{message.body}"
            if len(body) <= MOST_IN_BODY[type(message)]:
                done[-1] = replace(message, body=body)
                continue
        done.append(message)
    return tuple(done)


def _fits_a_button(found: Found) -> bool:
    return len(found.title) <= MOST_ON_BUTTON and not (found.option is None and found.description)
