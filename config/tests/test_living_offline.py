"""Bank transfers as customer and staff live them: chosen in the chat, the slip photographed, the money found by a person or not."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, expect

from config.tests.customer_at_phone import Customer
from config.tests.runs import Run
from config.tests.test_living_it import PRICE, album, book, browser, customer, is_told_paid, shop

__all__ = ["album", "browser", "customer", "shop"]  # fixtures

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("living")]

REASON = "The amount on it cannot be read."


@pytest.fixture
def slip(tmp_path: Path) -> Path:
    """A photo of a slip, like no other."""
    picture = Image.new("RGB", (600, 400), "#f4f1e6")
    ImageDraw.Draw(picture).text((40, 40), f"Transfer of {PRICE} · {tmp_path.name}", fill="black", font_size=26)
    file = tmp_path / "slip.jpg"
    content = io.BytesIO()
    picture.save(content, "JPEG", quality=90)
    file.write_bytes(content.getvalue())
    return file


@contextmanager
def staff(browser: Browser, shop: Run, *, name: str) -> Iterator[Page]:
    """One of the demo's people at the admin, in a window of their own."""
    window = browser.new_context(base_url=shop.url, viewport={"width": 1280, "height": 900})
    page = window.new_page()
    page.goto("/")
    page.get_by_role("button", name=name, exact=True).click()
    expect(page).to_have_url(re.compile("/admin/"))
    yield page
    window.close()


def choose_bank_transfer(customer: Customer) -> None:
    customer.pick("Choose how to pay", "Bank transfer or cash")
    customer.hears("Choose which")
    customer.tap("Bank transfer")
    words = customer.hears(re.compile(r"Pay US\$ 115\.50 for booking")).inner_text()
    assert "Account number" in words
    assert "Reference to write on the transfer" in words


def open_proof(page: Page, booking: str) -> None:
    """From the queue of what waits."""
    page.goto("/admin/customer_data/proof/")
    page.get_by_role("row").filter(has_text=booking).get_by_role("link").nth(0).click()
    expect(page.locator("body")).to_contain_text(booking)


def test_a_bank_transfer_is_paid_once_a_person_has_found_the_money(
    customer: Customer, shop: Run, browser: Browser, slip: Path, album: Path
) -> None:
    booking = book(customer)
    choose_bank_transfer(customer)
    customer.attach("Photo", slip, words="Sent from my bank")
    customer.hears(re.compile("Received for booking.*it is being checked", re.S))
    expect(customer.screen.locator(".bubble.mine img.picture").last).to_be_visible()
    customer.picture(album / "slip.png")
    with staff(browser, shop, name="supervisor") as page:
        open_proof(page, booking)
        page.screenshot(path=album / "proof.png", full_page=True)
        page.get_by_label("Amount that arrived").fill("115.50")
        page.get_by_label("Reference on our statement").fill(f"FT{booking[-6:]}")
        page.get_by_role("button", name="Approve").click()
        expect(page.get_by_text("is booked as payment")).to_be_visible()
    is_told_paid(customer, amount=PRICE, balance="US$ 0.00")


def test_a_slip_that_is_turned_down_comes_back_with_the_reason_and_another_can_be_sent(
    customer: Customer, shop: Run, browser: Browser, slip: Path
) -> None:
    booking = book(customer)
    choose_bank_transfer(customer)
    customer.attach("Photo", slip)
    customer.hears("it is being checked")
    with staff(browser, shop, name="supervisor") as page:
        open_proof(page, booking)
        page.get_by_label("What the customer is told").fill(REASON)
        page.get_by_role("button", name="Reject").click()
        expect(page.get_by_text("The customer is told why")).to_be_visible()
    said = customer.hears("could not accept your proof").inner_text()
    assert REASON in said
    customer.tap("Send another slip")
    customer.hears("Send a photo or PDF of the slip")
    customer.attach("Sample slip")
    customer.hears(f"Received for booking {booking}")
