"""A short `make prove`: some dozens of payments with one of each trouble, and two guards that are missed when they are gone."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from config.tests.processes import ROOT
from proof.controls import CONTROLS
from proof.inside.guards import GUARDS
from proof.inside.points import POINTS

SEED = "1"
SPEED = "0.5"
"""Half as quick as `make prove`: a slow machine must not look like a broken promise."""
LONGEST_SECONDS = 900
"""Of a run that hangs; one takes about two minutes on a quiet machine."""

pytestmark = pytest.mark.alone


def run(tmp_path: Path, *arguments: str) -> dict[str, Any]:
    """What one run came to. Its folder is its own, so that several may run at once."""
    result = tmp_path / "result.json"
    name = f"short-{tmp_path.name}"
    command = [sys.executable, "-m", "proof.one_run", "--name", name, "--seed", SEED, "--speed", SPEED, "--result", str(result)]
    said = subprocess.run(  # noqa: S603
        [*command, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=LONGEST_SECONDS, check=False
    )
    assert result.exists(), said.stdout + said.stderr
    found: dict[str, Any] = json.loads(result.read_text())
    return found


def test_every_promise_holds_while_one_of_each_trouble_happens(tmp_path: Path) -> None:
    found = run(tmp_path, "--one-of-each")
    assert found["findings"] == []
    assert found["passed"] == sorted(point.name for point in POINTS), "a point that no process comes to kills nobody"
    assert found["troubles"]["stop_redis"] == found["troubles"]["restart_postgres"] == 1
    assert sum(found["restarts"].values()) >= 3


@pytest.mark.parametrize("guard", ["one-open-payment", "signature"])
def test_a_guard_that_is_taken_away_is_missed(tmp_path: Path, guard: str) -> None:
    found = run(tmp_path, "--control", guard, "--without", guard)
    broken = {promise for promise, _ in found["findings"]}
    assert broken & CONTROLS[guard].finds, f"Nobody noticed: {GUARDS[guard].instead}"
