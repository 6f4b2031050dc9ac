"""The lock after wrong passwords: by name and address, for a while, without telling who exists."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt, AccessLog
from django.test import Client, RequestFactory
from django.utils import timezone
from rest_framework.settings import api_settings

from customer_data.tests.desk import owner
from desk.sign_in.lock import ADDRESS, NAME, NAME_AND_ADDRESS, client_address
from desk.tests.signing_in import is_in, person, sign_in

pytestmark = pytest.mark.django_db

HOME_OFFICE, ELSEWHERE = "196.4.80.7", "41.60.0.9"


@pytest.fixture(autouse=True)
def quick_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def guess(times: int, name: str = "tendai", address: str = HOME_OFFICE) -> Any:
    """The answer to the last of so many wrong passwords."""
    for number in range(times):
        answer = sign_in(name, f"wrong-{number}", REMOTE_ADDR=address)
    return answer


def right(name: str = "tendai", address: str = HOME_OFFICE) -> Any:
    return sign_in(name, REMOTE_ADDR=address)


def test_wrong_passwords_below_the_limit_are_forgiven_by_the_right_one() -> None:
    person()
    for _ in range(2):
        guess(NAME_AND_ADDRESS - 1)
        assert is_in(right().client)


def test_after_too_many_the_right_password_does_not_help_and_the_page_says_until_when() -> None:
    person()
    assert guess(NAME_AND_ADDRESS - 1).status_code == 200
    locked = guess(1)
    until = timezone.localtime(AccessAttempt.objects.get().attempt_time + timedelta(minutes=15, seconds=59))
    assert locked.status_code == 429
    assert f"until {until:%H:%M}" in locked.content.decode()
    assert 0 < int(locked["Retry-After"]) <= 15 * 60 + 1
    answer = right()
    assert answer.status_code == 429
    assert not is_in(answer.client)


def test_a_lock_is_the_same_for_a_name_that_does_not_exist() -> None:
    person()

    def words(answer: Any) -> str:
        return re.sub(r'value="\w{64}"|until \d\d:\d\d', "", answer.content.decode())  # the minute may pass between the two

    assert words(guess(NAME_AND_ADDRESS)) == words(guess(NAME_AND_ADDRESS, "nobody"))


def test_it_opens_by_itself_after_a_quarter_of_an_hour_however_often_it_was_tried_meanwhile() -> None:
    person()
    guess(NAME_AND_ADDRESS)
    guess(3)
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=15, seconds=1))
    assert is_in(right().client)


def test_tries_during_the_lock_do_not_make_it_longer() -> None:
    person()
    guess(NAME_AND_ADDRESS)
    began = AccessAttempt.objects.get().attempt_time
    guess(2)
    assert AccessAttempt.objects.get().attempt_time == began


def test_others_and_other_places_are_not_locked_with_it() -> None:
    person()
    person(name="chipo")
    guess(NAME_AND_ADDRESS)
    assert is_in(right("chipo").client)
    assert is_in(right(address=ELSEWHERE).client)


def test_an_address_that_tries_many_names_is_locked_for_all_of_them() -> None:
    person()
    for number in range(ADDRESS):
        guess(1, f"name-{number}", ELSEWHERE)
    assert right(address=ELSEWHERE).status_code == 429
    assert is_in(right().client)


def test_a_right_password_does_not_wash_the_address_clean() -> None:
    person()
    for number in range(ADDRESS - 1):
        guess(1, f"name-{number}", ELSEWHERE)
    assert is_in(right(address=ELSEWHERE).client)
    assert guess(1, "one-more", ELSEWHERE).status_code == 429


def test_a_name_that_many_addresses_guess_is_locked_but_not_where_the_person_has_been() -> None:
    person()
    assert is_in(right().client)
    for number in range(NAME):
        guess(1, address=f"102.0.0.{number}")
    assert right(address=ELSEWHERE).status_code == 429
    assert is_in(right().client)
    assert AccessLog.objects.filter(username="tendai", ip_address=HOME_OFFICE).exists()


def test_an_owner_unlocks_with_a_button() -> None:
    shut_out = person()
    helping = owner()
    assert "Unlock sign-in" not in helping.page(shut_out)
    guess(NAME_AND_ADDRESS)
    assert "Unlock sign-in" in helping.page(shut_out)
    assert helping.told(helping.press(shut_out, "unlock")) == ["tendai can try again now."]
    assert is_in(right().client)


@pytest.mark.parametrize(
    ("proxies", "forwarded", "seen"),
    [
        (0, "6.6.6.6", HOME_OFFICE),
        (1, "6.6.6.6, 41.60.0.9", ELSEWHERE),
        (2, "6.6.6.6, 41.60.0.9, 10.0.0.1", ELSEWHERE),
        (2, "41.60.0.9", ELSEWHERE),
        (1, "", HOME_OFFICE),
        (1, "not an address", None),
        (1, "2001:db8::1", "2001:db8::1"),
    ],
)
def test_behind_proxies_the_clients_own_address_counts_and_nobody_invents_one(
    proxies: int, forwarded: str, seen: str | None, settings: Any
) -> None:
    settings.REST_FRAMEWORK = {**settings.REST_FRAMEWORK, "NUM_PROXIES": proxies}
    assert proxies == api_settings.NUM_PROXIES
    assert client_address(RequestFactory().get("/", REMOTE_ADDR=HOME_OFFICE, HTTP_X_FORWARDED_FOR=forwarded)) == seen


@pytest.mark.parametrize("name", ["", "\0", "x" * 151, "😀" * 100, "'; DROP TABLE auth_user; --"])
def test_names_made_to_hurt_are_refused_in_words(name: str) -> None:
    for _ in range(NAME_AND_ADDRESS + 1):
        assert sign_in(name, "wrong").status_code in (200, 429)


def test_a_try_from_no_address_at_all_is_counted_too() -> None:
    person()
    for _ in range(NAME_AND_ADDRESS):
        answer = sign_in(password="wrong", web=Client(), REMOTE_ADDR="")
    assert answer.status_code == 429
