"""What operations.md and scaling-out.md tell people to do can be done: every command, file and heading that they name is there."""

import re
from functools import cache
from pathlib import Path

import pytest
import yaml
from django.core.management import get_commands

from config.tests.processes import ROOT

DOCS = ROOT / "docs"
PAGES = ["operations.md", "scaling-out.md"]


@cache
def text_of(page: str) -> str:
    return (DOCS / page).read_text()


def alerts() -> list[str]:
    groups = yaml.safe_load((ROOT / "deploy" / "prometheus" / "alerts.yml").read_text())["groups"]
    return [rule["alert"] for group in groups for rule in group["rules"] if "alert" in rule]


def anchors_of(path: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("alert", alerts())
def test_every_alert_stands_under_a_heading_of_the_runbook(alert: str) -> None:
    runbook = text_of("operations.md").partition("\n## Runbook\n")[2]
    under = re.findall(r"^### .*\n\*(.*)\*$", runbook, re.MULTILINE)
    assert alert in {name.strip() for line in under for name in line.split(",")}


def test_the_runbook_names_no_alert_that_is_not_there() -> None:
    runbook = text_of("operations.md").partition("\n## Runbook\n")[2]
    named = {name.strip() for line in re.findall(r"^### .*\n\*(.*)\*$", runbook, re.MULTILINE) for name in line.split(",")}
    assert {name for name in named if re.fullmatch(r"[A-Z]\w+", name)} <= set(alerts())


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_ours_exists(page: str) -> None:
    named = set(re.findall(r"manage\.py ([a-z_]+)", text_of(page)))
    assert named <= set(get_commands())


@pytest.mark.parametrize("page", PAGES)
def test_every_script_and_drill_exists(page: str) -> None:
    scripts = re.findall(r"\b(deploy/[\w./-]+|config/tests/[\w.]+|Dockerfile|compose\.yaml)", text_of(page))
    drills = re.findall(r"-m (deploy\.drills\.\w+)", text_of(page))
    files = [*(name.rstrip(".") for name in scripts), *(f"{drill.replace('.', '/')}.py" for drill in drills)]
    assert [name for name in files if not (ROOT / name).exists()] == []
    assert files


@pytest.mark.parametrize("page", PAGES)
def test_every_link_leads_somewhere(page: str) -> None:
    for target in re.findall(r"\]\((?!http)([^)]+)\)", text_of(page)):
        name, _, anchor = target.partition("#")
        path = DOCS / name if name else DOCS / page
        assert path.exists(), target
        assert not anchor or anchor in anchors_of(path), target


def test_every_unit_that_is_named_exists() -> None:
    units = {file.name.partition("@")[0].partition(".")[0] for file in (ROOT / "deploy" / "systemd").iterdir()}
    named = set(re.findall(r"\b(paydesk-(?:web|worker|clock|backup|migrate)\w*)", text_of("operations.md")))
    assert named <= units


def test_every_drill_is_named_on_one_of_the_pages() -> None:
    pages = "".join(text_of(page) for page in PAGES)
    drills = [file.stem for file in (ROOT / "deploy" / "drills").glob("*.py") if "def main()" in file.read_text()]
    assert [drill for drill in drills if f"deploy.drills.{drill}" not in pages] == []
