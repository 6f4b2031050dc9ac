"""For tests: people who sign in by the pages, with passwords, codes and apps that tests compute codes for."""

from __future__ import annotations

import re
import time
from base64 import b32decode
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client
from django_otp.oath import TOTP

PASSWORD = "seven-grey-hornbills"
SIGN_IN, STEP, SET_UP, CODES = "/admin/login/", "/admin/second-step/", "/admin/second-step/set-up/", "/admin/second-step/codes/"
HOME = "/admin/"


def person(group: str = "", name: str = "tendai", **fields: Any) -> Any:
    """A member of staff with a password, in one of our groups."""
    user = get_user_model().objects.create_user(name, password=PASSWORD, is_staff=True, **fields)
    if group:
        user.groups.add(Group.objects.get(name=group))
    return user


def sign_in(name: str = "tendai", password: str = PASSWORD, web: Client | None = None, **request: Any) -> Any:
    """The answer to name and password; `.client` goes on from there."""
    return (web or Client()).post(f"{SIGN_IN}?next={HOME}", {"username": name, "password": password}, **request)


def is_in(web: Client) -> bool:
    """Whether the desk opens."""
    return web.get(HOME).status_code == 200


class App:
    """An authenticator app that has been shown the page of the secret."""

    def __init__(self, page: Any) -> None:
        shown = re.search(r"data-secret>([A-Z2-7 ]+)<", page.content.decode())
        assert shown, page.content.decode()[-3000:]
        self.secret = b32decode(shown[1].replace(" ", ""))

    def code(self, *, steps_later: int = 0) -> str:
        clock = TOTP(self.secret)
        clock.time = time.time() + 30 * steps_later
        return f"{clock.token():06d}"


def enrolled(web: Client) -> tuple[App, list[str]]:
    """Set up the second step of who has just signed in: their app, and their recovery codes."""
    app = App(web.get(SET_UP))
    answer = web.post(SET_UP, {"code": app.code(steps_later=-1)})
    codes = re.findall(r"<code>([0-9A-Z-]{19})</code>", answer.content.decode())
    assert len(codes) == 10
    return app, codes
