"""A Flow on the phone in the browser: its screens, inputs and ways, as WhatsApp shows them, over the real sealed protocol."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from config.tests.phone_stage import NUMBER, TOKEN, Stage, fields, flow_of, screen, sends, shows, stage
from config.tests.test_phone_page import browser
from flows.definitions.payment_whatsapp_flow import PAYMENT, PAYMENT_PROCESSING, PAYMENT_WHATSAPP_FLOW
from flows.tests.app_server import Json, success
from flows.tests.app_server import screen as payment_screen

__all__ = ["browser"]

pytestmark = pytest.mark.browser

OPTIONS = [{"id": "a", "title": "Apple"}, {"id": "b", "title": "Banana", "description": "Yellow"}]
MORE_OPTIONS = [*OPTIONS, {"id": "c", "title": "Cherry", "enabled": False}]
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTiPoQAAAABJRU5ErkJggg=="


@pytest.fixture
def on(browser: Browser) -> Iterator[Stage]:
    with stage(browser) as built:
        built.open()
        yield built


def text_input(name: str, label: str, **more: Any) -> Json:
    return {"type": "TextInput", "name": name, "label": label} | more


# --- The payment Flow -----------------------------------------------------------------------------
def test_a_payment_goes_through_its_screens_and_leaves_a_bubble(on: Stage) -> None:
    form = on.opens(
        PAYMENT_WHATSAPP_FLOW,
        payment_screen(PAYMENT, init_values={}, error_messages={}, has_notice=False),
        payment_screen(
            PAYMENT, error_message="Check the number.", init_values={}, error_messages={"phone": "Not an EcoCash number"}
        ),
        payment_screen(PAYMENT_PROCESSING, has_qr=False),
        success(TOKEN, status="pending"),
    )
    pay = form.get_by_role("button", name="Pay now")
    expect(pay).to_be_disabled()
    form.get_by_role("radio", name="EcoCash").check()
    form.get_by_role("radio", name="Pay in full").check()
    form.get_by_label("Mobile money number").fill("0771234567")
    pay.click()
    expect(form.get_by_text("Check the number.")).to_be_visible()
    expect(form.get_by_text("Not an EcoCash number")).to_be_visible()
    expect(form.get_by_label("Mobile money number")).to_have_value("0771234567")
    form.get_by_label("Mobile money number").fill("0772222222")
    expect(form.get_by_text("Not an EcoCash number")).to_be_hidden()
    pay.click()
    expect(form.get_by_role("heading", name="Approve on your phone")).to_be_visible()
    expect(form.get_by_text("Managed by Sunrise Tours")).to_be_visible()
    form.get_by_role("button", name="Check status").click()
    on.page.get_by_role("button", name="View what was sent").click()
    expect(on.sheet()).to_contain_text("Status")
    chosen = {"payment_method": "ecocash", "amount_option": "full"}
    assert on.sent() == [chosen | {"phone": "0771234567"}, chosen | {"phone": "0772222222"}, {"next": "check"}]


def test_a_used_link_closes_the_sheet_and_turns_the_button_grey(on: Stage) -> None:
    form = on.opens(PAYMENT_WHATSAPP_FLOW, 427)
    expect(on.phone().get_by_text("This booking is paid.")).to_be_visible()
    expect(form).to_have_count(0)
    expect(on.page.get_by_role("button", name="Open the form")).to_be_disabled()


def test_what_went_wrong_can_be_tried_again(on: Stage) -> None:
    flow = flow_of(
        screen("ONE", text_input("a", "First"), sends(**fields("a"))), screen("TWO", sends(), data=told(), terminal=True)
    )
    form = on.opens(flow, shows("ONE"), shows("TWO", words=5), shows("TWO", words="Hello"))
    form.get_by_label("First").fill("x")
    form.get_by_role("button", name="Send").click()
    dialog = on.page.get_by_role("dialog", name="Something went wrong")
    dialog.get_by_text("For developers").click()
    expect(dialog).to_contain_text("data.words should be of type string")
    dialog.get_by_role("button", name="Try again").click()
    expect(form.get_by_role("heading", name="Two")).to_be_visible()
    assert [data for data in on.sent() if "error" not in data] == [{"a": "x"}, {"a": "x"}]


def test_a_failure_at_the_start_can_be_tried_again_or_left(on: Stage) -> None:
    flow = flow_of(screen("ONE", sends(), terminal=True))
    form = on.opens(flow, shows("NOWHERE"), shows("ONE"))
    on.page.get_by_role("dialog", name="Something went wrong").get_by_role("button", name="Try again").click()
    expect(form.get_by_role("heading", name="One")).to_be_visible()


def told() -> Json:
    return {"words": {"type": "string", "__example__": "Hello"}}


def test_a_second_tap_while_waiting_sends_nothing(on: Stage) -> None:
    on.meta.phones.phone(NUMBER).switch_network(delay_seconds=0.6)
    form = on.opens(flow_of(screen("ONE", sends(), text_input("a", "First"), terminal=True)), shows("ONE"), shows("ONE"))
    expect(form.get_by_text("Loading").last).to_be_visible()
    send = form.get_by_role("button", name="Send")
    send.click()
    expect(form.get_by_role("img", name="Waiting")).to_be_visible()
    expect(form.get_by_label("First")).to_be_disabled()
    send.dispatch_event("click")
    form.get_by_label("First").dispatch_event("change")
    expect(send).to_be_enabled()
    assert len(on.sent()) == 1


def test_a_form_that_is_closed_sends_nothing_and_opens_again(on: Stage) -> None:
    form = on.opens(flow_of(screen("ONE", sends(), terminal=True)), shows("ONE"), shows("ONE"))
    form.get_by_role("button", name="Close").click()
    expect(form).to_have_count(0)
    on.page.get_by_role("button", name="Open the form").click()
    expect(form.get_by_role("heading", name="One")).to_be_visible()
    assert [asked["action"] for asked in on.app.asked] == ["INIT", "INIT"]


@pytest.mark.parametrize(
    ("switch", "told"), [({"drop": "answers"}, "There was no answer in time."), ({"drop": "requests"}, "There is no connection.")]
)
def test_what_a_bad_network_loses_can_be_tapped_again(on: Stage, switch: dict[str, Any], told: str) -> None:
    form = on.opens(flow_of(screen("ONE", sends(), terminal=True)), shows("ONE"), shows("ONE"), success(TOKEN))
    send = form.get_by_role("button", name="Send")
    expect(send).to_be_enabled()
    on.meta.phones.phone(NUMBER).switch_network(**switch)
    send.click()
    dialog = on.page.get_by_role("dialog", name="Something went wrong")
    expect(dialog).to_contain_text(told)
    on.meta.phones.phone(NUMBER).switch_network(drop="none")
    on.app.replies[:] = [success(TOKEN)]
    dialog.get_by_role("button", name="Try again").click()
    expect(on.page.get_by_role("button", name="View what was sent").or_(on.last().filter(has_text="Sent"))).to_be_visible()


def test_a_form_that_closes_midway_says_so_and_can_be_opened_again(on: Stage) -> None:
    form = on.opens(flow_of(screen("ONE", sends(), terminal=True)), shows("ONE"), shows("ONE"), shows("ONE"))
    expect(form.get_by_role("button", name="Send")).to_be_enabled()
    on.meta.phones.phone(NUMBER).switch_network(close_midway=True)
    form.get_by_role("button", name="Send").click()
    expect(on.phone().get_by_text("The form was closed before the answer came.")).to_be_visible()
    expect(form).to_have_count(0)
    on.page.get_by_role("button", name="Open the form").click()
    expect(form.get_by_role("heading", name="One")).to_be_visible()


# --- Ways -----------------------------------------------------------------------------------------
def test_going_on_and_back_on_the_phone_keeps_what_was_typed(on: Stage) -> None:
    onward = {"name": "navigate", "next": {"type": "screen", "name": "TWO"}, "payload": {"words": "${form.a}"}}
    two = [
        {"type": "TextBody", "text": "`'You wrote ' ${data.words} ' and ' ${screen.ONE.form.a}`"},
        text_input("b", "Second"),
        sends(b="${form.b}", a="${screen.ONE.form.a}"),
    ]
    flow = flow_of(
        screen("ONE", text_input("a", "First"), {"type": "Footer", "label": "Next", "on-click-action": onward}),
        screen("TWO", *two, data=told(), terminal=True),
    )
    form = on.opens(flow, shows("ONE"), success(TOKEN))
    form.get_by_label("First").fill("Ana")
    form.get_by_role("button", name="Next").click()
    expect(form.get_by_text("You wrote Ana and Ana")).to_be_visible()
    form.get_by_role("button", name="Back").click()
    expect(form.get_by_label("First")).to_have_value("Ana")
    form.get_by_role("button", name="Next").click()
    form.get_by_label("Second").fill("Eve")
    form.get_by_role("button", name="Send").click()
    expect(form).to_have_count(0)
    assert on.sent() == [{"b": "Eve", "a": "Ana"}]


def test_a_way_that_the_routing_model_has_not_is_refused(on: Stage) -> None:
    astray = {"name": "navigate", "next": {"type": "screen", "name": "THREE"}, "payload": {}}
    one = screen("ONE", {"type": "EmbeddedLink", "text": "Go", "on-click-action": astray}, sends())
    form = on.opens(flow_of(one, screen("TWO", sends()), screen("THREE", sends(), terminal=True)), shows("ONE"))
    form.get_by_role("button", name="Go").click()
    expect(on.page.get_by_role("dialog", name="Something went wrong")).to_contain_text("no way from ONE to THREE")


def test_going_back_asks_the_endpoint_only_where_the_screen_says_so(on: Stage) -> None:
    three = screen("THREE", sends(), refresh_on_back=True, terminal=True)
    flow = flow_of(screen("ONE", text_input("a", "First"), sends("One on")), screen("TWO", sends("Two on"), data=told()), three)
    form = on.opens(flow, shows("ONE"), shows("TWO", words="x"), shows("THREE"), shows("TWO", words="y"))
    form.get_by_role("button", name="One on").click()
    form.get_by_role("button", name="Two on").click()
    expect(form.get_by_role("heading", name="Three")).to_be_visible()
    form.get_by_role("button", name="Back").click()
    expect(form.get_by_role("heading", name="Two")).to_be_visible()
    form.get_by_role("button", name="Back").click()
    expect(form.get_by_role("heading", name="One")).to_be_visible()
    expect(form.get_by_role("button", name="Close")).to_be_visible()
    assert [(asked["action"], asked["screen"]) for asked in on.app.asked][2:] == [("data_exchange", "TWO"), ("BACK", "THREE")]


def test_an_ending_on_the_phone_needs_no_endpoint(on: Stage) -> None:
    end = {"type": "Footer", "label": "Done", "on-click-action": {"name": "complete", "payload": fields("a")}}
    form = on.opens(flow_of(screen("ONE", text_input("a", "First"), end, terminal=True)), shows("ONE"))
    form.get_by_label("First").fill("Ana")
    form.get_by_role("button", name="Done").click()
    expect(on.last()).to_contain_text("View what was sent")
    assert '"a"' in on.told(1)[0]["interactive"]["nfm_reply"]["response_json"]
    assert on.sent() == []


# --- What changes while one types -----------------------------------------------------------------
def test_parts_come_and_go_with_what_is_chosen(on: Stage) -> None:
    choice = {"type": "RadioButtonsGroup", "name": "kind", "label": "Kind", "data-source": OPTIONS}
    children: list[Json] = [
        choice,
        {"type": "If", "condition": "${form.kind} == 'a'", "then": [text_input("a", "Only A", required=True)]},
        {"type": "Switch", "value": "${form.kind}", "cases": {"b": [{"type": "TextBody", "text": "You like B"}]}},
        {"type": "TextCaption", "text": "Something", "visible": "`${form.kind} == 'b'`"},
        sends(**fields("kind", "a")),
    ]
    form = on.opens(flow_of(screen("ONE", *children, terminal=True)), shows("ONE"), success(TOKEN))
    send = form.get_by_role("button", name="Send")
    expect(send).to_be_enabled()
    form.get_by_role("radio", name="Apple").check()
    expect(form.get_by_label("Only A")).to_be_visible()
    expect(form.get_by_text("Something")).to_have_count(0)
    expect(send).to_be_disabled()
    form.get_by_role("radio", name="Banana").check()
    expect(form.get_by_role("radio", name="Banana")).to_be_focused()
    expect(form.get_by_label("Only A")).to_have_count(0)
    expect(form.get_by_text("You like B")).to_be_visible()
    expect(form.get_by_text("Something")).to_be_visible()
    send.click()
    expect(form).to_have_count(0)
    assert on.sent() == [{"kind": "b"}]


def test_choosing_can_change_data_here_or_ask_the_endpoint(on: Stage) -> None:
    update = {"name": "update_data", "payload": {"words": "Fruit is good"}}
    ask = {"name": "data_exchange", "payload": {"asked": "${form.second}"}}
    first = {"type": "RadioButtonsGroup", "name": "first", "label": "First", "data-source": OPTIONS, "on-select-action": update}
    second = {"type": "Dropdown", "name": "second", "label": "Second", "data-source": MORE_OPTIONS, "on-select-action": ask}
    children: list[Json] = [{"type": "TextBody", "text": "${data.words}"}, first, second, sends()]
    flow = flow_of(screen("ONE", *children, data=told(), terminal=True))
    form = on.opens(flow, shows("ONE", words="Choose"), shows("ONE", words="Asked"))
    form.get_by_role("radio", name="Apple").check()
    expect(form.get_by_text("Fruit is good")).to_be_visible()
    form.get_by_role("button", name="Second").click()
    expect(on.sheet().get_by_role("button", name="Cherry")).to_be_disabled()
    on.sheet().get_by_role("button", name="Banana").click()
    expect(form.get_by_text("Asked")).to_be_visible()
    expect(form.get_by_role("button", name="Second (optional) Banana")).to_be_visible()
    expect(form.get_by_role("radio", name="Apple")).to_be_checked()
    assert on.sent() == [{"asked": "b"}]


# --- Components -----------------------------------------------------------------------------------
def test_every_input_sends_what_was_chosen(on: Stage) -> None:
    source = {"data-source": OPTIONS, "required": True}
    children: list[Json] = [
        text_input("n", "Number", **{"input-type": "number", "required": True}),
        {"type": "TextArea", "name": "area", "label": "Words"},
        {"type": "CheckboxGroup", "name": "boxes", "label": "Boxes", **source, "min-selected-items": 2},
        {"type": "ChipsSelector", "name": "chips", "label": "Chips", **source},
        {"type": "Dropdown", "name": "drop", "label": "Drop", **source},
        {"type": "OptIn", "name": "opt", "label": "I agree", "required": True},
        {"type": "DatePicker", "name": "day", "label": "Day", "required": True} | dates(),
        {"type": "CalendarPicker", "name": "stay", "label": "Stay", "mode": "range", "required": True, "min-days": 2} | dates(),
        sends(**fields("n", "area", "boxes", "chips", "drop", "opt", "day", "stay")),
    ]
    form = on.opens(flow_of(screen("ONE", *children, terminal=True)), shows("ONE"), success(TOKEN))
    send = form.get_by_role("button", name="Send", exact=True)
    form.get_by_label("Number").fill("1,000.50")
    form.get_by_role("group", name="Boxes").get_by_role("checkbox", name="Apple").check()
    form.get_by_role("group", name="Chips").get_by_text("Banana").click()
    form.get_by_role("button", name="Drop").click()
    on.sheet().get_by_role("button", name="Apple").click()
    form.get_by_role("checkbox", name="I agree").check()
    form.get_by_role("button", name="Day").click()
    expect(on.sheet().get_by_role("button", name="Sunday 13 December 2026")).to_be_disabled()
    on.sheet().get_by_role("button", name="Saturday 12 December 2026").click()
    form.get_by_role("button", name="Stay").click()
    on.page.keyboard.press("Enter")
    on.page.keyboard.press("ArrowDown")
    on.page.keyboard.press("Enter")
    on.sheet().get_by_role("button", name="Choose these dates").click()
    expect(send).to_be_disabled()
    form.get_by_role("group", name="Boxes").get_by_role("checkbox", name="Banana").check()
    send.click()
    expect(form).to_have_count(0)
    stay = {"start-date": "2026-12-12", "end-date": "2026-12-19"}
    assert on.sent() == [
        {"n": "1,000.50", "boxes": ["a", "b"], "chips": ["b"], "drop": "a", "opt": True, "day": "2026-12-12", "stay": stay}
    ]


def dates() -> Json:
    return {"min-date": "2026-12-12", "max-date": "2027-01-19", "unavailable-dates": ["2026-12-13"]}


def test_every_shown_component_is_drawn(on: Stage) -> None:
    children: list[Json] = [
        {"type": "TextHeading", "text": "A heading"},
        {"type": "TextSubheading", "text": "A subheading"},
        {"type": "TextBody", "text": ["**Bold** and *leaning*", "- one", "- two"], "markdown": True},
        {"type": "TextCaption", "text": "Struck", "strikethrough": True},
        {"type": "Image", "src": PNG, "alt-text": "A white dot", "height": 40},
        {"type": "ImageCarousel", "images": [{"src": PNG, "alt-text": "One"}, {"src": PNG, "alt-text": "Two"}]},
        {"type": "EmbeddedLink", "text": "Our page", "on-click-action": {"name": "open_url", "url": "https://tours.example/"}},
        sends() | {"left-caption": "Left", "right-caption": "Right"},
    ]
    rich = screen("TWO", {"type": "RichText", "text": ["# Terms", "| A | B |", "|---|---|", "| 1 | 2 |"]}, sends(), terminal=True)
    form = on.opens(flow_of(screen("ONE", *children), rich), shows("ONE"), shows("TWO"))
    expect(form.get_by_role("heading", name="A heading")).to_be_visible()
    expect(form.locator("strong")).to_have_text("Bold")
    expect(form.get_by_role("listitem")).to_have_text(["one", "two"])
    for description in ("A white dot", "One", "Two"):
        expect(form.get_by_role("img", name=description)).to_be_visible()
    expect(form.get_by_role("link", name="Our page")).to_have_attribute("href", "https://tours.example/")
    expect(form.get_by_text("Left")).to_be_visible()
    form.get_by_role("button", name="Send").click()
    expect(form.get_by_role("heading", name="Terms")).to_be_visible()
    expect(form.get_by_role("cell", name="2")).to_be_visible()


def test_a_list_to_go_on_from_leads_to_its_screen(on: Stage) -> None:
    go = {"name": "navigate", "next": {"type": "screen", "name": "TWO"}, "payload": {"words": "July"}}
    items = [{"id": "1", "main-content": {"title": "July", "description": "US$ 10.00"}, "on-click-action": go}]
    listed = screen("ONE", {"type": "NavigationList", "name": "bills", "label": "Bills", "list-items": items})
    flow = flow_of(listed, screen("TWO", {"type": "TextBody", "text": "${data.words}"}, sends(), data=told(), terminal=True))
    form = on.opens(flow, shows("ONE"))
    form.get_by_role("button", name="July").click()
    expect(form.get_by_text("July", exact=True)).to_be_visible()
    expect(form.get_by_role("heading", name="Two")).to_be_visible()


def test_an_error_is_shown_at_the_field_when_it_is_left(on: Stage) -> None:
    email = text_input("email", "E-mail", **{"input-type": "email", "helper-text": "For the receipt."})
    form = on.opens(flow_of(screen("ONE", email, sends(**fields("email")), terminal=True)), shows("ONE"))
    form.get_by_label("E-mail").fill("rudo@")
    expect(form.get_by_text("Check this e-mail address.")).to_be_hidden()
    form.get_by_label("E-mail").blur()
    expect(form.get_by_text("Check this e-mail address.")).to_be_visible()
    expect(form.get_by_label("E-mail")).to_have_attribute("aria-invalid", "true")
    expect(form.get_by_role("button", name="Send")).to_be_disabled()
    form.get_by_label("E-mail").fill("rudo@example.com")
    expect(form.get_by_text("Check this e-mail address.")).to_be_hidden()
    expect(form.get_by_text("For the receipt.")).to_be_visible()
    expect(form.get_by_role("button", name="Send")).to_be_enabled()
