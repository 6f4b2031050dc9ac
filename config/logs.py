"""What does not deserve a line in the log."""

import logging


class WithoutReadyz(logging.Filter):
    """Drops Django's line about every 503 of `/readyz`: it is asked every few seconds, and its answer says more."""

    def filter(self, record: logging.LogRecord) -> bool:
        return getattr(getattr(record, "request", None), "path", "") != "/readyz"
