"""The phone's half of the Flow envelope: seals a request for our public key, opens the answer. Shares no code with our half."""

import base64
import hashlib
import hmac
import json
import os
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import GCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

TAG_BYTES = 16


class CannotRead(Exception):
    """The answer is not what Meta's client can open; the message says why."""


@dataclass(frozen=True)
class Sealed:
    """One request on its way: the exact bytes, their signature, and what opens the answer."""

    body: bytes
    signature: str
    aes_key: bytes = field(repr=False)
    iv: bytes = field(repr=False)


def seal(payload: dict[str, Any], *, public_key: str, app_secret: str, escaped_slashes: bool = False) -> Sealed:
    """`payload` sealed with a fresh key and IV. `escaped_slashes`: with `\\/` in the JSON, as Meta's servers may write it."""
    aes_key, iv = os.urandom(16), os.urandom(16)
    encryptor = Cipher(AES(aes_key), GCM(iv)).encryptor()
    plain = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    sealed = encryptor.update(plain) + encryptor.finalize() + encryptor.tag
    key = load_pem_public_key(public_key.encode())
    if not isinstance(key, RSAPublicKey):
        raise CannotRead("The public key is not an RSA key.")
    wrapped = key.encrypt(aes_key, OAEP(mgf=MGF1(algorithm=SHA256()), algorithm=SHA256(), label=None))
    outer = {"encrypted_flow_data": _base64(sealed), "encrypted_aes_key": _base64(wrapped), "initial_vector": _base64(iv)}
    text = json.dumps(outer, separators=(",", ":"))
    body = (text.replace("/", "\\/") if escaped_slashes else text).encode()
    return Sealed(body=body, signature=sign(body, app_secret), aes_key=aes_key, iv=iv)


def sign(body: bytes, app_secret: str) -> str:
    """The value of `X-Hub-Signature-256` over exactly these bytes."""
    return "sha256=" + hmac.new(app_secret.encode(), body, hashlib.sha256).hexdigest()


def open_answer(body: bytes, request: Sealed) -> Any:
    """The JSON in an answer to `request`. Raises CannotRead."""
    try:
        sealed = base64.b64decode(body, validate=True)
    except ValueError:
        raise CannotRead("The answer is not bare base64.") from None
    iv = bytes(byte ^ 0xFF for byte in request.iv)
    try:
        decryptor = Cipher(AES(request.aes_key), GCM(iv, sealed[-TAG_BYTES:])).decryptor()
        plain = decryptor.update(sealed[:-TAG_BYTES]) + decryptor.finalize()
    except (InvalidTag, ValueError):
        raise CannotRead("The answer is not sealed with the key of the request and its inverted IV.") from None
    try:
        return json.loads(plain)
    except ValueError:
        raise CannotRead("The answer holds no JSON.") from None


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
