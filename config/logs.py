"""How a line of the log looks, what does not deserve one, and what must not stand in one."""

import json
import logging
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from customer_data import correlation
from customer_data.card_numbers import without_card_numbers
from customer_data.phones import hide_phone

# Of anybody in Zimbabwe, however it is written in one piece; of other countries with their plus.
_PHONE = re.compile(r"(?<![\w+.-])(?:\+?263|0)7\d{8}(?!\w)|\+[1-9]\d{7,14}(?!\w)")

# PostgreSQL says here which values it did not take: names, numbers, people's words.
_VALUES = re.compile(r"^(DETAIL|CONTEXT): .*$", re.MULTILINE)


_SERVES = ("runserver", "serve_everything")


def stream_for(program: Sequence[str]) -> str:
    """For a program's `sys.argv`: processes log on standard output; of a command, that is what it was asked for."""
    name = Path(program[0]).name
    is_script = name.endswith(".py") and name != "__main__.py"  # servers and workers are programs, or packages that are run
    is_command = is_script and (program[1:2] == [] or program[1] not in _SERVES)
    return "ext://sys.stderr" if is_command else "ext://sys.stdout"


class WithoutReadyz(logging.Filter):
    """Drops Django's line about every 503 of `/readyz`: it is asked every few seconds, and its answer says more."""

    def filter(self, record: logging.LogRecord) -> bool:
        return getattr(getattr(record, "request", None), "path", "") != "/readyz"


class PrivateFormatter(logging.Formatter):
    """Plain lines. The last look at every one: libraries and databases put people's numbers and words into their errors, too."""

    def format(self, record: logging.LogRecord) -> str:
        return private(super().format(record))

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  the library's name
        facts = " ".join(f"{name}={value}" for name, value in facts_of(record).items())
        thread = thread_of(record)
        return " ".join(part for part in (super().formatMessage(record), facts, thread and f"[{thread}]") if part)


class PrivateJson(logging.Formatter):
    """One JSON object a line, in UTC: `time`, `level`, `logger`, `message`, `correlation_id`, and the facts of a step by name."""

    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds")
        said = {"time": moment, "level": record.levelname, "logger": record.name, "message": private(record.getMessage())}
        thread = thread_of(record)
        if thread:
            said["correlation_id"] = thread
        facts = {name: private(value) if isinstance(value, str) else value for name, value in facts_of(record).items()}
        said = facts | said  # no fact takes the place of what every line has
        if record.exc_info:
            said["error"] = private(self.formatException(record.exc_info))
        return json.dumps(said, default=str)


def thread_of(record: logging.LogRecord) -> str:
    """The thread of events that a line belongs to; empty for work that nobody began."""
    return correlation.thread_here() or getattr(getattr(record, "request", None), "correlation_id", "")


def facts_of(record: logging.LogRecord) -> dict[str, Any]:
    """What `correlation.step` said beside the name of the step."""
    facts = getattr(record, "facts", None)
    return facts if isinstance(facts, dict) else {}


def private(said: str) -> str:
    """The same without card numbers, whole phone numbers and the values that a database read out."""
    plain = without_card_numbers(_VALUES.sub(r"\1: not shown", said))
    return _PHONE.sub(lambda number: hide_phone(number[0]), plain)
