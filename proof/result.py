"""What one run came to, as values that can be written down and read again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Result:
    """`counts`, `kills` and the rest are figures by name; `findings` pairs of a promise and a sentence."""

    seed: int
    without: Sequence[str]
    seconds: float
    counts: Mapping[str, int]
    points: Mapping[str, int] = field(default_factory=dict)
    passed: Sequence[str] = ()
    """The points that processes came to, armed or not."""
    restarts: Mapping[str, int] = field(default_factory=dict)
    troubles: Mapping[str, int] = field(default_factory=dict)
    money: Mapping[str, str] = field(default_factory=dict)
    findings: Sequence[tuple[str, str]] = ()
    cpu_seconds: float = 0.0
    """Of everything: our processes, engines, simulators and the driver, with every start after a kill."""
    evidence: str = ""
    """The folder with the logs and the rows."""

    @property
    def is_green(self) -> bool:
        return not self.findings

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=1, sort_keys=True, default=str) + "\n")


def read_result(path: Path) -> Result:
    return result_of(json.loads(path.read_text()))


def result_of(values: Mapping[str, Any]) -> Result:
    return Result(**{**values, "findings": [(promise, sentence) for promise, sentence in values["findings"]]})
