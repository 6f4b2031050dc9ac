"""One request to Paynow over pooled connections, every failure sorted into: never sent, or sent and unanswered.

Most double charges come from confusing the two, and the exceptions of the HTTP library do confuse them: its
`ConnectionError` and its `SSLError` stand for both. So the connections themselves say when they could not be made;
whatever goes wrong after that counts as sent, also on a pooled connection that turns out to be dead.
"""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

from customer_data.gateway import GatewayUnavailable, OutcomeUnknown

LONGEST_REPLY = 64 * 1024

_HEADERS = {
    "Content-Type": "application/x-www-form-urlencoded",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "User-Agent": "paydesk",
}


@dataclass(frozen=True)
class Limits:
    """How long one call may take, in seconds, and how often a connection that could not be made is tried."""

    connect_seconds: float
    read_seconds: float
    tries: int = 1


CHARGE = Limits(connect_seconds=5, read_seconds=25)
"""Moves money: tried once. The caller knows from the error whether it may be sent again."""

QUESTION = Limits(connect_seconds=5, read_seconds=10, tries=2)
"""Changes nothing: repeated once when it certainly was not sent."""


def new_session() -> requests.Session:
    """Pooled connections to Paynow: no cookies, no credentials from files, no redirects, no retries below us."""
    session = requests.Session()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.auth = _no_credentials
    adapter = _Adapter(pool_connections=8, pool_maxsize=32, max_retries=0)
    session.mount("https://", adapter)
    session.mount("http://", adapter)
    return session


def shared_session() -> requests.Session:
    """The session of this process. A forked worker gets its own: two processes must not share a socket."""
    return _session_of(os.getpid())


def post(session: requests.Session, url: str, body: bytes, *, limits: Limits) -> bytes:
    """The body of the answer to a POST of the form `body`.

    Raises GatewayUnavailable when no connection was made, in all tries, and OutcomeUnknown when one was made and no whole
    answer with status 200 came back.
    """
    for _ in range(limits.tries - 1):
        try:
            return _post_once(session, url, body, limits)
        except GatewayUnavailable:
            continue
    return _post_once(session, url, body, limits)


def _post_once(session: requests.Session, url: str, body: bytes, limits: Limits) -> bytes:
    deadline = time.monotonic() + limits.connect_seconds + limits.read_seconds
    try:
        with session.post(
            url,
            data=body,
            headers=_HEADERS,
            timeout=(limits.connect_seconds, limits.read_seconds),
            allow_redirects=False,
            stream=True,
        ) as response:
            answer = _read(response, deadline)
    except _NeverConnected as failure:
        raise GatewayUnavailable(f"Paynow could not be reached ({failure}). Nothing was sent.") from None
    except (requests.RequestException, HTTPError, OSError) as failure:
        raise OutcomeUnknown(f"Paynow gave no readable answer ({type(failure).__name__}).") from None
    if response.status_code != 200:
        raise OutcomeUnknown(f"Paynow answered with HTTP status {response.status_code}.")
    return answer


def _read(response: requests.Response, deadline: float) -> bytes:
    """The whole body, within the deadline also when it comes a byte at a time, and never more than LONGEST_REPLY."""
    answer = bytearray()
    while chunk := response.raw.read1(8192, decode_content=True):
        answer += chunk
        if len(answer) > LONGEST_REPLY:
            raise OutcomeUnknown("Paynow's answer was too long to be one.")
        if time.monotonic() > deadline:
            raise OutcomeUnknown("Paynow's answer took too long.")
    return bytes(answer)


@lru_cache(maxsize=1)
def _session_of(_process_id: int) -> requests.Session:
    return new_session()


def _no_credentials(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Stands where requests would otherwise look for a password in `~/.netrc`."""
    return request


# --- Connections that say when they could not be made ---------------------------------------------
class _NeverConnected(Exception):
    """No connection: name not found, refused, timed out, or no TLS. Unknown to urllib3, so it passes through untouched."""


@contextmanager
def _connecting() -> Iterator[None]:
    try:
        yield
    except (HTTPError, OSError) as failure:
        raise _NeverConnected(type(failure).__name__) from failure


class _Connection(HTTPConnection):
    def connect(self) -> None:
        with _connecting():
            super().connect()


class _SecureConnection(HTTPSConnection):
    def connect(self) -> None:
        with _connecting():
            super().connect()


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


_POOLS = {"http": _Pool, "https": _SecurePool}


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, proxy: str, **options: Any) -> Any:
        manager = super().proxy_manager_for(proxy, **options)
        manager.pool_classes_by_scheme = _POOLS
        return manager
