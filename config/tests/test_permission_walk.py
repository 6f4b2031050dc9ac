"""Every page and every button of the admin, tried as each group, as staff without one, as a customer with a login, and as nobody.

What is expected follows from `desk.roles` and the tables below. A page that is in none of them fails the test: whoever adds
one says here who may open it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import URLPattern, URLResolver, reverse
from django.urls.converters import IntConverter

from config.tests.test_staff_doors import one_of_each
from customer_data.admin.page import buttons_of
from desk.roles import ROLES

pytestmark = pytest.mark.django_db

NO_GROUP, CUSTOMER, NOBODY = "staff without a group", "somebody who is not staff", "nobody"
WHO = [*ROLES, NO_GROUP, CUSTOMER, NOBODY]
EVERYBODY, STAFF = "everybody", "staff"
NO_ROW = 2_000_000_000

# Pages of one kind that each model has: what it takes to read them, and to send something. `see`: to view or to change.
OF_A_MODEL = {
    "changelist": ("see", "see"),
    "add": ("add", "add"),
    "change": ("see", "change"),
    "delete": ("delete", "delete"),
}
WITH_A_ROW = ("history", "press")  # tried below: the first needs a row, the second a button

# Pages of their own: the permission that opens them, or any of several; or everybody, or all staff.
OF_THEIR_OWN: dict[str, str | tuple[str, ...]] = {
    "login": EVERYBODY,
    "logout": STAFF,
    "index": STAFF,
    "search": STAFF,
    "jsi18n": STAFF,
    "password_change": STAFF,
    "password_change_done": STAFF,
    "auth_user_password_change": "auth.change_user",
    "customer_data_receipt_pdf": "customer_data.view_receipt",
    "customer_data_letter_pdf": "customer_data.view_nonreceiptletter",
    "customer_data_proof_file": "customer_data.view_proof",
    "customer_data_proof_preview": "customer_data.view_proof",
    "flows_conversation_reply": "flows.change_conversation",
    "flows_whatsappflow_bring": "flows.change_whatsappflow",
    "flows_whatsapptemplate_load": "flows.change_whatsapptemplate",
    "desk_export_new": "desk.add_export",
    "desk_export_progress": "desk.view_export",
    "desk_export_file": "desk.view_export",
    "desk_matching": "desk.view_statementline",
    "desk_matching_again": "desk.import_statement",
    "desk_matching_confirm": "desk.import_statement",
    "desk_matching_import": "desk.import_statement",
    "desk_matching_columns": "desk.import_statement",
    "desk_matching_day": "desk.view_statementline",
}
# Django's own: they answer by what they are asked about, or lead on to a page that is tried itself.
LEADS_ON = {"autocomplete", "view_on_site", "app_list", None}

# To those who may not, and about rows of others, these say that there is no such page.
HIDDEN = {"desk_export_progress", "desk_export_file"}

# Sending from these takes another permission than opening them.
TO_SEND: dict[str, str] = {"desk_matching_day": "desk.close_day"}


@dataclass(frozen=True)
class Page:
    """One address of the admin, and what it takes."""

    name: str
    address: str
    to_read: str | tuple[str, ...]
    to_send: str | tuple[str, ...]
    is_own: bool = False


def named(patterns: Any) -> Iterator[URLPattern]:
    for each in patterns:
        if isinstance(each, URLResolver):
            yield from named(each.url_patterns)
        else:
            yield each


def address_of(pattern: URLPattern) -> str:
    """The address with a row that does not exist: permissions are judged before rows are looked for."""
    values = {name: NO_ROW if isinstance(kind, IntConverter) else _word(name) for name, kind in pattern.pattern.converters.items()}
    return reverse(f"admin:{pattern.name}", kwargs=values)


def _word(name: str) -> str:
    return {"currency": "USD", "day": "2026-01-31"}.get(name, str(NO_ROW))


def pages() -> Iterator[Page]:
    """Every page, with what it takes. One that no table knows is an error."""
    own = dict(OF_THEIR_OWN)
    kinds = {f"{model._meta.app_label}_{model._meta.model_name}_{kind}": (model, kind) for model in models() for kind in ALL_KINDS}
    for pattern in named(admin.site.urls[0]):
        if pattern.name in own:
            needs = own[pattern.name]
            yield Page(pattern.name, address_of(pattern), needs, TO_SEND.get(pattern.name, needs), is_own=True)
        elif pattern.name in kinds:
            model, kind = kinds[pattern.name]
            if kind in OF_A_MODEL:
                to_read, to_send = (permissions(model, need) for need in OF_A_MODEL[kind])
                yield Page(pattern.name, address_of(pattern), to_read, to_send)
        elif pattern.name not in LEADS_ON:
            pytest.fail(f"Nobody said who may open the page {pattern.name}. Put it into a table of this test.")


ALL_KINDS = (*OF_A_MODEL, *WITH_A_ROW)


def models() -> list[Any]:
    return list(admin.site._registry)


def permissions(model: Any, need: str) -> tuple[str, ...]:
    verbs = ("view", "change") if need == "see" else (need,)
    return tuple(f"{model._meta.app_label}.{verb}_{model._meta.model_name}" for verb in verbs)


def may(who: str, needs: str | tuple[str, ...]) -> bool:
    """What the tables say."""
    if needs == EVERYBODY:
        return True
    if who in (CUSTOMER, NOBODY):
        return False
    wanted = (needs,) if isinstance(needs, str) else needs
    return needs == STAFF or not ROLES.get(who, frozenset()).isdisjoint(wanted)


def browser_of(who: str) -> Client:
    web = Client(raise_request_exception=False)
    if who != NOBODY:
        user: Any = get_user_model().objects.create_user("walker", is_staff=who != CUSTOMER)
        if who in ROLES:
            user.groups.add(Group.objects.get(name=who))
        web.force_login(user)
    return web


def chief() -> Client:
    """A superuser: what is closed to them is open to nobody."""
    web = Client(raise_request_exception=False)
    web.force_login(get_user_model().objects.create_superuser("chief"))
    return web


def is_open(answer: Any, *, is_hidden: bool = False) -> bool:
    """Whether the page let the request in, whatever it then found: no such row, a form not filled in, a wrong method."""
    assert answer.status_code < 500, answer.request["PATH_INFO"]
    to_the_door = answer.status_code == 302 and answer["Location"].startswith(reverse("admin:login"))
    return answer.status_code not in ((403, 404) if is_hidden else (403,)) and not to_the_door


@pytest.mark.parametrize("who", WHO)
def test_every_page_opens_to_those_who_may_read_it_and_to_nobody_else(who: str) -> None:
    web, boss = browser_of(who), chief()
    wrong = []
    for page in pages():
        expected = may(who, page.to_read)
        if page.name == "logout" or (page.is_own and page.to_read not in (STAFF, EVERYBODY)):
            found = is_open(web.get(page.address))
            wrong += [page.name] if expected and not found else []  # may answer that only a POST does something
        elif is_open(web.get(page.address)) != (expected and (page.is_own or is_open(boss.get(page.address)))):
            wrong.append(page.name)
    assert not wrong, f"{who}: {wrong}"


@pytest.mark.parametrize("who", WHO)
def test_nothing_can_be_sent_by_those_who_may_not(who: str) -> None:
    """Also to pages of their own, which do something at once: there only the refusal is tried."""
    web, wrong = browser_of(who), []
    for page in pages():
        if page.name in ("login", "logout") or may(who, page.to_send):
            continue
        if is_open(web.post(page.address), is_hidden=page.name in HIDDEN):
            wrong.append(page.name)
    assert not wrong, f"{who}: {wrong}"


@pytest.mark.parametrize("who", WHO)
def test_every_button_is_pressed_by_those_who_may_and_by_nobody_else(who: str) -> None:
    """A row that does not exist: who may is told that there is none, and nothing happens."""
    web, wrong = browser_of(who), []
    for model in models():
        for button in buttons_of(model):
            name = f"admin:{model._meta.app_label}_{model._meta.model_name}_press"
            answer = web.post(reverse(name, args=(NO_ROW, button.name)))
            expected = may(who, button.permission or permissions(model, "change"))
            if (answer.status_code == 404) != expected or is_open(answer) != expected:
                wrong.append(f"{model._meta.model_name}.{button.name}")
    assert not wrong, f"{who}: {wrong}"


@pytest.mark.parametrize("who", WHO)
def test_rows_and_their_histories_are_read_by_those_who_may_see_them(who: str) -> None:
    rows, web, wrong = [*one_of_each(), *Group.objects.all()[:1], *get_user_model().objects.all()[:1]], browser_of(who), []
    assert len({type(row) for row in rows}) > 10
    for row in {type(row): row for row in rows}.values():
        expected = may(who, permissions(type(row), "see"))
        for kind in ("change", "history"):
            answer = web.get(reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_{kind}", args=(row.pk,)))
            if (answer.status_code == 200) != expected:
                wrong.append(f"{row._meta.model_name} {kind}")
    assert not wrong, f"{who}: {wrong}"


@pytest.mark.parametrize("who", WHO)
def test_lists_offer_ticked_rows_only_the_buttons_that_may_be_pressed(who: str) -> None:
    web, offered, expected = browser_of(who), set(), set()
    for model in models():
        buttons = [button for button in buttons_of(model) if button.in_lists]
        if not buttons or not may(who, permissions(model, "see")):
            continue
        answer = web.get(reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"))
        expected |= {button.name for button in buttons if may(who, button.permission or permissions(model, "change"))}
        offered |= set(answer.context["cl"].model_admin.get_actions(answer.wsgi_request))
    assert offered == expected


def test_the_tables_know_no_page_that_is_gone() -> None:
    there = {pattern.name for pattern in named(admin.site.urls[0])}
    assert not set(OF_THEIR_OWN) - there


def test_every_button_with_a_permission_of_its_own_names_one_that_exists() -> None:
    known = {
        f"{model._meta.app_label}.{code}"
        for model in apps.get_models()
        for code in (*(name for name, _ in model._meta.permissions), *_of_django(model))
    }
    named_by_buttons = {button.permission for model in models() for button in buttons_of(model) if button.permission}
    assert not named_by_buttons - known


def _of_django(model: Any) -> list[str]:
    return [f"{verb}_{model._meta.model_name}" for verb in model._meta.default_permissions]
