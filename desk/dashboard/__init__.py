"""*Today*, the first page of the desk: figures by day and a few bounded lists. It never counts a table."""

from desk.dashboard.page import today

__all__ = ["today"]
