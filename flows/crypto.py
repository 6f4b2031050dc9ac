"""The envelope of a Flow request: proven to be Meta's, opened, and the answer sealed with the same key. Pure.

RSA-OAEP (SHA-256 for hash and mask) wraps a fresh AES-128 key; AES-GCM with a 16-byte IV and the tag at the end seals the
JSON; the answer uses the same key and the IV with every bit inverted.
https://developers.facebook.com/documentation/business-messaging/whatsapp/flows/guides/implementingyourflowendpoint
(edition of 2026-02-26)
"""

import binascii
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

KEY_BITS = 2048  # Meta's API refuses another size
AES_BYTES = 16
IV_BYTES = 16

_OAEP = OAEP(mgf=MGF1(SHA256()), algorithm=SHA256(), label=None)
_INVERTED = bytes(range(255, -1, -1))  # a translation table: every byte to its complement
_PEM = re.compile(r"-----BEGIN ([A-Z ]+)-----(.*?)-----END \1-----", re.DOTALL)


class CannotDecrypt(Exception):
    """Nothing in the request can be read with our keys. Answer 421: the phone fetches the public key again and retries once."""


@dataclass(frozen=True, slots=True)
class OpenedRequest:
    """What Meta's client asked, and what seals the answer to it."""

    payload: dict[str, Any]
    aes_key: bytes = field(repr=False)
    iv: bytes = field(repr=False)


# --- A request comes in, an answer goes out -------------------------------------------------------
def is_signed(body: bytes, header: str | None, secrets: Sequence[str]) -> bool:
    """Whether `X-Hub-Signature-256` proves that Meta sent exactly these bytes, with any of our app secrets.

    Takes the same time for every wrong signature. Without a secret nothing is ever genuine.
    """
    scheme, _, given = (header or "").strip().partition("=")
    if scheme != "sha256":
        return False
    claimed = given.lower().encode("utf-8", "replace")
    expected = (hmac.new(secret.encode(), body, "sha256").hexdigest().encode() for secret in secrets if secret)
    return any(hmac.compare_digest(claimed, signature) for signature in expected)


def open_request(body: bytes, keys: Sequence[RSAPrivateKey]) -> OpenedRequest:
    """The request in `body`, opened with whichever of `keys` fits. Raises CannotDecrypt for everything else."""
    sealed, wrapped_key, iv = _envelope(body)
    aes_key = _unwrap(wrapped_key, keys)
    try:
        plain = AESGCM(aes_key).decrypt(iv, sealed, None)
    except (InvalidTag, ValueError):
        raise CannotDecrypt("The data was changed on its way, or sealed with another key.") from None
    return OpenedRequest(payload=_read_object(plain), aes_key=aes_key, iv=iv)


def seal_response(payload: Mapping[str, Any], request: OpenedRequest) -> str:
    """The answer as the text that goes on the wire: base64, no quotes, no line break.

    Raises ValueError or TypeError for something that is not JSON, such as NaN or a Decimal.
    """
    plain = _ENCODER.encode(payload).encode("ascii")
    sealed = AESGCM(request.aes_key).encrypt(request.iv.translate(_INVERTED), plain, None)
    return binascii.b2a_base64(sealed, newline=False).decode("ascii")


def _envelope(body: bytes) -> tuple[bytes, bytes, bytes]:
    outer = _read_object(body)
    try:
        sealed, wrapped_key, iv = (
            binascii.a2b_base64(outer[name], strict_mode=True)
            for name in ("encrypted_flow_data", "encrypted_aes_key", "initial_vector")
        )
    except (KeyError, TypeError, ValueError):  # binascii.Error is a ValueError
        raise CannotDecrypt("The request is not the three base64 texts of a Flow request.") from None
    if len(iv) != IV_BYTES:
        raise CannotDecrypt(f"The IV must have {IV_BYTES} bytes.")
    return sealed, wrapped_key, iv


def _unwrap(wrapped_key: bytes, keys: Sequence[RSAPrivateKey]) -> bytes:
    for key in keys:
        try:
            aes_key = key.decrypt(wrapped_key, _OAEP)
        except ValueError:
            continue
        if len(aes_key) == AES_BYTES:
            return aes_key
    raise CannotDecrypt("None of our private keys opens the request.")


def _read_object(text: bytes) -> dict[str, Any]:
    try:
        value = _DECODER.decode(text.decode("utf-8"))
    except (ValueError, RecursionError):
        raise CannotDecrypt("The request is not JSON.") from None
    if not isinstance(value, dict):
        raise CannotDecrypt("The request is not a JSON object.")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON.")


# Made once: `json.loads` and `json.dumps` with options build a new one at every call. The answer is ASCII, so that even half
# an emoji, cut by somebody's keyboard and shown back, stays JSON.
_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True, allow_nan=False)


# --- Keys -----------------------------------------------------------------------------------------
def load_private_keys(text: str, passphrase: str = "") -> tuple[RSAPrivateKey, ...]:
    """The private keys in `text`, newest first. Slow (some 50 ms each): load once per process.

    `text` is PEM (PKCS#1 or PKCS#8, encrypted or not, line breaks also as `\\n`), or base64 of PEM, several with commas.
    Raises ValueError with a sentence that says what to correct.
    """
    keys = tuple(_load(pem, passphrase) for pem in _pems_in(text.strip()))
    if not keys:
        raise ValueError("There is no private key for the Flow. Give it as PEM, or as base64 of PEM.")
    return keys


def public_key_pem(key: RSAPrivateKey) -> str:
    """The public half, as Meta wants it uploaded."""
    return key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode("ascii")


def _pems_in(text: str) -> list[str]:
    if "-----BEGIN" in text:
        return _split(text)
    return [pem for part in text.split(",") if part.strip() for pem in _split(_from_base64(part))]


def _from_base64(part: str) -> str:
    try:
        return binascii.a2b_base64("".join(part.split()), strict_mode=True).decode("ascii")
    except ValueError:
        raise ValueError("A private key for the Flow is neither PEM nor base64 of PEM. Check that it was copied whole.") from None


def _split(text: str) -> list[str]:
    blocks = _PEM.findall(text.replace("\\n", "\n").replace("\r", ""))
    if not blocks:
        raise ValueError(
            "A private key for the Flow has no BEGIN and END line that belong together. Check that it was copied whole."
        )
    return [f"-----BEGIN {label}-----\n{_lines(content)}\n-----END {label}-----\n" for label, content in blocks]


def _lines(content: str) -> str:
    """The lines between BEGIN and END; where an environment lost the line breaks, spaces stand for them."""
    return content.strip() if ":" in content else "\n".join(content.split())


def _load(pem: str, passphrase: str) -> RSAPrivateKey:
    encrypted = "ENCRYPTED" in pem
    if encrypted and not passphrase:
        raise ValueError("The private key for the Flow is encrypted: set its passphrase too.")
    try:
        key = load_pem_private_key(pem.encode("ascii"), passphrase.encode() if encrypted else None)
    except (ValueError, TypeError):
        reason = "the passphrase does not fit, or it was not copied whole" if encrypted else "it was not copied whole"
        raise ValueError(f"A private key for the Flow cannot be read: {reason}.") from None
    if not isinstance(key, RSAPrivateKey) or key.key_size != KEY_BITS:
        raise ValueError(f"The private key for the Flow must be an RSA key of {KEY_BITS} bits.")
    return key
