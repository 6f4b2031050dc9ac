"""The contract as tests: every gateway subclasses `GatewayContract` and passes before it is plugged in.

A subclass is named `Test…` and provides two fixtures:

    class TestPaynowKeepsTheContract(GatewayContract):
        @pytest.fixture
        def gateway(self, …) -> Gateway: …      # configured, and plugged in `settings.PAYMENT_GATEWAYS` under its name
        @pytest.fixture
        def far_side(self, …) -> FarSide: …     # drives the other side of the wire; see far_side.py for each method

It may override `phone_for` (the number that pays by a method, E.164) and mark itself with `pytest.mark.django_db`.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.conf import settings
from django.db.models import CharField
from django.utils import timezone

from customer_data.gateway import (
    Charge,
    Gateway,
    GatewayError,
    GatewayUnavailable,
    NotSupported,
    NotUnderstood,
    OutcomeUnknown,
    Prompt,
    PromptKind,
    Ticket,
    Trust,
    gateway_named,
)
from customer_data.models import Payment
from customer_data.money import CENT
from customer_data.references import new_reference
from customer_data.tests.contract_hearing import HearingContract
from customer_data.tests.contract_refunds import NoRefundContract
from customer_data.tests.far_side import FarSide


class GatewayContract(HearingContract, NoRefundContract):
    """What the core relies on, whichever gateway it is."""

    # --- What it says of itself -------------------------------------------------------------------
    def test_it_is_plugged_in_under_its_own_name(self, gateway: Gateway) -> None:
        assert gateway.name in settings.PAYMENT_GATEWAYS
        assert type(gateway_named(gateway.name)) is type(gateway)
        assert gateway.label

    def test_its_methods_bear_its_name_and_are_told_apart(self, gateway: Gateway) -> None:
        methods = gateway.capabilities().methods
        assert methods
        for method in methods:
            # Bank transfer and cash are called so everywhere, whoever reviews them.
            assert method.name.startswith(f"{gateway.name}_") or gateway.capabilities().is_reviewed
            assert len(method.name) <= _width("payment_method")
            assert method.currencies <= gateway.capabilities().currencies
        assert len({method.name for method in methods}) == len({method.choice for method in methods}) == len(methods)

    def test_limits_and_budget_are_usable(self, gateway: Gateway) -> None:
        capabilities = gateway.capabilities()
        for limit in (*capabilities.least.values(), *capabilities.most.values(), capabilities.amount_step):
            assert isinstance(limit, Decimal)
            assert limit > 0
        assert capabilities.polls_per_minute > 0

    def test_an_account_belongs_to_its_currency(self, gateway: Gateway) -> None:
        for currency in gateway.capabilities().currencies:
            account = gateway.account_for(currency)
            assert account.currency == currency
            assert account.id
            assert len(account.id) <= _width("account")

    # --- Starting ---------------------------------------------------------------------------------
    def test_each_method_gives_the_prompt_it_declares(self, gateway: Gateway, far_side: FarSide) -> None:
        for method in gateway.capabilities().methods:
            charge = self.charge(gateway, method)
            prompt = gateway.start(charge)
            assert prompt.kind == method.prompt, method.name
            assert prompt.ticket.account == charge.account, method.name
            assert _holds_what_it_needs(prompt), method.name
            assert far_side.charges_of(charge.reference) == 1, method.name

    def test_a_refused_connection_is_certainly_not_sent(self, gateway: Gateway, far_side: FarSide) -> None:
        charge = self.charge(gateway)
        far_side.refuse_next_connection()
        with pytest.raises(GatewayUnavailable):
            gateway.start(charge)
        assert far_side.charges_of(charge.reference) == 0

    def test_a_lost_reply_is_unknown_and_is_found_by_its_reference(self, gateway: Gateway, far_side: FarSide) -> None:
        charge = self.charge(gateway)
        far_side.lose_next_reply()
        self._start_without_an_answer(gateway, charge)
        assert far_side.charges_of(charge.reference) == 1

    def test_a_hanging_gateway_is_left_in_time_and_found_by_its_reference(self, gateway: Gateway, far_side: FarSide) -> None:
        charge = self.charge(gateway)
        far_side.hang_next_reply()
        self._start_without_an_answer(gateway, charge)
        assert far_side.charges_of(charge.reference) == 1

    def _start_without_an_answer(self, gateway: Gateway, charge: Charge) -> None:
        with pytest.raises(OutcomeUnknown):
            gateway.start(charge)
        report = gateway.fetch(Ticket(account=charge.account), charge.reference)
        assert report is not None
        assert (report.reference, report.amount in (None, charge.amount)) == (charge.reference, True)

    # --- Asking -----------------------------------------------------------------------------------
    def test_what_was_never_sent_is_never_heard_of(self, gateway: Gateway, far_side: FarSide) -> None:
        assert gateway.fetch(Ticket(account=self.charge(gateway).account), new_reference()) is None

    def test_every_word_has_its_status(self, gateway: Gateway, far_side: FarSide) -> None:
        for word, status in far_side.words.items():
            charge = self.charge(gateway)
            prompt = gateway.start(charge)
            far_side.say(charge.reference, word)
            report = gateway.fetch(prompt.ticket, charge.reference)
            assert report is not None
            assert report.status == status, word
            assert (report.reference, report.account) == (charge.reference, charge.account)
            assert 0 < len(report.gateway_status) <= _width("gateway_status")
            assert len(report.gateway_reference) <= _width("gateway_reference")

    def test_asking_twice_changes_nothing(self, gateway: Gateway, far_side: FarSide) -> None:
        charge = self.charge(gateway)
        prompt = gateway.start(charge)
        far_side.say(charge.reference, far_side.paid_word)
        assert gateway.fetch(prompt.ticket, charge.reference) == gateway.fetch(prompt.ticket, charge.reference)
        assert far_side.charges_of(charge.reference) == 1

    def test_amounts_are_decimals_and_are_what_the_gateway_said(self, gateway: Gateway, far_side: FarSide) -> None:
        charge = self.charge(gateway)
        prompt = gateway.start(charge)
        far_side.say(charge.reference, far_side.paid_word)
        for amount in (charge.amount, charge.amount + CENT, CENT):
            far_side.say_amount(charge.reference, amount)
            report = gateway.fetch(prompt.ticket, charge.reference)
            assert report is not None
            if report.amount is not None:
                assert isinstance(report.amount, Decimal)
                assert report.amount == amount

    def test_an_unknown_word_is_not_guessed(self, gateway: Gateway, far_side: FarSide) -> None:
        charge = self.charge(gateway)
        prompt = gateway.start(charge)
        far_side.say(charge.reference, "Teleported")
        with pytest.raises(NotUnderstood):
            gateway.fetch(prompt.ticket, charge.reference)

    def test_asking_in_vain_says_so(self, gateway: Gateway, far_side: FarSide) -> None:
        charge = self.charge(gateway)
        prompt = gateway.start(charge)
        for trouble in (far_side.refuse_next_connection, far_side.lose_next_reply, far_side.hang_next_reply):
            trouble()
            with pytest.raises((GatewayUnavailable, OutcomeUnknown)):
                gateway.fetch(prompt.ticket, charge.reference)
        assert gateway.fetch(prompt.ticket, charge.reference) is not None

    # --- Capabilities -----------------------------------------------------------------------------
    def test_it_can_do_what_it_says_and_nothing_else(self, gateway: Gateway, far_side: FarSide) -> None:
        able = gateway.capabilities()
        assert self._supports(gateway, far_side, "cancel") == able.can_cancel
        assert self._supports(gateway, far_side, "refund") == able.can_refund
        assert self._supports(gateway, far_side, "recent") == able.can_list_recent
        takes_otps = any(method.prompt == PromptKind.TYPE_OTP for method in able.methods)
        assert self._supports(gateway, far_side, "submit_otp") == takes_otps

    def _supports(self, gateway: Gateway, far_side: FarSide, verb: str) -> bool:
        otp_methods = [method for method in gateway.capabilities().methods if method.prompt == PromptKind.TYPE_OTP]
        charge = self.charge(gateway, otp_methods[0] if verb == "submit_otp" and otp_methods else None)
        ticket = gateway.start(charge).ticket
        try:
            self._do(gateway, far_side, verb, ticket, charge)
        except NotSupported:
            return False
        return True

    def _do(self, gateway: Gateway, far_side: FarSide, verb: str, ticket: Ticket, charge: Charge) -> None:
        if verb == "cancel":
            gateway.cancel(ticket, charge.reference)
        elif verb == "refund":
            far_side.say(charge.reference, far_side.paid_word)
            gateway.refund(ticket, charge.reference, charge.amount, new_reference())
        elif verb == "recent":
            gateway.recent(_an_hour_ago())
        else:
            report = gateway.submit_otp(ticket, charge.reference, far_side.otp)
            assert report.reference == charge.reference

    # --- Secrets ----------------------------------------------------------------------------------
    def test_no_error_holds_a_secret(self, gateway: Gateway, far_side: FarSide) -> None:
        charge = self.charge(gateway)
        troubles = (far_side.refuse_next_connection, far_side.lose_next_reply)
        errors = [self._error_of(gateway, charge, trouble) for trouble in troubles]
        if gateway.capabilities().notify_trust == Trust.PROVEN:
            heard = far_side.forged_notification(charge.reference)
            with pytest.raises(GatewayError) as caught:
                gateway.read(heard.body, heard.headers)
            errors.append(caught.value)
        for error in errors:
            said = f"{error!r} {vars(error)} {''.join(traceback.format_exception(error))}"
            assert not [secret for secret in far_side.secrets if secret in said]

    def _error_of(self, gateway: Gateway, charge: Charge, trouble: Callable[[], None]) -> GatewayError:
        trouble()
        with pytest.raises(GatewayError) as caught:
            gateway.start(charge)
        return caught.value


def _holds_what_it_needs(prompt: Prompt) -> bool:
    """Nobody is sent to an empty page or asked to enter an empty code."""
    fits = len(prompt.code) <= _width("authorization_code") and len(prompt.gateway_reference) <= _width("gateway_reference")
    needed = {PromptKind.ENTER_CODE: prompt.code, PromptKind.OPEN_PAGE: prompt.url}
    return fits and bool(needed.get(prompt.kind, "nothing more"))


def _width(field: str) -> int:
    """How many characters the ledger keeps."""
    column = Payment._meta.get_field(field)
    assert isinstance(column, CharField)
    assert column.max_length is not None
    return column.max_length


def _an_hour_ago() -> datetime:
    return timezone.now() - timedelta(hours=1)
