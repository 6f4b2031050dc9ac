"""What does not deserve a line in the log, and what must not stand in one."""

import logging
import re

from customer_data.phones import hide_phone

# Of anybody in Zimbabwe, however it is written in one piece; of other countries with their plus.
_PHONE = re.compile(r"(?<![\w+.-])(?:\+?263|0)7\d{8}(?!\w)|\+[1-9]\d{7,14}(?!\w)")

# PostgreSQL says here which values it did not take: names, numbers, people's words.
_VALUES = re.compile(r"^(DETAIL|CONTEXT): .*$", re.MULTILINE)


class WithoutReadyz(logging.Filter):
    """Drops Django's line about every 503 of `/readyz`: it is asked every few seconds, and its answer says more."""

    def filter(self, record: logging.LogRecord) -> bool:
        return getattr(getattr(record, "request", None), "path", "") != "/readyz"


class PrivateFormatter(logging.Formatter):
    """The last look at every line: libraries and databases put people's numbers and words into their errors, too."""

    def format(self, record: logging.LogRecord) -> str:
        said = _VALUES.sub(r"\1: not shown", super().format(record))
        return _PHONE.sub(lambda number: hide_phone(number[0]), said)
