"""What is put into our processes relies on names of ours: each is still there, and each does what it says."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import connection

from proof.inside import arming, clock
from proof.inside.guards import GUARDS, WITHOUT, Guard
from proof.inside.patching import NotThere, owner_of
from proof.inside.points import POINTS, Point
from proof.stage.database import ROOT

BOOT = "import django; django.setup(); "


@pytest.mark.parametrize("point", POINTS, ids=lambda point: point.name)
def test_each_point_names_a_function_of_ours(point: Point) -> None:
    owner, name = owner_of(point.function)
    assert callable(getattr(owner, name))
    assert point.when in ("before", "after")


def test_points_have_names_of_their_own() -> None:
    assert len({point.name for point in POINTS}) == len(POINTS)


@pytest.mark.parametrize("path", clock.timetable())
def test_each_time_that_is_compressed_is_a_time_of_ours(path: str) -> None:
    owner_of(path)


def test_a_name_that_is_gone_is_said() -> None:
    with pytest.raises(NotThere, match=r"flows\.outbox\.send_twice is no name of ours any more"):
        owner_of("flows.outbox.send_twice")


def test_one_process_dies_at_an_armed_point_and_the_next_passes(tmp_path: Path, in_a_process: Callable[..., int]) -> None:
    pass_by = f"from pathlib import Path; from proof.inside import arming; arming.pass_by(Path({str(tmp_path)!r}), 'opened')"
    arming.arm(tmp_path, "opened", times=2)
    assert [in_a_process(pass_by) for _ in range(3)] == [-signal.SIGKILL, -signal.SIGKILL, 0]
    assert arming.hits(tmp_path) == {"opened": 2}


def test_what_was_disarmed_kills_nobody(tmp_path: Path) -> None:
    arming.arm(tmp_path, "opened")
    arming.disarm(tmp_path)
    arming.pass_by(tmp_path, "opened")
    assert arming.hits(tmp_path) == {}


def test_points_are_put_only_into_processes_of_a_run(tmp_path: Path, in_a_process: Callable[..., int]) -> None:
    is_wrapped = BOOT + "from flows import outcomes; import sys; sys.exit(hasattr(outcomes.accepted, '__wrapped__'))"
    assert in_a_process(is_wrapped) == 0
    assert in_a_process(is_wrapped, PROOF_POINTS=str(tmp_path)) == 1


def test_every_guard_can_be_taken_away(in_a_process: Callable[..., int]) -> None:
    """All at once, in one process; what was put in the place of one is known under its name."""
    ours = (
        "from customer_data.services import reporting; from proof.inside import without; from proof.inside.guards import GUARDS; "
    )
    look = "import sys; sys.exit(reporting._difference(None, None) == '' and set(without._TAKE_AWAY) == set(GUARDS))"
    assert in_a_process(BOOT + "import config.urls; " + ours + look, **{WITHOUT: ",".join(GUARDS)}) == 1


def test_every_guard_says_what_it_is_there_for() -> None:
    for name, guard in GUARDS.items():
        assert guard.name == name
        assert all((guard.guards, guard.instead, guard.needs, guard.found_as)), name


@pytest.mark.django_db
@pytest.mark.parametrize("guard", [guard for guard in GUARDS.values() if guard.statements], ids=lambda guard: guard.name)
def test_what_the_database_repeats_of_a_guard_can_be_dropped(guard: Guard) -> None:
    with connection.cursor() as cursor:
        for statement in guard.statements:
            cursor.execute(statement)


@pytest.fixture
def in_a_process(tmp_path: Path) -> Callable[..., int]:
    """Runs Python with the settings of the proof and gives its exit code; -9 is SIGKILL."""

    def run(code: str, **changes: str) -> int:
        known = {"DEBUG": "1", "DJANGO_SETTINGS_MODULE": "proof.settings", "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}
        environment = os.environ | known | {"LOCAL_DIR": str(tmp_path / "local")} | changes
        return subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, check=False).returncode  # noqa: S603

    return run
