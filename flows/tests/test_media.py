"""Fetching what customers sent: from Meta only, no more than we take, and every failure known for what it means."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from customer_data.file_kinds import MOST_BYTES
from flows import media, transport
from flows.refusals import NotSent
from flows.simulator import GraphSimulator
from flows.tests.slip_files import at_whatsapp, pdf, photo
from flows.whatsapp import WhatsAppClient, client_from_settings


@pytest.fixture
def listener() -> Iterator[tuple[str, list[bytes]]]:
    """Somebody else's server: its address, and what it was asked."""
    heard: list[bytes] = []
    door = socket.create_server(("127.0.0.1", 0))

    def listen() -> None:
        while True:
            try:
                connection, _ = door.accept()
            except OSError:
                return
            with closing(connection):
                heard.append(connection.recv(65536))
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")

    threading.Thread(target=listen, daemon=True).start()
    yield f"http://127.0.0.1:{door.getsockname()[1]}/file", heard
    door.close()


def names_address(graph: GraphSimulator, monkeypatch: pytest.MonkeyPatch, address: str) -> str:
    """WhatsApp answers that its file lies at this address. The file's id."""
    media_id = at_whatsapp(graph, photo())
    about = graph.files.about
    monkeypatch.setattr(graph.files, "about", lambda method, owner: about(method, owner) | {"url": address})
    return media_id


@pytest.mark.parametrize(
    ("kind", "mime_type", "content"), [("image", "image/jpeg", photo()), ("document", "application/pdf", pdf())]
)
def test_a_photo_and_a_pdf_come_as_they_were_sent(graph: GraphSimulator, kind: str, mime_type: str, content: bytes) -> None:
    assert media.fetch(at_whatsapp(graph, content, kind=kind, mime_type=mime_type)) == content


def test_what_whatsapp_no_longer_has_is_gone(graph: GraphSimulator) -> None:
    media_id = at_whatsapp(graph, photo())
    del graph.files.kept[media_id]
    with pytest.raises(media.FileGone):
        media.fetch(media_id)


@pytest.mark.parametrize("media_id", ["../me", "1/../../me", "1?fields=name", "", "1 2", "é"])
def test_an_odd_id_asks_whatsapp_nothing(graph: GraphSimulator, media_id: str) -> None:
    with pytest.raises(media.FileGone):
        media.fetch(media_id)


def test_an_address_that_ran_out_is_asked_for_again(graph: GraphSimulator) -> None:
    media_id = at_whatsapp(graph, photo())
    address = client_from_settings().media_address(media_id)
    graph.files.now = lambda: float("inf")
    with pytest.raises(transport.NotThere):
        client_from_settings().download(address, most_bytes=MOST_BYTES)
    with pytest.raises(media.NotFetched):
        media.fetch(media_id)


def test_without_our_token_the_address_gives_nothing(graph: GraphSimulator) -> None:
    address = client_from_settings().media_address(at_whatsapp(graph, photo()))
    stranger = WhatsAppClient("http://127.0.0.1", " ", "1", "2")
    with pytest.raises(NotSent):
        stranger.download(address, most_bytes=MOST_BYTES)


# --- Where it may be fetched from -----------------------------------------------------------------
def test_an_address_elsewhere_is_never_asked(
    graph: GraphSimulator, monkeypatch: pytest.MonkeyPatch, listener: tuple[str, list[bytes]]
) -> None:
    address, heard = listener
    with pytest.raises(media.NotFetched, match="outside of Meta"):
        media.fetch(names_address(graph, monkeypatch, address))
    assert heard == []


@pytest.mark.parametrize(
    "address",
    [
        "http://lookaside.fbsbx.com/a",
        "https://fbsbx.com.example/a",
        "https://evilfbsbx.com/a",
        "https://lookaside.fbsbx.com:8443/a",
        "https://user@lookaside.fbsbx.com/a",
        "https://169.254.169.254/latest/meta-data/",
        "file:///etc/passwd",
        "https://[::1]/a",
        "https://lookaside.fbsbx.com:port/a",
        "",
    ],
)
def test_only_metas_own_hosts_over_tls_are_trusted_with_our_token(
    graph: GraphSimulator, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(transport, "download", lambda *arguments, **named: asked.append(arguments))
    with pytest.raises(media.NotFetched):
        media.fetch(names_address(graph, monkeypatch, address))
    assert asked == []


def test_metas_own_host_is_asked(graph: GraphSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "download", lambda *arguments, **named: b"bytes")
    address = "https://lookaside.fbsbx.com/whatsapp_business/attachments/?mid=1"
    assert media.fetch(names_address(graph, monkeypatch, address)) == b"bytes"


# --- How much, and how long -----------------------------------------------------------------------
def test_a_file_over_our_limit_is_read_no_further(graph: GraphSimulator) -> None:
    media_id = at_whatsapp(graph, b"%PDF" + b"0" * MOST_BYTES, kind="document", mime_type="application/pdf")
    with pytest.raises(media.FileTooLarge):
        media.fetch(media_id)


def test_a_file_that_drips_is_given_up_in_time(graph: GraphSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "DOWNLOAD_SECONDS", -1)
    with pytest.raises(media.NotFetched, match="did not come within"):
        media.fetch(at_whatsapp(graph, photo()))


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [("cut", 0, 0), ("break", 0, 0), ("refuse", 131000, 500), ("refuse", 190, 401), ("lose_reply", 0, 0)],
)
def test_trouble_when_the_address_is_asked_for_may_go_well_later(graph: GraphSimulator, kind: str, code: int, status: int) -> None:
    media_id = at_whatsapp(graph, photo())
    graph.faults.add(kind, call=media_id, code=code, status=status)
    with pytest.raises(media.NotFetched):
        media.fetch(media_id)
    assert media.fetch(media_id) == photo()


@pytest.mark.parametrize("kind", ["cut", "break"])
def test_trouble_at_the_address_may_go_well_later(graph: GraphSimulator, kind: str) -> None:
    media_id = at_whatsapp(graph, photo())
    client = client_from_settings()
    address = client.media_address(media_id)
    graph.faults.add(kind, call=address.rpartition("/")[2])
    with pytest.raises(NotSent):
        client.download(address, most_bytes=MOST_BYTES)
    assert client.download(address, most_bytes=MOST_BYTES) == photo()
