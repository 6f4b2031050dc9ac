"""The second step: forced on who moves money, a code once, recovery codes once, and a stolen password alone opens nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from customer_data.tests.desk import Desk
from desk.models import Authenticator, RecoveryCode
from desk.roles import ACCOUNTANT, CASHIER, OWNER, SUPERVISOR
from desk.sign_in.second_step import try_code
from desk.tests.signing_in import CODES, HOME, PASSWORD, SET_UP, SIGN_IN, STEP, App, enrolled, is_in, person, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def as_in_production(settings: Any) -> None:
    settings.STAFF_TWO_FACTOR = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick, and nobody sees them


def supervisor_with_app() -> tuple[Client, App, list[str]]:
    """Signed in, the second step set up, and signed out again: the browser, the app and the recovery codes."""
    person(SUPERVISOR)
    web = sign_in().client
    app, codes = enrolled(web)
    web.post("/admin/logout/")
    return web, app, codes


def again(web: Client) -> Any:
    return sign_in(web=web)


@pytest.mark.parametrize("group", [SUPERVISOR, ACCOUNTANT, OWNER])
def test_who_moves_money_sets_up_an_app_before_anything_else_opens(group: str) -> None:
    person(group)
    web = sign_in().client
    assert web.get(HOME, follow=True).redirect_chain[-1][0].startswith(SET_UP)
    enrolled(web)
    assert is_in(web)


def test_superusers_do_too() -> None:
    person(is_superuser=True)
    assert sign_in().client.get(HOME, follow=True).redirect_chain[-1][0].startswith(SET_UP)


def test_who_only_looks_and_asks_needs_a_password_only() -> None:
    person(CASHIER)
    assert is_in(sign_in().client)


def test_who_needs_none_may_still_choose_one_and_is_asked_from_then_on() -> None:
    person(CASHIER)
    web = sign_in().client
    enrolled(web)
    assert is_in(web)
    assert not is_in(sign_in().client)


def test_on_a_development_machine_nobody_is_asked_who_did_not_set_one_up(settings: Any) -> None:
    settings.STAFF_TWO_FACTOR = False
    person(is_superuser=True)
    assert is_in(sign_in().client)


def test_a_stolen_password_opens_no_page_no_button_and_no_file() -> None:
    web, _app, _codes = supervisor_with_app()
    thief = again(web).client
    for address in (HOME, "/admin/customer_data/payment/", "/admin/password_change/", CODES, SET_UP):
        assert thief.get(address).status_code == 302, address
    pressed = thief.post("/admin/customer_data/payment/1/press/stop-waiting/", {"reason": "because"})
    assert (pressed.status_code, pressed["Location"].partition("?")[0]) == (302, SIGN_IN)
    assert thief.get(STEP).status_code == 200


def test_the_code_of_the_app_lets_in_and_leads_to_where_the_person_was_going() -> None:
    web, app, _codes = supervisor_with_app()
    again(web)
    answer = web.post(f"{STEP}?next=/admin/customer_data/payment/", {"code": app.code()})
    assert answer["Location"] == "/admin/customer_data/payment/"
    assert is_in(web)


def test_nobody_is_led_to_another_site() -> None:
    web, app, _codes = supervisor_with_app()
    again(web)
    assert web.post(f"{STEP}?next=https://evil.example/", {"code": app.code()})["Location"] == HOME


def test_a_code_is_taken_as_people_type_it() -> None:
    web, app, _codes = supervisor_with_app()
    again(web)
    code = app.code()
    assert web.post(STEP, {"code": f" {code[:3]} {code[3:]} "}).status_code == 302


def test_a_code_is_right_once_and_an_older_one_never_again() -> None:
    web, app, _codes = supervisor_with_app()
    again(web)
    code = app.code()
    web.post(STEP, {"code": code})
    web.post("/admin/logout/")
    again(web)
    for used in (code, app.code(steps_later=-1)):
        assert "not right" in web.post(STEP, {"code": used}).content.decode()
    assert not is_in(web)


@pytest.mark.parametrize("typed", ["", "000000", "12345", "1234567", "١٢٣٤٥٦", "\0" * 6, "0x1234", "-12345", "a" * 5000, "😀"])
def test_what_is_no_code_is_refused_in_words(typed: str) -> None:
    web, _app, _codes = supervisor_with_app()
    again(web)
    answer = web.post(STEP, {"code": typed})
    assert "That code is not right." in answer.content.decode()
    assert not is_in(web)


def test_after_three_wrong_codes_nobody_may_try_for_a_minute_not_even_the_right_one() -> None:
    web, app, _codes = supervisor_with_app()
    again(web)
    for _ in range(2):
        assert web.post(STEP, {"code": "000000"}).status_code == 200
    assert "Try again at" in web.post(STEP, {"code": "000000"}).content.decode()
    refused = web.post(STEP, {"code": app.code()})
    assert refused.status_code == 429
    assert not is_in(web)
    Authenticator.objects.update(throttling_failure_timestamp=timezone.now() - timedelta(seconds=61))
    assert web.post(STEP, {"code": app.code()}).status_code == 302


def test_the_wait_doubles_to_an_hour_and_ends_with_a_right_code() -> None:
    _web, app, _codes = supervisor_with_app()
    row = Authenticator.objects.get()
    waits = []
    for mistakes in (2, 3, 4, 5, 9, 200):
        row.throttling_failure_count, row.throttling_failure_timestamp = mistakes, timezone.now()
        until = row.waits_until
        waits.append(0 if until is None else round((until - timezone.now()).total_seconds() / 60))
    assert waits == [0, 1, 2, 4, 60, 60]
    assert try_code(row.user, app.code()).app is not None
    assert Authenticator.objects.get().throttling_failure_count == 0


def test_a_recovery_code_works_once_however_it_is_typed() -> None:
    web, _app, codes = supervisor_with_app()
    again(web)
    assert web.post(STEP, {"code": codes[0].lower().replace("-", " ")}).status_code == 302
    assert is_in(web)
    web.post("/admin/logout/")
    again(web)
    assert "not right" in web.post(STEP, {"code": codes[0]}).content.decode()


def test_new_recovery_codes_need_a_code_and_end_the_old_ones() -> None:
    web, app, codes = supervisor_with_app()
    again(web)
    web.post(STEP, {"code": app.code()})
    assert "10 recovery codes are left" in web.get(CODES).content.decode()
    assert "not right" in web.post(CODES, {"code": "000000"}).content.decode()
    assert web.post(CODES, {"code": app.code(steps_later=1)}).status_code == 200
    web.post("/admin/logout/")
    again(web)
    assert "not right" in web.post(STEP, {"code": codes[0]}).content.decode()


def test_the_secret_is_sealed_and_the_recovery_codes_are_hashed_in_the_database() -> None:
    _web, app, codes = supervisor_with_app()
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM desk_authenticator")
        (stored,) = cursor.fetchone()
    assert app.secret.hex() not in stored
    assert not {code.replace("-", "") for code in codes} & set(RecoveryCode.objects.values_list("digest", flat=True))


def test_a_secret_that_was_shown_but_not_confirmed_opens_nothing() -> None:
    person(SUPERVISOR)
    thief, web = sign_in().client, sign_in().client
    seen_by_thief = App(thief.get(SET_UP))
    enrolled(web)
    again(thief)
    assert "not right" in thief.post(STEP, {"code": seen_by_thief.code()}).content.decode()


def test_who_has_an_app_is_shown_no_secret_again() -> None:
    web, app, _codes = supervisor_with_app()
    again(web)
    assert web.get(SET_UP)["Location"] != SET_UP
    web.post(STEP, {"code": app.code()})
    assert web.get(SET_UP).status_code == 302


def test_the_session_is_a_new_one_after_the_code() -> None:
    web, app, _codes = supervisor_with_app()
    again(web)
    before = web.session.session_key
    web.post(STEP, {"code": app.code()})
    assert web.session.session_key != before


def test_who_waits_for_the_code_can_sign_out() -> None:
    web, _app, _codes = supervisor_with_app()
    again(web)
    web.post("/admin/logout/")
    assert web.get(STEP)["Location"] == HOME


def test_an_owner_resets_a_lost_phone_with_a_reason_and_it_stays_in_the_history() -> None:
    web, _app, _codes = supervisor_with_app()
    lost = get_user_model().objects.get(username="tendai")
    helping = owner_with_app()
    assert "Reset the second step" in helping.page(lost)
    answer = helping.press(lost, "reset-second-step", reason="lost the phone, seen in person")
    assert "sets up a new app at the next sign-in" in helping.told(answer)[0]
    assert again(web).client.get(HOME, follow=True).redirect_chain[-1][0].startswith(SET_UP)
    assert "Reset the second step" in helping.get(f"/admin/auth/user/{lost.pk}/history/").content.decode()


def test_a_reset_puts_out_a_session_that_is_under_way() -> None:
    web, app, _codes = supervisor_with_app()
    again(web)
    web.post(STEP, {"code": app.code()})
    owner_with_app().press(get_user_model().objects.get(username="tendai"), "reset-second-step", reason="phone was stolen")
    assert not is_in(web)


def test_nobody_resets_their_own_second_step() -> None:
    helping = owner_with_app()
    assert "Reset the second step" not in helping.page(helping.user)
    assert "cannot be done" in helping.told(helping.press(helping.user, "reset-second-step", reason="just because"))[0]
    assert Authenticator.objects.filter(user=helping.user).exists()


def test_the_last_owner_is_helped_by_a_command() -> None:
    supervisor_with_app()
    call_command("reset_second_step", "tendai", reason="the only phone was lost")
    assert not Authenticator.objects.exists()
    with pytest.raises(CommandError, match="nobody"):
        call_command("reset_second_step", "nobody", reason="the only phone was lost")


def owner_with_app() -> Desk:
    """An owner at the desk, both steps taken."""
    user = get_user_model().objects.create_superuser("owner", password=PASSWORD)
    web = sign_in("owner").client
    enrolled(web)
    return Desk(user, web)


def test_a_page_of_the_user_tells_how_they_sign_in() -> None:
    supervisor_with_app()
    user = get_user_model().objects.get(username="tendai")
    assert "With a second step" in owner_with_app().page(user)
