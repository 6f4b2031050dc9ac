"""Files in Meta's care: uploaded by our app, or sent by a customer.

https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media (edition of 2026-04-23)
"""

import itertools
from collections.abc import Callable

from flows.simulator.graph_messages import Json, Refused
from flows.simulator.records import MediaFile
from flows.simulator.server import Request
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


class Files:
    """`kept` by id. `url` says where this server listens."""

    def __init__(self, url: Callable[[], str]) -> None:
        self.kept: dict[str, MediaFile] = {}
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
        kept = MediaFile(str(next(self._numbers)), name, kind, content)
        self.kept[kept.id] = kept
        return {"id": kept.id}

    def keep_example(self, kind: str) -> MediaFile:
        """What a customer sends, when it does not matter what."""
        mime_type = MIME_TYPES[kind]
        name = f"{kind}.{mime_type.partition(';')[0].rpartition('/')[2]}"
        kept = MediaFile(str(next(self._numbers)), name, mime_type, f"The simulator's {kind}.".encode())
        self.kept[kept.id] = kept
        return kept

    def about(self, method: str, media_id: str) -> Json:
        """Where the file can be fetched, or that it is deleted. Raises Refused."""
        kept = self.kept[media_id]
        if method == "DELETE":
            del self.kept[media_id]
            return {"success": True}
        return {
            "messaging_product": "whatsapp",
            "id": kept.id,
            "url": f"{self._url()}/simulator/media/{kept.id}",
            "mime_type": kept.mime_type,
            "sha256": kept.sha256,
            "file_size": len(kept.content),
        }

    def check(self, kind: str, content: Json) -> None:
        """Whether the file of this document or image message is here and of its kind. Raises Refused."""
        if "id" not in content:
            return
        kept = self.kept.get(str(content["id"]))
        if kept is None:
            raise Refused(131009, f"There is no file with the id {content['id']}.")
        if (kind == "image") != (kept.mime_type in IMAGE_TYPES):
            raise Refused(131053, f"A file of type {kept.mime_type} is no {kind}.")
