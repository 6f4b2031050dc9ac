"""The page that describes the API, in a real browser: it is readable, and asks nobody but us."""

from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from config.tests.test_admin_browser import browser_at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_page_about_the_api_shows_both_doors_and_loads_nothing_from_elsewhere(live_server: Any) -> None:
    asked: list[str] = []
    with browser_at(live_server.url) as page:
        page.on("request", lambda request: asked.append(request.url))
        page.goto("/crm-api/docs/")
        expect(page.get_by_text("/crm-api/payments/{gateway}/initiate/")).to_be_visible()
        page.get_by_text("Start a payment for a booking").click()
        expect(page.get_by_text("booking_unknown").first).to_be_visible()
        page.wait_for_load_state("networkidle")
    ours = urlsplit(live_server.url).netloc
    assert {urlsplit(address).netloc for address in asked if not address.startswith("data:")} == {ours}
