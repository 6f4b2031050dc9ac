"""A worker in a process of its own, to be killed: `python -m flows.tests.dying_messenger POINT NUMBER GRAPH DATABASE STATUS`."""

import signal
import sys
from typing import Any

import django
from django.conf import settings


def main(point: str, number: str, graph_url: str, database: str, status: str = "successful") -> None:
    settings.DATABASES["default"]["NAME"] = database
    settings.WHATSAPP_GRAPH_BASE_URL = graph_url
    settings.WHATSAPP_ACCESS_TOKEN = "token-for-tests"
    settings.WHATSAPP_PHONE_NUMBER_ID = "100000000000001"
    settings.CELERY_TASK_ALWAYS_EAGER = True
    django.setup()
    work(point, number, status)


def work(point: str, number: str, status: str) -> None:
    """Moves the payment to `status`, goes as far as `point`, says so, and waits for its end."""
    from customer_data.models import Payment  # noqa: PLC0415  models need the settings above
    from customer_data.tests import make  # noqa: PLC0415
    from flows import outbox, tasks, telling  # noqa: PLC0415
    from flows.whatsapp import WhatsAppClient  # noqa: PLC0415

    doors: dict[str, tuple[Any, str]] = {
        "moved": (telling, "write_messages"),
        "half": (outbox, "message"),
        "written": (tasks, "send_message"),
        "claimed": (WhatsAppClient, "send"),
    }
    owner, name = doors[point]
    setattr(owner, name, _Stop(after=getattr(owner, name) if point == "half" else None))
    make.move(Payment.objects.get(pk=number), status)


class _Stop:
    """Stands at a door nobody gets through, as a function or as a task; with `after`, one gets through and the next does not."""

    def __init__(self, after: Any = None) -> None:
        self.after = after

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        if self.after is not None:
            first, self.after = self.after, None
            return first(*arguments, **named)
        print("here", flush=True)
        return signal.pause()

    delay = __call__


if __name__ == "__main__":
    main(*sys.argv[1:])
