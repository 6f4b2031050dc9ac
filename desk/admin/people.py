"""How a member of staff signs in, on their page: when and from where, and two ways back in for who is shut out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from axes.models import AccessLog
from django.contrib.auth.models import User

from customer_data.admin.page import Button, Panel, Press, add_button, add_panel
from desk.models import Authenticator
from desk.sign_in.lock import is_locked, unlock
from desk.sign_in.second_step import has_authenticator, needs_second_step, reset

MOST_SIGN_INS = 20


def _reset(user: User, press: Press) -> str:
    reset(user)
    return f"{user.get_username()} sets up a new app at the next sign-in. Was the phone stolen? Then give a new password too."


def _unlock(user: User, press: Press) -> str:
    unlock(user.get_username())
    return f"{user.get_username()} can try again now."


def _how(user: User) -> Iterable[Sequence[object]]:
    """The second step first, then the latest times of coming in."""
    yield ("", _step_of(user))
    for entry in AccessLog.objects.filter(username=user.get_username()).order_by("-attempt_time")[:MOST_SIGN_INS]:
        yield (entry.attempt_time, f"Signed in from {entry.ip_address or 'an unknown address'}")


def _step_of(user: User) -> str:
    app = Authenticator.objects.filter(user=user, confirmed=True).first()
    if app is not None:
        return f"With a second step; {app.recovery_codes.filter(used_at=None).count()} recovery codes are left."
    return "A second step is set up at the next sign-in." if needs_second_step(user) else "With a password only."


add_button(
    User,
    Button(
        name="reset-second-step",
        label="Reset the second step",
        press=_reset,
        hint="For a lost phone. Make sure that it is really they who ask.",
        asks_why="How do you know that it is they who ask?",
        is_offered=has_authenticator,
        is_for=lambda row, user: row.pk != user.pk and (user.is_superuser or not row.is_superuser),
        permission="auth.change_user",
        is_grave=True,
    ),
)
add_button(
    User,
    Button(
        name="unlock",
        label="Unlock sign-in",
        press=_unlock,
        hint="Too many wrong passwords were typed for this name.",
        is_offered=lambda user: is_locked(user.get_username()),
        permission="auth.change_user",
    ),
)
add_panel(User, Panel("Signing in", User, ("When", "What"), _how, "Never signed in."))
