"""What people see when a form comes from a page of before they signed in again, or from another site."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def page_is_old(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Nothing was done, and what to do. The reason is for the log, which Django writes."""
    return render(request, "admin/two_factor/old_page.html", {"title": "Nothing was done"}, status=403)
