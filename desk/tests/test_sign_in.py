"""Sessions: how long they last, what ends them, and what becomes of a form that was sent too late."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customer_data.status import Status
from customer_data.tests import make
from customer_data.tests.desk import page_of, press_of
from desk.roles import OWNER, SUPERVISOR
from desk.sign_in.session import BEGAN, SEEN
from desk.tests.signing_in import HOME, PASSWORD, SIGN_IN, is_in, person, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def signed_in() -> Client:
    person(SUPERVISOR)
    web: Client = sign_in().client
    assert is_in(web)
    return web


def back_in_time(web: Client, name: str, seconds: int) -> None:
    session = web.session
    session[name] = int(time.time()) - seconds
    session.save()


def test_the_session_ends_half_an_hour_after_the_last_click() -> None:
    web = signed_in()
    ends = Session.objects.get().expire_date
    assert 29 * 60 <= (ends - timezone.now()).total_seconds() <= 30 * 60
    Session.objects.update(expire_date=timezone.now())
    assert not is_in(web)


def test_a_click_keeps_it_alive_and_is_written_once_a_minute_only() -> None:
    web = signed_in()
    with CaptureQueriesContext(connection) as asked:
        web.get(HOME)
    assert not [query for query in asked if query["sql"].startswith("UPDATE")]
    back_in_time(web, SEEN, 61)
    Session.objects.update(expire_date=timezone.now() + timedelta(minutes=2))
    answer = web.get(HOME)
    assert answer.cookies["sessionid"]["max-age"] == 30 * 60
    assert (Session.objects.get().expire_date - timezone.now()).total_seconds() > 29 * 60


def test_it_ends_after_twelve_hours_however_busy_it_is() -> None:
    web = signed_in()
    back_in_time(web, BEGAN, 12 * 60 * 60 - 30)
    assert is_in(web)
    back_in_time(web, BEGAN, 12 * 60 * 60)
    assert not is_in(web)
    assert not Session.objects.exists()


def test_signing_out_ends_it_for_a_copy_of_the_cookie_too() -> None:
    web = signed_in()
    copy = Client()
    copy.cookies["sessionid"] = web.cookies["sessionid"].value
    assert is_in(copy)
    web.post("/admin/logout/")
    assert not is_in(copy)


def test_a_new_password_ends_other_sessions_and_not_the_one_that_set_it() -> None:
    web = signed_in()
    other = sign_in().client
    new = "eleven-brown-hyenas"
    web.post("/admin/password_change/", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})
    assert is_in(web)
    assert not is_in(other)


def test_what_was_taken_away_is_gone_at_the_next_click_and_who_left_is_out() -> None:
    user = person(SUPERVISOR)
    web = sign_in().client
    assert web.get("/admin/customer_data/payment/").status_code == 200
    user.groups.clear()
    assert web.get("/admin/customer_data/payment/").status_code == 403
    user.is_active = False
    user.save()
    assert not is_in(web)


def test_the_cookie_is_of_no_use_to_scripts_and_other_sites() -> None:
    person()
    cookie = sign_in().cookies["sessionid"]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


def test_a_button_pressed_after_the_session_ended_does_nothing_and_says_so() -> None:
    payment = make.payment(Status.PENDING)
    web = signed_in()
    Session.objects.all().delete()
    typed = {"reason": "the customer went home"}
    answer = web.post(press_of(payment, "stop-waiting"), typed)
    assert answer["Location"].startswith(SIGN_IN)
    page = web.get(answer["Location"])
    assert "Your session has ended, so nothing was done." in page.content.decode()
    back = web.post(answer["Location"], {"username": "tendai", "password": PASSWORD}, follow=True)
    assert back.redirect_chain[-1][0] == page_of(payment)
    assert "was not sent" in back.content.decode()
    payment.refresh_from_db()
    assert payment.status == Status.PENDING


def test_a_form_of_before_signing_in_again_is_refused_in_words() -> None:
    person(SUPERVISOR)
    web = Client(enforce_csrf_checks=True)
    refused = web.post(press_of(make.payment(Status.PENDING), "stop-waiting"), {"reason": "went home"})
    assert refused.status_code == 403
    assert "Nothing was done" in refused.content.decode()


def test_customers_pages_ask_nothing_about_sessions() -> None:
    with CaptureQueriesContext(connection) as asked:
        Client().get("/healthz")
    assert not asked.captured_queries


def test_no_sentence_is_said_to_who_only_comes_to_the_door() -> None:
    answer = Client().get(HOME)
    assert not list(get_messages(answer.wsgi_request))


def test_an_owner_makes_no_superuser_and_gives_none_a_new_password() -> None:
    person(OWNER)
    web = sign_in().client
    chief: Any = make.staff("chief", is_superuser=True)
    chipo: Any = make.staff("chipo")
    assert 'name="is_superuser"' not in web.get(page_of(chipo)).content.decode()
    web.post(page_of(chipo), {"username": "chipo", "is_staff": "on", "is_active": "on", "is_superuser": "on"})
    chipo.refresh_from_db()
    assert not chipo.is_superuser
    assert web.post(page_of(chief), {"username": "mine"}).status_code == 403
    assert web.post(f"/admin/auth/user/{chief.pk}/password/", {"password1": PASSWORD, "password2": PASSWORD}).status_code == 403


def test_people_are_made_inactive_and_never_deleted() -> None:
    boss = sign_in(person(is_superuser=True).username).client
    chipo: Any = make.staff("chipo")
    assert boss.post(f"/admin/auth/user/{chipo.pk}/delete/", {"post": "yes"}).status_code == 403
