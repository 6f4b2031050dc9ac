"""Pages of the admin that belong to no row: in its look, with its navigation."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.template.response import TemplateResponse


def page(request: HttpRequest, desk: Any, template: str, title: str, **more: Any) -> TemplateResponse:
    """`template` as a page of the admin. `desk`: the ModelAdmin under whose address it stands."""
    request.current_app = desk.admin_site.name
    return TemplateResponse(request, template, {**desk.admin_site.each_context(request), "title": title, **more})
