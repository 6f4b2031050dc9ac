"""The rows that a list shows for somebody with certain filters: the list itself is asked, so that a file never says otherwise."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import QueryDict
from django.test import RequestFactory

from desk.exporting.tables import TABLES
from desk.models import Export

_OF_THE_PAGE = ("p", "o", "e", "all", "_popup", "_changelist_filters")
"""What a list's address holds besides its filters: page, order."""


def filters_in(query: str) -> dict[str, list[str]]:
    """The filters and the search of a list's address."""
    return {name: values for name, values in QueryDict(query[:4000]).lists() if name not in _OF_THE_PAGE}


def listed(export: Export) -> QuerySet[Any]:
    """What its list shows to who asked for it, as far as they may see it now. Raises PermissionDenied."""
    table = TABLES[export.what]
    query = QueryDict(mutable=True)
    for name, values in export.filters.items():
        query.setlist(name, values)
    request = RequestFactory().get("/", QUERY_STRING=query.urlencode())
    request.user = export.requested_by
    desk = admin.site.get_model_admin(table.model)
    if not (export.requested_by.is_active and desk.has_view_permission(request)):
        raise PermissionDenied(f"{export.requested_by} may not see {table.title.lower()}.")
    try:
        found: QuerySet[Any] = desk.get_changelist_instance(request).get_queryset(request)
    except IncorrectLookupParameters:
        raise PermissionDenied("One of the filters could not be read. Choose it again in the list.") from None
    return found
