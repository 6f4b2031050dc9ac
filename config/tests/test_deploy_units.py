"""The units of `deploy/systemd`: systemd understands them, they may do little, and they never give up."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from config.tests.processes import ROOT

UNITS = ROOT / "deploy" / "systemd"
SERVICES = sorted(UNITS.glob("*.service"))
RUNS_ON = [file for file in SERVICES if "Restart=always" in file.read_text()]
MOST_EXPOSED = 15
"""In tenths, as systemd-analyze counts: 0 may do nothing, 96 is what a unit without a single fence may do."""


def names(files: list[Path]) -> list[str]:
    return [file.stem for file in files]


def systemd_analyze(*arguments: object) -> subprocess.CompletedProcess[str]:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd is not installed here")
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, check=False)  # noqa: S603


@pytest.fixture
def as_installed(tmp_path: Path) -> Path:
    """The units as they are, but for the programs, which are in this checkout here and in /srv/paydesk there."""
    for file in UNITS.iterdir():
        text = re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", file.read_text(), flags=re.MULTILINE)
        (tmp_path / file.name).write_text(text)
    return tmp_path


def test_systemd_understands_every_line(as_installed: Path) -> None:
    done = systemd_analyze("verify", "--man=no", *sorted(as_installed.iterdir()))
    assert (done.returncode, done.stderr) == (0, "")


def test_a_line_that_systemd_does_not_know_would_be_found(as_installed: Path) -> None:
    unit = as_installed / "paydesk-clock.service"
    unit.write_text(unit.read_text().replace("[Service]", "[Service]\nProtectEverything=true"))
    assert "ProtectEverything" in systemd_analyze("verify", "--man=no", unit).stderr


@pytest.mark.parametrize("service", SERVICES, ids=names(SERVICES))
def test_a_service_that_is_broken_into_can_do_little(service: Path) -> None:
    done = systemd_analyze("security", "--offline=true", f"--threshold={MOST_EXPOSED}", "--no-pager", service)
    assert done.returncode == 0, done.stdout


def test_a_service_without_fences_would_be_found(as_installed: Path) -> None:
    unit = as_installed / "paydesk-clock.service"
    fences = re.compile(r"^(Protect|Private|Restrict|SystemCall|Capab|NoNew)\w+=.*\n", re.MULTILINE)
    unit.write_text(fences.sub("", unit.read_text()))
    assert systemd_analyze("security", "--offline=true", f"--threshold={MOST_EXPOSED}", "--no-pager", unit).returncode != 0


@pytest.mark.parametrize("service", RUNS_ON, ids=names(RUNS_ON))
def test_what_shall_always_run_is_started_again_however_often_it_fell(service: Path) -> None:
    """By default systemd gives a unit up after five falls in ten seconds; a database that is away causes more."""
    lines = service.read_text().splitlines()
    unit, _, rest = "\n".join(lines).partition("[Service]")
    assert "StartLimitIntervalSec=0" in unit
    assert "RestartSec=" in rest


def test_the_target_starts_two_web_processes_three_workers_and_one_clock() -> None:
    wanted = re.search(r"^Wants=(.*)$", (UNITS / "paydesk.target").read_text(), re.MULTILINE)
    assert wanted is not None
    kinds = [name.partition("@")[0].removesuffix(".service") for name in wanted[1].split()]
    assert sorted(kinds) == ["paydesk-clock"] + ["paydesk-web"] * 2 + ["paydesk-worker"] * 3


def test_a_worker_is_given_longer_to_stop_than_a_task_may_take() -> None:

    stop = re.search(r"^TimeoutStopSec=(\d+)$", (UNITS / "paydesk-worker@.service").read_text(), re.MULTILINE)
    assert stop is not None
    assert int(stop[1]) > settings.CELERY_TASK_TIME_LIMIT
