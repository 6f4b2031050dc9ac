"""Hostile words in every field that customers and gateways fill, on every kind of staff page in a real browser: nothing runs.

The same walk shows that the policy fits the pages: none of them does anything that it forbids, and every expression is understood.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from playwright.sync_api import ConsoleMessage, Dialog, Page, sync_playwright

from config.tests.test_admin_browser import FLAGS
from config.tests.test_staff_doors import OURS, one_of_each
from customer_data.models import Concern, Customer, Payment
from customer_data.tests.desk import list_of, owner, page_of
from flows.models import IncomingMessage, Message
from paynow_integration.models import PaynowNotification

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

HOSTILE = [
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "{{constructor.constructor('alert(1)')()}}",
    '" x-data x-init="alert(1)" y="',
    "<svg/onload=alert(1)>",
    "javascript:alert(1)//",
    "<iframe srcdoc='<script>alert(1)</script>'>",
    "<div x-data x-init='$el.ownerDocument.defaultView.alert(1)'>",
    "</textarea><script>alert(1)</script>",
]
ALL = " ".join(HOSTILE)
FROM_OUTSIDE: dict[Any, tuple[str, ...]] = {
    Customer: ("name", "bsuid"),
    Payment: ("instructions", "gateway_status", "gateway_reference", "redirect_url", "notes"),
    IncomingMessage: ("text",),
    Message: ("body", "last_error"),
    Concern: ("sentence",),
    PaynowNotification: ("detail", "claims", "reference"),
}
"""Fields that a customer, a gateway or WhatsApp fills."""


def fill_with_hostile_words() -> None:
    for model, names in FROM_OUTSIDE.items():
        for row in model.objects.all():
            words = {name: _fitting(model, name) for name in names}
            model.objects.filter(pk=row.pk).update(
                **words | ({"bsuid": f"{row.pk}{words['bsuid']}"[:160]} if model is Customer else {})
            )


def _fitting(model: Any, name: str) -> str:
    longest = model._meta.get_field(name).max_length or len(ALL)
    return next((words for words in (ALL, HOSTILE[4], HOSTILE[5]) if len(words) <= longest - 10), HOSTILE[5][:longest])


@contextmanager
def watched(address: str, session: str) -> Iterator[tuple[Page, list[str]]]:
    """A page of a member of staff, and everything that went wrong on it."""
    wrong: list[str] = []

    def dismissed(dialog: Dialog) -> None:
        wrong.append(f"{page.url}: a dialog")
        dialog.dismiss()

    def heard(said: ConsoleMessage) -> None:
        if said.type in ("error", "warning"):
            wrong.append(f"{page.url}: {said.text[:300]}")

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        window = browser.new_context(base_url=address)
        window.add_cookies([{"name": "sessionid", "value": session, "url": address}])
        window.add_init_script(
            "document.addEventListener('securitypolicyviolation',"
            " e => console.error('policy: ' + e.violatedDirective + ' ' + e.blockedURI + ' ' + e.sample))"
        )
        page = window.new_page()
        page.on("dialog", dismissed)
        page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
        page.on("console", heard)
        yield page, wrong
        browser.close()


def test_nothing_runs_and_no_page_does_what_the_policy_forbids(live_server: Any, settings: Any) -> None:
    settings.STAFF_TWO_FACTOR = False
    rows = one_of_each()
    PaynowNotification.objects.create(body=ALL, fingerprint="1", size=1)
    fill_with_hostile_words()
    session = owner().web.cookies["sessionid"].value
    pages = [reverse("admin:index"), *(list_of(model) for model in OURS), *(page_of(row) for row in rows)]
    pages += [page_of(PaynowNotification.objects.get()), reverse("docs"), reverse("admin:customer_data_denial_add")]
    pages += [reverse("admin:customer_data_customer_changelist") + "?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E"]
    with watched(live_server.url, session) as (page, wrong):
        for address in pages:
            answer = page.goto(address)
            assert answer is not None
            assert answer.status == 200, address
            page.wait_for_load_state("load")
        assert wrong == []
        control(page, wrong)


def control(page: Page, wrong: list[str]) -> None:
    """The trap catches: a script in the text of a page is forbidden, and it is seen that it was."""
    with page.expect_console_message(lambda said: "policy: script-src" in said.text):
        page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=alert(1)>')")
    assert any("policy: script-src" in each for each in wrong)
    assert not any("a dialog" in each for each in wrong)


def test_the_page_that_payers_come_back_to_says_nothing_back() -> None:
    for words in HOSTILE:
        answer = Client().get(reverse("paynow-return"), {"reference": words})
        assert answer.status_code == 404
        assert "alert(1)" not in answer.content.decode()
