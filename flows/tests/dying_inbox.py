"""A worker at the inbox, to be killed: `python -m flows.tests.dying_inbox NUMBER GUARD DATABASE`.

It dies in the NUMBERth message, when all is written and nothing committed. GUARD `noted-first` commits before answering that the
message is handled, for the control.
"""

import signal
import sys

import django
from django.conf import settings


def main(number: str, guard: str, database: str) -> None:
    settings.DATABASES["default"]["NAME"] = database
    django.setup()
    work(int(number), is_noted_first=guard == "noted-first")


def work(number: int, *, is_noted_first: bool) -> None:
    """Handles all that waits, says so where it stops, and waits for its end."""
    from django.db import connection  # noqa: PLC0415  models need the settings above

    from flows import conversation, inbox  # noqa: PLC0415
    from flows.incoming import Incoming  # noqa: PLC0415
    from flows.models import Conversation, Update  # noqa: PLC0415

    whole, answered = conversation.answer, []

    def answer(talk: Conversation, incoming: Incoming) -> None:
        answered.append(incoming.wamid)
        if len(answered) == number and is_noted_first:
            Update.objects.filter(key=f"message:{incoming.wamid}").update(next_try_at=None)
            connection.connection.commit()
        whole(talk, incoming)
        if len(answered) == number:
            print("here", flush=True)
            signal.pause()

    conversation.answer = answer  # type: ignore[assignment]  # the name of an argument
    for update_id in Update.objects.filter(next_try_at__isnull=False).order_by("pk").values_list("pk", flat=True):
        inbox.handle(update_id)
    print("done", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
