"""One code given in two sessions at once lets in one of them. Each race has a control."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.utils import timezone

from customer_data.tests.races import at_once, widen
from desk.models import Authenticator
from desk.roles import SUPERVISOR
from desk.sign_in.second_step import try_code
from desk.tests.signing_in import App, enrolled, person, sign_in

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def as_in_production(settings: Any) -> None:
    settings.STAFF_TWO_FACTOR = True
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick, and nobody sees them


def supervisor_with_app() -> tuple[App, list[str]]:
    person(SUPERVISOR)
    return enrolled(sign_in().client)


@pytest.fixture
def without_the_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **options: self)


def let_in(code: str) -> list[bool]:
    """Who of two sessions is let in that give one code at once."""
    user = get_user_model().objects.get(username="tendai")
    return sorted(at_once(*[lambda: try_code(user, code).app is not None] * 2))


def test_two_sessions_cannot_use_one_code_of_the_app(monkeypatch: pytest.MonkeyPatch) -> None:
    app, _codes = supervisor_with_app()
    widen(monkeypatch, Authenticator, "_is_code", threads=2)
    assert let_in(app.code()) == [False, True]


@pytest.mark.usefixtures("without_the_lock")
def test_control_without_the_lock_one_code_of_the_app_lets_two_in(monkeypatch: pytest.MonkeyPatch) -> None:
    app, _codes = supervisor_with_app()
    widen(monkeypatch, Authenticator, "_is_code", threads=2)
    assert let_in(app.code()) == [True, True]


def test_two_sessions_cannot_use_one_recovery_code(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = supervisor_with_app()[1]
    widen(monkeypatch, Authenticator, "_spend_recovery_code", threads=2)
    assert let_in(codes[0]) == [False, True]


@pytest.mark.usefixtures("without_the_lock")
def test_without_the_lock_the_guarded_update_spends_a_recovery_code_once(monkeypatch: pytest.MonkeyPatch) -> None:
    codes = supervisor_with_app()[1]
    widen(monkeypatch, Authenticator, "_spend_recovery_code", threads=2)
    assert let_in(codes[0]) == [False, True]


@pytest.mark.usefixtures("without_the_lock")
def test_control_without_lock_and_guard_one_recovery_code_lets_two_in(monkeypatch: pytest.MonkeyPatch) -> None:
    def spend(app: Authenticator, typed: str) -> bool:
        unused = app.recovery_codes.filter(used_at=None).count()
        app.recovery_codes.update(used_at=timezone.now())
        return bool(unused == 10)

    codes = supervisor_with_app()[1]
    monkeypatch.setattr(Authenticator, "_spend_recovery_code", spend)
    widen(monkeypatch, Authenticator, "save", threads=2)
    assert let_in(codes[0]) == [True, True]
