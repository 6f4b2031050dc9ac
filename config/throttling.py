"""How often one address may open the pages that anybody may open. Behind proxies of ours the address is what they tell."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from customer_data.counting import count
from desk.sign_in.lock import client_address

WINDOW_SECONDS = 60
MOST_IN_A_WINDOW = {
    "/crm-api/paynow/return/": 60,  # the page asks again every four seconds while a payment waits
    "/crm-api/docs/": 60,
    "/crm-api/schema/": 60,
}
"""Everything else is counted where it is understood: by key, by customer, by payment, by name."""


def throttle_addresses(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, before any that asks the database."""

    def answer(request: HttpRequest) -> HttpResponse:
        most = MOST_IN_A_WINDOW.get(request.path)
        if most is None or count(f"page {request.path}", client_address(request) or "", seconds=WINDOW_SECONDS) <= most:
            return get_response(request)
        response = render(request, "too_often.html", status=429)
        response["Retry-After"] = str(WINDOW_SECONDS)
        return response

    return answer
