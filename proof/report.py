"""Writes `docs/proof.md`: what each seed's run came to, kept beside it as values, so that several runs add up to one report."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from proof.controls import CONTROLS
from proof.inside.guards import GUARDS
from proof.inside.points import POINTS
from proof.promises import PROMISED
from proof.result import Result, result_of

DOCS = Path(__file__).resolve().parents[1] / "docs"
REPORT, FIGURES = DOCS / "proof.md", DOCS / "proof.json"
MOST_SENTENCES = 3

HEAD = """# The proof

`make prove` starts the whole house as separate processes from the units in `deploy/systemd`: real PostgreSQL and Redis, two web
processes, three workers, the clock, and the simulators of Paynow and of Meta. Customers pay by every method while processes are
killed, engines are stopped and emptied, the gateway hangs and loses replies, updates are dropped, doubled, delayed, reordered
and forged, WhatsApp delivers twice and loses answers, and staff press the same buttons. Then both sides of the wire are asked
whether every promise held. Nothing here is written by hand: a run adds its own column.

| | |
|---|---|
| Prove it | `make prove`; it takes a seed by chance, prints it, and ends with 0 only when all of this page is green |
| Replay a seed | `make prove SEED=1` |
| One guard's control | `make prove SEED=1 ARGS="--only-control lost-answer"` |
| On a busy machine | `make prove ARGS="--speed 0.5 --control-speed 0.5"`: the timetable takes twice as long |
| The short run | part of `make test`: `proof/tests/test_short_run.py` |
| Afterwards | `.local/proof/main/logs` has what each process said, `.local/proof/main/rows` every table as CSV |

A seed decides who pays what, how and when within their journey, what goes wrong with it, and after how many journeys something is
broken. What the machine's own timing decides differs from run to run, so a promise has to hold whatever the timing was. The
timetable is compressed (`proof/inside/clock.py`): what takes a week takes two minutes, and nothing but durations is changed.

Both sides' books are compared: `proof/verdict.py` reads the charges from Paynow's simulator and the messages from Meta's, never
from our tables alone. What must be told is said again in `proof/telling.py`, and not asked of the code that tells.
"""


@dataclass(frozen=True)
class Tried:
    """A control: `guard` was taken away (empty: none was), and whether the verdict said what it should."""

    guard: str
    result: Result
    is_as_expected: bool


def add_to_report(result: Result, tried: Sequence[Tried]) -> None:
    """Adds this seed's run, in the place of an earlier one of the same seed, and writes the report anew."""
    kept: dict[str, Any] = json.loads(FIGURES.read_text()) if FIGURES.exists() else {}
    earlier = kept.get(str(result.seed), {})
    kept[str(result.seed)] = {
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        "machine": f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}",
        "result": asdict(result) | {"evidence": ""},
        "tried": [_brief(each) for each in tried] or earlier.get("tried", []),
    }
    FIGURES.write_text(json.dumps(kept, indent=1, sort_keys=True) + "\n")
    REPORT.write_text("\n".join(_lines(kept)) + "\n")


def _brief(tried: Tried) -> dict[str, Any]:
    finds = CONTROLS[tried.guard].finds if tried.guard else frozenset()
    fitting = [finding for finding in tried.result.findings if finding[0] in finds] or list(tried.result.findings)
    return {
        "guard": tried.guard,
        "as_expected": tried.is_as_expected,
        "seconds": tried.result.seconds,
        "findings": len(tried.result.findings),
        "sentences": fitting[:MOST_SENTENCES],
    }


# --- The page -------------------------------------------------------------------------------------
def _lines(kept: Mapping[str, Any]) -> Iterable[str]:
    seeds = sorted(kept, key=int)
    results = {seed: result_of(kept[seed]["result"]) for seed in seeds}
    yield HEAD
    yield "## The runs\n"
    yield from _table(
        ["", *(f"Seed {seed}" for seed in seeds)],
        [
            ["Verdict", *("every promise held" if results[seed].is_green else "**broken**" for seed in seeds)],
            ["Date", *(kept[seed]["date"] for seed in seeds)],
            ["Machine", *(kept[seed]["machine"] for seed in seeds)],
            ["Seconds", *(f"{results[seed].seconds:.0f}" for seed in seeds)],
            ["CPU seconds of everything", *(f"{results[seed].cpu_seconds:.0f}" for seed in seeds)],
            *_rows(seeds, {seed: results[seed].counts for seed in seeds}),
            *_rows(seeds, {seed: results[seed].money for seed in seeds}, start="Taken by the gateway, "),
        ],
    )
    yield "\n## What was promised\n"
    yield from _table(
        ["Promise", *(f"Seed {seed}" for seed in seeds)],
        [[says, *(_held(results[seed], name) for seed in seeds)] for name, says in PROMISED.items()],
    )
    yield from _broken(results)
    yield "\n## What was done to it\n"
    yield from _table(
        ["Trouble", *(f"Seed {seed}" for seed in seeds)], _rows(seeds, {seed: results[seed].troubles for seed in seeds})
    )
    yield "\nProcesses that were started again after they were killed:\n"
    yield from _table(
        ["Process", *(f"Seed {seed}" for seed in seeds)], _rows(seeds, {seed: results[seed].restarts for seed in seeds})
    )
    yield "\nKilled at each named point:\n"
    points = [[point.name, point.says, *(str(results[seed].points.get(point.name, 0)) for seed in seeds)] for point in POINTS]
    yield from _table(["Point", "What was done by then, and what was not", *(f"Seed {seed}" for seed in seeds)], points)
    yield from _controls(kept, seeds)


def _rows(seeds: Sequence[str], figures: Mapping[str, Mapping[str, Any]], *, start: str = "") -> list[list[str]]:
    names = list(dict.fromkeys(name for seed in seeds for name in figures[seed]))
    return [[f"{start}{name}", *(_shown(figures[seed].get(name, 0)) for seed in seeds)] for name in names]


def _shown(figure: Any) -> str:
    return f"{figure:,}" if isinstance(figure, int) else str(figure)


def _held(result: Result, promise: str) -> str:
    count = sum(name == promise for name, _ in result.findings)
    return f"**{count} findings**" if count else "held"


def _broken(results: Mapping[str, Result]) -> Iterable[str]:
    for seed, result in results.items():
        for promise, sentence in result.findings[:20]:
            yield f"\nSeed {seed}, `{promise}`: {sentence}"


def _controls(kept: Mapping[str, Any], seeds: Sequence[str]) -> Iterable[str]:
    yield "\n## The controls\n"
    yield "Each guard is taken away, by a switch that only the proof can set; then the same seed must fail.\n"
    for seed in seeds:
        if not kept[seed]["tried"]:
            continue
        yield f"\nSeed {seed}:\n"
        yield from _table(["Guard", "In its place", "Found out", "By what"], [_control_row(each) for each in kept[seed]["tried"]])


def _control_row(tried: Mapping[str, Any]) -> list[str]:
    said = "<br>".join(sentence for _, sentence in tried["sentences"])
    if not tried["guard"]:
        return [
            "none is taken away",
            "What all controls bring about, with every guard",
            "green" if tried["as_expected"] else "**RED**",
            said,
        ]
    guard = GUARDS[tried["guard"]]
    return [guard.guards, guard.instead, "yes" if tried["as_expected"] else "**NO**", said]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterable[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(str(cell).replace('|', '/') for cell in row)} |"
