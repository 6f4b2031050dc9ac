"""An owner erases a customer in a real browser; every page about them still reads well, and names nobody."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from playwright.sync_api import Browser, Page, expect, sync_playwright

from config.tests.axe import serious_findings
from config.tests.test_admin_browser import FLAGS, PASSWORD, sign_in
from customer_data.models import Payment, Receipt
from customer_data.tests.desk import page_of
from desk.tests.lives import EMAIL, NAME, NUMBER, OLD_NAME, whole_life

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SCREENS = [(1280, 900, "light"), (390, 800, "dark")]
NAMED = (NAME, OLD_NAME, NUMBER, NUMBER[3:], EMAIL, "Ndlovu")


@pytest.fixture
def pages() -> list[str]:
    """Of the customer, a payment of theirs, its booking and its receipt."""
    get_user_model().objects.create_superuser("cashier", password=PASSWORD)
    chipo = whole_life()
    paid = Payment.objects.filter(booking__customer=chipo, payer=None, status="successful").get()
    return [page_of(row) for row in (chipo, paid, paid.booking, Receipt.objects.get(payment=paid))]


@pytest.fixture
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def album(tmp_path: Path) -> Path:
    return Path(os.environ.get("PICTURES", "") or tmp_path)


def test_every_page_about_an_erased_customer_reads_well_and_names_nobody(
    pages: list[str], live_server: Any, chromium: Browser, album: Path
) -> None:
    for width, height, scheme in SCREENS:
        look: Any = {"viewport": {"width": width, "height": height}, "color_scheme": scheme}
        with chromium.new_context(base_url=live_server.url, **look) as context:
            page = context.new_page()
            sign_in(page)
            if scheme == "light":
                erase_by_hand(page, pages[0], album)
            for number, address in enumerate([*pages, "/admin/customer_data/erasure/", "/admin/customer_data/customer/"]):
                look_at(page, address, album / f"erased-{number}-{scheme}.png")


def erase_by_hand(page: Page, address: str, album: Path) -> None:
    page.goto(address)
    page.screenshot(path=album / "customer-before.png", full_page=True)
    form = page.locator("form[action$='/press/erase/']")
    if not form.get_by_label("Who asks for it, when and how?").is_visible():
        page.get_by_text("Erase this customer").first.click()
    form.get_by_label("Who asks for it, when and how?").fill("She came to the office on 3 May")
    page.screenshot(path=album / "customer-asking.png", full_page=True)
    form.get_by_role("button", name="Erase this customer").click()
    expect(page.get_by_text("What named this customer is gone for good.")).to_be_visible()
    page.screenshot(path=album / "customer-after.png", full_page=True)


def look_at(page: Page, address: str, picture: Path) -> None:
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == 200, address
    page.screenshot(path=picture, full_page=True)
    shown = page.content()
    assert [value for value in NAMED if value in shown] == [], address
    assert broken == [], address
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{address} sticks out at the side"
    assert not serious_findings(page), address
