"""The pages of a long list: rows are counted a little way ahead, never all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.paginator import Paginator
from django.utils.functional import cached_property

if TYPE_CHECKING:
    _Paginator = Paginator[Any]
else:
    _Paginator = Paginator

PAGES_AHEAD = 10


class Pages(_Paginator):
    """Pages of a list that may be long: rows are counted to a few pages past the one that is shown, and no further."""

    template_name = "admin/desk/pages.html"
    page_shown = 1

    @cached_property
    def count(self) -> int:
        return int(self.object_list[: self._reach].count())  # type: ignore[attr-defined]  # always a query of ours

    @property
    def has_more(self) -> bool:
        """Whether the list goes on after what was counted."""
        return self.count >= self._reach

    @property
    def _reach(self) -> int:
        return self.per_page * (self.page_shown + PAGES_AHEAD)
