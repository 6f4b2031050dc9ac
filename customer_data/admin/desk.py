"""What all pages of the admin share: buttons, panels and a heading on one row's page, and lists that never count everything."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import quote, unquote
from django.contrib.admin.views.main import SEARCH_VAR
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from unfold.decorators import display

from customer_data.admin.page import (
    MOST_ROWS,
    Button,
    Heading,
    NotDone,
    Panel,
    Press,
    buttons_of,
    list_tools_of,
    may_change,
    may_press,
    may_see,
    panels_of,
)
from customer_data.admin.page import read_reason as read_reason_given
from customer_data.admin.paging import Pages
from customer_data.models import Change, UsedForm
from customer_data.who import acting

if TYPE_CHECKING:
    _ModelAdmin = admin.ModelAdmin[Any]
else:
    from unfold.admin import ModelAdmin as _ModelAdmin

Shows = TypeVar("Shows", bound=Callable[..., object])

MOST_PRESSED_AT_ONCE = 200


class Desk(_ModelAdmin):
    """A page of ours. Subclasses say what is listed and shown; buttons and panels come from `customer_data.admin.page`."""

    when_empty = ""
    """What would stand in the list, and what to do: shown while there is nothing in it."""

    list_per_page = 25
    list_max_show_all = 25
    list_filter_submit = True
    list_disable_select_all = True
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = Pages
    change_form_after_template = "admin/desk/why.html"
    change_form_outer_before_template = "admin/desk/heading.html"
    change_form_outer_after_template = "admin/desk/panels.html"

    def heading(self, row: Any) -> Heading | None:
        """The first thing read on a row's page."""
        return None

    list_before_template = "admin/desk/list_tools.html"

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        tools = [tool for tool in list_tools_of(self.model) if request.user.has_perm(tool.permission)]
        response: HttpResponse = super().changelist_view(request, {"list_tools": tools, **(extra_context or {})})
        return response

    # --- Lists ------------------------------------------------------------------------------------
    def get_paginator(
        self,
        request: HttpRequest,
        queryset: Any,
        per_page: int,
        orphans: int = 0,
        allow_empty_first_page: bool = True,  # noqa: FBT001, FBT002  Django's signature
    ) -> Pages:
        pages = Pages(queryset, per_page, orphans, allow_empty_first_page)
        number = request.GET.get("p", "")
        pages.page_shown = int(number) if number.isascii() and number.isdigit() and len(number) < 7 else 1
        return pages

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The number of rows stands below the list; *Show all* in the title would lead to the list it stands on."""
        filters = (value for name, values in request.GET.lists() if name != SEARCH_VAR for value in values)
        if any("\0" in value for value in filters):
            raise IncorrectLookupParameters  # no database takes it: the list is shown without the filter
        listed = super().get_changelist_instance(request)
        listed.full_result_count = listed.result_count
        return listed

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Our buttons for ticked rows; deleting many rows with one click is not offered anywhere."""
        pressed = [button for button in self.buttons_for(request) if button.in_lists]
        return {button.name: (_press_ticked(button), button.name, button.label) for button in pressed}

    # --- One row ----------------------------------------------------------------------------------
    def may_press(self, request: HttpRequest) -> bool:
        """For pages with forms of their own."""
        return may_change(request.user, self.model)

    def buttons_for(self, request: HttpRequest) -> list[Button]:
        """The buttons that this user may press on rows of this kind."""
        return [button for button in buttons_of(self.model) if may_press(request.user, button, self.model)]

    def get_urls(self) -> list[URLPattern]:
        press = path("<path:object_id>/press/<slug:name>/", self.admin_site.admin_view(self.press_view), name=self.press_address)
        return [press, *super().get_urls()]

    @property
    def press_address(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}_press"

    def press_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Press one button on one row's page, and come back to the page."""
        button = next((button for button in buttons_of(self.model) if button.name == name), None)
        if button is not None and not may_press(request.user, button, self.model):
            raise PermissionDenied
        row = self.get_object(request, unquote(object_id))
        if button is None or row is None:
            raise Http404
        address = reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=(quote(str(row.pk)),))
        if request.method != "POST":  # a session ended in the middle: the sign-in page leads here with a GET
            messages.warning(request, f"Nothing was done: {button.label} was not sent. Please press it again.")
            return HttpResponseRedirect(address)
        try:
            sentence = self.press_once(request, button, row)
        except NotDone as error:
            messages.error(request, str(error))
            request.session[_TYPED] = _typed(request, button, row)
        else:
            messages.success(request, sentence)
            request.session[_DONE] = request.POST.get("once", "")[:64]
        return HttpResponseRedirect(address)

    def press_once(self, request: HttpRequest, button: Button, row: Model) -> str:
        """As `press_quietly`, once for each form that a page was given: not again by a second click or a way back."""
        key = request.POST.get("once", "")
        if key and not UsedForm.use(key):
            raise NotDone(f"{button.label}: this was sent already, and was done once. Look at how it stands now.")
        try:
            return self.press_quietly(request, button, row)
        except NotDone:
            UsedForm.give_back(key) if key else None
            raise

    def press_quietly(self, request: HttpRequest, button: Button, row: Model) -> str:
        """The button's sentence, kept in the row's history too. Raises NotDone."""
        if not button.is_offered(row) or not button.is_for(row, request.user):
            raise NotDone(f"{button.label}: that cannot be done (any more). Look at how it stands now.")
        reason = read_reason_given(request.POST.get("reason", "")) if button.asks_why else ""
        given = {ask.name: request.POST.get(ask.name, "").replace("\0", "").strip() for ask in button.asks if ask.kind != "file"}
        files = {ask.name: request.FILES[ask.name] for ask in button.asks if ask.name in request.FILES}
        _expect_all(button, {**given, **files})
        press = Press(actor=request.user.get_username(), user=request.user, reason=reason, given=given, files=files)
        with acting(press.actor, reason or button.label):
            sentence = button.press(row, press)
            self.log_change(request, row, f"{button.label}. {sentence}")
        return sentence

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        row = kwargs.get("obj")
        if row is not None:
            context |= self._extras(request, row)
        response: HttpResponse = super().render_change_form(request, context, *args, **kwargs)
        return response

    def _extras(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        seen = [panel for panel in panels_of(self.model) if may_see(request.user, panel.model)]
        return {
            "heading": self.heading(row),
            "form_done": request.session.pop(_DONE, ""),
            "buttons": [*self.button_forms(request, row), *self.extra_buttons(request, row)],
            # What happened to the row's fields is read last: it is there for those who doubt.
            "panels": [(panel, _first(panel, row)) for panel in sorted(seen, key=lambda panel: panel.model is Change)],
        }

    def button_forms(self, request: HttpRequest, row: Any) -> list[dict[str, Any]]:
        """What a page needs to offer this user the buttons of `row`."""
        offered = [each for each in self.buttons_for(request) if each.is_offered(row) and each.is_for(row, request.user)]
        offered.sort(key=_how_grave)
        typed = request.session.pop(_TYPED) if request.session.get(_TYPED, {}).get("row") == str(row.pk) else {}
        return [self._form_of(button, row, typed) for button in offered]

    def extra_buttons(self, request: HttpRequest, row: Any) -> list[dict[str, Any]]:
        """Buttons of other rows that help on this page, as `button_forms` gives them."""
        return []

    def _form_of(self, button: Button, row: Any, typed: Mapping[str, str]) -> dict[str, Any]:
        """What the page needs to offer a button: its fields, with what was typed before when that was refused."""
        again = typed if typed.get("button") == button.name and typed.get("row") == str(row.pk) else {}
        return {
            "button": button,
            "address": reverse(f"admin:{self.press_address}", args=(quote(str(row.pk)), button.name)),
            "once": uuid.uuid4(),
            "reason": again.get("reason", ""),
            "asks": [(ask, again.get(ask.name) or ask.initial(row), list(ask.choices(row))) for ask in button.asks],
            "has_file": any(ask.kind == "file" for ask in button.asks),
            "is_open": bool(again),
        }


class ReadOnlyDesk(Desk):
    """Rows that services write: staff look, search and press buttons, whatever a form sends."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_see(request.user, self.model)


def shown(
    description: str, *, ordering: str | None = None, label: Mapping[Any, str] | None = None, header: bool | None = None
) -> Callable[[Shows], Shows]:
    """A column or field made by a method. `label`: a coloured mark, by the first of the two texts that the method returns."""
    decorate: Callable[[Shows], Shows] = display(
        description=description, ordering=ordering, label=None if label is None else dict(label), header=header
    )
    return decorate


def moment(name: str, description: str) -> Callable[[Any, Any], str]:
    """A field that shows the moment `name` of a row to the second."""

    def shown_moment(desk: Any, row: Any) -> str:
        at = getattr(row, name)
        return "" if at is None else date_format(localtime(at), "j M Y, H:i:s")

    return shown(description)(shown_moment)


def link_to(row: Any, text: str = "") -> tuple[str, str]:
    """The address of a row's page, and what to call it there."""
    return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=(quote(str(row.pk)),)), text or str(row)


_TYPED = "typed_beside_a_button"
_DONE = "form_that_was_done"
"""Told to the page's script, which keeps what was typed until then."""


def _typed(request: HttpRequest, button: Button, row: Model) -> dict[str, str]:
    """What was typed beside a button that did nothing, for the page to show again."""
    names = ["reason", *(ask.name for ask in button.asks if ask.kind != "file")]
    return {"button": button.name, "row": str(row.pk), **{name: request.POST.get(name, "")[:1000] for name in names}}


def _how_grave(button: Button) -> tuple[bool, bool]:
    """What takes one press comes first, what cannot be undone last."""
    return button.is_grave, bool(button.asks or button.asks_why)


def _expect_all(button: Button, given: Mapping[str, Any]) -> None:
    missing = [ask.label for ask in button.asks if ask.is_required and not given.get(ask.name)]
    if missing:
        raise NotDone(f"Nothing was done: {button.label} needs {' and '.join(missing)}.")


def _first(panel: Panel, row: Any) -> list[Any]:
    return list(panel.rows(row))[:MOST_ROWS]


def _press_ticked(button: Button) -> Callable[[Desk, HttpRequest, QuerySet[Any]], TemplateResponse | None]:
    def press(desk: Desk, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        """Press the button on every ticked row; sentences that come more than once are said once."""
        done: Counter[str] = Counter()
        refused: Counter[str] = Counter()
        for row in queryset[:MOST_PRESSED_AT_ONCE]:
            try:
                done[desk.press_quietly(request, button, row)] += 1
            except NotDone as error:
                refused[str(error)] += 1
        for sentences, say in ((done, messages.success), (refused, messages.error)):
            for sentence, times in sentences.items():
                say(request, f"{sentence} ({times} times)" if times > 1 else sentence)

    return press
