"""The page about security names tests that exist, and says of each kind of attack which one shows that it fails."""

import re

from config.tests.processes import ROOT
from customer_data.services.codes import MOST_CODES, MOST_CODES_OF_A_NUMBER
from flows.inbox import MOST_ANSWERED
from flows.views import MOST_ASKED
from paynow_integration.views import MOST_JUNK

PAGE = (ROOT / "docs" / "security.md").read_text()
NAMED = re.findall(r"`([a-z_/]+/test_[a-z_]+\.py)(?:::(test_\w+))?`", PAGE)
TABLE = PAGE.partition("## What somebody could try")[2].partition("\n## ")[0]


def test_every_test_on_the_page_exists() -> None:
    missing = [
        f"{file}::{name}"
        for file, name in NAMED
        if not (ROOT / file).exists() or not re.search(rf"def {name}\b", (ROOT / file).read_text())
    ]
    assert len(NAMED) > 60
    assert missing == []


def test_every_row_names_a_test() -> None:
    rows = [row for row in TABLE.splitlines() if row.startswith("| ")][1:]
    assert len(rows) > 25
    assert [row[:60] for row in rows if "/test_" not in row.split(" | ")[-1]] == []


def test_what_is_said_of_limits_is_as_the_code_has_it() -> None:
    assert f"| {MOST_CODES}, and {MOST_CODES_OF_A_NUMBER} a day |" in PAGE
    assert f"| {MOST_ANSWERED} answers a minute |" in PAGE
    assert f"| {MOST_ASKED} requests a minute |" in PAGE
    assert f"| {MOST_JUNK} a minute that are not genuine |" in PAGE
