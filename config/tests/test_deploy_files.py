"""Dockerfile, compose.yaml and the scripts: what can be known without an engine. Another test walks the build's steps."""

import json
import re
import shlex
import subprocess
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from config.tests.processes import PROGRAMS, ROOT
from config.tests.test_env_example import example

SCRIPTS = sorted((ROOT / "deploy").glob("*.sh"))
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "paydesk"}
NOT_PAYDESKS = {
    "POSTGRES_USER",
    "POSTGRES_DB",
    "POSTGRES_PASSWORD_FILE",
    "POSTGRES_INITDB_ARGS",
}  # the image of PostgreSQL reads them
CADDYS = {"SITE_HOST", "WEB_PROCESSES", "STAFF_ADDRESSES"}  # deploy/caddy/paydesk.caddy says what they are


def run(program: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(PROGRAMS / program), *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603


def unit_command(name: str) -> list[str]:
    text = (ROOT / "deploy" / "systemd" / name).read_text()
    found = re.search(r"^ExecStart=/srv/paydesk/.venv/bin/(.*)$", text, re.MULTILINE)
    assert found is not None
    return shlex.split(found[1])


def test_hadolint_has_nothing_to_say_about_the_dockerfile() -> None:
    done = run("hadolint", "--failure-threshold", "style", "Dockerfile")
    assert (done.returncode, done.stdout) == (0, "")


def test_hadolint_would_say_something(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM debian\nRUN apt-get install curl\n")
    assert run("hadolint", tmp_path / "Dockerfile").returncode == 1


@pytest.mark.parametrize("script", SCRIPTS, ids=[script.name for script in SCRIPTS])
def test_shellcheck_has_nothing_to_say_about_a_script(script: Path) -> None:
    done = run("shellcheck", "--external-sources", script)
    assert (done.returncode, done.stdout) == (0, "")
    assert script.stat().st_mode & 0o111, "it cannot be executed"


def test_compose_yaml_is_what_the_specification_calls_valid() -> None:
    schema = resources.files("check_jsonschema") / "builtin_schemas" / "vendor" / "compose-spec.json"
    validator = jsonschema.Draft202012Validator(json.loads(schema.read_text()))
    assert [error.message for error in validator.iter_errors(COMPOSE)] == []
    assert next(validator.iter_errors({"services": {"web": {"port": 80}}}), None) is not None


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_is_read_only_and_may_do_nothing_beyond_a_user(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "caddy" else [])
    assert "privileged" not in service


@pytest.mark.parametrize("name", SERVICES)
def test_no_container_can_eat_the_machine(name: str) -> None:
    assert set(SERVICES[name]["deploy"]["resources"]["limits"]) == {"cpus", "memory", "pids"}
    assert SERVICES[name]["logging"]["options"]["max-size"]


def test_only_the_proxy_can_be_reached_from_outside() -> None:
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["caddy"]
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert [name for name in ("postgres", "redis", "migrate", "backup") if SERVICES[name]["networks"] != ["inside"]] == []


def test_nothing_serves_before_the_schema_is_there() -> None:
    for name, service in OURS.items():
        if name != "migrate":
            assert service["depends_on"]["migrate"] == {"condition": "service_completed_successfully"}
            assert service["depends_on"]["redis"] == {"condition": "service_healthy"}
    assert SERVICES["migrate"]["depends_on"]["postgres"] == {"condition": "service_healthy"}


def test_redis_refuses_rather_than_forgets_and_keeps_what_it_took() -> None:
    command = SERVICES["redis"]["command"]
    assert command[command.index("--maxmemory-policy") + 1] == "noeviction"
    assert command[command.index("--appendonly") + 1] == "yes"


def test_compose_runs_what_the_units_run() -> None:
    """`make prove` starts the units' commands, so that these are known to work, too."""
    web = unit_command("paydesk-web@.service")
    in_image = json.loads(re.findall(r"^CMD (\[.*\])$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)[0])
    assert in_image == [{"127.0.0.1": "0.0.0.0", "%i": "8000"}.get(word, word) for word in web]  # noqa: S104 - inside the container
    for number in "123":
        worker = [word.replace("%i@%H", f"{number}@compose") for word in unit_command("paydesk-worker@.service")]
        assert OURS[f"worker-{number}"]["command"] == worker
    clock = [word.replace("/var/lib/paydesk/", "/tmp/") for word in unit_command("paydesk-clock.service")]  # noqa: S108
    assert OURS["clock"]["command"] == clock


def test_a_worker_is_given_longer_to_stop_than_a_task_may_take(settings: Any) -> None:
    assert int(OURS["worker-1"]["stop_grace_period"].removesuffix("s")) > settings.CELERY_TASK_TIME_LIMIT


def test_every_variable_is_known() -> None:
    text = (ROOT / "compose.yaml").read_text()
    asked = set(re.findall(r"\$\{([A-Z_]+)", text))
    given = {name for service in SERVICES.values() for name in service.get("environment", {})}
    assert asked <= set(example())
    assert given <= set(example()) | NOT_PAYDESKS | CADDYS


def test_a_new_environment_starts_production(tmp_path: Path) -> None:
    """Everything that must be set is, but for what only the business has: Meta's secret."""
    script = [str(ROOT / "deploy" / "new_environment.sh"), "pay.example.com", "postgres", "redis"]
    said = subprocess.run(script, capture_output=True, text=True, check=True).stdout  # noqa: S603
    again = subprocess.run(script, capture_output=True, text=True, check=True).stdout  # noqa: S603
    lines = [line.partition("=")[::2] for line in said.splitlines() if re.match(r"[A-Z]", line)]
    values = dict(lines)
    assert said != again
    assert set(values) == set(example())
    assert values["DATABASE_URL"].endswith("@postgres:5432/paydesk")
    assert start(values, tmp_path).returncode != 0
    done = start(values | {"WHATSAPP_APP_SECRET": "from Meta"}, tmp_path)
    assert done.returncode == 0, done.stderr


def start(values: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    code = "import django; django.setup(); from flows.keys import private_keys; assert private_keys()"
    environment = {"DJANGO_SETTINGS_MODULE": "config.settings", "LOCAL_DIR": str(folder)}
    command = [str(PROGRAMS / "python"), "-c", code]
    return subprocess.run(command, cwd=ROOT, env=values | environment, capture_output=True, text=True, check=False)  # noqa: S603
