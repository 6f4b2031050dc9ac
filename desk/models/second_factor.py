"""The second step of signing in: an authenticator app that makes codes, and recovery codes for the day the phone is lost."""

from __future__ import annotations

import hashlib
import secrets
import time
from base64 import b32encode
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from django.conf import settings
from django.db import models
from django.utils import timezone
from django_otp.models import Device, ThrottlingMixin
from django_otp.oath import TOTP

from customer_data.sealed import SealedTextField

SECRET_BYTES = 20  # RFC 4226, 4: 160 bits are recommended
DIGITS = 6
STEPS_OFF = 1  # a code is good for 30 seconds, and as long again for clocks that differ and people who type slowly
FREE_MISTAKES = 2
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
RECOVERY_CODES = 10
RECOVERY_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's: nothing that is read as something else
RECOVERY_LENGTH = 16  # 80 random bits: no dictionary, so a plain hash keeps them
COUNTED = ("throttling_failure_count", "throttling_failure_timestamp")
READ_AS = str.maketrans("OIL", "011", " -")


def new_secret() -> str:
    return secrets.token_hex(SECRET_BYTES)


class Authenticator(ThrottlingMixin, Device):  # type: ignore[misc]  # django-otp has no types
    """The authenticator app of one member of staff. `confirmed` once a code from it was right."""

    secret = SealedTextField(default=new_secret)  # hexadecimal
    last_step = models.BigIntegerField(default=-1)  # of the last code that was right: no code is right twice
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=["user"], name="one_authenticator_each"),)

    def __str__(self) -> str:
        return f"Authenticator app of {self.user}"

    @property
    def typed_secret(self) -> str:
        """The secret as people type it into an app that cannot see the square."""
        letters = b32encode(bytes.fromhex(self.secret)).decode()
        return " ".join(letters[start : start + 4] for start in range(0, len(letters), 4))

    @property
    def address(self) -> str:
        """What the square says to the app.

        https://github.com/google/google-authenticator/wiki/Key-Uri-Format
        """
        issuer = settings.BUSINESS_NAME.replace(":", " ")
        facts = urlencode({"secret": self.typed_secret.replace(" ", ""), "issuer": issuer}, quote_via=quote)
        return f"otpauth://totp/{quote(f'{issuer}:{self.user.get_username()}')}?{facts}"

    @property
    def waits_until(self) -> datetime | None:
        """When the next code may be tried, after wrong ones; None: now. A wait tells no more than that."""
        mistakes, last = self.throttling_failure_count, self.throttling_failure_timestamp
        if last is None or mistakes <= FREE_MISTAKES:
            return None
        doubled = min(mistakes - FREE_MISTAKES - 1, 20)
        until: datetime = last + min(FIRST_WAIT * 2**doubled, LONGEST_WAIT)
        return until if until > timezone.now() else None

    def verify_is_allowed(self) -> tuple[bool, dict[str, Any] | None]:
        until = self.waits_until
        return (True, None) if until is None else (False, {"locked_until": until})

    def verify_token(self, token: str) -> bool:
        """Whether `token` is the app's code of now, or a recovery code that was never used. Call it on a locked row."""
        if self.waits_until is not None:
            return False
        typed = token.upper().translate(READ_AS)
        if not (self._is_code(typed) or self._spend_recovery_code(typed)):
            self.throttle_increment(commit=False)
            self.save(update_fields=COUNTED)
            return False
        self.throttle_reset(commit=False)
        self.save(update_fields=["last_step", *COUNTED])
        return True

    def renew_recovery_codes(self) -> list[str]:
        """New codes in place of the old; they are shown now and never again."""
        codes = ["".join(secrets.choice(RECOVERY_LETTERS) for _ in range(RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)]
        self.recovery_codes.all().delete()
        RecoveryCode.objects.bulk_create([RecoveryCode(authenticator=self, digest=_digest(code)) for code in codes])
        return ["-".join(code[start : start + 4] for start in range(0, RECOVERY_LENGTH, 4)) for code in codes]

    def _is_code(self, typed: str) -> bool:
        if len(typed) != DIGITS or not (typed.isascii() and typed.isdigit()):
            return False
        clock = TOTP(bytes.fromhex(self.secret), digits=DIGITS)
        clock.time = time.time()
        if not clock.verify(int(typed), tolerance=STEPS_OFF, min_t=self.last_step + 1):
            return False
        self.last_step = clock.t()
        return True

    def _spend_recovery_code(self, typed: str) -> bool:
        unused = self.recovery_codes.filter(digest=_digest(typed), used_at=None)
        return len(typed) == RECOVERY_LENGTH and unused.update(used_at=timezone.now()) == 1


class RecoveryCode(models.Model):
    """A code that opens once, kept as a hash."""

    authenticator = models.ForeignKey(Authenticator, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        default_permissions = ()
        constraints = (models.UniqueConstraint(fields=["authenticator", "digest"], name="recovery_code_once"),)

    def __str__(self) -> str:
        return f"Recovery code of {self.authenticator.user}"


def _digest(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
