"""The drawer keeps the contract: what the core is tested with behaves as a gateway must."""

from decimal import Decimal

import pytest

from customer_data.gateway import Gateway, gateway_named
from customer_data.tests.contract import GatewayContract
from customer_data.tests.contract_refunds import RefundContract
from customer_data.tests.drawer import FORGER, KEY, OTP, Drawer, signature
from customer_data.tests.drawer_gateway import STATUS_OF
from customer_data.tests.far_side import FarSide, Notification


class DrawerFarSide(FarSide):
    words = STATUS_OF
    paid_word = "paid"
    secrets = frozenset({KEY})
    otp = OTP

    def __init__(self, drawer: Drawer) -> None:
        self.drawer = drawer

    def say(self, reference: str, word: str) -> None:
        self.drawer.say(reference, word)

    def say_amount(self, reference: str, amount: Decimal) -> None:
        self.drawer.say(reference, "paid", amount=str(amount))

    def charges_of(self, reference: str) -> int:
        return self.drawer.arrivals(reference)

    def refunds_of(self, refund_reference: str) -> Decimal:
        slip = self.drawer.slip(refund_reference)
        return Decimal(0) if slip is None else Decimal(slip["amount"])

    def refuse_next_connection(self) -> None:
        self.drawer.next_trouble.append("refuse")

    def lose_next_reply(self) -> None:
        self.drawer.next_trouble.append("lose")

    hang_next_reply = lose_next_reply

    def notification(self, reference: str) -> Notification:
        return Notification(self.drawer.notification(reference), {})

    def forged_notification(self, reference: str) -> Notification:
        return Notification(self.drawer.notification(reference, key=FORGER), {})


class TestTheDrawerKeepsTheContract(GatewayContract, RefundContract):
    @pytest.fixture
    def gateway(self, drawer: Drawer) -> Gateway:
        return gateway_named("drawer")

    @pytest.fixture
    def far_side(self, drawer: Drawer) -> DrawerFarSide:
        return DrawerFarSide(drawer)


def test_the_signature_is_pinned() -> None:
    """The far side and the gateway share one function; this holds it to a value computed by OpenSSL."""
    assert signature("a=1", "key") == "b17f9ae9ca05727a9af1d682e302eb7729bf55bf4bef5ba64cebbe8646401b99"
