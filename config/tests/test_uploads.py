"""What is too large is refused in a clear sentence, and never read into memory."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.test import Client

from config.uploads import DRAINED_BYTES, MOST_BYTES
from customer_data.tests import make

LENGTH = 200 * 1024 * 1024


class Endless(io.RawIOBase):
    """A body of which nobody ever holds more than a piece."""

    def __init__(self, length: int) -> None:
        self.left, self.largest, self.read_in_all = length, 0, 0

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        size = self.left if size is None or size < 0 else min(size, self.left)
        self.left -= size
        self.read_in_all += size
        self.largest = max(self.largest, size)
        return b"x" * size


def _send(client: Client, path: str, body: Endless, length: int) -> Any:
    headers: dict[str, Any] = {"wsgi.input": body, "CONTENT_LENGTH": str(length), "CONTENT_TYPE": "multipart/form-data; boundary=b"}
    return client.generic("POST", path, **headers)


@pytest.mark.django_db
def test_200_megabytes_are_refused_in_a_sentence_and_never_held(client: Client) -> None:
    client.force_login(make.staff(is_superuser=True))  # type: ignore[arg-type]
    body = Endless(LENGTH)
    response = _send(client, f"/admin/customer_data/booking/{make.booking().pk}/press/hand-in-proof/", body, LENGTH)
    assert response.status_code == 413
    assert "It has 200 MB, and at most 25 MB are taken at once." in response.content.decode()
    assert body.largest <= 64 * 1024
    assert body.read_in_all == LENGTH  # a browser shows the sentence only once it has sent everything


@pytest.mark.django_db
def test_of_a_body_without_end_only_so_much_is_read(client: Client) -> None:
    client.force_login(make.staff(is_superuser=True))  # type: ignore[arg-type]
    body = Endless(10 * DRAINED_BYTES)
    assert _send(client, "/admin/", body, 10 * DRAINED_BYTES).status_code == 413
    assert body.read_in_all == DRAINED_BYTES


@pytest.mark.django_db
def test_nothing_is_read_for_somebody_who_is_not_signed_in(client: Client) -> None:
    body = Endless(LENGTH)
    assert _send(client, "/admin/login/", body, LENGTH).status_code == 413
    assert body.read_in_all == 0


@pytest.mark.django_db
def test_what_is_within_the_limit_goes_on(client: Client) -> None:
    client.force_login(make.staff(is_superuser=True))  # type: ignore[arg-type]
    body = Endless(MOST_BYTES)
    assert _send(client, "/admin/", body, MOST_BYTES).status_code != 413
