"""The Flow keys of this process."""

import hashlib
from functools import cache

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key
from django.conf import settings

from flows.crypto import load_private_keys


@cache
def private_keys() -> tuple[RSAPrivateKey, ...]:
    """Our Flow keys, newest first; none when none is set. Reading a PEM takes some 40 ms: once per process.

    Raises ValueError with a sentence when what is set cannot be read.
    """
    if not settings.WHATSAPP_FLOW_PRIVATE_KEY:
        return ()
    return load_private_keys(settings.WHATSAPP_FLOW_PRIVATE_KEY, settings.WHATSAPP_FLOW_PRIVATE_KEY_PASSPHRASE)


def fingerprint_of(public_key: str) -> str:
    """SHA-256 of a public key's content in groups of four, however its PEM is wrapped; empty for what is no public key."""
    try:
        key = load_pem_public_key(public_key.encode())
    except ValueError:
        return ""
    digest = hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()
    return " ".join(digest[start : start + 4] for start in range(0, len(digest), 4))
