"""A worker that keeps a customer's file, to be killed: `python -m flows.tests.dying_keeper POINT FILE GUARD GRAPH DATABASE`.

It dies when the file is `fetched`, or `written`: when the proof and its message are there and nothing is committed. GUARD
`without-key` forgets which message brought the file, and commits the proof by itself, for the control.
"""

import signal
import sys
from collections.abc import Callable
from typing import Any

import django
from django.conf import settings


def main(point: str, number: str, guard: str, graph_url: str, database: str) -> None:
    settings.DATABASES["default"]["NAME"] = database
    settings.WHATSAPP_GRAPH_BASE_URL = graph_url
    settings.WHATSAPP_ACCESS_TOKEN = "token-for-tests"
    settings.WHATSAPP_PHONE_NUMBER_ID = "100000000000001"
    django.setup()
    work(point, int(number), is_careless=guard == "without-key")


def work(point: str, sent_file_id: int, *, is_careless: bool) -> None:
    """Goes as far as `point`, says so, and waits for its end."""
    from flows import media, outbox, slips  # noqa: PLC0415  models need the settings above

    def stop(*_arguments: Any, **_named: Any) -> Any:
        print("here", flush=True)
        return signal.pause()

    if point == "fetched":
        whole = media.fetch
        _replace(media, "fetch", lambda media_id: (whole(media_id), stop())[0])
    elif is_careless:
        _replace(slips, "hand_in", _careless(stop))
    else:
        write = outbox.write
        _replace(outbox, "write", lambda *arguments, **named: (write(*arguments, **named), stop())[0])
    slips.keep_file(sent_file_id)
    print("done", flush=True)


def _careless(stop: Callable[[], Any]) -> Callable[..., Any]:
    """Hands in without saying which message brought the file, and commits that by itself."""
    from django.db import connection  # noqa: PLC0415  as above

    from customer_data.services.proofs import hand_in  # noqa: PLC0415

    def careless(**named: Any) -> Any:
        hand_in(**(named | {"wamid": None}))
        connection.connection.commit()
        return stop()

    return careless


def _replace(owner: Any, name: str, stand_in: Callable[..., Any]) -> None:
    setattr(owner, name, stand_in)


if __name__ == "__main__":
    main(*sys.argv[1:])
