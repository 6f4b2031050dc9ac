"""The phone in the browser: what a person sees and taps, and what our app hears of it. The server behind it is the real one."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from config.tests.phone_stage import NUMBER, SMALL, Stage, buttons, fields, flow_of, interactive, screen, sends, shows, stage, text
from config.tests.test_admin_browser import FLAGS
from flows.simulator import phone_api
from flows.tests.app_server import Json
from paynow_integration.simulator import DrivenClock, PaynowSimulator
from paynow_integration.tests.merchant import a_request, client_for

FILES = Path(phone_api.__file__).parent / "page"
MOST_BYTES = 150_000

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def on(browser: Browser) -> Iterator[Stage]:
    with stage(browser) as built:
        yield built


# --- Starting -------------------------------------------------------------------------------------
def test_a_first_visit_needs_one_tap_to_say_hi(on: Stage) -> None:
    on.open()
    on.page.get_by_role("button", name="Hi", exact=True).click()
    expect(on.last()).to_contain_text("Hi")
    expect(on.last().get_by_role("img", name="Delivered")).to_be_visible()
    assert (on.told(1)[0]["text"]["body"], on.told(1)[0]["from"]) == ("Hi", NUMBER)
    on.receives(text("Hello Rudo"))
    expect(on.last()).to_contain_text("Hello Rudo")


def test_nothing_is_loaded_from_elsewhere_and_the_page_is_small(on: Stage) -> None:
    on.open()
    assert {urlsplit(address).netloc for address in on.asked} == {urlsplit(on.meta.url).netloc}
    assert sum(file.stat().st_size for file in FILES.iterdir()) < MOST_BYTES


def test_the_page_runs_under_a_strict_policy() -> None:
    page = (FILES / "phone.html").read_text(encoding="utf-8")
    assert "default-src 'none'; script-src 'self'; style-src 'self';" in page
    assert not re.search(r"\son\w+=|\sstyle=|<style", page)
    scripts = "".join(file.read_text(encoding="utf-8") for file in FILES.glob("*.js"))
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", scripts)


def test_an_address_opens_the_phone_it_names(on: Stage) -> None:
    on.open("?number=0712345678&name=Tendai")
    expect(on.phone("Tendai").get_by_text("071 234 5678")).to_be_visible()
    on.page.get_by_role("button", name="Hi", exact=True).click()
    assert on.told(1)[0]["from"] == "263712345678"


def test_several_phones_stand_side_by_side_and_news_is_counted(on: Stage) -> None:
    on.open()
    on.page.get_by_role("button", name="New phone").click()
    on.page.get_by_role("button", name="Tendai").click()
    on.page.get_by_role("button", name="New phone").click()
    on.page.get_by_label("Customer name").fill("Chipo")
    on.page.get_by_label("Customer phone number").fill("soon")
    on.page.get_by_role("button", name="Open this phone").click()
    expect(on.page.get_by_role("alert").filter(has_text="Write it like 0771234567")).to_be_visible()
    on.page.get_by_label("Customer phone number").fill("0782222333")
    on.page.get_by_role("button", name="Open this phone").click()
    for owner in ("Rudo", "Tendai", "Chipo"):
        expect(on.phone(owner)).to_be_visible()
    on.receives(text("For Tendai"), number="263712345678")
    expect(on.last("Tendai")).to_contain_text("For Tendai")
    expect(on.page.get_by_role("button", name="Tendai 1 unread")).to_be_visible()
    on.page.get_by_role("button", name="Tendai 1 unread").click()
    expect(on.page.get_by_role("button", name="Tendai", exact=True)).to_be_visible()
    on.complaints.clear()  # the browser writes of the number that was refused


def test_after_a_new_start_of_the_simulator_the_phone_comes_back(on: Stage) -> None:
    on.open()
    on.receives(text("Before"))
    expect(on.last()).to_contain_text("Before")
    on.meta.phones.forget()
    expect(on.page.get_by_role("button", name="Hi", exact=True)).to_be_visible()
    on.receives(text("After"))
    expect(on.last()).to_contain_text("After")
    on.complaints.clear()  # the browser writes of the phone that was not there


# --- The chat -------------------------------------------------------------------------------------
def test_every_button_tells_our_app_what_it_means(on: Stage) -> None:
    on.open()
    rows = [{"id": "r1", "title": "July", "description": "US$ 10.00"}, {"id": "r2", "title": "August"}]
    on.receives(buttons("Book", "Help"))
    on.receives(interactive("list", {"button": "Choose a month", "sections": [{"title": "Dates", "rows": rows}]}))
    on.page.get_by_role("button", name="Book").click()
    expect(on.last()).to_contain_text("Book")
    on.page.get_by_role("button", name="Choose a month").click()
    expect(on.sheet().get_by_role("group", name="Dates")).to_be_visible()
    on.sheet().get_by_role("button", name="July, US$ 10.00").click()
    expect(on.page.get_by_role("dialog")).to_have_count(0)
    tapped = [message["interactive"] for message in on.told(2)]
    assert tapped[0]["button_reply"]["id"] == "book"
    assert tapped[1]["list_reply"]["id"] == "r1"


def test_a_link_says_that_it_needs_internet_data_and_opens_apart(on: Stage) -> None:
    on.open()
    parameters = {"display_text": "Pay by card", "url": "https://pay.example/1"}
    on.receives(interactive("cta_url", {"name": "cta_url", "parameters": parameters}))
    link = on.page.get_by_role("link", name="Pay by card")
    expect(link).to_have_attribute("href", "https://pay.example/1")
    expect(link).to_have_attribute("target", "_blank")
    expect(on.last()).to_contain_text("uses internet data")


def test_a_receipt_shows_its_name_and_opens(on: Stage) -> None:
    on.open()
    content = {"link": "https://a.example/R-000012.pdf", "filename": "R-000012.pdf", "caption": "Your receipt"}
    on.receives({"type": "document", "document": content})
    expect(on.last()).to_contain_text("Your receipt")
    expect(on.page.get_by_role("link", name="R-000012.pdf")).to_have_attribute("href", content["link"])


def test_marks_become_letters_and_what_looks_like_html_stays_text(on: Stage) -> None:
    on.open()
    evil = "<img src=x onerror=\"document.title='taken'\">"
    on.receives(text(f"*Paid* _at once_ ~later~ `code` 5*3*2 a_b_c https://tours.example/a. {evil}"))
    message = on.last()
    expect(message.locator("strong")).to_have_text("Paid")
    expect(message.locator("em")).to_have_text("at once")
    expect(message.locator("s")).to_have_text("later")
    expect(message.locator("code")).to_have_text("code")
    expect(message.get_by_role("link")).to_have_attribute("href", "https://tours.example/a")
    expect(message).to_contain_text(f"5*3*2 a_b_c https://tours.example/a. {evil}")
    assert on.page.title() == "Phone simulator"


def test_words_emoji_and_a_voice_note_are_sent(on: Stage) -> None:
    on.open()
    on.page.get_by_label("Message", exact=True).fill("Makadii ")
    on.page.get_by_role("button", name="Emoji").click()
    on.page.get_by_role("button", name="🙏").click()
    on.page.get_by_role("button", name="Send").click()
    on.page.get_by_role("button", name="Attach").click()
    on.page.get_by_role("button", name="Voice note").click()
    expect(on.last()).to_contain_text("Voice note")
    written, voice = on.told(2)
    assert (written["text"]["body"], voice["type"]) == ("Makadii 🙏", "audio")


def test_a_message_of_ours_is_read_when_its_phone_is_at_hand(on: Stage) -> None:
    on.open()
    on.receives(text("Hello"))
    expect(on.last()).to_contain_text("Hello")
    with on.app.came:
        assert on.app.came.wait_for(lambda: any(status["status"] == "read" for status in on.app.statuses), 5)


def test_ticks_change_in_place_so_that_nothing_is_read_out_twice(on: Stage) -> None:
    on.open()
    on.app.answers[:] = [503, 503, 503]  # our app is away for some seconds, then takes the message
    on.page.get_by_role("button", name="Hi", exact=True).click()
    expect(on.last().get_by_role("img", name="Sending")).to_be_visible()
    on.last().evaluate("node => { node.dataset.seen = 'yes' }")
    expect(on.last().get_by_role("img", name="Delivered")).to_be_visible()
    expect(on.last()).to_have_attribute("data-seen", "yes")


def test_long_words_many_rows_and_other_scripts_fit_a_small_phone(browser: Browser) -> None:
    with stage(browser, viewport=SMALL, color_scheme="dark") as on:
        on.open()
        rows = [{"id": str(number), "title": "W" * 24, "description": "M" * 72} for number in range(10)]
        for content in (
            text("x" * 4096),
            text("مرحبا بكم في شلالات فيكتوريا 🇿🇼"),
            buttons("W" * 20, body="W" * 300),
            interactive("list", {"button": "Choose", "sections": [{"title": "W" * 24, "rows": rows}]}, header="W" * 60),
        ):
            on.receives(content)
        expect(on.phone().get_by_test_id("message")).to_have_count(4)
        on.page.get_by_role("button", name="Choose").click()
        expect(on.sheet().get_by_role("button", name="WWW")).to_have_count(10)
        wide: Any = on.page.evaluate(
            "[...document.querySelectorAll('body, .talk, .sheet-body, .phone')].filter(n => n.scrollWidth > n.clientWidth).length"
        )
        assert wide == 0
        assert on.page.evaluate("getComputedStyle(document.querySelector('[lang], .words')).direction") == "ltr"
        assert on.page.locator(".words").nth(1).evaluate("node => getComputedStyle(node).direction") == "rtl"


# --- By keyboard ----------------------------------------------------------------------------------
def test_the_keyboard_stays_in_the_sheet_and_escape_closes_it(on: Stage) -> None:
    on.open()
    form = flow_of(screen("ONE", {"type": "TextInput", "name": "a", "label": "Name"}, sends(**fields("a")), terminal=True))
    on.invites(form, shows("ONE"))
    opener = on.page.get_by_role("button", name="Open the form")
    opener.focus()
    on.page.keyboard.press("Enter")
    expect(on.page.get_by_label("Name")).to_be_visible()
    expect(on.page.locator("section.chat")).to_have_attribute("inert", "")
    for _ in range(9):
        on.page.keyboard.press("Tab")
        assert on.page.evaluate("document.activeElement.closest('.sheet') !== null")
    on.page.keyboard.press("Escape")
    expect(on.page.get_by_role("dialog")).to_have_count(0)
    expect(opener).to_be_focused()


def test_the_wallet_is_in_reach_of_the_keyboard_while_a_form_is_open(browser: Browser, paynow: PaynowSimulator) -> None:
    with stage(browser, paynow_url=paynow.url) as on:
        on.open()
        form = on.opens(flow_of(screen("ONE", sends(), terminal=True)), shows("ONE"))
        expect(form.get_by_role("button", name="Send")).to_be_enabled()
        charge(paynow, "B7K2M9QXA4T")
        notice = on.page.get_by_role("button", name="EcoCash: US$ 10.00. Show the wallet.")
        expect(notice).to_be_visible()
        form.get_by_role("button", name="Send").focus()
        on.page.keyboard.press("Tab")
        expect(notice).to_be_focused()
        on.page.keyboard.press("Enter")
        expect(on.page.get_by_role("button", name="Approve")).to_be_focused()


# --- Beside the phone -----------------------------------------------------------------------------
@pytest.fixture
def paynow() -> Iterator[PaynowSimulator]:
    with PaynowSimulator(clock=DrivenClock()) as simulator:
        simulator.manners.by_hand = True
        yield simulator


def charge(paynow: PaynowSimulator, reference: str, **changes: Any) -> None:
    with client_for(paynow) as client:
        client.express(a_request(reference=reference, merchant_trace=reference, **({"phone": "0771234567"} | changes)))


def test_the_wallet_shows_a_request_and_its_owner_approves(browser: Browser, paynow: PaynowSimulator) -> None:
    with stage(browser, paynow_url=paynow.url) as on:
        on.open()
        charge(paynow, "B7K2M9QXA4T")
        prompt = on.page.get_by_role("group", name="EcoCash request")
        expect(prompt).to_contain_text("Pay US$ 10.00 to Example Safaris?")
        on.page.get_by_role("button", name="EcoCash: US$ 10.00. Show the wallet.").click()
        expect(prompt.get_by_role("button", name="Approve")).to_be_focused()
        on.page.keyboard.press("Enter")
        expect(on.page.get_by_role("region", name="Wallet of Rudo")).to_contain_text("Approved · US$ 10.00 · EcoCash")
        expect(prompt).to_have_count(0)
    assert paynow.transactions()[0].status == "Paid"


@pytest.mark.parametrize(("button", "word"), [("Decline", "Cancelled"), ("Not enough money", "Failed"), ("Ignore", "Sent")])
def test_a_request_can_end_without_money(browser: Browser, paynow: PaynowSimulator, button: str, word: str) -> None:
    with stage(browser, paynow_url=paynow.url) as on:
        on.open()
        charge(paynow, "B7K2M9QXA4T")
        on.page.get_by_role("group", name="EcoCash request").get_by_role("button", name=button).click()
        expect(on.page.get_by_test_id("prompt")).to_have_count(0)
    assert paynow.transactions()[0].status == word


def test_a_code_is_shown_to_approve_and_an_sms_to_type(browser: Browser, paynow: PaynowSimulator) -> None:
    with stage(browser, paynow_url=paynow.url) as on:
        on.open()
        charge(paynow, "B7K2M9QXA4T", method="innbucks")
        charge(paynow, "B7K2M9QXA4U", method="omari")
        code = on.page.get_by_role("group", name="InnBucks request")
        sms = on.page.get_by_role("group", name="O'mari request")
        expect(code).to_contain_text(paynow.transactions()[0].code)
        expect(sms).to_contain_text(paynow.manners.otp)
        expect(sms.get_by_role("button", name="Approve")).to_have_count(0)
        code.get_by_role("button", name="Approve this code").click()
        expect(code).to_have_count(0)
    assert paynow.transactions()[0].status == "Paid"


def test_each_switch_of_the_bad_network_reaches_the_phone_and_marks_it(on: Stage) -> None:
    on.open()
    mark = on.phone().get_by_text("bad network", exact=True)
    expect(mark).to_be_hidden()
    on.page.get_by_label("Bad network of Rudo").click()
    for name in ("Duplicate", "Reorder", "Repeat INIT", "Close midway"):
        on.page.get_by_label(name).check()
        expect(mark).to_be_visible()
    on.page.get_by_label("Drop").select_option("answers")
    on.page.get_by_label("Delay").press("ArrowRight")
    expect(on.page.get_by_text("1 s", exact=True)).to_be_visible()
    expected: Json = {"duplicate": True, "delay_seconds": 1, "reorder": True, "drop": "answers"}
    expected |= {"repeat_init": True, "close_midway": True}
    on.page.wait_for_function(
        "async (wanted) => JSON.stringify(await (await fetch('/phone/api/phones/263771234567/network')).json()) === wanted",
        arg=json.dumps(expected, separators=(",", ":")),
    )
    on.page.get_by_role("button", name="Good network again").click()
    expect(mark).to_be_hidden()
