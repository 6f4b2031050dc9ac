"""Bank and cash keep the contract that every gateway keeps, but for what a network could do to them: there is none."""

from __future__ import annotations

from decimal import Decimal

import pgtrigger
import pytest
from django.utils import timezone

from customer_data.gateway import Charge, Gateway, Method, gateway_named
from customer_data.models import Payment, Proof
from customer_data.status import Status
from customer_data.tests import make
from customer_data.tests.contract import GatewayContract
from customer_data.tests.far_side import FarSide
from offline_payments.tests import places


class OurOwnHouse(FarSide):
    """What staff decided, written as the services write it."""

    words = {"waiting for a proof": Status.PENDING, "approved": Status.SUCCESSFUL}  # noqa: RUF012  the contract's own attribute
    paid_word = "approved"
    secrets = frozenset()

    def say(self, reference: str, word: str) -> None:
        payment = Payment.objects.get(reference=reference)
        if word == "approved":
            Proof.objects.create(
                kind="cash",
                status="approved",
                booking=payment.booking,
                settled=payment,
                received_amount=payment.amount,
                decided_by=make.staff(f"for-{reference}"),  # type: ignore[misc]  # the one user model
                decided_at=timezone.now(),
            )

    def say_amount(self, reference: str, amount: Decimal) -> None:
        with pgtrigger.ignore("customer_data.Proof:proof_is_decided_once"):
            Proof.objects.filter(settled__reference=reference).update(received_amount=amount)

    def charges_of(self, reference: str) -> int:
        return Payment.objects.filter(reference=reference).count()

    def refuse_next_connection(self) -> None:
        raise NotImplementedError

    lose_next_reply = hang_next_reply = refuse_next_connection


@pytest.mark.django_db
class TestOfflineKeepsTheContract(GatewayContract):
    @pytest.fixture
    def gateway(self) -> Gateway:
        for currency in ("USD", "ZWG"):
            places.bank(currency)
            places.office(currency)
        return gateway_named("offline")

    @pytest.fixture
    def far_side(self) -> OurOwnHouse:
        return OurOwnHouse()

    def charge(self, gateway: Gateway, method: Method | None = None, *, currency: str = "") -> Charge:
        """Its payment is there first, as always: this gateway finds it in the books."""
        charge = super().charge(gateway, method, currency=currency)
        fields = {"gateway": "offline", "account": charge.account, "payment_method": charge.method, "currency": charge.currency}
        make.payment(Status.SENDING, amount=charge.amount, reference=charge.reference, **fields)
        return charge

    # --- There is no network, and nobody else's words ---------------------------------------------
    test_a_refused_connection_is_certainly_not_sent = None  # type: ignore[assignment]
    test_a_lost_reply_is_unknown_and_is_found_by_its_reference = None  # type: ignore[assignment]
    test_a_hanging_gateway_is_left_in_time_and_found_by_its_reference = None  # type: ignore[assignment]
    test_asking_in_vain_says_so = None  # type: ignore[assignment]
    test_no_error_holds_a_secret = None  # type: ignore[assignment]  # it has none
    test_an_unknown_word_is_not_guessed = None  # type: ignore[assignment]  # the database refuses any but ours
