"""An answer is kept, its action runs, and the talk goes to the step that follows."""

from __future__ import annotations

from typing import Any

from flows.conversation import actions
from flows.conversation.facts import Talking
from flows.conversation.offering import Found, argument_of, choices_of
from flows.conversation.presenting import joined, present
from flows.definitions.booking_flow import BOOKING_FLOW
from flows.definitions.steps import Command, Step
from flows.outgoing import Outgoing, Text
from flows.replies import Reply

MOST_HOPS = 8
"""A step may lead on to another by itself: when it has nothing to offer, or something it needs is missing."""

LONGEST_TRAIL = 20


def choose(talking: Talking, step: Step, found: Found) -> Reply:
    """The customer took this choice on this step."""
    option = found.option
    talking.answers.setdefault("said", {})[step.name] = argument_of(talking, step, found.answer)
    if found.value is not None:
        _keep(talking, step, found.value)
    if option is not None:
        # What keeps no value answers another question: the step's own action and way on are not for it.
        run, go_to = (step.run, step.go_to) if option.value is not None else ("", "")
        return follow(talking, option.run or run, option.go_to or go_to)
    return follow(talking, step.run, step.go_to)


def read_value(talking: Talking, step: Step, value: Any) -> Reply:
    """The customer typed this answer to this step."""
    talking.answers.setdefault("said", {}).pop(step.name, None)  # a choice tapped before is not what stands now
    _keep(talking, step, value)
    return follow(talking, step.run, step.go_to)


def command(talking: Talking, wanted: Command) -> Reply:
    """Something that works anywhere."""
    return follow(talking, wanted.run, wanted.go_to)


def follow(talking: Talking, run: str, go_to: str) -> Reply:
    """Run the action, if any; where it leads to comes before `go_to`."""
    reply = actions.run(talking, run, "") if run else Reply()
    return Reply(reply.messages, reply.go_to or go_to)


def arrive(talking: Talking, reply: Reply) -> tuple[Outgoing, ...]:
    """Go where the reply leads, over steps that lead on by themselves, and say all there is to say."""
    messages, name = list(reply.messages), reply.go_to
    for hop in range(MOST_HOPS):
        if not name:
            break
        step = BOOKING_FLOW.steps[name if hop < MOST_HOPS - 1 else BOOKING_FLOW.start]
        name = _enter(talking, step, messages)
    return joined(messages)


def _enter(talking: Talking, step: Step, messages: list[Outgoing]) -> str:
    """Stand on this step and say it; or the name of the step that comes instead."""
    if any(talking.answers.get(need) in (None, "") for need in step.needs):
        return BOOKING_FLOW.start
    was = talking.step.name
    _move(talking, step)
    if step.on_enter:
        entering = actions.run(talking, step.on_enter, "")
        messages.extend(entering.messages)
        if entering.go_to and entering.go_to != step.name:
            return entering.go_to
    if step.if_empty and not any(found.option is None for found in choices_of(talking, step)):
        messages.append(Text(talking.say(step.if_empty)))
        return step.if_empty_go_to
    if not (step.is_quiet and messages and was != step.name):
        talking.is_brief = bool(messages)
        messages.append(present(talking, step))
    return ""


def _move(talking: Talking, step: Step) -> None:
    """The trail is the way back: a step that is on it already is gone back to, not added."""
    talk, was = talking.conversation, talking.conversation.step
    if step.name == was:
        return
    talking.answers.pop("page", None)
    talking.answers.pop("wrong", None)
    trail = list(talk.trail)
    if step.name in trail:
        trail = trail[: trail.index(step.name)]
    elif was in BOOKING_FLOW.steps:
        trail = [*trail, was][-LONGEST_TRAIL:]
    if was in BOOKING_FLOW.steps and BOOKING_FLOW.steps[was].is_draft and not step.is_draft and talking.answers.get("tour"):
        talking.answers["left_at"] = was
    talk.trail, talk.step = trail, step.name


def _keep(talking: Talking, step: Step, value: Any) -> None:
    if step.stores:
        talking.answers[step.stores] = value
        talking.forget(step.stores, *_FOLLOWS.get(step.stores, ()))


_FOLLOWS = {
    "tour": ("dates", "departure"),
    "departure": ("free",),
    "booking": ("owed", "amount_options"),
}
"""Facts that follow from an answer."""
