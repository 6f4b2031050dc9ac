"""The part of the contract about money that goes back, for gateways that can send it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from customer_data.gateway import Charge, Gateway, GatewayUnavailable, NotSupported, OutcomeUnknown, RefundOutcome, Ticket
from customer_data.references import new_reference
from customer_data.tests.far_side import FarSide

PART = Decimal("1.00")


class NoRefundContract:
    """For every gateway: what it can is tried, and what it cannot it says."""

    def test_a_gateway_that_cannot_refund_says_so_and_one_that_can_is_tried(self, gateway: Gateway) -> None:
        if gateway.capabilities().can_refund:
            assert isinstance(self, RefundContract), "Let its test inherit RefundContract, too."
            return
        with pytest.raises(NotSupported):
            gateway.refund(Ticket(), new_reference(), PART, new_reference())
        with pytest.raises(NotSupported):
            gateway.fetch_refund(Ticket(), new_reference(), new_reference())


class RefundContract:
    """Money moves at most once for each refund's reference, and a lost answer can be asked about."""

    if TYPE_CHECKING:
        charge: Callable[[Gateway], Charge]

    def _paid(self, gateway: Gateway, far_side: FarSide) -> tuple[Ticket, Charge]:
        charge = self.charge(gateway)
        ticket = gateway.start(charge).ticket
        far_side.say(charge.reference, far_side.paid_word)
        return ticket, charge

    def test_a_refund_under_the_same_reference_moves_money_once(self, gateway: Gateway, far_side: FarSide) -> None:
        ticket, charge = self._paid(gateway, far_side)
        reference = new_reference()
        first, again = (gateway.refund(ticket, charge.reference, PART, reference) for _ in range(2))
        assert first.refund_reference == again.refund_reference == reference
        assert first.amount in (None, PART)
        assert first.outcome in (RefundOutcome.UNDER_WAY, RefundOutcome.DONE)
        assert far_side.refunds_of(reference) == PART

    def test_two_refunds_of_one_payment_are_two(self, gateway: Gateway, far_side: FarSide) -> None:
        ticket, charge = self._paid(gateway, far_side)
        references = [new_reference() for _ in range(2)]
        for reference in references:
            gateway.refund(ticket, charge.reference, PART, reference)
        assert [far_side.refunds_of(reference) for reference in references] == [PART, PART]

    def test_a_refund_that_was_never_sent_is_never_heard_of(self, gateway: Gateway, far_side: FarSide) -> None:
        ticket, charge = self._paid(gateway, far_side)
        assert gateway.fetch_refund(ticket, charge.reference, new_reference()) is None

    def test_a_refund_whose_answer_was_lost_is_found_by_its_reference(self, gateway: Gateway, far_side: FarSide) -> None:
        ticket, charge = self._paid(gateway, far_side)
        reference = new_reference()
        far_side.lose_next_reply()
        with pytest.raises(OutcomeUnknown):
            gateway.refund(ticket, charge.reference, PART, reference)
        report = gateway.fetch_refund(ticket, charge.reference, reference)
        assert report is not None
        assert report.refund_reference == reference
        assert far_side.refunds_of(reference) == PART

    def test_a_refund_that_met_a_closed_door_is_certainly_not_sent(self, gateway: Gateway, far_side: FarSide) -> None:
        ticket, charge = self._paid(gateway, far_side)
        reference = new_reference()
        far_side.refuse_next_connection()
        with pytest.raises(GatewayUnavailable):
            gateway.refund(ticket, charge.reference, PART, reference)
        assert gateway.fetch_refund(ticket, charge.reference, reference) is None
