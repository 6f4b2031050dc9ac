"""Photos and PDFs on the phone in the browser: chosen from this machine or the sample, shown in the chat, fetched by our app."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, Locator, expect

from config.tests.phone_stage import Stage, stage
from config.tests.test_phone_page import browser
from flows.tests.app_server import Json
from flows.tests.slip_files import pdf, photo

__all__ = ["browser"]  # a fixture

pytestmark = pytest.mark.browser

TOKEN = {"Authorization": "Bearer t"}


@pytest.fixture
def on(browser: Browser) -> Iterator[Stage]:
    with stage(browser) as built:
        built.open("?number=263771234567&name=Rudo")
        yield built


def attaches(on: Stage, kind: str, file: Path) -> None:
    on.page.get_by_role("button", name="Attach").click()
    with on.page.expect_file_chooser() as chooser:
        on.page.get_by_role("button", name=kind, exact=True).click()
    chooser.value.set_files(file)


def on_disk(folder: Path, name: str, content: bytes) -> Path:
    file = folder / name
    file.write_bytes(content)
    return file


def fetched(on: Stage, message: Json) -> bytes:
    """As our app does: the id gives an address, the address the bytes."""
    part = message[message["type"]]
    about = requests.get(f"{on.meta.url}/v25.0/{part['id']}", headers=TOKEN, timeout=5).json()
    return requests.get(about["url"], headers=TOKEN, timeout=5).content


def is_loaded(picture: Locator) -> None:
    expect(picture).to_have_js_property("complete", True)
    assert picture.evaluate("image => image.naturalWidth") > 0


def test_a_photo_from_this_machine_arrives_whole_with_the_words_beside_it(on: Stage, tmp_path: Path) -> None:
    on.page.get_by_role("textbox", name="Message").fill("Paid this morning")
    attaches(on, "Photo", on_disk(tmp_path, "slip.jpg", photo()))
    expect(on.last()).to_contain_text("Paid this morning")
    is_loaded(on.last().locator("img.picture"))
    (message,) = on.told(1)
    assert (message["type"], message["image"]["caption"], message["image"]["mime_type"]) == (
        "image",
        "Paid this morning",
        "image/jpeg",
    )
    assert fetched(on, message) == photo()
    expect(on.page.get_by_role("textbox", name="Message")).to_have_value("")


def test_a_pdf_from_this_machine_shows_its_name_and_size(on: Stage, tmp_path: Path) -> None:
    attaches(on, "Document", on_disk(tmp_path, "slip of Rudo.pdf", pdf()))
    expect(on.last()).to_contain_text("slip of Rudo.pdf")
    expect(on.last()).to_contain_text("PDF")
    (message,) = on.told(1)
    assert (message["type"], message["document"]["filename"]) == ("document", "slip of Rudo.pdf")
    assert fetched(on, message) == pdf()


def test_the_sample_slip_is_sent_with_the_keyboard_alone(on: Stage) -> None:
    on.page.get_by_role("button", name="Attach").focus()
    on.page.keyboard.press("Enter")
    on.page.get_by_role("button", name="Sample slip").focus()
    on.page.keyboard.press("Enter")
    is_loaded(on.last().locator("img.picture"))
    assert fetched(on, on.told(1)[0]).startswith(b"\x89PNG")
    expect(on.page.get_by_role("textbox", name="Message")).to_be_focused()


def test_the_chat_stays_at_its_end_when_a_picture_takes_its_room(on: Stage) -> None:
    for _ in range(3):
        on.page.get_by_role("button", name="Attach").click()
        on.page.get_by_role("button", name="Sample slip").click()
    on.told(3)
    is_loaded(on.last().locator("img.picture"))
    expect(on.last().locator(".stamp")).to_be_in_viewport()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("virus.exe", b"MZ", "Choose a photo (JPEG or PNG) or a document such as a PDF."),
        ("empty.pdf", b"", "WhatsApp takes files of 1 byte to 100 MB here."),
        ("large.pdf", b"0" * (11 * 1024 * 1024 + 1), "This phone sends files of at most 11 MB. Choose a smaller one."),
    ],
)
def test_what_whatsapp_does_not_take_is_said_in_a_sentence(
    on: Stage, tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    attaches(on, "Document", on_disk(tmp_path, name, content))
    expect(on.page.get_by_text(sentence)).to_be_visible()
    assert on.app.messages == []
    on.complaints[:] = [each for each in on.complaints if "400" not in each]  # the browser notes the simulator's refusal
