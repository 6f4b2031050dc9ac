"""Paynow keeps the contract that every gateway keeps."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from customer_data.gateway import Gateway, gateway_named
from customer_data.status import Status
from customer_data.tests.contract import GatewayContract
from customer_data.tests.far_side import FarSide, Notification
from paynow_integration.gateway import PaynowGateway
from paynow_integration.simulator import PaynowSimulator
from paynow_integration.simulator.faults import Struck
from paynow_integration.simulator.replies import compose, status_fields
from paynow_integration.tests.merchant import SHORT


class HastyPaynowGateway(PaynowGateway):
    """Gives up soon, so that no test waits."""

    charge_limits = SHORT
    question_limits = SHORT


class PaynowFarSide(FarSide):
    # Written down again from https://developers.paynow.co.zw/docs/status_update.html, not taken from the code under test.
    words = {  # noqa: RUF012  the contract's own attribute
        "Created": Status.PENDING,
        "Sent": Status.PENDING,
        "Paid": Status.SUCCESSFUL,
        "Awaiting Delivery": Status.SUCCESSFUL,
        "Delivered": Status.SUCCESSFUL,
        "Cancelled": Status.CANCELLED,
        "Failed": Status.FAILED,
        "Disputed": Status.DISPUTED,
        "Refunded": Status.REFUNDED,
    }
    paid_word = "Paid"
    otp = "123456"

    def __init__(self, paynow: PaynowSimulator) -> None:
        self.paynow = paynow
        self.secrets = frozenset(integration.key for integration in paynow.office.integrations.values())
        paynow.fault("drop_update", on="update")

    def say(self, reference: str, word: str) -> None:
        self.paynow.office.find(reference).status = word

    def say_amount(self, reference: str, amount: Decimal) -> None:
        self.paynow.office.find(reference).amount = amount

    def charges_of(self, reference: str) -> int:
        return len(self.paynow.transactions(reference=reference))

    def refuse_next_connection(self) -> None:
        self.paynow.refuse_connections()

    def lose_next_reply(self) -> None:
        self._trouble("reset")

    def hang_next_reply(self) -> None:
        self._trouble("hang")

    def _trouble(self, fault: str) -> None:
        self.paynow.accept_connections()
        self.paynow.fault(fault, times=1)

    def notification(self, reference: str) -> Notification:
        return self._notification(reference, Struck())

    def forged_notification(self, reference: str) -> Notification:
        self.paynow.fault("forged_hash", on="update", times=1)
        return self._notification(reference, self.paynow.faults.take("update"))

    def _notification(self, reference: str, struck: Struck) -> Notification:
        transaction = self.paynow.office.find(reference)
        fields = status_fields(transaction, transaction.status, self.paynow.manners)
        return Notification(compose(fields, transaction.integration.key, struck), {})


class TestPaynowKeepsTheContract(GatewayContract):
    @pytest.fixture
    def gateway(self, paynow: PaynowSimulator, settings: Any) -> Iterator[Gateway]:
        settings.PAYMENT_GATEWAYS = {"paynow": f"{__name__}.HastyPaynowGateway"}
        gateway_named.cache_clear()
        yield gateway_named("paynow")
        gateway_named.cache_clear()

    @pytest.fixture
    def far_side(self, paynow: PaynowSimulator) -> PaynowFarSide:
        return PaynowFarSide(paynow)
