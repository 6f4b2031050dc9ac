"""The page that names a test for each known fault tells the truth."""

import re

from config.tests.processes import ROOT

PAGE = (ROOT / "docs" / "lessons-tests.md").read_text()
NAMED = re.findall(r"`([a-z_/]+/test_[a-z_]+\.py)(?:::(test_\w+))?`", PAGE)


def test_every_test_on_the_page_exists() -> None:
    missing = [
        f"{file}::{name}" for file, name in NAMED if not (ROOT / file).exists() or f"def {name}" not in (ROOT / file).read_text()
    ]
    assert missing == []


def test_all_thirty_faults_are_on_the_page() -> None:
    assert re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE) == [str(number) for number in range(1, 31)]
