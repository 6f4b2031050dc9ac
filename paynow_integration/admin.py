"""Paynow in the admin: the integrations and their keys, and every status update that ever arrived."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import Error
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from unfold.widgets import UnfoldAdminPasswordWidget

from customer_data.admin.desk import Desk, ReadOnlyDesk, shown
from customer_data.admin.filters import DaysFilter
from customer_data.admin.page import Button, Heading, NotDone, Press, Reading, TimelineLine, add_button, add_timeline
from customer_data.admin.payments import linked
from customer_data.admin.searching import read_typed
from customer_data.admin.timeline import link
from customer_data.gateway import Misconfigured, NotUnderstood
from customer_data.models import Payment
from customer_data.money import Currency
from customer_data.sealed import CannotOpen
from paynow_integration.addresses import normal_base_url
from paynow_integration.hashing import clean_key
from paynow_integration.integrations import Integration
from paynow_integration.messages import parse
from paynow_integration.models import Outcome, PaynowConfig, PaynowNotification
from paynow_integration.notifications import judge
from paynow_integration.trying import trial_of

LONGEST_KEY = 200
SECRET_FIELDS = frozenset({"hash", "token", "pollurl"})
"""Never shown: the signature, a card that can be charged again, and an address that needs no credentials."""


# --- Integrations ---------------------------------------------------------------------------------
class PaynowConfigForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable at run time
    """The key goes in and never comes out: what is stored is not in the form, and an empty field keeps it."""

    new_key = forms.CharField(
        label="Integration key",
        required=False,
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password", "spellcheck": "false"}),
        help_text="From Paynow's e-mail; spaces and line breaks do not matter. Leave it empty to keep the key that is there.",
    )

    class Meta:
        model = PaynowConfig
        fields = ("name", "currency", "integration_id", "api_base_url", "test_mode", "merchant_email", "is_active")
        labels = {"is_active": "Active"}  # noqa: RUF012  read by Django
        help_texts = {"is_active": "New payments in this currency go here. One at a time can be active for each currency."}  # noqa: RUF012

    def clean_new_key(self) -> str:
        key = clean_key(self.cleaned_data["new_key"])
        if not key and not self._has_readable_key():
            raise ValidationError("Paste the integration key from Paynow's e-mail.")
        if len(key) > LONGEST_KEY or not (key.isascii() and key.isprintable()):
            raise ValidationError("That is not an integration key. It looks like 3e9fed89-60e1-4ce5-ab6e-6b1eb2d4f977.")
        return key

    def clean_api_base_url(self) -> str:
        try:
            return normal_base_url(self.cleaned_data["api_base_url"])
        except ValueError as error:
            raise ValidationError(str(error)) from None

    def save(self, commit: bool = True) -> PaynowConfig:  # noqa: FBT001, FBT002  Django's signature
        if self.cleaned_data["new_key"]:
            self.instance.integration_key = self.cleaned_data["new_key"]
        saved: PaynowConfig = super().save(commit)
        return saved

    def _has_readable_key(self) -> bool:
        try:
            return bool(self.instance.pk and self.instance.integration_key)
        except CannotOpen:
            return False


@admin.register(PaynowConfig)
class PaynowConfigAdmin(Desk):
    form = PaynowConfigForm
    when_empty = "Nobody can pay through Paynow yet. Add the integration ID and key of each currency."
    list_display = ("name", "currency", "integration_id", "shown_key", "shown_mode", "is_active", "api_base_url")
    ordering = ("-is_active", "currency", "-pk")
    sortable_by = ()
    fieldsets = (
        (None, {"fields": (("name", "currency"), "is_active")}),
        ("Keys", {"fields": ("integration_id", "shown_key", "new_key", "api_base_url")}),
        ("Test mode", {"fields": ("test_mode", "merchant_email")}),
    )
    readonly_fields = ("shown_key",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[PaynowConfig]:
        """Without the keys: one that cannot be opened must not take the page away on which it is replaced."""
        configs: QuerySet[PaynowConfig] = super().get_queryset(request)
        return configs.defer("integration_key")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """Payments are found again under the ID and the currency that they were sent under."""
        return (*self.readonly_fields, "integration_id", "currency") if obj is not None and is_used(obj) else self.readonly_fields

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and not (obj is not None and is_used(obj))

    def heading(self, config: PaynowConfig) -> Heading:
        mark, colour = ("Active", "success") if config.is_active else ("Not active", "")
        used = "Payments were sent under it, so its ID and currency stay. Switch it off instead of deleting it."
        return Heading(config.name, mark, colour, is_test=config.test_mode, lines=(used,) if is_used(config) else ())

    @shown("Stored key")
    def shown_key(self, config: PaynowConfig) -> str:
        try:
            return config.key_hint if config.pk else ""
        except CannotOpen:
            return "It cannot be opened: the key that sealed it is missing from FIELD_ENCRYPTION_KEYS. Paste it again."

    @shown("Mode", label={"test": "warning", "live": "success"})
    def shown_mode(self, config: PaynowConfig) -> tuple[str, str]:
        return ("test", "Test") if config.test_mode else ("live", "Live")


def is_used(config: PaynowConfig) -> bool:
    """Whether payments were opened under this integration."""
    return Payment.objects.filter(gateway="paynow", account=config.integration_id).exists()


def banner(request: HttpRequest) -> dict[str, str]:
    """For every page: which payments are not real money at the moment."""
    if not request.user.is_active or not getattr(request.user, "is_staff", False):
        return {}
    in_test = PaynowConfig.objects.filter(is_active=True, test_mode=True).values_list("currency", flat=True)
    names = " and ".join(Currency(currency).label for currency in sorted(in_test))
    return {"test_mode_sentence": f"Paynow is in test mode: payments in {names} are not real money."} if names else {}


def _try_keys(config: PaynowConfig, press: Press) -> str:
    try:
        key = config.integration_key
    except CannotOpen as error:
        raise NotDone(str(error)) from None
    integration = Integration(
        id=config.integration_id,
        currency=config.currency,
        base_url=config.api_base_url,
        is_test=config.test_mode,
        merchant_email=config.merchant_email,
        key=key,
    )
    trial = trial_of(integration)
    if not trial.works:
        raise NotDone(trial.sentence)
    return trial.sentence


add_button(
    PaynowConfig,
    Button(
        name="try-keys",
        label="Try these keys",
        press=_try_keys,
        hint="Asks Paynow one question with what is saved here. Nothing is charged.",
    ),
)


# --- Status updates -------------------------------------------------------------------------------
_COLOUR_OF = {
    Outcome.RECEIVED: "info",
    Outcome.ACCEPTED: "success",
    Outcome.DUPLICATE: "",
    Outcome.UNKNOWN_REFERENCE: "warning",
    Outcome.NOT_GENUINE: "danger",
    Outcome.MALFORMED: "danger",
}


@admin.register(PaynowNotification)
class PaynowNotificationAdmin(ReadOnlyDesk):
    when_empty = "What Paynow tells us by itself about payments is kept here."
    list_display = ("received_at", "shown_outcome", "reference", "shown_payment", "detail", "size")
    list_filter = ("outcome", ("received_at", DaysFilter))
    list_select_related = ("payment",)
    ordering = ("-received_at",)
    sortable_by = ("received_at",)
    search_fields = ("reference",)
    search_help_text = "Reference"

    def get_queryset(self, request: HttpRequest) -> QuerySet[PaynowNotification]:
        updates: QuerySet[PaynowNotification] = super().get_queryset(request)
        return updates.defer("body")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str | tuple[str, ...], ...]:
        """What the update says is for superusers: it may hold names and card details."""
        body = ("shown_body",) if getattr(request.user, "is_superuser", False) else ()
        return (("received_at", "remote_address"), ("reference", "shown_payment"), "size", *body)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[PaynowNotification], search_term: str
    ) -> tuple[QuerySet[PaynowNotification], bool]:
        typed = read_typed(search_term)
        if not typed.text:
            return queryset, False
        return queryset.filter(Q(reference=typed.reference or typed.text) | Q(reference__iexact=typed.text)), False

    def heading(self, update: PaynowNotification) -> Heading:
        outcome = Outcome(update.outcome)
        lines = (update.detail,) if update.detail else ()
        return Heading("Status update from Paynow", outcome.label, _COLOUR_OF[outcome], lines=lines)

    @shown("Outcome", label=_COLOUR_OF)
    def shown_outcome(self, update: PaynowNotification) -> tuple[str, str]:
        return update.outcome, update.get_outcome_display()

    @shown("Payment")
    def shown_payment(self, update: PaynowNotification) -> str:
        return linked(update.payment, update.payment.reference) if update.payment else ""

    @shown("What it says")
    def shown_body(self, update: PaynowNotification) -> str:
        try:
            pairs = parse(update.body.encode("latin-1")).pairs
        except CannotOpen as error:
            return str(error)
        except NotUnderstood as error:
            return f"{error} It is kept as it came, {update.size} bytes."
        shown = ((name, "(not shown)" if _is_secret(name) else value) for name, value in pairs)
        return format_html("<dl>{}</dl>", format_html_join("", '<div><strong class="font-semibold">{}</strong> {}</div>', shown))


def _is_secret(name: str) -> bool:
    return name.strip().lower() in SECRET_FIELDS


def _process_again(update: PaynowNotification, press: Press) -> str:
    try:
        outcome = judge(update)
    except (Misconfigured, CannotOpen) as error:
        raise NotDone(f"It could not be judged. {error}") from None
    except Error:
        raise NotDone("The database did not answer. The update is kept; try again in a minute.") from None
    return f"Judged again: {outcome.label.lower()}. {update.detail}"


add_button(
    PaynowNotification,
    Button(
        name="process-again",
        label="Process again",
        press=_process_again,
        hint="It is proven again and Paynow is asked. Safe to repeat: an update never moves money by itself.",
        in_lists=True,
    ),
)


def _updates(payment: Payment, reading: Reading) -> Iterator[TimelineLine]:
    """Every update about the payment, and those that only name it: without proof, or for another account."""
    about = Q(payment=payment) | Q(payment=None, reference=payment.reference) | Q(claims=payment.reference)
    for update in reading.first_of(PaynowNotification.objects.filter(about).defer("body"), "received_at"):
        outcome = Outcome(update.outcome)
        title = link(update, f"Status update: {outcome.label}")
        who = f"from {update.remote_address}" if update.remote_address else ""
        yield TimelineLine(update.received_at, "gateway", title, update.detail, who, _COLOUR_OF[outcome], "notifications")


add_timeline(Payment, _updates, seen_with=PaynowNotification)
