"""Files that customers send, fetched from WhatsApp: an id gives an address that is good for five minutes, the address the bytes.

https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media (edition of 2026-04-23)
"""

from urllib.parse import urlsplit

from django.conf import settings

from customer_data.file_kinds import MOST_BYTES
from flows.refusals import Advice, NotSent, SendRefused, SendUnknown
from flows.transport import NotThere, TooLarge
from flows.whatsapp import WhatsAppClient, client_from_settings

HOSTS = (".fbsbx.com", ".fbcdn.net", ".facebook.com", ".whatsapp.net")
"""Meta's own, where its files lie. Our token goes nowhere else, whatever address an answer names."""


class NotFetched(Exception):
    """It may go well later."""


class FileGone(Exception):
    """WhatsApp has the file no longer, or never had it: the customer must send it again."""


class FileTooLarge(Exception):
    """Nothing was kept of it."""


def fetch(media_id: str, *, client: WhatsAppClient | None = None) -> bytes:
    """The bytes behind WhatsApp's id of a file. Raises NotFetched, FileGone, FileTooLarge."""
    client = client or client_from_settings()
    try:
        address = client.media_address(_plain(media_id))
        _check_host(address)
        return client.download(address, most_bytes=MOST_BYTES)
    except SendRefused as refused:
        if refused.advice is Advice.REWRITE:  # code 100: there is no object with this id
            raise FileGone(str(refused)) from None
        raise NotFetched(str(refused)) from None
    except NotThere:
        # The address may have run out on its way; the next try asks for a new one.
        raise NotFetched("The address of the file was good no longer.") from None
    except TooLarge as large:
        raise FileTooLarge(str(large)) from None
    except (NotSent, SendUnknown, ValueError) as failure:
        raise NotFetched(str(failure)) from None


def _plain(media_id: str) -> str:
    """An id is part of an address of Meta's API: it may not lead anywhere else there."""
    if not media_id.isascii() or not media_id.replace("_", "").replace("-", "").isalnum():
        raise FileGone("WhatsApp gave no usable id for the file.")
    return media_id


def _check_host(address: str) -> None:
    """The address comes from an answer: it must lead to Meta, over TLS, or to where our settings say that Meta's API is."""
    parts, api = urlsplit(address), urlsplit(settings.WHATSAPP_GRAPH_BASE_URL)
    is_metas = parts.scheme == "https" and parts.port in (None, 443) and f".{parts.hostname or ''}".endswith(HOSTS)
    is_our_api = (parts.scheme, parts.netloc) == (api.scheme, api.netloc)
    if not (is_metas or is_our_api) or parts.username is not None:
        raise NotFetched(f"WhatsApp named an address outside of Meta for the file ({parts.hostname}).")
