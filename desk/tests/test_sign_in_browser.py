"""A supervisor at a real browser: sets up the second step, comes back with a code, mistypes, and uses a recovery code once."""

from __future__ import annotations

import io
import re
import time
from base64 import b32decode
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import zxingcpp
from django_otp.oath import TOTP
from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from desk.roles import SUPERVISOR
from desk.tests.signing_in import PASSWORD, person

PAYMENTS = re.compile(r"/admin/customer_data/payment/$")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(settings: Any, live_server: Any) -> Iterator[Page]:
    """A phone's width, in the dark, as in production. Inside, the test asks the database nothing."""
    settings.STAFF_TWO_FACTOR = True
    person(SUPERVISOR)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield browser.new_page(base_url=live_server.url, color_scheme="dark", viewport={"width": 390, "height": 844})
        browser.close()


def give_password(page: Page) -> None:
    page.goto("/admin/customer_data/payment/")
    page.get_by_label("Username").fill("tendai")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def give_code(page: Page, code: str) -> None:
    page.get_by_label("Six-digit code").fill(code)
    page.keyboard.press("Enter")


def code_of(secret: str, *, steps_later: int = 0) -> str:
    clock = TOTP(b32decode(secret))
    clock.time = time.time() + 30 * steps_later
    return f"{clock.token():06d}"


def secret_in_the_square(page: Page) -> str:
    """What the camera of a phone reads off the screen."""
    picture = Image.open(io.BytesIO(page.locator(".step-square").screenshot()))
    (found,) = zxingcpp.read_barcodes(picture)
    return parse_qs(urlsplit(found.text).query)["secret"][0]


def sign_out(page: Page) -> None:
    page.context.clear_cookies()


def test_a_supervisor_sets_up_the_second_step_and_comes_in_with_it(page: Page) -> None:
    give_password(page)
    secret = secret_in_the_square(page)
    assert secret == page.locator("[data-secret]").inner_text().replace(" ", "")
    give_code(page, code_of(secret, steps_later=-1))
    expect(page.get_by_text("They are shown only now.")).to_be_visible()
    recovery = page.get_by_label("Recovery codes").locator("code").first.inner_text()
    page.get_by_role("link", name="I have kept them").click()
    expect(page).to_have_url(PAYMENTS)

    sign_out(page)
    give_password(page)
    give_code(page, code_of(secret))
    expect(page).to_have_url(PAYMENTS)

    sign_out(page)
    give_password(page)
    give_code(page, recovery)
    expect(page).to_have_url(PAYMENTS)

    sign_out(page)
    give_password(page)
    give_code(page, recovery)
    expect(page.get_by_role("alert")).to_contain_text("That code is not right.")
    for _ in range(2):
        give_code(page, "000000")
    expect(page.get_by_role("alert")).to_contain_text("Too many wrong codes. Try again at")
    give_code(page, code_of(secret, steps_later=1))
    expect(page.get_by_role("alert")).to_contain_text("Try again at")
