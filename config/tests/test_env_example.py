"""`.env.example` names every variable that the project reads, and no other, each with its meaning."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from config.check import PRODUCTION
from config.tests.processes import ROOT

PACKAGES = ("config", "customer_data", "desk", "flows", "offline_payments", "paynow_integration")
NOT_OURS = {"DJANGO_SETTINGS_MODULE", "PATH", "FLOW_PUBLIC_KEY"}  # Django's, the system's, and what `make run` hands the simulator


def variables_read() -> set[str]:
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py") if "tests" not in file.parts]
    return {name for file in files for name in names_read_in(file)} - NOT_OURS


def names_read_in(file: Path) -> Iterator[str]:
    """The first argument of `env.…(…)`, `required(…)`, `os.environ.…(…)` and `os.getenv(…)`, and the key of `os.environ[…]`."""
    for node in ast.walk(ast.parse(file.read_text())):
        key = None
        if isinstance(node, ast.Call) and node.args and reads_environment(ast.unparse(node.func)):
            key = node.args[0]
        elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
            key = node.slice
        if isinstance(key, ast.Constant) and isinstance(key.value, str) and re.fullmatch(r"[A-Z][A-Z0-9_]+", key.value):
            yield key.value


def reads_environment(function: str) -> bool:
    return function in {"required", "os.getenv"} or function.startswith(("env.", "os.environ."))


def example() -> dict[str, str]:
    """Each variable of the file and the comment above it."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    return {line.partition("=")[0]: above for above, line in pairwise(lines) if re.match(r"[A-Z]", line)}


def test_the_example_names_what_is_read_and_nothing_else() -> None:
    assert set(example()) == variables_read()


def test_each_variable_has_one_line_of_meaning() -> None:
    assert [name for name, above in example().items() if not re.match(r"# [^-]", above)] == []


def test_a_copy_of_the_example_is_a_valid_start_for_a_development_machine() -> None:
    assert start(example_values() | {"DEBUG": "1"}).returncode == 0


@pytest.mark.parametrize("name", ["SECRET_KEY", "SITE_URL", "FIELD_ENCRYPTION_KEYS", "WHATSAPP_APP_SECRET"])
def test_a_missing_secret_stops_the_start_with_a_sentence(name: str) -> None:
    started = start(example_values() | PRODUCTION | {name: ""})
    assert started.returncode != 0
    assert f"ImproperlyConfigured: {name} is not set." in started.stderr


def test_production_starts_with_its_secrets() -> None:
    assert start(example_values() | PRODUCTION).returncode == 0


def example_values() -> dict[str, str]:
    return dict(line.split("=", 1) for line in (ROOT / ".env.example").read_text().splitlines() if re.match(r"[A-Z]", line))


def start(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """A process that reads the settings with this environment."""
    command = [sys.executable, "-c", "import config.settings"]
    return subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False)  # noqa: S603
