"""Wrong passwords are counted, and after too many of them nobody may try for a while; whether the name exists is never told.

The counts stand in the database, so they hold on every web process, and without Redis.
"""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta
from typing import Any

from axes.attempts import get_cool_off_threshold
from axes.handlers.database import AxesDatabaseHandler
from axes.helpers import get_client_username, get_cool_off
from axes.models import AccessAttempt, AccessLog
from django.conf import settings
from django.contrib import admin
from django.db.models import Max, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from rest_framework.settings import api_settings
from unfold.forms import AuthenticationForm

NAME_AND_ADDRESS, ADDRESS, NAME = 5, 25, 50
"""Wrong passwords until it is locked: of one name at one address, of one address for all names, of one name everywhere."""


class SignInLock(AxesDatabaseHandler):  # type: ignore[misc]  # django-axes has no types
    """Three counts: somebody who guesses one password, one who tries many names, and many who try one name.

    The last does not lock out people at an address where they have signed in before: strangers cannot keep them out.
    """

    def get_failures(self, request: Any, credentials: Any = None) -> int:
        """The largest count, as if each limit were AXES_FAILURE_LIMIT."""
        counts = [(_failures(attempts), limit) for attempts, limit in self._counted(request, credentials)]
        return max(failures * settings.AXES_FAILURE_LIMIT // limit for failures, limit in counts)

    def reset_user_attempts(self, request: Any, credentials: Any = None) -> int:
        """A right password forgives the name at this address; it does not forgive the address what it tried on other names."""
        name = get_client_username(request, credentials)
        return int(AccessAttempt.objects.filter(username=name, ip_address=request.axes_ip_address).delete()[0])

    def locked_until(self, request: Any, credentials: Any = None) -> datetime:
        """When the next try is heard."""
        full = [attempts for attempts, limit in self._counted(request, credentials) if _failures(attempts) >= limit]
        last = max((attempts.aggregate(at=Max("attempt_time"))["at"] for attempts in full), default=timezone.now())
        until: datetime = last + get_cool_off(request)
        return until

    def _counted(self, request: Any, credentials: Any) -> list[tuple[QuerySet[Any], int]]:
        name, address = get_client_username(request, credentials), request.axes_ip_address
        recent = AccessAttempt.objects.filter(attempt_time__gte=get_cool_off_threshold(request))
        counted = [
            (recent.filter(username=name, ip_address=address), NAME_AND_ADDRESS),
            (recent.filter(ip_address=address), ADDRESS),
        ]
        if not AccessLog.objects.filter(username=name, ip_address=address).exists():
            counted.append((recent.filter(username=name), NAME))
        return counted


def client_address(request: HttpRequest) -> str | None:
    """Where the request comes from, behind as many proxies as TRUSTED_PROXIES says; what is no address counts as none."""
    address = request.META.get("REMOTE_ADDR", "")
    proxies, forwarded = api_settings.NUM_PROXIES, request.META.get("HTTP_X_FORWARDED_FOR", "")
    if proxies and forwarded:
        told = forwarded.split(",")
        address = told[-min(proxies, len(told))]
    try:
        return str(ipaddress.ip_address(address.strip()))
    except ValueError:
        return None


def say_locked(request: HttpRequest, _response: HttpResponse, credentials: Any) -> HttpResponse:
    """The sign-in page again, saying when to come back: the same words for names that exist and names that do not."""
    until = SignInLock().locked_until(request, credentials)
    context = {
        **admin.site.each_context(request),
        "title": "Sign in",
        "form": AuthenticationForm(request),
        "app_path": request.get_full_path(),
        "locked_until": clock_time(until),
    }
    response = render(request, "admin/login.html", context, status=429)
    response["Retry-After"] = str(max(int((until - timezone.now()).total_seconds()) + 1, 1))
    return response


def clock_time(moment: datetime) -> str:
    """The first full minute at which it is over."""
    return date_format(timezone.localtime(moment + timedelta(seconds=59)), "H:i")


def unlock(username: str) -> int:
    """Forget the wrong passwords for `username`. How many places they came from."""
    return int(AccessAttempt.objects.filter(username=username).delete()[0])


def is_locked(username: str) -> bool:
    """Whether too many wrong passwords keep `username` out now, at one address at least."""
    recent = AccessAttempt.objects.filter(username=username, attempt_time__gte=timezone.now() - get_cool_off())
    places = recent.values("ip_address").annotate(failures=Sum("failures_since_start")).values_list("failures", flat=True)
    failures = list(places)
    return any(each >= NAME_AND_ADDRESS for each in failures) or sum(failures) >= NAME


def _failures(attempts: QuerySet[Any]) -> int:
    return int(attempts.aggregate(sum=Sum("failures_since_start"))["sum"] or 0)
