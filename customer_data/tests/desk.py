"""A member of staff at the admin, for tests: comes in with certain permissions, opens pages, presses buttons, reads."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from itertools import count
from typing import Any

from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

_numbers = count(1)


@dataclass
class Desk:
    """One signed-in member of staff."""

    user: Any
    web: Client

    def get(self, address: str, **query: str) -> Any:
        return self.web.get(address, query)

    def listed(self, model: Any, **query: str) -> str:
        """The list of `model` as it is read."""
        response = self.get(list_of(model), **query)
        assert response.status_code == 200
        return readable(response)

    def page(self, row: Any) -> str:
        """The page of `row` as it is read."""
        response = self.get(page_of(row))
        assert response.status_code == 200
        return readable(response)

    def press(self, row: Any, button: str, **typed: str) -> Any:
        return self.web.post(press_of(row, button), typed)

    def told(self, response: Any) -> list[str]:
        """The sentences that answer what was just done."""
        return [str(message) for message in get_messages(response.wsgi_request)]


def desk(*permissions: str, **fields: Any) -> Desk:
    """Staff with exactly these permissions, such as `view_payment`."""
    user = get_user_model().objects.create_user(username=f"staff-{next(_numbers)}", is_staff=True, **fields)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return _signed_in(user)


def owner() -> Desk:
    """A superuser."""
    return _signed_in(get_user_model().objects.create_superuser(username=f"owner-{next(_numbers)}"))


def list_of(model: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def page_of(row: Any) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=(row.pk,))


def add_page_of(model: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")


def press_of(row: Any, button: str) -> str:
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_press", args=(row.pk, button))


def readable(response: Any) -> str:
    """What a person reads on a page: its text, without tags, styles and scripts."""
    text = re.sub(r"<(script|style)\b.*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", text)).split())


def _signed_in(user: Any) -> Desk:
    web = Client()
    web.force_login(user)
    return Desk(user, web)
