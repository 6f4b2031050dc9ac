"""Staff at a phone of their own: the inbox is read whole, a talk is taken over, answered and handed back."""

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone
from playwright.sync_api import Page, expect

from config.tests.test_admin_browser import PASSWORD, browser_at
from flows.models import Conversation, Message
from flows.tests.talks import Chatter

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG = "Tendai Nyasha Rutendo Moyo-Ndlovu of the Chinhoyi High School travel committee"


def test_staff_answer_a_customer_from_a_phone_screen(live_server: Any) -> None:
    get_user_model().objects.create_superuser("clerk", password=PASSWORD)
    chatter = Chatter(name=LONG)
    chatter.says("agent")
    Conversation.objects.update(last_heard_at=timezone.now())
    with browser_at(live_server.url) as page:
        page.set_viewport_size({"width": 390, "height": 844})
        sign_in(page)
        page.goto("/admin/flows/conversation/")
        nothing_is_cut(page)
        page.get_by_role("link", name=LONG).click()
        answer(page)
    said = Message.objects.filter(customer=chatter.customer).order_by("pk").values_list("body", flat=True)
    assert "Good morning, this is Farai." in said
    assert chatter.talk.taken_by is None


def sign_in(page: Page) -> None:
    page.goto("/admin/")
    page.get_by_label("Username").fill("clerk")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def nothing_is_cut(page: Page) -> None:
    cell = page.locator("#result_list tbody th").first
    expect(cell).to_contain_text(LONG)
    assert cell.evaluate("cell => cell.scrollHeight <= cell.clientHeight && cell.scrollWidth <= cell.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def answer(page: Page) -> None:
    page.get_by_role("button", name="Take over").click()
    expect(page.get_by_text("You answer this customer now")).to_be_visible()
    page.get_by_label("Your reply").fill("Good morning, this is Farai.")
    page.get_by_role("button", name="Send on WhatsApp").click()
    expect(page.get_by_role("list", name="Messages, oldest first")).to_contain_text("Good morning, this is Farai.")
    page.get_by_role("button", name="Hand back").click()
    expect(page.get_by_text("The machine answers again")).to_be_visible()
