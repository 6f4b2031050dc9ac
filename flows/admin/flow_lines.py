"""A Flow's JSON for people: numbered lines, and Meta's mistakes at the lines they point to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from flows.flow_json.lines import Line, line_at, lines_of
from flows.flow_problems import FlowProblem

LINES_AROUND = 4


@dataclass(frozen=True)
class MarkedLine:
    """A line with what Meta found there. `follows_a_gap`: lines before it are left out."""

    number: int
    text: str
    mistakes: tuple[str, ...] = ()
    follows_a_gap: bool = False


def shown_whole(flow: Mapping[str, Any], problems: Iterable[FlowProblem]) -> SafeString:
    """Every line."""
    return _rendered(marked_lines(flow, problems), "The whole JSON")


def shown_mistakes(flow: Mapping[str, Any], problems: Iterable[FlowProblem]) -> SafeString:
    """The lines with mistakes and a few around them."""
    return _rendered(excerpts(marked_lines(flow, problems)), "Lines with mistakes")


def marked_lines(flow: Mapping[str, Any], problems: Iterable[FlowProblem]) -> list[MarkedLine]:
    """Where Meta names no line, its path does; a mistake without either stands at the first line."""
    lines = lines_of(flow)
    mistakes: defaultdict[int, list[str]] = defaultdict(list)
    for problem in problems:
        mistakes[_line_of(problem, lines)].append(f"{problem.error}: {problem.message}")
    return [MarkedLine(line.number, line.text, tuple(mistakes[line.number])) for line in lines]


def excerpts(lines: list[MarkedLine]) -> list[MarkedLine]:
    wrong = [line.number for line in lines if line.mistakes]
    near = [line for line in lines if any(abs(line.number - number) <= LINES_AROUND for number in wrong)]
    before = {line.number for line in near}
    return [
        MarkedLine(line.number, line.text, line.mistakes, follows_a_gap=line.number > 1 and line.number - 1 not in before)
        for line in near
    ]


def _line_of(problem: FlowProblem, lines: list[Line]) -> int:
    if 1 <= problem.line <= len(lines):
        return problem.line
    return line_at(lines, problem.path) or 1


def _rendered(lines: list[MarkedLine], label: str) -> SafeString:
    return render_to_string("admin/flows/lines.html", {"lines": lines, "label": label})
