"""At a real browser: what was typed beside a button outlives a session that ended in the middle, and is gone once it is done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from playwright.sync_api import Page, expect, sync_playwright

from customer_data.models import Concern, ConcernKind
from customer_data.status import Status
from customer_data.tests import make
from customer_data.tests.desk import page_of

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
PASSWORD = "seven-grey-hornbills"
WORDS = "Called Paynow: it is in."

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def matter() -> str:
    """The address of a matter that waits, for two members of staff."""
    for name in ("tendai", "chipo"):
        get_user_model().objects.create_superuser(name, password=PASSWORD)
    Concern.raise_about(make.payment(Status.PENDING), ConcernKind.STUCK, "No answer for an hour.")
    return page_of(Concern.objects.get())


@pytest.fixture
def page(matter: str, live_server: Any) -> Iterator[Page]:
    """Inside, the test asks the database nothing."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield browser.new_page(base_url=live_server.url)
        browser.close()


def sign_in(page: Page, name: str = "tendai") -> None:
    page.get_by_label("Username").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def session_ends(page: Page) -> None:
    page.context.clear_cookies(name="sessionid")


def solve(page: Page) -> None:
    page.get_by_role("button", name="Solved", exact=True).click()


def test_what_was_typed_is_there_again_after_signing_in(page: Page, matter: str) -> None:
    page.goto(matter)
    sign_in(page)
    words = page.get_by_label("What was done about it?")
    words.fill(WORDS)
    session_ends(page)
    solve(page)
    sign_in(page, "chipo")
    expect(page.get_by_text("Nothing was done: Solved was not sent.")).to_be_visible()
    expect(words).to_have_value("")  # what somebody else typed is theirs

    session_ends(page)
    page.reload()
    sign_in(page)
    expect(words).to_have_value(WORDS)
    solve(page)
    expect(page.get_by_text("Should the same happen again")).to_be_visible()
    assert page.evaluate("sessionStorage.length") == 0
