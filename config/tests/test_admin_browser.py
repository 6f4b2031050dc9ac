"""A cashier at a real browser: a customer calls, the payment is found by phone, its trail is read, and Paynow is asked again."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from celery import current_app
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from playwright.sync_api import Page, expect, sync_playwright

from paynow_integration.simulator import DrivenClock, PaynowSimulator
from paynow_integration.tests.till import Till, configure

PASSWORD = "a-long-password-of-the-cashier"
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def till(settings: Any) -> Iterator[Till]:
    """Payments at a simulated Paynow whose status updates never reach us; tasks run at once."""
    settings.SITE_URL = "http://127.0.0.1:9"
    before, current_app.conf.task_always_eager = current_app.conf.task_always_eager, True
    clock = DrivenClock()
    with PaynowSimulator(clock=clock) as simulator:
        configure(simulator.office.integrations["1201"], simulator)
        yield Till(simulator, clock)
    current_app.conf.task_always_eager = before


@contextmanager
def browser_at(address: str) -> Iterator[Page]:
    """A page of a real Chromium. Inside, the test asks the database nothing: Playwright's event loop runs in this thread."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield browser.new_page(base_url=address)
        browser.close()


def test_a_cashier_finds_a_payment_reads_its_trail_and_asks_again(till: Till, live_server: Any) -> None:
    payment = till.charge(phone="0772222222")
    till.paynow.approve(payment.reference)
    cashier = get_user_model().objects.create_user("cashier", password=PASSWORD, is_staff=True)
    cashier.user_permissions.set(Permission.objects.filter(codename__in=["view_payment", "ask_gateway"]))
    with browser_at(live_server.url) as page:
        sign_in(page)
        find(page, "+263 77 222 2222")
        page.get_by_role("link", name=payment.reference).click()
        read_and_ask_again(page)
    assert till.stands(payment) == ("successful", "paid")


def sign_in(page: Page) -> None:
    page.goto("/admin/")
    page.get_by_label("Username").fill("cashier")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def find(page: Page, typed: str) -> None:
    page.locator("#nav-sidebar-apps").get_by_role("link", name="Payments").click()
    page.get_by_placeholder("Reference, booking, phone, name").fill(typed)
    page.keyboard.press("Enter")


def read_and_ask_again(page: Page) -> None:
    stands, trail = page.get_by_role("region", name="How it stands"), page.get_by_role("region", name="Timeline")
    expect(stands).to_contain_text("US$ 10.00 with EcoCash")
    expect(stands).to_contain_text("The customer has been asked to pay and has not done so yet.")
    expect(trail).to_contain_text("Sending → Pending")
    page.get_by_role("button", name="Ask the gateway again").click()
    expect(page.get_by_text("Paynow is being asked.")).to_be_visible()
    expect(stands).to_contain_text("Paid: Paynow has confirmed it.")
    expect(trail).to_contain_text("Pending → Successful")
    expect(page.get_by_text("payments in US$ are not real money.")).to_be_visible()
