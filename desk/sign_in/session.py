"""Sessions of staff are short: half an hour without a click, half a day in all."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

SEEN_EVERY_SECONDS = 60
BEGAN, SEEN = "session_began", "session_seen"


class ShortSessions:
    """Ends a session that is too old, keeps one alive that is used, and says so when what was sent came too late.

    A session that is used is written once a minute, not at each request: that is exact enough for half an hour.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            _age(request)
        response = self.get_response(request)
        if request.method == "POST" and _asks_to_sign_in(response):
            messages.warning(request, "Your session has ended, so nothing was done. Sign in, and you are back where you were.")
        return response


def _age(request: HttpRequest) -> None:
    now = int(time.time())
    if now - request.session.setdefault(BEGAN, now) >= settings.SESSION_LONGEST_SECONDS:
        logout(request)
    elif now - request.session.get(SEEN, 0) >= SEEN_EVERY_SECONDS:
        request.session[SEEN] = now


def _asks_to_sign_in(response: HttpResponse) -> bool:
    address = response.headers.get("Location", "").partition("?")[0]
    return response.status_code == 302 and address in (reverse("admin:login"), reverse("second-step"))
