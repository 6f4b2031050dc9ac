"""The conversation as it is declared has no hole, and each check finds the hole it is there for."""

from dataclasses import replace
from typing import Any

import pytest

from flows.conversation import start_checks
from flows.conversation.start_checks import check_conversation, problems
from flows.definitions.booking_flow import BOOKING_FLOW
from flows.definitions.steps import Command, Named, Option, Step, Talk
from flows.sentences import say as really_say

ESCAPES = frozenset(BOOKING_FLOW.commands)

TO_MENU = (Option("x", "menu", go_to="menu"),)
TO_ITSELF = (Option("x", "menu", go_to="transfer"),)
BY_LUCK = (Option("x", "menu", go_to="menu", only_if="luck"),)
UNLABELLED = (Option("x", "unlabelled", go_to="menu"),)
SING = {**BOOKING_FLOW.commands, "sing": Command(go_to="menu")}
WISH = {**BOOKING_FLOW.actions, "wish": Named()}


def with_step(step: str, **changes: Any) -> Talk:
    """The conversation with one step changed, or added."""
    was = BOOKING_FLOW.steps.get(step, Step(step, says="help", escapes=ESCAPES))
    return replace(BOOKING_FLOW, steps={**BOOKING_FLOW.steps, step: replace(was, **changes)})


def test_the_conversation_has_no_hole() -> None:
    assert problems(BOOKING_FLOW) == []
    assert check_conversation() == []


def test_what_the_customer_is_promised_is_among_the_steps_and_actions() -> None:
    steps = {"menu", "tour", "date", "travellers", "name", "email", "summary", "ask_payment_option", "who_pays"}
    assert steps <= set(BOOKING_FLOW.steps)
    assert "initiate_paynow_payment" in BOOKING_FLOW.actions


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (with_step("later", go_to="menu"), "the step later accepts no answer"),
        (with_step("transfer", options=(), on_enter=""), "the step transfer has no way out"),
        (with_step("transfer", options=TO_ITSELF, on_enter=""), "the step transfer has no way out"),
        (with_step("date", go_to=""), "accepts an answer that leads nowhere"),
        (with_step("menu", options=(Option("x", "menu"),)), "accepts an answer that leads nowhere"),
        (with_step("island", options=TO_MENU), "nothing leads to the step island"),
        (with_step("name", go_to="nowhere"), "the step name names the step nowhere"),
        (with_step("tour", if_empty_go_to="nowhere"), "the step tour names the step nowhere"),
        (with_step("tour", if_empty_go_to=""), "must say what it says and where it goes"),
        (with_step("name", run="wish"), "the step name names the action wish"),
        (with_step("name", source="stars"), "the step name names the source stars"),
        (with_step("name", reader="palm"), "the step name names the reader palm"),
        (with_step("transfer", options=BY_LUCK), "names the condition luck"),
        (with_step("name", says="nothing_written"), "there is no templates/whatsapp/talk/nothing_written.txt"),
        (with_step("transfer", options=UNLABELLED), "there is no label unlabelled"),
        (with_step("name", escapes=frozenset({"menu", "back"})), "the step name does not hear help, my_bookings"),
        (with_step("name", name="title"), "the step name calls itself title"),
        (replace(BOOKING_FLOW, start="door"), "it starts at door"),
        (replace(BOOKING_FLOW, commands=SING), "names the keyword sing"),
        (replace(BOOKING_FLOW, commands={"menu": Command(go_to="nowhere")}), "the command menu names the step nowhere"),
        (replace(BOOKING_FLOW, actions=WISH), "there is no code for the action wish"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_hole_is_said(broken: Talk, said: str) -> None:
    assert any(said in problem for problem in problems(broken))


def test_a_text_over_whatsapps_limit_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def long_winded(template: str, **facts: Any) -> str:
        return really_say(template, **facts) * (40 if template == "talk/summary" else 1)

    monkeypatch.setattr("flows.conversation.facts.say", long_winded)
    assert any("the step summary is too long for WhatsApp" in problem for problem in problems(BOOKING_FLOW))


def test_too_many_choices_are_said() -> None:
    many = tuple(Option(str(number), "menu", go_to="menu") for number in range(11))
    assert any("the step transfer is too long" in problem for problem in problems(with_step("transfer", options=many)))


def test_a_hole_stops_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(start_checks, "BOOKING_FLOW", with_step("name", go_to="nowhere"))
    assert {error.id for error in check_conversation()} == {"flows.E001"}
