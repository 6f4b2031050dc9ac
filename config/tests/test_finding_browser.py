"""The cashier at a real browser is asked *did it go through?*; the pages on the way are fit for everybody and for a phone."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from config.tests.axe import serious_findings
from config.tests.test_dashboard_browser import HOME, PAYMENTS, at_the_desk
from customer_data.models import Concern, ConcernKind, Payment
from customer_data.tests import make
from customer_data.tests.desk import owner, page_of
from desk.figures import update_figures

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LISTS = (
    PAYMENTS,
    "/admin/customer_data/booking/",
    "/admin/customer_data/concern/",
    "/admin/customer_data/refund/",
    f"{PAYMENTS}?q=zzzz",
)


@pytest.fixture
def payment() -> Payment:
    customer = make.customer(name="Chipo Dube", phone="+263775550000")
    booking = make.booking("1260.00", customer=customer)
    paid = make.payment(
        "successful", booking=booking, amount="1260.00", gateway="paynow", payment_method="paynow_ecocash", phone="+263779876543"
    )
    Concern.raise_about(paid, ConcernKind.MISMATCH, "The gateway says US$ 1.00, we asked for US$ 1,260.00.")
    update_figures()
    return paid


@pytest.mark.parametrize("size", ["phone", "wide"])
@pytest.mark.parametrize("typed", ["0779 876 543", "reference", "chipo dube"])
def test_did_it_go_through(payment: Payment, live_server: Any, size: str, typed: str) -> None:
    with at_the_desk(live_server.url, owner(), size=size) as page:
        page.goto(HOME)
        page.get_by_label("Did it go through?").fill(payment.reference if typed == "reference" else typed)
        page.keyboard.press("Enter")
        page.wait_for_url(f"**{page_of(payment)}")
        expect(page.get_by_role("region", name="How it stands")).to_contain_text("Successful")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["phone", "wide"])
def test_the_pages_on_the_way_are_accessible_and_nothing_is_cut_off(
    payment: Payment, live_server: Any, size: str, scheme: str
) -> None:
    with at_the_desk(live_server.url, owner(), size=size, scheme=scheme) as page:
        for address in (HOME, page_of(payment), *LISTS):
            page.goto(address)
            assert not serious_findings(page), address
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), address


def test_on_a_phone_looking_for_something_comes_before_files(payment: Payment, live_server: Any) -> None:
    with at_the_desk(live_server.url, owner(), size="phone") as page:
        page.goto(PAYMENTS)
        field, files = page.locator("input[name=q]").bounding_box(), page.locator(".desk-export").bounding_box()
        assert field is not None
        assert files is not None
        assert field["y"] < files["y"]


def test_amounts_and_dates_stay_on_one_line(payment: Payment, live_server: Any) -> None:
    with at_the_desk(live_server.url, owner()) as page:
        page.set_viewport_size({"width": 1280, "height": 900})
        page.goto(PAYMENTS)
        for column in ("shown_amount", "shown_asked"):
            cell = page.locator(f"#result_list tbody .field-{column}").first
            assert cell.evaluate("cell => getComputedStyle(cell).whiteSpace") == "nowrap"
        status = page.locator("#result_list tbody .field-shown_status").first.bounding_box()
        assert status is not None
        assert status["x"] + status["width"] <= 1280
