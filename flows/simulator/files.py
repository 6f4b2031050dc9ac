"""Files in Meta's care: uploaded by our app, or sent by a customer.

https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media (edition of 2026-04-23)
"""

import base64
import binascii
import itertools
import secrets
import time
from collections.abc import Callable

from flows.simulator.graph_messages import Json, Refused
from flows.simulator.records import MediaFile
from flows.simulator.sample_slip import sample_slip
from flows.simulator.server import Page, Request
from flows.simulator.webhooks import MIME_TYPES

MEGABYTE = 1024 * 1024
IMAGE_TYPES = {"image/jpeg", "image/png"}
DOCUMENT_TYPES = {
    "application/pdf",
    "text/plain",
    "application/msword",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
MOST_BYTES = dict.fromkeys(IMAGE_TYPES, 5 * MEGABYTE) | dict.fromkeys(DOCUMENT_TYPES, 100 * MEGABYTE)


ADDRESS_LIVES_SECONDS = 300
"""An address of a file is good for five minutes; whoever comes later asks for a new one."""

SENT_TYPES = {"image": IMAGE_TYPES, "document": DOCUMENT_TYPES}
"""What a customer can send as what."""


class Files:
    """`kept` by id. `url` says where this server listens; `now` in seconds, for tests."""

    def __init__(self, url: Callable[[], str], *, now: Callable[[], float] = time.monotonic) -> None:
        self.kept: dict[str, MediaFile] = {}
        self.now = now
        self._addresses: dict[str, tuple[str, float]] = {}
        self._url = url
        self._numbers = itertools.count(900_000_000_000_001)

    def upload(self, _owner: str, request: Request) -> Json:
        """Keep a file of our app. Raises Refused."""
        fields, files = request.fields(), request.files()
        if fields.get("messaging_product") != "whatsapp":
            raise Refused(100, "messaging_product must be whatsapp.")
        if "file" not in files:
            raise Refused(100, "Send the bytes as the field file.")
        name, part_type, content = files["file"]
        kind = str(fields.get("type") or part_type).partition(";")[0].strip().lower()
        if kind not in MOST_BYTES:
            raise Refused(131053, f"Files of type {kind} are not taken.")
        if not 0 < len(content) <= MOST_BYTES[kind]:
            raise Refused(131053, f"The file has {len(content)} bytes; 1 to {MOST_BYTES[kind]} are possible.")
        return {"id": self._keep(name, kind, content).id}

    def keep_example(self, kind: str) -> MediaFile:
        """What a customer sends, when it does not matter what."""
        mime_type = MIME_TYPES[kind]
        name = f"{kind}.{mime_type.partition(';')[0].rpartition('/')[2]}"
        return self._keep(name, mime_type, f"The simulator's {kind}.".encode())

    def keep_sent(self, kind: str, *, name: str, mime_type: str, content: str) -> MediaFile:
        """A file of a customer, its bytes in base64. Raises ValueError for what WhatsApp would not let anybody send."""
        plain = mime_type.partition(";")[0].strip().lower()
        if plain not in SENT_TYPES.get(kind, ()):
            raise ValueError("Choose a photo (JPEG or PNG) or a document such as a PDF.")
        try:
            octets = base64.b64decode(content, validate=True)
        except binascii.Error:
            raise ValueError("The file did not arrive whole. Choose it again.") from None
        if not 0 < len(octets) <= MOST_BYTES[plain]:
            raise ValueError(f"WhatsApp takes files of 1 byte to {MOST_BYTES[plain] // MEGABYTE} MB here.")
        return self._keep(name.strip()[:240] or kind, plain, octets)

    def keep_sample_slip(self) -> MediaFile:
        """A slip of a bank transfer, for a demonstration."""
        return self._keep("slip.png", "image/png", sample_slip())

    def _keep(self, name: str, mime_type: str, content: bytes) -> MediaFile:
        kept = MediaFile(str(next(self._numbers)), name, mime_type, content)
        self.kept[kept.id] = kept
        return kept

    def about(self, method: str, media_id: str) -> Json:
        """Where the file can be fetched, or that it is deleted. Raises Refused."""
        kept = self.kept[media_id]
        if method == "DELETE":
            del self.kept[media_id]
            return {"success": True}
        name = secrets.token_urlsafe(24)
        self._addresses[name] = (media_id, self.now() + ADDRESS_LIVES_SECONDS)
        return {
            "messaging_product": "whatsapp",
            "id": kept.id,
            "url": f"{self._url()}/lookaside/{name}",
            "mime_type": kept.mime_type,
            "sha256": kept.sha256,
            "file_size": len(kept.content),
        }

    def download(self, request: Request) -> Page:
        """The bytes at an address that `about` gave, for whoever has a token, while it is good."""
        if not request.header("Authorization").removeprefix("Bearer ").strip():
            return Page("Sign in.", type="text/plain", status=401)
        media_id, good_until = self._addresses.get(request.steps[-1], ("", 0.0))
        kept = self.kept.get(media_id)
        if kept is None or self.now() >= good_until:
            return Page("Nothing is here.", type="text/plain", status=404)
        return Page(kept.content, type=kept.mime_type)

    def check(self, kind: str, content: Json) -> None:
        """Whether the file of this document or image message is here and of its kind. Raises Refused."""
        if "id" not in content:
            return
        kept = self.kept.get(str(content["id"]))
        if kept is None:
            raise Refused(131009, f"There is no file with the id {content['id']}.")
        if (kind == "image") != (kept.mime_type in IMAGE_TYPES):
            raise Refused(131053, f"A file of type {kept.mime_type} is no {kind}.")
