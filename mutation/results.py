"""What became of every mutant, kept beside the code, and the table and the list made from it."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

from mutation.mutants import Mutant
from mutation.targets import ROOT, TARGETS, dotted

PLACE = Path(__file__).parent / "results"
EXPLAINED = Path(__file__).parent / "explained.toml"
PAGE = ROOT / "docs" / "mutation-testing.md"
TABLE, LIST, END = "<!-- score -->", "<!-- survivors -->", "<!-- end -->"


@dataclass
class Result:
    """One mutant and its end. `nth`: several operators may make faults that read alike."""

    name: str
    nth: int
    operator: str
    line: int
    outcome: str  # killed, survived, timeout
    by: str = ""
    tests: int = 0

    @property
    def key(self) -> tuple[str, str, int]:
        return self.name, self.operator, self.nth


def keyed(mutants: list[Mutant]) -> list[tuple[tuple[str, str, int], Mutant]]:
    """Each mutant with what it is called in the results."""
    seen: Counter[tuple[str, str]] = Counter()
    pairs = []
    for mutant in mutants:
        pairs.append(((mutant.name, mutant.operator, seen[mutant.name, mutant.operator]), mutant))
        seen[mutant.name, mutant.operator] += 1
    return pairs


def load(path: str) -> list[Result]:
    place = PLACE / f"{dotted(path)}.json"
    return [Result(**each) for each in json.loads(place.read_text())] if place.exists() else []


def save(path: str, results: list[Result]) -> None:
    PLACE.mkdir(exist_ok=True)
    ordered = sorted(results, key=lambda result: (result.line, result.name, result.operator, result.nth))
    lines = ",\n".join(json.dumps(asdict(result), ensure_ascii=False) for result in ordered)
    (PLACE / f"{dotted(path)}.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def reasons() -> dict[tuple[str, str], str]:
    """Why a survivor may live, by its file and name."""
    if not EXPLAINED.exists():
        return {}
    groups = tomllib.loads(EXPLAINED.read_text(encoding="utf-8")).get("group", [])
    return {(group["path"], name): group["why"] for group in groups for name in group["mutants"]}


def unexplained() -> list[tuple[str, Result]]:
    """Survivors that nobody has said anything about."""
    said = reasons()
    return [
        (path, result)
        for path in TARGETS
        for result in load(path)
        if result.outcome == "survived" and (path, result.name) not in said
    ]


def score(results: list[Result]) -> str:
    """Killed or timed out, of all, in per cent."""
    noticed = sum(result.outcome != "survived" for result in results)
    return f"{100 * noticed / len(results):.1f} %" if results else "not run"


def write_page() -> None:
    """The table and the list of survivors in docs/mutation-testing.md."""
    page = PAGE.read_text(encoding="utf-8")
    page = _between(page, TABLE, _table())
    PAGE.write_text(_between(page, LIST, _survivors()), encoding="utf-8")


def _between(page: str, start: str, text: str) -> str:
    head, rest = page.split(start, 1)
    return f"{head}{start}\n{text}\n{END}{rest.split(END, 1)[1]}"


def _table() -> str:
    said = reasons()
    rows = ["| module | mutants | killed | timed out | survived | of them explained | score |", "|---|--:|--:|--:|--:|--:|--:|"]
    everything: list[Result] = []
    for path in TARGETS:
        results = load(path)
        everything += results
        explained = sum(result.outcome == "survived" and (path, result.name) in said for result in results)
        rows.append(_row(f"`{path}`", results, explained))
    explained = sum(len([r for r in load(path) if r.outcome == "survived" and (path, r.name) in said]) for path in TARGETS)
    return "\n".join([*rows, _row("**all**", everything, explained)])


def _row(name: str, results: list[Result], explained: int) -> str:
    if not results:
        return f"| {name} | | | | | | not run |"
    count = Counter(result.outcome for result in results)
    cells = [len(results), count["killed"], count["timeout"], count["survived"], explained, score(results)]
    return f"| {name} | {' | '.join(str(cell) for cell in cells)} |"


def _survivors() -> str:
    said = reasons()
    parts = []
    for path in TARGETS:
        survivors = [result for result in load(path) if result.outcome == "survived"]
        if not survivors:
            continue
        by_reason: dict[str, list[str]] = {}
        for result in survivors:
            by_reason.setdefault(said.get((path, result.name), "Not explained yet."), []).append(result.name)
        parts.append(f"### {path}\n")
        for why, names in by_reason.items():
            lines = "\n".join(f"    {name}" for name in dict.fromkeys(names))
            parts.append(f"{why}\n\n{lines}\n")
    return "\n".join(parts)
