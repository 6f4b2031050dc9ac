"""The card rule at the staff's pages: what holds a card number is refused before any view, log or table sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from customer_data.card_numbers import holds_card_number

_NEVER_KEPT = frozenset(
    {"csrfmiddlewaretoken", "password", "password1", "password2", "old_password", "new_password1", "new_password2"}
)


def refuse_card_numbers(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, last of all: fields that staff type, what they search for, and the names of files they bring."""

    def answer(request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/admin/"):
            return get_response(request)
        fields = sorted({name for name, value in _typed(request) if holds_card_number(value)})
        if fields:
            return render(request, "card_number.html", {"fields": [_readable(name) for name in fields]}, status=422)
        return get_response(request)

    return answer


def _typed(request: HttpRequest) -> Iterator[tuple[str, str]]:
    for sent in (request.GET, request.POST):
        for name, values in sent.lists():
            if name not in _NEVER_KEPT:
                yield from ((name, str(value)) for value in values)
    yield from ((name, file.name or "") for name, file in request.FILES.items() if not isinstance(file, list))


def _readable(name: str) -> str:
    return "Search" if name == "q" else name[:60].replace("_", " ").capitalize()
