"""What staff may send at once. More is refused by its length, before anything of it is kept in memory or on a disk."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

_MEGABYTE = 1024 * 1024

MOST_BYTES = 25 * _MEGABYTE
"""A statement of a year, with room. Each page has its own smaller limit beside this: 5 MB for a slip."""

DRAINED_BYTES = 300 * _MEGABYTE
"""A browser shows an answer only once it has sent everything: so much is read and thrown away for it, piece by piece."""

_PIECE = 64 * 1024


def refuse_large_bodies(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: after the one that knows who is signed in, before any that reads a body. Other doors have limits of their own."""

    def answer(request: HttpRequest) -> HttpResponse:
        length = _length(request)
        if length <= MOST_BYTES or not request.path.startswith("/admin/"):
            return get_response(request)
        if not request.user.is_authenticated:
            return HttpResponse("This is too large. Sign in first.", status=413, content_type="text/plain")
        _throw_away(request, length)
        sizes = {"sent": length // _MEGABYTE, "most": MOST_BYTES // _MEGABYTE}
        context = {**admin.site.each_context(request), **sizes, "title": "Too large"}
        return render(request, "admin/desk/too_large.html", context, status=413)

    return answer


def _length(request: HttpRequest) -> int:
    text = request.META.get("CONTENT_LENGTH") or "0"
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _throw_away(request: HttpRequest, length: int) -> None:
    left = min(length, DRAINED_BYTES)
    while left > 0 and (piece := request.read(min(_PIECE, left))):
        left -= len(piece)
