"""A cashier is asked *did it go through?* and answers without scrolling, at a desk and on a phone, by day and by night."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from playwright.sync_api import Browser, Page, expect, sync_playwright

from config.tests.test_admin_browser import FLAGS, PASSWORD, sign_in
from customer_data.models import Payment, PaymentEvent
from customer_data.tests import make

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PAYNOW = {"gateway": "paynow", "payment_method": "paynow_ecocash", "account": "1201"}
SCREENS = [(1280, 800, "light"), (1280, 800, "dark"), (390, 700, "light"), (390, 700, "dark")]


@pytest.fixture
def payments() -> list[Payment]:
    """One that is in, one that failed with test money and one with a long story."""
    paid = make.payment("successful", **PAYNOW)
    failed = make.payment("failed", is_test=True, **PAYNOW)
    waits = make.payment("pending", **PAYNOW)
    PaymentEvent.objects.bulk_create(
        PaymentEvent(payment=waits, from_status="pending", to_status="pending", source="task", reason=f"word-{number} " * 8)
        for number in range(250)
    )
    cashier = get_user_model().objects.create_user("cashier", password=PASSWORD, is_staff=True)
    cashier.user_permissions.set(Permission.objects.filter(codename__in=["view_payment", "view_booking", "ask_gateway"]))
    return [paid, failed, waits]


@pytest.fixture
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield browser
        browser.close()


def test_did_it_go_through_is_answered_without_scrolling(payments: list[Payment], live_server: Any, chromium: Browser) -> None:
    for width, height, scheme in SCREENS:
        look: Any = {"viewport": {"width": width, "height": height}, "color_scheme": scheme}
        with chromium.new_context(base_url=live_server.url, **look) as context:
            page = context.new_page()
            sign_in(page)
            for payment, mark, sentence in zip(
                payments, ("Successful", "Failed", "Pending"), ("Paid: ", "Not paid.", "has been asked to pay"), strict=True
            ):
                answer(page, payment, mark, sentence)


def answer(page: Page, payment: Payment, mark: str, sentence: str) -> None:
    page.goto(f"/admin/customer_data/payment/{payment.pk}/change/")
    stands = page.get_by_role("region", name="How it stands")
    for text in (payment.amount_shown, mark, sentence):
        expect(stands.get_by_text(text).first).to_be_in_viewport()
    if payment.is_test:
        expect(stands.get_by_text("Test: not real money")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), "nothing sticks out at the side"


def test_a_long_story_is_read_from_both_ends(payments: list[Payment], live_server: Any, chromium: Browser) -> None:
    page = chromium.new_page(base_url=live_server.url)
    sign_in(page)
    page.goto(f"/admin/customer_data/payment/{payments[2].pk}/change/")
    timeline = page.get_by_role("region", name="Timeline")
    expect(timeline.get_by_role("listitem").first).to_contain_text("word-249")
    expect(timeline).to_contain_text("Only the newest 200 lines are shown.")
    page.get_by_role("link", name="Read it oldest first").click()
    expect(timeline.get_by_role("listitem").first).to_contain_text("Created (new)")
    page.get_by_role("link", name="Read it newest first").click()
    expect(timeline.get_by_role("listitem").first).to_contain_text("word-249")
