"""What staff switch while business goes on: ways to pay, gateways, limits. Switching says why, and what customers are told."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format

from customer_data.admin.desk import Desk, ReadOnlyDesk, shown
from customer_data.admin.page import Ask, Button, Heading, NotDone, Press, add_button
from customer_data.admin.wording import method_label
from customer_data.controls import make_missing_rows
from customer_data.gateway import NotSupported, gateway_named, gateways
from customer_data.models import AmountLimit, GatewayPause, MethodSwitch
from customer_data.money import show_amount

MAY_SWITCH = "customer_data.change_methodswitch"
MAY_PAUSE = "customer_data.pause_gateway"
LEAST_TOLD = 10
MOST_TOLD = 200


class _EverythingListed(ReadOnlyDesk):
    """A list that shows what is plugged in, whether or not it was ever switched."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        plugged_in = gateways()
        methods = [method.name for gateway in plugged_in for method in gateway.capabilities().methods]
        make_missing_rows(methods, [gateway.name for gateway in plugged_in])
        response: HttpResponse = super().changelist_view(request, extra_context)
        return response


# --- Ways to pay ----------------------------------------------------------------------------------
@admin.register(MethodSwitch)
class MethodSwitchAdmin(_EverythingListed):
    list_display = ("shown_method", "shown_state", "shown_until", "told")
    ordering = ("payment_method",)
    sortable_by = ()
    fields = ("shown_method", "told", "updated_at")

    def heading(self, switch: MethodSwitch) -> Heading:
        until = f"Off until {_moment(switch.off_until)}." if is_off(switch) and switch.off_until else ""
        told = f"Customers are told: {switch.told}" if is_off(switch) else "Customers are offered it."
        return Heading(method_label(switch.payment_method), *_MARK[is_off(switch)], lines=tuple(filter(None, (until, told))))

    @shown("Way to pay", ordering="payment_method")
    def shown_method(self, switch: MethodSwitch) -> str:
        return method_label(switch.payment_method)

    @shown("Now", label={"on": "success", "off": "danger"})
    def shown_state(self, switch: MethodSwitch) -> tuple[str, str]:
        return ("off", "Off") if is_off(switch) else ("on", "On")

    @shown("Until")
    def shown_until(self, switch: MethodSwitch) -> str:
        return _moment(switch.off_until) if is_off(switch) and switch.off_until else ""


_MARK = {True: ("Off", "danger"), False: ("On", "success")}
_FOR_HOURS = (("", "Until somebody switches it on"), ("1", "For an hour"), ("3", "For three hours"), ("12", "For twelve hours"))


def is_off(switch: MethodSwitch) -> bool:
    """Off now: one that was off for a while comes back by itself."""
    return switch.is_off and (switch.off_until is None or switch.off_until > timezone.now())


def _switch_off(switch: MethodSwitch, press: Press) -> str:
    hours = press.given["hours"]
    if hours not in dict(_FOR_HOURS):
        raise NotDone("Nothing was done: choose from the list how long it stays off.")
    told = _sentence(press.given["told"])
    until = timezone.now() + timedelta(hours=int(hours)) if hours else None
    MethodSwitch.objects.filter(pk=switch.pk).update(is_off=True, off_until=until, told=told, updated_at=timezone.now())
    ends = f" until {_moment(until)}" if until else ", until somebody switches it on"
    return f"{method_label(switch.payment_method)} is off{ends}. Payments under way go on."


def _switch_on(switch: MethodSwitch, press: Press) -> str:
    MethodSwitch.objects.filter(pk=switch.pk).update(is_off=False, off_until=None, told="", updated_at=timezone.now())
    return f"{method_label(switch.payment_method)} is offered again."


add_button(
    MethodSwitch,
    Button(
        name="switch-off",
        label="Switch off",
        press=_switch_off,
        hint="Nobody is offered it any more. Payments that are under way go on to their end.",
        asks_why="Why is it off? (for the record)",
        is_offered=lambda switch: not is_off(switch),
        permission=MAY_SWITCH,
        asks=(
            Ask("hours", "How long?", kind="choice", choices=lambda _: _FOR_HOURS, is_required=False),
            Ask("told", "What customers are told: what to do instead", initial=lambda _: ""),
        ),
    ),
)
add_button(
    MethodSwitch,
    Button("switch-on", "Switch on", _switch_on, hint="It is offered again at once.", is_offered=is_off, permission=MAY_SWITCH),
)


# --- Gateways -------------------------------------------------------------------------------------
@admin.register(GatewayPause)
class GatewayPauseAdmin(_EverythingListed):
    list_display = ("shown_gateway", "shown_state", "paused_at", "paused_by", "reason")
    list_select_related = ("paused_by",)
    ordering = ("gateway",)
    sortable_by = ()
    fields = ("shown_gateway", "told", ("paused_at", "paused_by"), "reason")

    def heading(self, pause: GatewayPause) -> Heading:
        if not pause.is_paused:
            return Heading(_label(pause), "Takes payments", "success", lines=("New payments are sent to it.",))
        told = pause.told or "It is not available now. Please choose another way to pay."
        stopped = f"Stopped by {pause.paused_by}: {pause.reason}. Payments under way go on to their end."
        return Heading(_label(pause), "No new payments", "danger", lines=(stopped, f"Customers are told: {told}"))

    @shown("Gateway", ordering="gateway")
    def shown_gateway(self, pause: GatewayPause) -> str:
        return _label(pause)

    @shown("Now", label={"on": "success", "off": "danger"})
    def shown_state(self, pause: GatewayPause) -> tuple[str, str]:
        return ("off", "No new payments") if pause.is_paused else ("on", "Takes payments")


def _label(pause: GatewayPause) -> str:
    try:
        return gateway_named(pause.gateway).label
    except NotSupported:
        return pause.gateway


def _stop_new(pause: GatewayPause, press: Press) -> str:
    facts = {"told": _sentence(press.given["told"]), "reason": press.reason, "paused_by": press.user, "paused_at": timezone.now()}
    if GatewayPause.objects.filter(pk=pause.pk, is_paused=False).update(is_paused=True, **facts) == 0:
        raise NotDone("Somebody else has stopped it in the meantime.")
    return f"{_label(pause)} takes no new payments. Those under way are asked about until they end."


def _take_again(pause: GatewayPause, press: Press) -> str:
    GatewayPause.objects.filter(pk=pause.pk).update(is_paused=False, told="", reason="", paused_by=None, paused_at=None)
    return f"{_label(pause)} takes payments again."


add_button(
    GatewayPause,
    Button(
        name="stop-new",
        label="Stop new payments",
        press=_stop_new,
        hint="Nothing new is sent to this gateway. What is under way finishes.",
        asks_why="Why? (for the record)",
        is_offered=lambda pause: not pause.is_paused,
        permission=MAY_PAUSE,
        asks=(Ask("told", "What customers are told: what to do instead"),),
        is_grave=True,
    ),
)
add_button(
    GatewayPause,
    Button("take-again", "Take payments again", _take_again, is_offered=lambda pause: pause.is_paused, permission=MAY_PAUSE),
)


# --- Limits ---------------------------------------------------------------------------------------
@admin.register(AmountLimit)
class AmountLimitAdmin(Desk):
    when_empty = "Without a limit any amount may be paid. Add one for each currency that needs it."
    list_display = ("currency", "shown_payment", "shown_customer", "shown_day")
    ordering = ("currency",)
    sortable_by = ()
    fields = ("currency", ("least_per_payment", "most_per_payment"), "most_per_customer_a_day", "most_a_day")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        return () if obj is None else ("currency",)

    @shown("One payment")
    def shown_payment(self, limit: AmountLimit) -> str:
        parts = (("from", limit.least_per_payment), ("to", limit.most_per_payment))
        return " ".join(f"{word} {show_amount(amount, limit.currency)}" for word, amount in parts if amount is not None)

    @shown("One customer in a day")
    def shown_customer(self, limit: AmountLimit) -> str:
        return "" if limit.most_per_customer_a_day is None else show_amount(limit.most_per_customer_a_day, limit.currency)

    @shown("All in a day")
    def shown_day(self, limit: AmountLimit) -> str:
        return "" if limit.most_a_day is None else show_amount(limit.most_a_day, limit.currency)


def _sentence(text: str) -> str:
    """What customers are told. Raises NotDone for one that says nothing."""
    told = " ".join(text.split())
    if not LEAST_TOLD <= len(told) <= MOST_TOLD:
        sentence = f"Nothing was done: tell customers what to do instead, in {LEAST_TOLD} to {MOST_TOLD} characters."
        raise NotDone(f"{sentence} For example: EcoCash is down. Please pay with InnBucks or by card.")
    return told


def _moment(at: datetime | None) -> str:
    return "" if at is None else date_format(timezone.localtime(at), "j M, H:i")
