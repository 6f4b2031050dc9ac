"""The whole product as a customer lives it: the phone in the browser, a wallet on the handset, and everything real in between.

Web, worker, clock, PostgreSQL and both simulators are processes of their own; only Meta and Paynow are played.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, Locator, expect, sync_playwright

from config.tests.conftest import local_folder
from config.tests.customer_at_phone import Customer, customer_in
from config.tests.runs import Run

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("living")]

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
TOUR, PRICE, DEPOSIT = "Victoria Falls walk", "US$ 115.50", "US$ 57.75"

POOR = "0774444444"  # Paynow's test number of a wallet without money

_numbers = count(263770100001)
_dates = count()  # every story has a date of its own: seats are few


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """`make run`, with an embedded PostgreSQL, the demo's tours, and both simulators."""
    folder = tmp_path_factory.mktemp("living")
    with local_folder(folder):
        run = Run(folder)
        with run.start() as supervisor:
            run.wait_until_it_runs(supervisor)
            yield run
        run.kill_what_is_left()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def customer(shop: Run, browser: Browser) -> Iterator[Customer]:
    """A stranger with a phone and a number of her own."""
    with customer_of(shop, browser, name="Rudo") as someone:
        yield someone
    requests.post(f"{shop.paynow}/simulator/clear-faults", timeout=10)


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Where pictures go: `make pictures` keeps them for the README."""
    return Path(os.environ.get("PICTURES", "") or tmp_path)


@contextmanager
def customer_of(shop: Run, browser: Browser, *, name: str) -> Iterator[Customer]:
    with customer_in(browser, shop.phone, number=str(next(_numbers)), name=name) as someone:
        yield someone


# --- What a customer does -------------------------------------------------------------------------
def book(customer: Customer) -> str:
    """From *Hi* to a booking for one; its number."""
    customer.say("Hi")
    customer.hears("How can we help")
    customer.pick("Choose", "Book a trip")
    customer.hears("Which trip")
    customer.pick("See trips", TOUR)
    customer.hears("Which date")
    customer.tap("See dates")
    customer.screen.get_by_role("dialog").locator("button.row").nth(next(_dates) % 8).click()  # the last row shows more
    customer.hears("How many of you travel")
    customer.say("just me")
    customer.hears("In which name")
    customer.say("Rudo Moyo")
    customer.hears("by e-mail")
    customer.say("rudo@example.com")
    customer.hears(re.compile(r"Travellers: 1.*Is everything right", re.S))
    customer.tap("Book it")
    said = customer.hears("Your booking number is").inner_text()
    return re.search(r"BK[0-9A-Z]{11}", said)[0]  # type: ignore[index]


def ask_for_the_form(customer: Customer, option: str) -> None:
    customer.pick("Choose how to pay", option)
    customer.hears("Who pays?")
    customer.tap("I pay")
    customer.hears("you can pay")
    customer.open_form()


def pay_with(customer: Customer, method: str) -> None:
    customer.choose(method)
    customer.press("Pay now")


def is_told_paid(customer: Customer, *, amount: str, balance: str) -> None:
    receipt = customer.hears(re.compile(r"Receipt.*Amount", re.S)).inner_text()
    assert f"Amount: {amount}" in receipt
    assert f"Balance: {balance}" in receipt
    expect(customer.screen.locator(".bubble.kind-document").last).to_contain_text(".pdf")


def finish(customer: Customer) -> None:
    """Look at the form again and close it with its own button."""
    customer.reads(re.compile("Paid"))
    customer.press("Done")
    expect(customer.flow).to_be_hidden()


def look_again(customer: Customer, words: str) -> None:
    """*Check status*, until the form shows `words`: each tap is answered with what is known by then."""
    check = customer.flow.get_by_role("button", name="Check status", exact=True)
    for _ in range(60):
        if customer.flow.get_by_text(words).count():
            return
        tap_if_it_can_be_tapped(check)
        customer.page.wait_for_timeout(500)  # a person's pace
    raise AssertionError(f"The form never showed {words!r}: {customer.flow.inner_text()}")


# --- The stories ----------------------------------------------------------------------------------
def test_a_stranger_books_pays_a_deposit_by_ecocash_and_later_the_balance_by_innbucks(customer: Customer, album: Path) -> None:
    book(customer)
    customer.picture(album / "chat.png")
    ask_for_the_form(customer, "Pay 50% deposit")
    customer.choose("Deposit")
    customer.choose("EcoCash")
    customer.picture(album / "form.png")
    customer.press("Pay now")
    expect(customer.prompt).to_be_visible()
    customer.picture(album / "prompt.png")
    customer.answer_wallet("Approve")
    is_told_paid(customer, amount=DEPOSIT, balance=DEPOSIT)
    look_again(customer, "Thank you")
    finish(customer)
    customer.picture(album / "receipt.png")
    customer.say("pay balance")
    customer.hears("How would you like to pay")
    ask_for_the_form(customer, "Pay balance via Paynow")
    pay_with(customer, "InnBucks")
    look_again(customer, "Approve")
    customer.answer_wallet("Approve this code")
    is_told_paid(customer, amount=DEPOSIT, balance="US$ 0.00")


def test_without_money_in_the_wallet_the_customer_pays_with_another_one(customer: Customer) -> None:
    book(customer)
    ask_for_the_form(customer, "Pay in full")
    customer.fill("Mobile money number", POOR)
    pay_with(customer, "EcoCash")
    look_again(customer, "There was not enough money in the wallet")
    customer.reads("4%")
    customer.press("Use another method")
    customer.fill("Mobile money number", f"0{customer.number.removeprefix('263')}")
    pay_with(customer, "InnBucks")
    look_again(customer, "Approve")
    customer.answer_wallet("Approve this code")
    is_told_paid(customer, amount=PRICE, balance="US$ 0.00")


def test_omari_asks_for_the_code_of_the_sms(customer: Customer) -> None:
    book(customer)
    ask_for_the_form(customer, "Pay in full")
    pay_with(customer, "O'mari")
    look_again(customer, "Type the code")
    customer.fill("Code", customer.prompt.locator(".code").inner_text())
    customer.press("Confirm")
    is_told_paid(customer, amount=PRICE, balance="US$ 0.00")


def test_a_card_is_paid_on_a_page_and_never_typed_in_the_chat(customer: Customer) -> None:
    book(customer)
    ask_for_the_form(customer, "Pay in full")
    pay_with(customer, "Card")
    look_again(customer, "Open the payment page")
    customer.reads("internet data")
    with customer.page.context.expect_page() as opened:
        customer.flow.get_by_role("link", name="Open the payment page").click()
    opened.value.get_by_role("button", name="Make Payment").click()
    expect(opened.value.get_by_text("go back to the chat")).to_be_visible()
    is_told_paid(customer, amount=PRICE, balance="US$ 0.00")


def test_i_have_paid_asks_paynow_when_its_status_update_never_comes(customer: Customer, shop: Run) -> None:
    book(customer)
    ask_for_the_form(customer, "Pay in full")
    requests.post(f"{shop.paynow}/simulator/faults", json={"name": "drop_update"}, timeout=10)
    pay_with(customer, "EcoCash")
    expect(customer.prompt).to_be_visible()
    customer.flow.get_by_role("button", name="Back").click()
    customer.page.keyboard.press("Escape")
    expect(customer.flow).to_be_hidden()
    customer.answer_wallet("Approve")
    customer.say("I have paid")
    is_told_paid(customer, amount=PRICE, balance="US$ 0.00")


def test_a_used_form_says_so_and_its_button_goes_grey(customer: Customer) -> None:
    book(customer)
    ask_for_the_form(customer, "Pay in full")
    pay_with(customer, "EcoCash")
    customer.answer_wallet("Approve")
    look_again(customer, "Thank you")
    finish(customer)
    customer.tap("Pay now")  # the form opens, hears that it is used, and closes
    expect(customer.handset.get_by_text("Write to us in the chat")).to_be_visible()
    expect(customer.screen.get_by_role("button", name="Pay now", exact=True)).to_be_disabled()


BAD_NETWORKS = ["Duplicate", "Reorder", "Repeat INIT", "Close midway", "requests", "answers", "webhooks", "Delay"]


@pytest.mark.parametrize("trouble", BAD_NETWORKS)
def test_on_a_bad_network_the_customer_pays_exactly_once(customer: Customer, shop: Run, trouble: str) -> None:
    book(customer)
    customer.pick("Choose how to pay", "Pay in full")
    customer.hears("Who pays?")
    customer.network(trouble)
    customer.tap("I pay")
    if trouble == "webhooks":
        customer.good_network()  # what was lost comes again once the network is back
    customer.hears("you can pay")
    fill_in_however_often_it_takes(customer)
    customer.answer_wallet("Approve")
    is_told_paid(customer, amount=PRICE, balance="US$ 0.00")
    assert [each["status"] for each in charges_to(shop, customer)] == ["Paid"]


def fill_in_however_often_it_takes(customer: Customer) -> None:
    """As a person does: open the form again, try again, tap again, until the request to pay is on the handset."""
    for attempt in range(40):
        if customer.prompt.is_visible():
            return
        if attempt == 12:
            customer.good_network()  # the bus has left the hills
        one_more_try(customer)
        customer.page.wait_for_timeout(1000)  # a person's pace
    raise AssertionError(f"Nobody was asked to pay: {customer.screen.inner_text()[-500:]}")


def one_more_try(customer: Customer) -> None:
    flow, dialog = customer.flow, customer.screen.get_by_role("dialog", name="Something went wrong")
    if dialog.is_visible():
        dialog.get_by_role("button", name="Try again").click()
    elif not flow.is_visible():
        customer.tap("Pay now")
    elif flow.get_by_role("radio", name=re.compile("^EcoCash")).is_visible():
        customer.choose("EcoCash")
        tap_if_it_can_be_tapped(flow.get_by_role("button", name="Pay now", exact=True))
    else:
        tap_if_it_can_be_tapped(flow.get_by_role("button", name="Check status", exact=True))


def tap_if_it_can_be_tapped(button: Locator) -> None:
    """While the form waits for an answer its button cannot."""
    if button.is_visible() and button.is_enabled():
        button.click()


def charges_to(shop: Run, customer: Customer) -> list[dict[str, str]]:
    """What Paynow was asked to take from this customer's wallet, whatever became of it."""
    known = requests.get(f"{shop.paynow}/simulator/transactions", timeout=10).json()["transactions"]
    return [each for each in known if each["phone"] == f"0{customer.number.removeprefix('263')}"]
