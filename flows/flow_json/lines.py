"""A Flow as the text that is sent to Meta, and which of its lines a path points to: Meta counts lines in what it was sent."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

Steps = tuple[str, ...]

_INDENT = 2
_STEP = re.compile(r"[^./\[\]]+")


@dataclass(frozen=True)
class Line:
    """One line of the text; `steps` lead to the value that begins in it."""

    number: int
    text: str
    steps: Steps


def flow_text(flow: Mapping[str, Any]) -> str:
    """The text of a Flow, as it is exported, sent to Meta and shown to people: the same lines everywhere."""
    return json.dumps(flow, indent=_INDENT, ensure_ascii=False)


def lines_of(flow: Mapping[str, Any]) -> list[Line]:
    """The lines of `flow_text`."""
    return [Line(number, text, steps) for number, (text, steps) in enumerate(_written(flow, (), "", ""), start=1)]


def line_at(lines: list[Line], path: str) -> int:
    """The number of the line that `path` points to, or of the nearest one around it; 0 when there is no path.

    A path is written like Meta's `screens[0].layout.children[2].text`, or like `/screens/0/layout`.
    """
    steps = tuple(_STEP.findall(path))
    starts: dict[Steps, int] = {}
    for line in lines:
        starts.setdefault(line.steps, line.number)
    around = (steps[:length] for length in range(len(steps), 0, -1))
    return next((starts[inner] for inner in around if inner in starts), 1 if steps else 0)


def _written(value: Any, steps: Steps, before: str, after: str) -> Iterator[tuple[str, Steps]]:
    """`value` in lines, as the standard library writes it; `before` stands before its first line, `after` behind its last."""
    if not isinstance(value, dict | list) or not value:
        yield before + json.dumps(value, ensure_ascii=False) + after, steps
        return
    indent = " " * (_INDENT * len(steps))
    inner = indent + " " * _INDENT
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    yield before + opening, steps
    members = list(value.items()) if isinstance(value, dict) else list(enumerate(value))
    for number, (name, member) in enumerate(members, start=1):
        key = f"{json.dumps(str(name), ensure_ascii=False)}: " if isinstance(value, dict) else ""
        yield from _written(member, (*steps, str(name)), inner + key, "," if number < len(members) else "")
    yield indent + closing + after, steps
