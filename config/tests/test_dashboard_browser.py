"""The owner at a real browser asks how today is: big figures first, the payments behind them, in the light and the dark."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Page, expect, sync_playwright

from config.tests.axe import serious_findings
from config.tests.test_admin_browser import FLAGS
from customer_data.models import Concern, ConcernKind, Payment
from customer_data.status import Status
from customer_data.tests import make
from customer_data.tests.desk import Desk, owner, page_of
from desk.figures import update_figures
from desk.tests import days

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HOME, PAYMENTS = "/admin/", "/admin/customer_data/payment/"
SIZES = {"phone": {"width": 390, "height": 844}, "wide": {"width": 1600, "height": 1000}}


@pytest.fixture
def payment() -> Payment:
    """A day with money of both currencies, test money, failures, and something for a person."""
    now = timezone.now()
    taken = _paid("231.00")
    _paid("2600.00", currency="ZWG")
    _paid("7.77", is_test=True)
    for status in (Status.FAILED, Status.EXPIRED):
        days.lived(make.booking("90.00"), now - timedelta(minutes=4), (status, now), gateway="paynow", payment_method="paynow_card")
    days.lived(make.booking("90.00"), now - timedelta(minutes=4), gateway="paynow", payment_method="paynow_ecocash")
    Concern.raise_about(taken, ConcernKind.MISMATCH, "The gateway says US$ 1.00, we asked for US$ 231.00.")
    update_figures()
    return taken


def _paid(amount: str, *, currency: str = "USD", is_test: bool = False) -> Payment:
    now = timezone.now()
    booking = make.booking("9000.00", currency=currency)
    moved = (Status.SUCCESSFUL, now)
    how = {"gateway": "paynow", "payment_method": "paynow_ecocash", "is_test": is_test}
    return days.lived(booking, now - timedelta(seconds=45), moved, amount=Decimal(amount), **how)


@contextmanager
def at_the_desk(address: str, who: Desk, *, size: str = "wide", scheme: Any = "light") -> Iterator[Page]:
    """A page of a real Chromium in which somebody has signed in. Inside, the test asks the database nothing."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        window = browser.new_context(base_url=address, viewport=SIZES[size], color_scheme=scheme)  # type: ignore[arg-type]
        window.add_cookies([{"name": "sessionid", "value": _session(who.web), "url": address}])
        yield window.new_page()
        browser.close()


def _session(web: Client) -> str:
    return web.cookies["sessionid"].value


def test_the_owner_sees_how_today_is_and_looks_behind_a_figure(payment: Payment, live_server: Any) -> None:
    with at_the_desk(live_server.url, owner()) as page:
        page.goto(HOME)
        takings = page.get_by_role("region", name="Takings in US$").first
        expect(takings).to_contain_text("Taken today")
        expect(takings).to_contain_text("1 payment")
        expect(page.get_by_role("region", name="Test money")).to_contain_text("US$ 7.77")
        expect(page.get_by_role("region", name="Needs a person").first).to_contain_text("1")
        takings.get_by_role("link", name="US$ 231.00").first.click()
        expect(page.get_by_role("link", name=payment.reference)).to_be_visible()
        expect(page.locator("#result_list tbody tr.data-row, #result_list tr.data-row")).to_have_count(1)


def test_the_numbers_of_a_chart_are_a_table_to_be_opened(payment: Payment, live_server: Any) -> None:
    with at_the_desk(live_server.url, owner()) as page:
        page.goto(HOME)
        part = page.get_by_role("region", name="Takings in ZiG").last
        expect(part.get_by_role("img", name="Takings in ZiG by day")).to_be_visible()
        part.get_by_text("The last 30 days as a table").click()
        expect(part.get_by_role("table").first.get_by_role("row")).to_have_count(31)
        expect(part.get_by_role("table").first.get_by_role("row").nth(1)).to_contain_text("ZiG 2,600.00")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_main_pages_can_be_worked_with_by_everybody_and_fit_the_screen(
    payment: Payment, live_server: Any, size: str, scheme: str
) -> None:
    addresses = (HOME, PAYMENTS, page_of(payment), "/admin/customer_data/concern/", "/admin/customer_data/booking/")
    with at_the_desk(live_server.url, owner(), size=size, scheme=scheme) as page:
        for address in addresses:
            page.goto(address)
            assert not (found := serious_findings(page)), f"{address}\n" + "\n".join(found)
            assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size]["width"], address
