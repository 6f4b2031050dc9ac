"""Paynow's signature: SHA-512 over the values of a message in their order, then the integration key. Pure.

The scheme has no separator, time or nonce: it proves who wrote the text, not where one field ends and the next begins
and not that the message is new. So a signed notification only rings; the answer to our own question is what counts.
Source: https://developers.paynow.co.zw/docs/generating_hash.html and validating_hash.html.
"""

import hashlib
import hmac
from collections.abc import Iterable

HASH_FIELD = "hash"


def clean_key(key: str) -> str:
    """An integration key as it is signed with: lower case, without the spaces and line breaks that pasting adds."""
    return "".join(key.split()).lower()


def hash_of(pairs: Iterable[tuple[str, str]], key: str) -> str:
    """The signature of `pairs`, decoded and in message order, as 128 upper-case hexadecimal digits.

    Every field counts but `hash` itself (in any case), known to us or not.
    """
    values = [value for name, value in pairs if not _is_hash(name)]
    text = "".join(values) + clean_key(key)
    return hashlib.sha512(text.encode("utf-8", "surrogatepass")).hexdigest().upper()


def is_genuine(pairs: Iterable[tuple[str, str]], key: str) -> bool:
    """Whether `pairs` carry the signature that `key` makes. Never raises.

    A message without a hash is not genuine, nor is one that repeats a field (readers would disagree on which of the two
    counts), nor any message at all under an empty key.
    """
    received = list(pairs)
    names = [name.strip().lower() for name, _ in received]
    if len(set(names)) != len(names) or HASH_FIELD not in names or not clean_key(key):
        return False
    claimed = received[names.index(HASH_FIELD)][1].strip().upper()
    return hmac.compare_digest(claimed.encode("utf-8", "surrogatepass"), hash_of(received, key).encode())


def sign(pairs: Iterable[tuple[str, str]], key: str) -> tuple[tuple[str, str], ...]:
    """`pairs` followed by their signature, ready to be encoded and sent."""
    unsigned = tuple(pairs)
    return (*unsigned, (HASH_FIELD, hash_of(unsigned, key)))


def _is_hash(name: str) -> bool:
    return name.strip().lower() == HASH_FIELD
