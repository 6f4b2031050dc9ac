"""What the README and the pages in `docs` name is there: modules, commands, settings, files."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.core.management import get_commands

from config.tests.processes import ROOT

README = (ROOT / "README.md").read_text()
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text()
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
PARTS = ("customer_data", "desk", "flows")
# What Django looks for in every part, and what needs no explaining.
EVERYWHERE = {"apps", "urls", "tests", "migrations", "management", "tasks", "views", "models", "admin", "fonts", "static"}


def section_of(part: str) -> str:
    """The page's table of the modules of one part."""
    return ARCHITECTURE.partition(f"\n### {part}\n")[2].partition("\n##")[0]


@pytest.mark.parametrize("part", PARTS)
def test_every_module_on_the_page_exists(part: str) -> None:
    first_cells = [row.split("|")[1] for row in section_of(part).splitlines() if row.startswith("| `")]
    named = [name for cell in first_cells for name in re.findall(r"`([\w/]+(?:\.py|/))`", cell)]
    assert len(named) > 10
    assert [name for name in named if not (ROOT / part / name).exists()] == []


@pytest.mark.parametrize("part", PARTS)
def test_every_module_is_on_the_page(part: str) -> None:
    there = {path.stem for path in (ROOT / part).iterdir() if path.name[0] not in "._"} - {"__init__", "__pycache__"}
    ours = there - EVERYWHERE - {"checks", "receivers"}
    assert sorted(name for name in ours if not re.search(rf"`(?:\w+/)?{name}(?:\.py|/)", section_of(part))) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_and_picture_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text())
    assert [link for link in links if "://" not in link and not (page.parent / link).exists()] == []


def test_every_command_and_target_of_the_readme_exists() -> None:
    commands = set(re.findall(r"manage\.py ([a-z_]+)", README))
    assert len(commands) > 8
    assert sorted(commands - set(get_commands())) == []
    targets = set(re.findall(r"\bmake ([a-z]+)\b", README))
    makefile = (ROOT / "Makefile").read_text()
    assert sorted(target for target in targets if f"\n{target}:" not in makefile) == []


def test_every_variable_of_the_readme_is_in_the_example() -> None:
    example = (ROOT / ".env.example").read_text()
    variables = set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b", README)) - {"BOOKING_REFERENCE"}
    assert sorted(name for name in variables if f"\n{name}=" not in example) == []
