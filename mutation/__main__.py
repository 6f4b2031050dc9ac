"""`make mutants`: every mutant of the modules that move money, the score, and what survived.

python -m mutation                              everything, from the beginning
python -m mutation customer_data/money.py …     these modules only
python -m mutation --survivors                  only what survived, after new tests
python -m mutation --resume                     what has no result yet: a run that was stopped goes on
python -m mutation --page                       only write docs/mutation-testing.md again
"""

from __future__ import annotations

import argparse
import os
import sys
import time

os.environ.setdefault("DEBUG", "1")

import pytest

from mutation import results
from mutation.covering import Covering
from mutation.loop import Loop
from mutation.mutants import Mutant, mutants_of
from mutation.results import Result
from mutation.targets import ROOT, TARGETS, tests_for

COVERED = ROOT / ".local" / "mutation" / "covering.json"
SAVE_EVERY = 20


def main() -> int:
    asked = _arguments()
    if not asked.page:
        paths = asked.paths or TARGETS
        # Read at once, before anything else: what is loaded and what is broken are the same text.
        mutants = {path: mutants_of(path) for path in paths}
        print(f"{sum(map(len, mutants.values()))} mutants.", flush=True)
        loop = Loop(lambda loop: _try_all(loop, mutants, asked))
        arguments = ["-q", "-s", "--reuse-db", "-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:logging", "--no-header"]
        code = pytest.main([*arguments, *(asked.tests or tests_for(paths))], plugins=[loop])
        if code:
            return int(code)
    results.write_page()
    left = results.unexplained()
    for path, result in left:
        print(f"{path}:{result.line}: {result.operator}: {result.name}")
    print(f"{len(left)} survivors without an explanation. The page is docs/mutation-testing.md.")
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m mutation", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("paths", nargs="*", help="files, such as customer_data/money.py; all targets when none is named")
    parser.add_argument("--survivors", action="store_true", help="only what survived the last time")
    parser.add_argument("--resume", action="store_true", help="only what has no result yet")
    parser.add_argument("--tests", nargs="+", default=[], help="only these files of tests, instead of those in targets.py")
    parser.add_argument("--covered", action="store_true", help="do not look again which test runs which line")
    parser.add_argument("--page", action="store_true", help="only write the page again")
    return parser.parse_args()


def _try_all(loop: Loop, mutants: dict[str, list[Mutant]], asked: argparse.Namespace) -> None:
    if asked.covered and COVERED.exists():
        covering = Covering.load(COVERED)
    else:
        print("Which test runs which line ...", flush=True)
        covering = loop.cover()
        covering.save(COVERED)
    for path, of_path in mutants.items():
        began = time.monotonic()
        _try_file(loop, path, of_path, covering, asked)
        found = results.load(path)
        print(f"\n{path}: {len(found)} mutants, {results.score(found)} noticed, {time.monotonic() - began:.0f} s", flush=True)


def _try_file(loop: Loop, path: str, mutants: list[Mutant], covering: Covering, asked: argparse.Namespace) -> None:
    before = {result.key: result for result in results.load(path)}
    named = results.keyed(mutants)
    done = {key: before[key] for key, _ in named if key in before}
    noticed_by: list[str] = []
    for key, mutant in sorted(named, key=lambda each: not each[1].is_quick):
        if key in done and not _is_wanted(done[key], asked):
            done[key].line = mutant.line
            continue
        if key not in done and asked.survivors:
            continue
        tests = covering.in_order(_tests_for(mutant, covering), first=noticed_by)
        outcome = loop.try_mutant(mutant, tests, covering)
        if outcome.by:
            noticed_by = [outcome.by, *(test for test in noticed_by if test != outcome.by)][:8]
        print({"killed": ".", "survived": "S", "timeout": "T"}[outcome.word], end="", flush=True)
        done[key] = Result(mutant.name, key[2], mutant.operator, mutant.line, outcome.word, outcome.by, outcome.tests)
        if len(done) % SAVE_EVERY == 0:
            results.save(path, list(done.values()))
    results.save(path, list(done.values()))


def _is_wanted(result: Result, asked: argparse.Namespace) -> bool:
    """Whether a mutant that has a result is tried once more."""
    return (asked.survivors and result.outcome == "survived") or not (asked.survivors or asked.resume)


def _tests_for(mutant: Mutant, covering: Covering) -> list[str]:
    """What runs the lines that the fault is in; for a fault in the module itself, what runs anything of the module."""
    if mutant.is_inside:
        return covering.tests_of(mutant.path, *mutant.span)
    return covering.tests_of_file(mutant.path)


if __name__ == "__main__":
    sys.exit(main())
