"""A day at the staff desk, each part as the person whose work it is, with everything real but Meta and Paynow.

What staff do elsewhere: an owner's look at the first page and axe-core on it (`test_dashboard_browser`); a payment's page on every
screen (`test_payment_page_browser`); slips from the chat, approved and turned down (`test_living_offline`); both statements
matched and a day closed (`test_matching_in_browser`); the second step (`desk/tests/test_sign_in_browser`); every page and button as
every group and as nobody (`test_permission_walk`).
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from openpyxl import load_workbook
from playwright.sync_api import Browser, expect

from config.tests.customer_at_phone import PATIENCE_MS, Customer, customer_in
from config.tests.runs import Run
from config.tests.staff_at_desk import Staff, staff_in
from config.tests.test_living_it import PRICE, ask_for_the_form, book, browser, pay_with, shop
from config.tests.test_living_offline import slip

__all__ = ["browser", "shop", "slip"]  # fixtures

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("living")]

SignIn = Callable[[str], Staff]
Call = Callable[[str], Customer]

# The demo's customers; each has a booking that is not paid. The stranger and the guest have none yet.
TENDAI, RUDO, CHIPO, STRANGER, GUEST = "263771111111", "263772222222", "263773333333", "263771000005", "263771000006"
SCHOOL = "Chinhoyi High School"


@pytest.fixture
def signs_in(shop: Run, browser: Browser) -> Iterator[SignIn]:
    """`signs_in("cashier")`: one of the demo's people, in a window of their own."""
    with ExitStack() as windows:
        yield lambda name: windows.enter_context(staff_in(browser, shop.url, name))


@pytest.fixture
def comes(shop: Run, browser: Browser) -> Iterator[Call]:
    """`comes(TENDAI)`: one of the demo's customers, with a phone."""
    with ExitStack() as windows:
        yield lambda number: windows.enter_context(customer_in(browser, shop.phone, number=number, name="Customer"))


# --- What customers do ----------------------------------------------------------------------------
def opens_the_form(customer: Customer) -> None:
    customer.say("pay balance")
    customer.hears("How would you like to pay")
    ask_for_the_form(customer, "Pay in full")


def is_asked_to_pay(customer: Customer) -> None:
    """Up to the request on the handset."""
    opens_the_form(customer)
    pay_with(customer, "EcoCash")
    expect(customer.prompt).to_be_visible(timeout=PATIENCE_MS)


def approves(customer: Customer) -> None:
    customer.answer_wallet("Approve")
    customer.hears(re.compile("Receipt.*Amount", re.S))


def opens_newest(staff: Staff, line: str, typed: str, words: str) -> None:
    """The newest row of what is found by `typed`, with these words in it."""
    staff.find(line, typed)
    staff.pick(words)


# --- The payment ----------------------------------------------------------------------------------
def test_a_cashier_asked_did_my_payment_go_through_answers_and_asks_the_gateway_again(signs_in: SignIn, comes: Call) -> None:
    customer, cashier = comes(CHIPO), signs_in("cashier")
    is_asked_to_pay(customer)
    opens_newest(cashier, "Payments", "077 333 3333", "Pending")
    cashier.stands("The customer has been asked to pay and has not done so yet.")
    cashier.press("Ask the gateway again")
    cashier.reads("Paynow is being asked.")
    approves(customer)
    cashier.page.reload()
    cashier.stands("Paid: Paynow has confirmed it.")
    expect(cashier.part("Timeline")).to_contain_text("cashier")
    assert not cashier.is_offered("Stop waiting"), "that is for supervisors"


# --- A refund, by four people ---------------------------------------------------------------------
def test_a_refund_is_asked_for_approved_by_another_paid_back_once_and_told(signs_in: SignIn, comes: Call) -> None:
    customer, cashier = comes(RUDO), signs_in("cashier")
    is_asked_to_pay(customer)
    approves(customer)
    opens_newest(cashier, "Payments", "077 222 2222", "Successful")
    ask_for_a_refund(cashier)
    refund = cashier.part("Refunds").get_by_role("link").inner_text()
    two_approve_at_once(signs_in("supervisor"), signs_in("owner"), refund)
    accountant = signs_in("accountant")
    pay_back(accountant, refund)
    customer.hears(re.compile(r"Refunded.*US\$ 100\.00 of the payment", re.S))
    opens_newest(cashier, "Bookings", "077 222 2222", "745.00")


def ask_for_a_refund(cashier: Staff) -> None:
    """A reason of one space, the real one, a second press, and the way back: one refund, for somebody else to approve."""
    cashier.page.evaluate("document.querySelectorAll('[minlength]').forEach(field => field.removeAttribute('minlength'))")
    cashier.press("Ask for a refund", amount="100.00", reason=" ")
    cashier.reads("Nothing was done: say why, in a few words.")
    expect(cashier.page.locator("form.desk-button [name=amount]").first).to_have_value("100.00")
    cashier.press("Ask for a refund", amount="100.00", reason="One traveller is ill")
    cashier.reads("A refund of US$ 100.00 waits for approval")
    cashier.page.go_back()
    cashier.page.reload()
    expect(cashier.part("Refunds").get_by_role("link")).to_have_count(1)
    cashier.part("Refunds").get_by_role("link").click()
    cashier.stands("Somebody else approves it or turns it down; nothing has left us.")
    assert not cashier.is_offered("Approve")
    cashier.page.go_back()


def two_approve_at_once(supervisor: Staff, owner: Staff, refund: str) -> None:
    """Both have the page open and both press: one of them does it, the other reads that it was done."""
    for one in (supervisor, owner):
        opens_newest(one, "Refunds", refund, refund)
    for one in (supervisor, owner):
        one.press_at_once("Approve")
    told = [told_by(one) for one in (supervisor, owner)]
    assert sum("Approved. Whoever pays" in words for words in told) == 1, told
    assert sum("Look at how it stands" in words for words in told) == 1, told
    supervisor.page.go_back()
    supervisor.page.reload()
    assert not supervisor.is_offered("Approve")


def told_by(staff: Staff) -> str:
    staff.stands("Approved. Somebody must pay it back")
    return staff.page.locator("main, #main").first.inner_text()


def pay_back(accountant: Staff, refund: str) -> None:
    opens_newest(accountant, "Refunds", refund, refund)
    accountant.press("I pay this back now")
    accountant.stands("accountant is paying it back. Do not pay it a second time.")
    accountant.press("Paid back", proof=f"FT{refund}")
    accountant.reads("US$ 100.00 is back with the customer, who is told.")


# --- A slip that staff hand in --------------------------------------------------------------------
def test_a_cashier_hands_in_a_slip_and_a_supervisor_books_what_really_arrived(signs_in: SignIn, slip: Path, tmp_path: Path) -> None:
    cashier, supervisor = signs_in("cashier"), signs_in("supervisor")
    letter = tmp_path / "letter.jpg"
    letter.write_text("Dear cashier, I have paid.")
    opens_newest(cashier, "Bookings", SCHOOL, SCHOOL)
    claim = {"what": "A slip or screenshot", "amount": "400.00", "on": "2026-03-31", "reference": slip.parent.name[-20:]}
    the_session_ends_before(cashier, "Hand in a proof or cash", file=slip, **claim)
    cashier.press("Hand in a proof or cash", file=letter, **claim)
    cashier.reads(re.compile("Nothing was handed in: .*(photo|PDF)"))
    cashier.press("Hand in a proof or cash", file=slip, **claim)
    cashier.reads("Handed in. Somebody else must now find the money and approve it.")
    cashier.open("Proofs to review")
    cashier.pick("400.00")
    assert not cashier.is_offered("Approve")
    supervisor.page.goto(cashier.page.url)
    supervisor.press("Approve", amount="380.50", reference="FT1")
    supervisor.reads("you typed US$ 380.50, and")
    supervisor.press("Approve", amount="380.50", again="380.50", reference="FT1")
    supervisor.reads("US$ 380.50 is booked as payment")
    opens_newest(cashier, "Bookings", SCHOOL, "380.50")


def the_session_ends_before(staff: Staff, label: str, **typed: str | Path) -> None:
    """Half an hour passed over the form: nothing is done, both sentences say so, and the page is there again."""
    staff.type_beside(label, **typed)
    staff.loses_session()
    staff.press(label)
    staff.reads("Your session has ended, so nothing was done.")
    staff.sign_in()
    staff.reads(f"Nothing was done: {label} was not sent. Please press it again.")


# --- What needs a person --------------------------------------------------------------------------
def test_a_supervisor_takes_a_matter_does_what_is_right_and_says_what_was_done(signs_in: SignIn, comes: Call) -> None:
    customer, supervisor, owner = comes(STRANGER), signs_in("supervisor"), signs_in("owner")
    booking = book(customer)
    ask_for_the_form(customer, "Pay in full")
    pay_with(customer, "EcoCash")
    expect(customer.prompt).to_be_visible(timeout=PATIENCE_MS)
    opens_newest(supervisor, "Bookings", booking, PRICE)
    supervisor.press("Cancel the booking", reason="The road is flooded")
    supervisor.reads("Nobody can pay for it any more")
    approves(customer)
    supervisor.open("Needs a person")
    supervisor.pick("Paid after the trip was cancelled")
    supervisor.stands(f"At stake: {PRICE}")
    matter = supervisor.page.url
    supervisor.press("I look after it")
    owner.open("Needs a person")
    expect(owner.row("Paid after the trip was cancelled").first).to_contain_text("Taken by supervisor")
    supervisor.press("Ask for a refund", amount="115.50", reason="The road is flooded")
    supervisor.reads(f"A refund of {PRICE} waits for approval")
    supervisor.page.goto(matter)
    supervisor.press("Solved", reason="Asked for the refund, phoned the customer")
    supervisor.stands("Solved")
    owner.page.goto(matter)
    owner.reads("Asked for the refund, phoned the customer")


# --- Exports --------------------------------------------------------------------------------------
def test_an_accountant_takes_the_list_as_it_is_filtered_to_csv_and_excel(signs_in: SignIn, comes: Call, tmp_path: Path) -> None:
    customer, accountant = comes(GUEST), signs_in("accountant")
    booking = book(customer)
    ask_for_the_form(customer, "Pay in full")
    pay_with(customer, "EcoCash")
    expect(customer.prompt).to_be_visible(timeout=PATIENCE_MS)
    approves(customer)
    saved = {format_: export_of_paid(accountant, format_, tmp_path) for format_ in ("CSV", "Excel")}
    with saved["CSV"].open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert booking in {row["Booking"] for row in rows}
    assert {row["Status"] for row in rows} == {"Successful"}
    sheet = load_workbook(saved["Excel"], read_only=True).worksheets[0]
    titles, *cells = list(sheet.iter_rows(values_only=True))
    references = [row[titles.index("Reference")] for row in cells]
    assert references == [row["Reference"] for row in rows]


def export_of_paid(accountant: Staff, format_: str, folder: Path) -> Path:
    """The file, once it is made: the page shows how far it is."""
    accountant.page.goto("/admin/customer_data/payment/?status__exact=successful")
    accountant.page.get_by_role("button", name=format_, exact=True).click()
    expect(accountant.part("Progress")).to_be_visible()
    with accountant.page.expect_download() as download:
        accountant.page.get_by_role("link", name="Download", exact=True).click()
    file = folder / download.value.suggested_filename
    download.value.save_as(file)
    return file


# --- Settings, and who may ------------------------------------------------------------------------
def test_an_owner_switches_ecocash_off_and_stops_paynow_while_what_is_pending_finishes(signs_in: SignIn, comes: Call) -> None:
    customer, owner = comes(TENDAI), signs_in("owner")
    switch_ecocash_off(owner)
    opens_the_form(customer)
    customer.reads("EcoCash rests. Please pay with InnBucks.")
    expect(customer.flow.get_by_role("radio", name=re.compile("^EcoCash"))).to_have_count(0)
    pay_with(customer, "InnBucks")
    expect(customer.prompt).to_be_visible(timeout=PATIENCE_MS)
    stop_paynow(owner)
    customer.answer_wallet("Approve this code")
    customer.hears(re.compile("Receipt.*Amount", re.S))
    put_all_back(owner)
    owner.find("History", "owner")
    expect(owner.row("It is down").first).to_contain_text("owner")


def switch_ecocash_off(owner: Staff) -> None:
    owner.open("Ways to pay")
    owner.pick("EcoCash")
    owner.press("Switch off", hours="For an hour", told="EcoCash rests. Please pay with InnBucks.", reason="It is down")
    owner.stands("Off until")


def stop_paynow(owner: Staff) -> None:
    owner.open("Gateways")
    owner.pick("Paynow")
    owner.press("Stop new payments", told="Paynow rests. Pay by bank transfer today.", reason="Their notice of maintenance")
    owner.stands("No new payments")


def put_all_back(owner: Staff) -> None:
    """Both switches; and the keys are tried, as one does after a notice of maintenance."""
    owner.press("Take payments again")
    owner.stands("Takes payments")
    owner.open("Ways to pay")
    owner.pick("EcoCash")
    owner.press("Switch on")
    owner.stands("Customers are offered it.")
    owner.open("Paynow configuration")
    owner.pick("Simulator, US dollars")
    owner.press("Try these keys")
    owner.reads("Paynow accepts ID and key")


def test_a_cashier_at_the_address_of_a_setting_is_refused_in_words(signs_in: SignIn) -> None:
    cashier = signs_in("cashier")
    for address in ("paynow_integration/paynowconfig/", "customer_data/amountlimit/add/", "auth/user/"):
        cashier.page.goto(f"/admin/{address}")
        cashier.reads("Your group may not do this")
    cashier.page.get_by_role("link", name="Back to Today").click()
    expect(cashier.page).to_have_url(re.compile("/admin/$"))
