"""The same model with money by people's hands: proofs handed in, approved and rejected, refunds paid by hand."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, multiple, rule

from customer_data.gateway import gateway_named
from customer_data.models import Payment, Proof, ProofStatus
from customer_data.offer import CannotPay
from customer_data.services.proofs import CannotDecide, approve, hand_in, reject
from customer_data.tests import machine, model
from customer_data.tests.model_settings import bounded, try_sequences
from offline_payments.tests import places

pytestmark = pytest.mark.django_db


class BooksWithProofs(model.Books):
    """Of a payment in cash or by transfer, an approved proof is the gateway's truth."""

    def was_taken(self, payment: Payment) -> bool:
        if payment.gateway != "offline":
            return super().was_taken(payment)
        return Proof.objects.filter(settled=payment, status=ProofStatus.APPROVED, received_amount=payment.amount).exists()

    def agrees(self, payment: Payment) -> bool:
        return payment.gateway == "offline" or super().agrees(payment)

    def given_back(self, payment: Payment) -> Decimal:
        by_hand = [refund for refund in self.refunds if refund.payment_id == payment.pk and refund.way == "person"]
        paid = sum((refund.amount for refund in by_hand if refund.status == "done"), model.ZERO)
        return paid + super().given_back(payment)

    def truly_kept(self, payment: Payment) -> Decimal:
        if payment.gateway != "offline":
            return super().truly_kept(payment)
        return payment.amount - self.given_back(payment) if self.was_taken(payment) else model.ZERO


class ShopWithCounter(machine.Shop):
    """A bank account and an office beside the drawer."""

    proofs: Bundle[int] = Bundle("proofs")

    def __init__(self) -> None:
        super().__init__()
        places.bank()
        places.office()

    def new_books(self) -> model.Books:
        return BooksWithProofs(self.drawer)

    @rule(target=machine.Shop.payments, booking=machine.BOOKINGS, method=st.sampled_from(["bank_transfer", "cash"]))
    def the_customer_asks_where_to_pay(self, booking: int, method: str) -> Any:
        with suppress(CannotPay):
            return places.transfer(self.booking(booking), option="balance", method=method).reference
        return multiple()

    @rule(target=proofs, booking=machine.BOOKINGS, is_cash=st.booleans(), person=machine.PEOPLE)
    def a_proof_is_handed_in(self, booking: int, is_cash: bool, person: int) -> Any:
        words = "" if is_cash else "Confirmed. You have sent the money."
        on = self.booking(booking)
        return hand_in(booking=on, customer=None, text=words, is_cash=is_cash, submitted_by=self.people[person]).pk

    @rule(
        proof=proofs,
        amount=st.sampled_from(["231.00", "50.00", "100.01", "0.00"]),
        reference=st.sampled_from(["FT1", "FT2", "FT3", ""]),
        person=machine.PEOPLE,
    )
    def staff_find_the_money(self, proof: int, amount: str, reference: str, person: int) -> None:
        with suppress(CannotDecide):
            approve(Proof.objects.get(pk=proof), amount=Decimal(amount), reference=reference, user=self.people[person])

    @rule(proof=proofs, person=machine.PEOPLE)
    def staff_reject_it(self, proof: int, person: int) -> None:
        with suppress(CannotDecide):
            reject(Proof.objects.get(pk=proof), reason="No such money.", user=self.people[person])


def test_no_sequence_with_proofs_breaks_the_books(settings: Any) -> None:
    settings.PAYMENT_GATEWAYS |= {"drawer": "customer_data.tests.drawer_gateway.DrawerGateway"}
    settings.ROOT_URLCONF = "customer_data.tests.drawer_urls"
    gateway_named.cache_clear()
    try_sequences(ShopWithCounter, bounded(examples=25))
