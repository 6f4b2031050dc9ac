"""Ids of buttons: what a tap means, also months later. Pure.

`step/<step>/<answer>` answers a step of the conversation; `do/<action>/<argument>` does a named action from anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Tap:
    """`kind` is `step`, `do`, or empty for an id that is not ours."""

    kind: str = ""
    name: str = ""
    argument: str = ""


def answer_id(step: str, answer: str) -> str:
    return f"step/{step}/{answer}"


def action_id(action: str, argument: str = "") -> str:
    return f"do/{action}/{argument}"


def read_tap(button_id: str) -> Tap:
    """What a tapped id means; never raises: anybody can send anything."""
    kind, _, rest = button_id.partition("/")
    name, _, argument = rest.partition("/")
    return Tap(kind, name, argument) if kind in ("step", "do") and name else Tap()
