"""References short enough to dictate over the phone: ten Crockford base-32 characters and a check character. Pure.

Crockford's alphabet leaves out I, L, O and U; reading forgives them (https://www.crockford.com/base32.html).
The check is Crockford's, the number modulo 37: it catches one wrong character and two neighbours swapped. Its five extra
symbols are not letters, so a number that would need one is drawn again. Eleven characters fit every gateway (M-Pesa allows twelve).
"""

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 10

_CHECK_MODULUS = 37
_FORGIVEN = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, " ": None})


def new_reference() -> str:
    """A new reference from about 50 random bits: it tells nothing about any other."""
    while True:
        body = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        if (check := _check_value(body)) < len(ALPHABET):
            return body + ALPHABET[check]


def read_reference(text: str) -> str:
    """What a person typed or said as a reference, in the form we store. Raises ValueError with a sentence."""
    reference = text.upper().translate(_FORGIVEN)
    if len(reference) != LENGTH + 1 or any(character not in ALPHABET for character in reference):
        raise ValueError("A reference has eleven letters and digits.")
    if ALPHABET.index(reference[-1]) != _check_value(reference[:-1]):
        raise ValueError("That reference has a typing mistake in it.")
    return reference


def _check_value(body: str) -> int:
    number = 0
    for character in body:
        number = number * len(ALPHABET) + ALPHABET.index(character)
    return number % _CHECK_MODULUS
