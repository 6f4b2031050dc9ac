"""The deny list and the limits on attempts: who may not pay, and how often anybody may try."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format

from customer_data.admin.desk import Desk, shown
from customer_data.admin.page import Ask, Button, Heading, NotDone, Panel, Press, add_button, add_panel
from customer_data.admin.payments import linked
from customer_data.denying import NotDeniable, about, is_live, lift, value_of
from customer_data.models import AttemptLimit, Customer, Denial, DenialKind
from customer_data.money import show_amount
from customer_data.phones import national

MAY_DENY = "customer_data.change_denial"
_FOR_DAYS = (("1", "For a day"), ("30", "For thirty days"), ("365", "For a year"), ("", "Until somebody takes them off"))
_MARK = {True: ("Refused", "danger"), False: ("Over", "")}


class DenialForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """Numbers and addresses are taken in any form and kept in one."""

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        kind, customer = cleaned.get("kind", ""), cleaned.get("customer")
        if (kind == DenialKind.CUSTOMER) != (customer is not None):
            raise ValidationError("Choose a customer for the kind Customer, and only then.")
        try:
            cleaned["value"] = value_of(kind, cleaned.get("value") or "")
        except NotDeniable as error:
            raise ValidationError({"value": str(error)}) from None
        if (ends_at := cleaned.get("ends_at")) and ends_at <= timezone.now():
            raise ValidationError({"ends_at": "This moment is over. Choose a later one, or leave it empty."})
        _expect_new(kind, cleaned["value"], customer)
        return cleaned


class LiveFilter(admin.SimpleListFilter):
    """Who is refused now."""

    title = "now"
    parameter_name = "now"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("live", "Refused now"), ("over", "Over")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Denial]) -> QuerySet[Denial]:
        live = Q(lifted_at__isnull=True) & (Q(ends_at__isnull=True) | Q(ends_at__gt=timezone.now()))
        if self.value() == "live":
            return queryset.filter(live)
        return queryset.exclude(live) if self.value() == "over" else queryset


@admin.register(Denial)
class DenialAdmin(Desk):
    form = DenialForm
    when_empty = "Nobody is refused. Add a number, a wallet, an e-mail address or a customer from whom nothing is to be taken."
    list_display = ("shown_who", "kind", "shown_state", "ends_at", "reason", "refusals")
    list_filter = (LiveFilter, "kind")
    list_select_related = ("customer", "added_by")
    ordering = ("-added_at",)
    sortable_by = ()
    search_fields = ("=value",)
    search_help_text = "The whole number or address"
    autocomplete_fields = ("customer",)
    fields = ("kind", "value", "customer", "reason", "ends_at")
    readonly_fields = ("added_at", "added_by", "refusals", "last_refused_at", "lifted_at", "lifted_by", "lifted_why")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[Any, ...]:
        more = (("added_at", "added_by"), ("refusals", "last_refused_at"), ("lifted_at", "lifted_by", "lifted_why"))
        return (*self.fields, *more) if obj is not None else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return (*self.readonly_fields, *self.fields) if obj is not None else self.readonly_fields

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Denial], search_term: str
    ) -> tuple[QuerySet[Denial], bool]:
        """By a number or an address, however it is typed."""
        if not search_term.strip():
            return queryset, False
        return queryset.filter(value__in=list(_ways_to_read(search_term))), False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001  Django's signature
        if not change:
            obj.added_by = request.user
            obj.save()

    def heading(self, denial: Denial) -> Heading:
        lines = (f"Why: {denial.reason}", _until(denial), "Customers are not told of this list. What is under way goes on.")
        return Heading(_who(denial), *_MARK[is_live(denial)], lines=lines)

    @shown("Who")
    def shown_who(self, denial: Denial) -> str:
        return _who(denial)

    @shown("Now", label={"live": "danger", "over": "info"})
    def shown_state(self, denial: Denial) -> tuple[str, str]:
        return ("live", "Refused") if is_live(denial) else ("over", "Over")


def _who(denial: Denial) -> str:
    return str(denial.customer) if denial.customer else national(denial.value) or denial.value


def _until(denial: Denial) -> str:
    if denial.lifted_at is not None:
        return f"Taken off the list by {denial.lifted_by}: {denial.lifted_why}"
    return f"Until {_moment(denial.ends_at)}." if denial.ends_at else "Until somebody takes it off the list."


def _ways_to_read(text: str) -> Iterator[str]:
    for kind in (DenialKind.PHONE, DenialKind.EMAIL):
        try:
            yield value_of(kind, text)
        except NotDeniable:
            continue


def _expect_new(kind: str, value: str, customer: Customer | None) -> None:
    """Raises ValidationError where it stands on the list; one that ended by itself makes room."""
    same = Denial.objects.filter(kind=kind, value=value, customer=customer, lifted_at__isnull=True)
    same.filter(ends_at__lte=timezone.now()).update(lifted_at=timezone.now(), lifted_why="It had ended by itself.")
    if same.exists():
        raise ValidationError("This stands on the list already.")


def _take_off(denial: Denial, press: Press) -> str:
    if not lift(denial, user=press.user, why=press.reason):
        raise NotDone("Somebody else has taken it off the list in the meantime.")
    return "Taken off the list: payments are taken again."


def _deny_customer(customer: Customer, press: Press) -> str:
    days = press.given["days"]
    if days not in dict(_FOR_DAYS):
        raise NotDone("Nothing was done: choose from the list for how long.")
    try:
        _expect_new(DenialKind.CUSTOMER, "", customer)
    except ValidationError as error:
        raise NotDone(f"Nothing was done: {error.messages[0]}") from None
    ends_at = timezone.now() + timedelta(days=int(days)) if days else None
    Denial.objects.create(kind=DenialKind.CUSTOMER, customer=customer, reason=press.reason, added_by=press.user, ends_at=ends_at)
    return "On the deny list: nothing new is taken from this customer. What is under way goes on."


add_button(
    Denial,
    Button("take-off", "Take off the list", _take_off, asks_why="Why? (for the record)", is_offered=is_live, permission=MAY_DENY),
)
add_button(
    Customer,
    Button(
        name="deny",
        label="Put on the deny list",
        press=_deny_customer,
        hint="Nothing new is taken from this customer. They read a kind sentence and are never told of the list.",
        asks_why="Why? (for staff and for the record)",
        is_offered=lambda customer: not any(is_live(each) for each in about(customer) if each.customer_id),
        permission=MAY_DENY,
        asks=(Ask("days", "For how long?", kind="choice", choices=lambda _: _FOR_DAYS, is_required=False),),
        is_grave=True,
    ),
)


def _entries(customer: Customer) -> Iterator[Sequence[object]]:
    for denial in about(customer).select_related("customer")[:20]:
        yield linked(denial, str(denial)), _MARK[is_live(denial)][0], denial.reason, _until(denial), denial.refusals


add_panel(Customer, Panel("Deny list", Denial, ("Entry", "Now", "Why", "Until", "Times refused"), _entries))


# --- Limits on attempts ---------------------------------------------------------------------------
@admin.register(AttemptLimit)
class AttemptLimitAdmin(Desk):
    when_empty = "Anybody may try as often as they like. Add a limit for each phone number or each customer."
    list_display = ("__str__", "most_attempts", "most_unpaid_in_a_row", "shown_usd", "shown_zwg")
    ordering = ("per", "hours")
    sortable_by = ()
    fields = (("per", "hours"), ("most_attempts", "most_unpaid_in_a_row"), ("most_usd", "most_zwg"))

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else ("per", "hours")

    @shown("Most in US dollars")
    def shown_usd(self, limit: AttemptLimit) -> str:
        return "" if limit.most_usd is None else show_amount(limit.most_usd, "USD")

    @shown("Most in ZiG")
    def shown_zwg(self, limit: AttemptLimit) -> str:
        return "" if limit.most_zwg is None else show_amount(limit.most_zwg, "ZWG")


def _moment(at: datetime) -> str:
    return date_format(timezone.localtime(at), "j M Y, H:i")
