"""The guide for staff tells the truth: every button and page it names exists, every picture is there, and so is who may do what."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin

from config.staff_pages import NAVIGATION
from config.tests.processes import ROOT
from customer_data.admin.page import Button, buttons_of
from desk.roles import MOVES_MONEY, ROLES

GUIDE = ROOT / "docs" / "staff-guide.md"
TEXT = GUIDE.read_text()
TEMPLATES = ROOT / "templates" / "admin"
BEGIN, END = "<!-- who may do what -->", "<!-- end -->"

# Whatever these words stand for is given to the same groups. Every action of the desk is in one of the rows.
WHO_MAY: dict[str, tuple[str, ...]] = {
    "See payments, bookings, customers, slips, refunds, disputes": (
        "customer_data.view_payment",
        "customer_data.view_booking",
        "customer_data.view_customer",
        "customer_data.view_proof",
        "customer_data.view_refund",
        "customer_data.view_dispute",
        "customer_data.view_concern",
    ),
    "See the takings on *Today*": ("desk.view_dayfigures",),
    "See and answer conversations, try a message again": (
        "flows.view_conversation",
        "flows.change_conversation",
        "flows.change_message",
    ),
    "Ask the gateway again": ("customer_data.ask_gateway",),
    "Send a payment request, and send it again": ("customer_data.send_request_again",),
    "Stop waiting": ("customer_data.stop_waiting",),
    "Move a payment to another booking": ("customer_data.move_payment",),
    "Write a letter for the wallet": ("customer_data.write_letter",),
    "Hand in a slip or cash": ("customer_data.submit_proof",),
    "Approve or reject a slip or cash": ("customer_data.review_proof",),
    "Ask for a refund": ("customer_data.request_refund",),
    "Approve or turn down a refund": ("customer_data.approve_refund",),
    "Pay a refund back": ("customer_data.pay_refund",),
    "Answer a dispute": ("customer_data.answer_dispute",),
    "Make and change bookings, customers, tours and departures": (
        "customer_data.add_booking",
        "customer_data.change_booking",
        "customer_data.change_customer",
        "customer_data.change_tour",
        "customer_data.change_departure",
    ),
    "Keep seats longer, give them back": ("customer_data.change_seathold",),
    "Cancel a booking": ("customer_data.cancel_booking",),
    "Take and solve what needs a person": ("customer_data.solve_concern",),
    "Have a notification of Paynow judged again": ("paynow_integration.change_paynownotification",),
    "See statements and closed days": ("desk.view_statementline", "desk.view_closedday"),
    "Import statements, match": ("desk.import_statement",),
    "Close a day": ("desk.close_day",),
    "Take lists away as files": ("desk.add_export",),
    "Read the record of changes": ("customer_data.view_change",),
    "See who was erased": ("customer_data.view_erasure",),
    "Take away everything about a customer, erase a customer": ("customer_data.export_customer", "customer_data.erase_customer"),
    "Switch a way to pay off and on": ("customer_data.change_methodswitch",),
    "Stop and start new payments of a gateway": ("customer_data.pause_gateway",),
    "Put somebody on the deny list, take them off": ("customer_data.add_denial", "customer_data.change_denial"),
    "Set limits on amounts and on attempts": (
        "customer_data.add_amountlimit",
        "customer_data.change_amountlimit",
        "customer_data.add_attemptlimit",
        "customer_data.change_attemptlimit",
    ),
    "Change places to pay and Paynow's keys": ("offline_payments.change_placetopay", "paynow_integration.change_paynowconfig"),
    "Change message templates, WhatsApp Flows, languages": (
        "flows.change_whatsapptemplate",
        "flows.change_whatsappflow",
        "flows.change_reviewedlanguage",
    ),
    "Add people, open a locked sign-in, reset a second step": ("auth.add_user", "auth.change_user", "auth.change_group"),
    "Make API keys": ("rest_framework_api_key.add_apikey",),
}


def who_may_do_what() -> str:
    """The table, as it stands in the guide."""
    head = f"| | {' | '.join(ROLES)} |\n|---|{'---|' * len(ROLES)}"
    rows = [_row(words, [set(permissions) <= ROLES[group] for group in ROLES]) for words, permissions in WHO_MAY.items()]
    second_step = _row("Type a code from the phone when signing in", [bool(ROLES[group] & MOVES_MONEY) for group in ROLES])
    return "\n".join([head, *rows, second_step])


def _row(words: str, may: list[bool]) -> str:
    return f"| {words} | {' | '.join('yes' if each else '' for each in may)} |"


def every_button() -> Iterator[tuple[Button, str]]:
    """Each with the permission that it takes."""
    for model in admin.site._registry:
        for button in buttons_of(model):
            yield button, button.permission or f"{model._meta.app_label}.change_{model._meta.model_name}"


def menu() -> set[str]:
    """The titles of the pages that this house has."""
    groups: Any = NAVIGATION
    return {item["title"] for group in groups for item in group["items"] if item["link"]}


def words_on_screen() -> set[str]:
    """Titles of the menu, buttons and what they ask for, and whatever a page of ours says by itself."""
    buttons = {button.label for button, _ in every_button()}
    asked = {ask.label for button, _ in every_button() for ask in button.asks}
    account = {"Second step"}  # under one's own name
    return menu() | buttons | asked | account | set(_said_by_pages())


def _said_by_pages() -> Iterator[str]:
    for file in (*TEMPLATES.rglob("*.html"), *ROOT.glob("*/admin/*.py")):
        text = file.read_text()
        yield from (words.strip() for words in re.findall(r"(?:>|%\})([^<>{}]+)(?=<|\{%)", text))
        yield from re.findall(r'(?:button|label)="([^"]+)"', text)


def test_every_button_page_and_field_that_the_guide_names_is_on_the_screen() -> None:
    there = words_on_screen()
    named = set(re.findall(r"\*\*([^*]+)\*\*", TEXT)) - {"Bold"}
    assert len(named) > 60
    assert sorted(named - there) == []


def test_every_page_of_the_menu_that_staff_use_is_in_the_guide() -> None:
    """The rest is looked at, and needs no telling how."""
    only_to_read = {"Customers", "Payment requests", "Paynow notifications", "Moved to other bookings", "Statement lines"} | {
        "Statement files",
        "Accounts",
    }
    assert sorted(title for title in menu() - only_to_read if f"**{title}**" not in TEXT) == []


def test_who_may_do_what_is_as_the_groups_are_made() -> None:
    assert TEXT.partition(BEGIN)[2].partition(END)[0].strip() == who_may_do_what(), f"Put this into the guide:\n{who_may_do_what()}"


@pytest.mark.parametrize("words", WHO_MAY)
def test_what_stands_in_one_row_is_given_to_the_same_groups(words: str) -> None:
    permissions = set(WHO_MAY[words])
    assert all(permissions <= given or permissions.isdisjoint(given) for given in ROLES.values())


def test_every_button_and_every_action_is_in_the_table() -> None:
    told = {permission for permissions in WHO_MAY.values() for permission in permissions}
    ours = {f"{model._meta.app_label}.{code}" for model in apps.get_models() for code, _ in model._meta.permissions}
    needed = {permission for _, permission in every_button()} | (ours & frozenset().union(*ROLES.values()))
    assert sorted(needed - told) == []


def test_every_picture_is_there() -> None:
    pictures = re.findall(r"\]\((images/[\w-]+\.png)\)", TEXT)
    assert len(set(pictures)) == 9
    assert [picture for picture in pictures if not (GUIDE.parent / picture).exists()] == []


def test_every_link_leads_to_a_heading() -> None:
    headings = {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^## (.+)$", TEXT, re.MULTILINE)}
    assert sorted(set(re.findall(r"\]\(#([^)]+)\)", TEXT)) - headings) == []
