"""Every main page of the desk on a working day: people who see little or use no mouse can work with it, and it is pictured."""

from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Page, sync_playwright

from config.tests.axe import serious_findings
from config.tests.pictured_day import PicturedDay
from config.tests.staff_at_desk import staff_in
from config.tests.test_admin_browser import FLAGS
from customer_data.models import Concern, MethodSwitch, Payment, Proof, Refund
from customer_data.tests.desk import list_of, page_of
from desk.tests.statements import today

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Addresses = dict[str, str]
SETTINGS = (
    *(
        "customer_data/methodswitch",
        "customer_data/gatewaypause",
        "customer_data/amountlimit",
        "customer_data/denial",
        "customer_data/attemptlimit",
        "customer_data/change",
    ),
    *("offline_payments/placetopay", "paynow_integration/paynowconfig", "flows/whatsapptemplate", "auth/user", "auth/group"),
)
WIDTH, HEIGHT = 1280, 1000
PICTURED = {
    "sign-in": 640,
    "today": 1200,
    "payment": 1500,
    "queue": 640,
    "matching": 1150,
    "closing": 640,
    "proof": 960,
    "refund": 1000,
    "ways-to-pay": 640,
}
"""What the guide shows, and how high the window is for it."""
MOST_COLOURS = 200


@pytest.fixture
def pages(settings: Any) -> Addresses:
    """The addresses of the main pages, by what they are called in `docs/images`."""
    settings.DEBUG, settings.STAFF_TWO_FACTOR = True, False
    day = PicturedDay()
    settings.DEBUG = False
    matching = "/admin/desk/statementline/matching/"
    return {
        "today": "/admin/",
        "payments": list_of(Payment),
        "payment": page_of(day.payment),
        "booking": page_of(day.payment.booking),
        "queue": list_of(Concern),
        "matter": page_of(day.matter),
        "matching": matching,
        "closing": f"{matching}day/USD/{today().isoformat()}/",
        "proofs": list_of(Proof),
        "proof": page_of(day.proof),
        "refunds": list_of(Refund),
        "refund": page_of(day.refund),
        "ways-to-pay": list_of(MethodSwitch),
        **{address: f"/admin/{address}/" for address in SETTINGS},
    }


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Where pictures go: `make pictures` keeps them for the guide."""
    return Path(os.environ.get("PICTURES", "") or tmp_path)


def test_every_main_page_can_be_read_by_everybody_and_is_pictured(pages: Addresses, live_server: Any, album: Path) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        window = browser.new_context(base_url=live_server.url, viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        found = look_at(window.new_page(), "sign-in", "/admin/login/", album)
        with staff_in(browser, live_server.url, "owner") as owner:
            for name, address in pages.items():
                found |= look_at(owner.page, name, address, album)
        browser.close()
    assert not found, "\n".join(f"{name}: {finding}" for name, findings in found.items() for finding in findings)


def look_at(page: Page, name: str, address: str, album: Path) -> dict[str, list[str]]:
    """What axe-core finds there; the page is pictured on the way."""
    page.set_viewport_size({"width": WIDTH, "height": PICTURED.get(name, HEIGHT)})
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") <= WIDTH, f"{name} sticks out at the side"
    if name in PICTURED:
        picture(page, album / f"desk-{name}.png")
    findings = serious_findings(page)
    return {name: findings} if findings else {}


def picture(page: Page, file: Path) -> None:
    """In few colours: it is read in a guide, and kept with the code."""
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready")
    taken = Image.open(io.BytesIO(page.screenshot()))
    taken.convert("RGB").quantize(MOST_COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)
