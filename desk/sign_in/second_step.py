"""Until a person who needs a second step has taken it, they are nobody: no page, no button and no file knows them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from desk.models import Authenticator
from desk.models.second_factor import new_secret
from desk.roles import MOVES_MONEY


class SecondStep:
    """After the password comes a code. Who has only given the password is `request.waiting`, and `request.user` is nobody.

    So nothing has to remember to ask: a page that asks no more than who the user is, is closed to them too.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Any) -> HttpResponse:
        request.waiting = None
        if settings.SESSION_COOKIE_NAME in request.COOKIES and misses_second_step(request.user):
            request.waiting, request.user = request.user, AnonymousUser()
        return self.get_response(request)

    def process_view(self, request: Any, _view: Any, _args: Any, _kwargs: Any) -> HttpResponse | None:
        """Signing out is open to who waits; the page that asks for a password leads on to the one that asks for a code."""
        if request.waiting is None:
            return None
        name = request.resolver_match.view_name
        if name == "admin:logout":
            request.user = request.waiting
        if name == "admin:login" and request.method == "GET":
            return redirect(f"{reverse('second-step')}?{urlencode({'next': request.GET.get('next', '')})}")
        return None


def misses_second_step(user: Any) -> bool:
    """Whether `user` has signed in with a password only, and must not stop there."""
    if not user.is_authenticated or user.is_verified():
        return False
    return needs_second_step(user)


def needs_second_step(user: Any) -> bool:
    """Who moves money, and everybody who has chosen an app; on development machines only the latter."""
    return (settings.STAFF_TWO_FACTOR and moves_money(user)) or has_authenticator(user)


def moves_money(user: Any) -> bool:
    """Whether any permission of `user` moves money or decides who may."""
    return bool(user.is_superuser) or not MOVES_MONEY.isdisjoint(user.get_all_permissions())


def has_authenticator(user: Any) -> bool:
    return bool(Authenticator.objects.filter(user_id=user.pk, confirmed=True).exists())


def reset(user: Any) -> bool:
    """The phone is lost: `user` sets up a new app at the next sign-in. Whether there was one. Recovery codes end with it."""
    return bool(Authenticator.objects.filter(user_id=user.pk).delete()[0])


@dataclass(frozen=True)
class Answer:
    """What became of a code: the app that it was right for, or when the next may be tried after too many wrong ones."""

    app: Authenticator | None = None
    waits_until: datetime | None = None


def try_code(user: Any, code: str) -> Answer:
    """Check a code of the app, or spend a recovery code. Two sessions cannot use the same one: the row is locked."""
    with transaction.atomic():
        app = Authenticator.objects.select_for_update().filter(user_id=user.pk, confirmed=True).first()
        return _answer(app, code)


def show_new_secret(user: Any) -> Authenticator:
    """An app that is not confirmed yet, with a new secret: one that was shown earlier, to whomever, opens nothing."""
    app: Authenticator
    app, _ = Authenticator.objects.get_or_create(user=user, defaults={"name": "app", "confirmed": False})
    Authenticator.objects.filter(pk=app.pk, confirmed=False).update(secret=new_secret(), last_step=-1)
    app.refresh_from_db()
    return app


def confirm_app(user: Any, code: str) -> tuple[Answer, list[str]]:
    """The first code of a new app makes it the second step of `user`; the recovery codes are returned, this once."""
    with transaction.atomic():
        app = Authenticator.objects.select_for_update().filter(user_id=user.pk, confirmed=False).first()
        answer = _answer(app, code)
        if answer.app is None:
            return answer, []
        Authenticator.objects.filter(pk=answer.app.pk).update(confirmed=True)
        answer.app.confirmed = True
        write_down(user, user, "Set up the second step of signing in.")
        return answer, answer.app.renew_recovery_codes()


def renew_codes(user: Any, code: str) -> tuple[Answer, list[str]]:
    """New recovery codes for who has the app at hand; the old ones end."""
    with transaction.atomic():
        answer = try_code(user, code)
        return answer, [] if answer.app is None else answer.app.renew_recovery_codes()


def write_down(actor: Any, user: Any, sentence: str) -> None:
    """In the history of `user`'s page."""
    LogEntry.objects.log_actions(actor.pk, [user], CHANGE, change_message=sentence, single_object=True)


def _answer(app: Authenticator | None, code: str) -> Answer:
    if app is None:
        return Answer()
    if app.verify_token(code):
        return Answer(app=app)
    return Answer(waits_until=app.waits_until)
