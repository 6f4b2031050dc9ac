"""Which test runs which line, found out by one run of all of them; so that a mutant meets only the tests that could notice it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Covering:
    """For each file the tests of each line; how long each test took, in seconds."""

    seconds: dict[str, float] = field(default_factory=dict)
    lines: dict[str, dict[int, list[str]]] = field(default_factory=dict)

    def tests_of(self, path: str, line: int, last: int) -> list[str]:
        """The tests that run anything between these two lines of the file at `path`."""
        of_file = self.lines.get(path, {})
        return sorted({test for number in range(line, last + 1) for test in of_file.get(number, [])})

    def tests_of_file(self, path: str) -> list[str]:
        return sorted({test for tests in self.lines.get(path, {}).values() for test in tests})

    def in_order(self, tests: Iterable[str], *, first: Iterable[str] = ()) -> list[str]:
        """The quickest first, but before all those that have noticed a mutant of this file before."""
        noticed = {test: number for number, test in enumerate(first)}
        return sorted(tests, key=lambda test: (test not in noticed, self.seconds.get(test, 1.0)))

    def save(self, place: Path) -> None:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(json.dumps({"seconds": self.seconds, "lines": self.lines}))

    @classmethod
    def load(cls, place: Path) -> Covering:
        read = json.loads(place.read_text())
        lines = {path: {int(line): tests for line, tests in of_file.items()} for path, of_file in read["lines"].items()}
        return cls(read["seconds"], lines)
