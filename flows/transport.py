"""One request to Meta over pooled connections, every failure sorted into: not sent, unknown, or refused with a reason."""

import os
import time
from collections.abc import Mapping
from functools import lru_cache
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import MaxRetryError, NewConnectionError

from flows.refusals import NotSent, SendUnknown, WhatsAppError, refusal

CONNECT_SECONDS = 5
READ_SECONDS = 20
DOWNLOAD_SECONDS = 45
"""For a whole file, however slowly its pieces come."""

PIECE_BYTES = 64 * 1024


class TooLarge(WhatsAppError):
    """The file is larger than what we take. No more of it was read."""


class NotThere(WhatsAppError):
    """Nothing can be fetched at this address any more."""


def exchange(session: requests.Session, method: str, url: str, token: str, content: Mapping[str, Any]) -> dict[str, Any]:
    """The object that Meta answers with status 200. `content` is what requests takes: json, data, files, params.

    Raises NotSent, SendUnknown, SendRefused.
    """
    try:
        response = session.request(
            method, url, auth=_Bearer(token), timeout=(CONNECT_SECONDS, READ_SECONDS), allow_redirects=False, **content
        )
        answer = response.json()
    except requests.exceptions.JSONDecodeError:
        raise SendUnknown(f"WhatsApp answered with HTTP status {response.status_code} and nothing readable.") from None
    except requests.RequestException as failure:
        if _never_connected(failure):
            raise NotSent(f"WhatsApp could not be reached ({type(failure).__name__}). Nothing was sent.") from None
        raise SendUnknown(f"WhatsApp gave no answer ({type(failure).__name__}).") from None
    refused = refusal(answer, response.status_code)
    if refused is not None:
        raise refused
    if response.status_code != 200 or not isinstance(answer, dict):
        raise SendUnknown(f"WhatsApp answered with HTTP status {response.status_code} and no reason.")
    return answer


def download(session: requests.Session, url: str, token: str, *, most_bytes: int) -> bytes:
    """The file at `url`, read piece by piece, never more than `most_bytes`. Follows no redirection: our token goes with it.

    Raises TooLarge, NotThere, or NotSent for what may go well later.
    """
    deadline = time.monotonic() + DOWNLOAD_SECONDS
    timeout = (CONNECT_SECONDS, READ_SECONDS)
    try:
        with session.get(url, auth=_Bearer(token), timeout=timeout, allow_redirects=False, stream=True) as response:
            _check_there(response)
            return _pieces(response, most_bytes, deadline)
    except requests.RequestException as failure:
        raise NotSent(f"The file could not be fetched from WhatsApp ({type(failure).__name__}).") from None


def _check_there(response: requests.Response) -> None:
    if response.status_code in (404, 410):
        raise NotThere(f"WhatsApp has nothing at the file's address any more (HTTP status {response.status_code}).")
    if response.status_code != 200:
        raise NotSent(f"WhatsApp answered with HTTP status {response.status_code} when the file was fetched.")


def _pieces(response: requests.Response, most_bytes: int, deadline: float) -> bytes:
    content = bytearray()
    for piece in response.iter_content(PIECE_BYTES):
        content += piece
        if len(content) > most_bytes:
            raise TooLarge(f"The file has more than {most_bytes:,} bytes.")
        if time.monotonic() > deadline:
            raise NotSent(f"The file did not come within {DOWNLOAD_SECONDS} seconds.")
    return bytes(content)


def _never_connected(failure: requests.RequestException) -> bool:
    """Whether no connection was made, so that nothing can have arrived. TLS errors count as sent: they come at any time."""
    reason = failure.args[0] if failure.args else None
    is_refused = isinstance(reason, MaxRetryError) and isinstance(reason.reason, NewConnectionError)
    return is_refused or isinstance(failure, requests.ConnectTimeout | requests.exceptions.InvalidURL)


class _Bearer(requests.auth.AuthBase):
    """Also keeps requests from looking for a password in `~/.netrc`."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def shared_session() -> requests.Session:
    """Pooled connections of this process. A forked worker gets its own: two processes must not share a socket."""
    return _session_of(os.getpid())


@lru_cache(maxsize=1)
def _session_of(_process_id: int) -> requests.Session:
    session = requests.Session()
    session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    session.mount("https://", HTTPAdapter(pool_connections=4, pool_maxsize=32))
    session.mount("http://", HTTPAdapter(pool_connections=4, pool_maxsize=32))
    return session
