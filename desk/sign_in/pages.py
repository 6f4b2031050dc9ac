"""The pages of the second step: a secret for an app, its code at each sign-in, and recovery codes that are shown once."""

from __future__ import annotations

from typing import Any

import segno
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import rotate_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.safestring import mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from django_otp import login as remember_step

from desk.models import Authenticator
from desk.sign_in.lock import clock_time
from desk.sign_in.second_step import Answer, confirm_app, has_authenticator, renew_codes, show_new_secret, try_code

WRONG = "That code is not right. Type the newest one from the app; each code works once."

FEW_CODES = 3
HEADINGS = {
    "verify": "One more step",
    "set_up": "Set up your second step",
    "codes": "Your recovery codes",
    "renew": "Your second step",
}


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """After the password: a code from the app, or a recovery code."""
    person = _waiting(request)
    if person is None:
        return redirect(_next(request))
    if not has_authenticator(person):
        return redirect(f"{reverse('second-step-set-up')}?{urlencode({'next': request.GET.get('next', '')})}")
    if request.method == "POST":
        answer = try_code(person, request.POST.get("code", ""))
        if answer.app is not None:
            return _let_in(request, person, answer.app)
        return _page(request, "verify", answer, person=person)
    return _page(request, "verify", person=person)


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def set_up(request: HttpRequest) -> HttpResponse:
    """Bring an app and the account together. The recovery codes stand in the answer, and nowhere after it."""
    person = _waiting(request) or _signed_in(request)
    if person is None or has_authenticator(person):
        return redirect(_next(request))
    if request.method == "GET":
        return _page(request, "set_up", person=person, app=_drawn(show_new_secret(person)))
    answer, codes = confirm_app(person, request.POST.get("code", ""))
    if answer.app is not None:
        _remember(request, person, answer.app)
        return _page(request, "codes", person=person, codes=codes)
    shown = Authenticator.objects.filter(user=person).first()
    return _page(request, "set_up", answer, person=person, app=_drawn(shown)) if shown else redirect(request.get_full_path())


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def codes(request: HttpRequest) -> HttpResponse:
    """New recovery codes, for somebody who is in and has the app at hand."""
    person = _signed_in(request)
    if person is None:
        return redirect(f"{reverse('admin:login')}?{urlencode({'next': request.path})}")
    if not has_authenticator(person):
        return redirect("second-step-set-up")
    left = Authenticator.objects.get(user=person).recovery_codes.filter(used_at=None).count()
    if request.method == "GET":
        return _page(request, "renew", person=person, left=left)
    answer, new = renew_codes(person, request.POST.get("code", ""))
    return _page(request, "codes", person=person, codes=new) if new else _page(request, "renew", answer, person=person, left=left)


def _waiting(request: Any) -> Any:
    """Who has given the password and misses the code; None: nobody."""
    return getattr(request, "waiting", None)


def _signed_in(request: Any) -> Any:
    return request.user if request.user.is_active and request.user.is_staff else None


def _let_in(request: HttpRequest, person: Any, app: Authenticator) -> HttpResponse:
    _remember(request, person, app)
    left = app.recovery_codes.filter(used_at=None).count()
    if left < FEW_CODES:
        messages.warning(request, f"Only {left} recovery codes are left. Make new ones: open your name, then Second step.")
    return redirect(_next(request))


def _remember(request: Any, person: Any, app: Authenticator) -> None:
    """The session is a new one from here: whoever knew its key before the code does not know it now."""
    request.user = person
    request.session.cycle_key()
    rotate_token(request)
    remember_step(request, app)


def _next(request: HttpRequest) -> str:
    wanted = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if is_ours else reverse("admin:index")


def _drawn(app: Authenticator) -> dict[str, Any]:
    """The secret as a square and as text. The square is dark on white in either look, or cameras do not read it."""
    square = segno.make(app.address, error="m").svg_inline(omitsize=True, dark="#000", light="#fff", border=4)
    return {"square": mark_safe(square), "typed": app.typed_secret}  # noqa: S308  drawn by us, of our own words


def _page(request: HttpRequest, name: str, answer: Answer | None = None, *, person: Any, **shown: Any) -> HttpResponse:
    problem, status = "", 200
    if answer is not None and answer.waits_until is not None:
        problem, status = f"Too many wrong codes. Try again at {clock_time(answer.waits_until)}.", 429
    elif answer is not None:
        problem = WRONG
    words = {"title": "Second step", "heading": HEADINGS[name], "person": person, "problem": problem, "next": _next(request)}
    context = {**admin.site.each_context(request), **words, **shown}
    return render(request, f"admin/two_factor/{name}.html", context, status=status)
