"""Cheap HTTP for two hundred customers in one thread: connections that are kept, no libraries; and their sealed forms."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from flows.simulator.envelope import sign

TIMEOUT_SECONDS = 10.0
"""Meta's own, for a Flow and for a webhook."""
SIMULATOR_TRIES = 80
"""The gateway is made to refuse connections for seconds."""


@dataclass(frozen=True)
class Reply:
    """`status` 0: there was no answer."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Http:
    """Requests to some hosts. Never raises for what the other side does: no answer is status 0."""

    def __init__(self) -> None:
        self.answers: Counter[int] = Counter()
        self.failures: list[tuple[float, int, str]] = []
        """When (seconds since 1970) somebody answered 5xx, with what, and where."""
        self._idle: defaultdict[str, list[Connection]] = defaultdict(list)

    async def call(
        self,
        url: str,
        *,
        method: str = "POST",
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        timeout: float = TIMEOUT_SECONDS,
    ) -> Reply:
        parts = urlsplit(url)
        target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        lines = [f"{method} {target} HTTP/1.1", f"Host: {parts.netloc}", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        reply = await self._exchange(parts.netloc, "\r\n".join(lines).encode() + b"\r\n\r\n" + body, timeout)
        self.answers[reply.status] += 1
        if reply.status >= 500:
            self.failures.append((time.time(), reply.status, parts.path))
        return reply

    async def json(self, url: str, values: Any = None, *, method: str = "") -> Any:
        """Of a simulator, which answers at last. Raises LookupError."""
        body = b"" if values is None else json.dumps(values).encode()
        headers = {"Content-Type": "application/json"}
        wanted = method or ("GET" if values is None else "POST")
        for _ in range(SIMULATOR_TRIES):
            reply = await self.call(url, method=wanted, body=body, headers=headers, timeout=60)
            if reply.status:
                break
            await asyncio.sleep(0.25)
        if reply.status != 200:
            raise LookupError(f"{url} answered {reply.status}: {reply.body[:200]!r}")
        return json.loads(reply.body)

    def close(self) -> None:
        for connections in self._idle.values():
            for _, writer in connections:
                writer.close()

    async def _exchange(self, place: str, request: bytes, timeout: float) -> Reply:
        """On a kept connection first; one that was closed meanwhile, before anything was answered, is replaced once."""
        kept = self._idle[place]
        while kept:
            connection = kept.pop()
            if not connection[0].at_eof() and not connection[1].is_closing():
                return await self._on(connection, place, request, timeout)
        host, _, port = place.partition(":")
        try:
            connection = await asyncio.wait_for(asyncio.open_connection(host, int(port or 80)), timeout)
        except (OSError, TimeoutError):
            return Reply(0)
        return await self._on(connection, place, request, timeout)

    async def _on(self, connection: Connection, place: str, request: bytes, timeout: float) -> Reply:
        reader, writer = connection
        try:
            writer.write(request)
            reply = await asyncio.wait_for(_read(reader), timeout)
        except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError):
            writer.close()
            return Reply(0)
        if reply.headers.get("connection", "").lower() == "close":
            writer.close()
        else:
            self._idle[place].append(connection)
        return reply


async def _read(reader: asyncio.StreamReader) -> Reply:
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.split("\r\n")
    pairs = [line.partition(":") for line in lines if line]
    headers = {name.lower(): value.strip() for name, _, value in pairs if name.lower() != "set-cookie"}
    cookies = [value.strip().partition(";")[0] for name, _, value in pairs if name.lower() == "set-cookie"]
    headers["set-cookie"] = "; ".join(cookies)
    return Reply(int(first.split(" ", 2)[1]), await _body(reader, headers), headers)


async def _body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    if "chunked" not in headers.get("transfer-encoding", "").lower():
        return await reader.readexactly(int(headers.get("content-length", "0")))
    body = b""
    while size := int(await reader.readuntil(b"\r\n"), 16):
        body += await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readexactly(2)
    return body


# --- The sealed form ------------------------------------------------------------------------------
class Seal:
    """Meta's half of the envelope for one customer: the key is wrapped once, each request has an IV of its own."""

    def __init__(self, public_key: RSAPublicKey, app_secret: str) -> None:
        self._key = os.urandom(16)
        padding = OAEP(mgf=MGF1(algorithm=SHA256()), algorithm=SHA256(), label=None)
        self._wrapped = base64.b64encode(public_key.encrypt(self._key, padding)).decode()
        self._cipher, self._secret = AESGCM(self._key), app_secret

    def close(self, payload: Mapping[str, Any]) -> tuple[bytes, dict[str, str], bytes]:
        """Body, headers, and the IV with which the answer is opened."""
        iv = os.urandom(16)
        sealed = self._cipher.encrypt(iv, json.dumps(payload).encode(), None)
        body = json.dumps(
            {
                "encrypted_flow_data": base64.b64encode(sealed).decode(),
                "encrypted_aes_key": self._wrapped,
                "initial_vector": base64.b64encode(iv).decode(),
            }
        ).encode()
        return body, {"Content-Type": "application/json", "X-Hub-Signature-256": sign(body, self._secret)}, iv

    def open(self, body: bytes, iv: bytes) -> Any:
        """Raises ValueError or cryptography's InvalidTag for an answer that was not sealed for this request."""
        flipped = bytes(byte ^ 0xFF for byte in iv)
        return json.loads(self._cipher.decrypt(flipped, base64.b64decode(body), None))


def read_public_key(pem: str) -> RSAPublicKey:
    key = load_pem_public_key(pem.encode())
    if not isinstance(key, RSAPublicKey):
        raise TypeError("The Flow key is no RSA key.")
    return key


@dataclass
class Turns:
    """The web processes, one after the other."""

    urls: Sequence[str]
    _number: int = 0

    def next(self) -> str:
        self._number += 1
        return self.urls[self._number % len(self.urls)]
