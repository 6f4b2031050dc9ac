"""What was measured, and how it is written down."""

import os
import platform
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.place import ROOT

_HEAD = (
    "Ratios from one run, never timed tests: each figure stands beside its peer or limit, measured in turns on the same machine.",
    "Repeat with `make bench`; it takes some minutes, uses a database of its own under `.local/bench`, and only loopback.",
)
_NOTES = (
    "- INIT and submit go through the whole stack on one granian process: signature, RSA-OAEP and AES-GCM, DRF, PostgreSQL.",
    "  The peers open the same requests and seal the same answer without any database: pywa's Flow handler on FastAPI and",
    "  uvicorn, and the same steps in Node's `crypto` on Express, one process each.",
    "- The time from a status update to `successful` comes from the database: the update's arrival to the event of the move.",
    "- The staff's pages are asked for in this process, over the data of `make_large_data`; a stock ModelAdmin beside ours has",
    "  the same look, so that what differs is what a list asks the database.",
    "- The sweep claims payments and hands them to callbacks that do nothing.",
)


@dataclass(frozen=True)
class Figure:
    """One line: what, ours, beside what, the ratio, and whether the target is met (None: there is none)."""

    what: str
    ours: str
    beside: str
    ratio: str
    target: str = ""
    is_met: bool | None = None


@dataclass
class Report:
    figures: list[Figure] = field(default_factory=list)
    sections: list[tuple[str, list[str]]] = field(default_factory=list)

    def add(self, figure: Figure) -> None:
        self.figures.append(figure)
        met = {True: "met", False: "NOT met", None: ""}[figure.is_met]
        print(f"  {figure.what}: {figure.ours}; {figure.beside}; {figure.ratio} {figure.target} {met}", flush=True)

    def section(self, title: str, lines: list[str]) -> None:
        """What is said below the table of figures."""
        self.sections.append((title, lines))

    def write(self, path: Path = ROOT / "docs" / "benchmarks.md") -> None:
        lines = [
            "# Benchmarks",
            "",
            *_HEAD,
            "",
            (
                f"Last run {datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores ({platform.machine()}), "
                f"Python {platform.python_version()}, embedded PostgreSQL with fsync, load generator on the same cores."
            ),
            "",
            "| what | ours | beside | ratio | target | |",
            "|---|---|---|---|---|---|",
        ]
        for figure in self.figures:
            met = {True: "met", False: "**not met**", None: ""}[figure.is_met]
            lines.append(f"| {figure.what} | {figure.ours} | {figure.beside} | {figure.ratio} | {figure.target} | {met} |")
        lines += ["", *_NOTES]
        for title, said in self.sections:
            lines += ["", f"## {title}", "", *said]
        path.write_text("\n".join([*lines, ""]))
