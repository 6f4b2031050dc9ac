"""The units in `deploy/systemd` as the proof reads them; what it does not understand it refuses."""

import socket
from pathlib import Path

import pytest

from proof.stage import units
from proof.stage.units import NotUnderstood, Places, read_unit


def test_the_target_wants_two_web_processes_three_workers_and_one_clock(places: Places) -> None:
    wanted = units.wanted_services()
    kinds = [service.removeprefix("paydesk-").partition("@")[0].removesuffix(".service") for service in wanted]
    assert sorted(kinds) == ["clock", "web", "web", "worker", "worker", "worker"]
    for service in wanted:
        unit = read_unit(service, places)
        assert unit.restart_seconds is not None
        assert unit.folder == places.project


def test_every_service_of_the_folder_that_runs_on_is_wanted() -> None:
    templates = {service.partition("@")[0].removesuffix(".service") for service in units.wanted_services()}
    always = [path for path in units.UNITS.glob("*.service") if "Restart=" in path.read_text()]
    assert {path.name.removesuffix(".service").removesuffix("@") for path in always} == templates


def test_a_web_process_is_started_as_its_unit_says(places: Places) -> None:
    unit = read_unit("paydesk-web@8123.service", places)
    assert unit.name == "paydesk-web@8123"
    assert unit.command[0] == str(places.programs / "granian")
    assert unit.command[unit.command.index("--port") + 1] == "8123"
    assert unit.environment["SECRET_KEY"] == 'a "quoted" $word with \\ and `'
    assert "DATABASE_URL" not in unit.environment  # nothing of this process leaks in


def test_a_worker_knows_its_instance_and_its_host(places: Places) -> None:
    command = read_unit("paydesk-worker@2.service", places).command
    assert command[command.index("--hostname") + 1] == f"2@{socket.gethostname()}"


def test_a_line_that_is_not_understood_is_refused(places: Places, a_unit: Path) -> None:
    a_unit.write_text("[Service]\nExecStart=/bin/true\nWorkingDirectory=/srv/paydesk\nExecStartPre=/bin/false\n")
    with pytest.raises(NotUnderstood, match="ExecStartPre=/bin/false, which the proof does not understand"):
        read_unit("odd.service", places)


def test_a_fence_changes_nothing_of_what_is_started(places: Places, a_unit: Path) -> None:
    a_unit.write_text("[Service]\nExecStart=/bin/true %i\nWorkingDirectory=/srv/paydesk\nProtectSystem=strict\nMemoryMax=1G\n")
    assert read_unit("odd.service", places).command == ("/bin/true",)


def test_a_specifier_that_is_not_understood_is_refused(places: Places, a_unit: Path) -> None:
    a_unit.write_text("[Service]\nExecStart=/bin/true %q\nWorkingDirectory=/srv/paydesk\n")
    with pytest.raises(NotUnderstood, match="specifier %q"):
        read_unit("odd.service", places)


@pytest.mark.parametrize(("said", "seconds"), [("1", 1.0), ("100ms", 0.1), ("2s", 2.0), ("1min", 60.0)])
def test_restart_as_the_unit_says(places: Places, a_unit: Path, said: str, seconds: float) -> None:
    lines = f"[Service]\nExecStart=/bin/true\nWorkingDirectory=/srv/paydesk\nRestart=always\nRestartSec={said}\n"
    a_unit.write_text(lines)
    assert read_unit("odd.service", places).restart_seconds == seconds
    a_unit.write_text(lines.replace("always", "no"))
    assert read_unit("odd.service", places).restart_seconds is None


def test_a_value_with_a_line_break_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="KEY has a line break"):
        units.write_environment_file(tmp_path / "env", {"KEY": "a\nb"})


@pytest.fixture
def places(tmp_path: Path) -> Places:
    environment_file = tmp_path / "paydesk.env"
    units.write_environment_file(environment_file, {"SECRET_KEY": 'a "quoted" $word with \\ and `'})
    return Places(project=tmp_path, programs=tmp_path / "bin", environment_file=environment_file, state=tmp_path / "state")


@pytest.fixture
def a_unit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`odd.service`, to be filled."""
    monkeypatch.setattr(units, "UNITS", tmp_path)
    return tmp_path / "odd.service"
