"""A text column that is sealed at rest, with key rotation."""

import base64
import hashlib
from typing import TYPE_CHECKING, Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models

if TYPE_CHECKING:
    _TextField = models.TextField[str, str]
else:
    _TextField = models.TextField


class CannotOpen(Exception):
    """None of FIELD_ENCRYPTION_KEYS opens a sealed value: the key that sealed it is missing."""


def seal(plain: str) -> str:
    """`plain` sealed with the newest key; the empty text stays empty, so that "not set" can be seen without a key."""
    return _fernet().encrypt(plain.encode()).decode() if plain else ""


def unseal(sealed: str) -> str:
    """The text again, whichever of our keys sealed it. Raises CannotOpen."""
    if not sealed:
        return ""
    try:
        return _fernet().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise CannotOpen("A sealed value cannot be opened. Put the key that sealed it back into FIELD_ENCRYPTION_KEYS.") from None


def key_of(sealed: str) -> int | None:
    """The place in FIELD_ENCRYPTION_KEYS, newest first from 0, of the key that made this sealed value; None: no key of ours did."""
    for place, key in enumerate(_keys()):
        try:
            Fernet(_fernet_key(key)).decrypt(sealed.encode())
        except InvalidToken:
            continue
        return place
    return None


class SealedTextField(_TextField):
    """Text in Python, ciphertext in the database. It cannot be searched."""

    def from_db_value(self, value: str | None, expression: object, connection: object) -> str | None:
        return None if value is None else unseal(value)

    def get_prep_value(self, value: Any) -> Any:
        plain = super().get_prep_value(value)
        return None if plain is None else seal(plain)


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(_fernet_key(key)) for key in _keys()])


def _keys() -> list[str]:
    return settings.FIELD_ENCRYPTION_KEYS or [f"development:{settings.SECRET_KEY}"]


def _fernet_key(text: str) -> bytes:
    """Any long random text serves as a key: Fernet wants exactly 32 bytes in base64."""
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest())
