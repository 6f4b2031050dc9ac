"""What Meta says is wrong with a Flow, as values. Pure.

Names of the errors: https://developers.facebook.com/documentation/business-messaging/whatsapp/flows/reference/error-codes
(edition of 2026-02-26)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class FlowProblem:
    """One mistake: Meta's name for it and its sentence, and where; `line` and `column` count from 1, 0 when Meta says none.

    `path` leads to it through the JSON, such as `screens[0].layout.children[2]`.
    """

    error: str
    message: str
    line: int = 0
    column: int = 0
    path: str = ""

    def __str__(self) -> str:
        place = f" at {self.path}" if self.path else ""
        line = f", line {self.line}" if self.line else ""
        return f"{self.error}{place}{line}: {self.message}"

    def as_json(self) -> dict[str, Any]:
        """As a row keeps it."""
        return asdict(self)


def read_problems(answer: Mapping[str, Any]) -> tuple[FlowProblem, ...]:
    """The validation errors of an answer of Meta's; what cannot be read as one is left out."""
    return tuple(_problem(error) for error in _objects(answer.get("validation_errors")))


def read_health(answer: Mapping[str, Any]) -> tuple[str, tuple[str, ...]]:
    """Whether Meta lets the Flow be sent (AVAILABLE, LIMITED, BLOCKED), and why not: each reason with what Meta advises."""
    health = answer.get("health_status")
    if not isinstance(health, Mapping):
        return "", ()
    errors = [error for entity in _objects(health.get("entities")) for error in _objects(entity.get("errors"))]
    sentences = (f"{error.get('error_description') or ''} {error.get('possible_solution') or ''}".strip() for error in errors)
    return str(health.get("can_send_message") or ""), tuple(dict.fromkeys(sentence for sentence in sentences if sentence))


def from_json(kept: Any) -> Iterator[FlowProblem]:
    """The problems that a row keeps."""
    for each in _objects(kept):
        error, message, path = (str(each.get(name) or "") for name in ("error", "message", "path"))
        yield FlowProblem(error, message, line=_number(each, "line"), column=_number(each, "column"), path=path)


def _problem(error: Mapping[str, Any]) -> FlowProblem:
    """Meta gives the place at the error, at its first pointer, or at both."""
    pointer: Mapping[str, Any] = next(iter(_objects(error.get("pointers"))), {})
    return FlowProblem(
        error=str(error.get("error") or "UNKNOWN"),
        message=str(error.get("message") or ""),
        line=_number(error, "line_start") or _number(pointer, "line_start"),
        column=_number(error, "column_start") or _number(pointer, "column_start"),
        path=str(pointer.get("path") or ""),
    )


def _number(of: Mapping[str, Any], name: str) -> int:
    value = of.get(name)
    return value if isinstance(value, int) and value > 0 else 0


def _objects(value: Any) -> list[Mapping[str, Any]]:
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []
