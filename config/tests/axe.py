"""What axe-core finds on a page: whether people who see little, or use no mouse, can work with it."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

SERIOUS = ("serious", "critical")


def serious_findings(page: Page) -> list[str]:
    """A paragraph for each serious or critical rule that the page breaks, with where; empty when there is none.

    `assert not serious_findings(page)` shows them.
    """
    page.evaluate("document.fonts.ready")
    violations = Axe().run(page).response["violations"]
    return [_in_words(violation) for violation in violations if violation["impact"] in SERIOUS]


def _in_words(violation: dict[str, Any]) -> str:
    places = (f"  {' '.join(map(str, node['target']))}: {node['failureSummary']}" for node in violation["nodes"])
    return "\n".join((f"{violation['id']} ({violation['impact']}): {violation['help']}", *places))
