"""The Flow keys of this process."""

from functools import cache

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
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
