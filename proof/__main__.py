"""`make prove`: the main run, then each guard's control, then the report in `docs/proof.md`. The seed is printed first."""

from __future__ import annotations

import argparse
import secrets
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from proof.controls import CONTROLS
from proof.inside.guards import GUARDS
from proof.report import Tried, add_to_report
from proof.result import Result, read_result

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / ".local" / "proof"
MOST_SENTENCES = 15


class RunFailed(Exception):
    """A run came to no verdict. The sentence says where to look."""


def main() -> int:
    """0: every promise held, and every control was found out."""
    options = _options()
    print(f"Seed {options.seed}. The same again: make prove SEED={options.seed}", flush=True)
    FOLDER.mkdir(parents=True, exist_ok=True)
    try:
        return _prove(options)
    except RunFailed as failure:
        print(f"{failure}\nReplay with: make prove SEED={options.seed}")
        return 1


def _prove(options: argparse.Namespace) -> int:
    main_run = None if options.only_control else _main_run(options)
    tried = [] if options.without_controls else _controls(options)
    is_proven = (main_run is None or main_run.is_green) and all(each.is_as_expected for each in tried)
    if main_run is not None and not options.no_report:
        add_to_report(main_run, tried)
        print(f"The report is {ROOT / 'docs' / 'proof.md'}.")
    print("Proven." if is_proven else f"NOT proven. Replay with: make prove SEED={options.seed}")
    return 0 if is_proven else 1


def _main_run(options: argparse.Namespace) -> Result:
    print(f"{options.payments} journeys of {options.customers} customers, while everything fails:", flush=True)
    sizes = ["--payments", str(options.payments), "--customers", str(options.customers)]
    result = _run("main", options, sizes)
    _show(result)
    return result


def _controls(options: argparse.Namespace) -> list[Tried]:
    """First the plan of all controls with every guard in its place, then each without its guard."""
    tried = []
    if not options.only_control:
        print("What all controls bring about, with every guard in its place:", flush=True)
        result = _run("shared", options, ["--control", "all"])
        _show(result)
        tried.append(Tried("", result, is_as_expected=result.is_green))
    for name in [options.only_control] if options.only_control else list(CONTROLS):
        print(f"Without {name}: {GUARDS[name].instead}", flush=True)
        result = _run(f"without-{name}", options, ["--control", name, "--without", name])
        found = sorted({promise for promise, _ in result.findings} & CONTROLS[name].finds)
        print(f"  {'found out: ' + ', '.join(found) if found else 'NOT found out'} ({result.seconds:.0f} s)", flush=True)
        tried.append(Tried(name, result, is_as_expected=bool(found)))
    return tried


def _run(name: str, options: argparse.Namespace, arguments: Sequence[str]) -> Result:
    """In a process of its own. Raises RunFailed when it comes to no verdict."""
    file = FOLDER / f"{name}.json"
    file.unlink(missing_ok=True)
    speed = str(options.speed if name == "main" else options.control_speed)
    command = [sys.executable, "-m", "proof.one_run", "--name", name, "--seed", str(options.seed), "--speed", speed]
    began = time.monotonic()
    ended = subprocess.run([*command, "--result", str(file), *arguments], cwd=ROOT, check=False)  # noqa: S603
    if not file.exists():
        where = FOLDER / name / "logs"
        raise RunFailed(f"The run {name} ended with {ended.returncode} after {time.monotonic() - began:.0f} s. See {where}.")
    return read_result(file)


def _show(result: Result) -> None:
    if result.is_green:
        print(f"  green after {result.seconds:.0f} s", flush=True)
        return
    print(f"  {len(result.findings)} findings after {result.seconds:.0f} s. The logs: {result.evidence}/logs")
    for promise, sentence in result.findings[:MOST_SENTENCES]:
        print(f"    {promise}: {sentence}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="proof", description="Proves what is promised, or finds out.")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--payments", type=int, default=2000)
    parser.add_argument("--customers", type=int, default=200)
    parser.add_argument("--speed", type=float, default=1.0, help="of the compressed timetable; 0.5 on a slow or busy machine")
    parser.add_argument("--control-speed", type=float, default=1.2, help="the same for the controls")
    parser.add_argument("--only-control", choices=sorted(CONTROLS), default="", help="only this guard's control")
    parser.add_argument("--without-controls", action="store_true")
    parser.add_argument("--no-report", action="store_true", help="leave docs/proof.md as it is")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
