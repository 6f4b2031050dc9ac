"""Bank transfers and cash behind the gateway contract. Its far side is our own house: what staff decided about a proof.

It never talks to a network. Nothing is charged by starting; the money is looked for on our own statement by a person.
"""

from __future__ import annotations

from datetime import timedelta

from customer_data.gateway import (
    Account,
    Capabilities,
    Charge,
    Gateway,
    Method,
    Misconfigured,
    Prompt,
    PromptKind,
    Report,
    Ticket,
)
from customer_data.models import Payment, Proof, ProofStatus
from customer_data.money import Currency
from customer_data.status import NEEDS_PROOF, Status
from offline_payments.instructions import BANK_TRANSFER, CASH, write_instructions
from offline_payments.models import PlaceToPay

WAITS = timedelta(days=7)
"""A transfer between banks takes days, and somebody without an account of that bank finds time for it."""

METHODS = (
    Method(BANK_TRANSFER, BANK_TRANSFER, "Bank transfer", PromptKind.PAY_INTO, in_forms=False),
    Method(CASH, CASH, "Cash", PromptKind.PAY_INTO, in_forms=False, is_counted=True),
)
_WAITING, _APPROVED = "waiting for a proof", "approved"


class OfflineGateway(Gateway):
    name = "offline"
    label = "Bank and cash"

    def capabilities(self) -> Capabilities:
        return Capabilities(methods=METHODS, currencies=frozenset(Currency.values), is_reviewed=True, waits=WAITS)

    def account_for(self, currency: str) -> Account:
        """One for each currency, whichever place the money comes to. Real and test places of a currency are never open together."""
        kinds = set(PlaceToPay.objects.filter(currency=currency, is_active=True).values_list("is_test", flat=True))
        if not kinds:
            raise Misconfigured(f"There is no active place to pay in {currency}. Add one under Places to pay.")
        if len(kinds) > 1:
            raise Misconfigured(
                f"Of the places to pay in {currency}, some are for test money and some for real. Switch one kind off."
            )
        return Account(id=f"offline-{currency.lower()}", currency=currency, is_test=kinds.pop())

    def is_ready(self, method: Method, currency: str) -> bool:
        return _place_for(method.name, currency) is not None

    def start(self, charge: Charge) -> Prompt:
        """What to pay in, where, and the reference to write on it."""
        place = _place_for(charge.method, charge.currency)
        if place is None:
            raise Misconfigured(f"There is no active place to pay by {charge.method.replace('_', ' ')} in {charge.currency}.")
        words = write_instructions(
            place.way, place.details, amount=charge.amount, currency=charge.currency, reference=charge.reference
        )
        return Prompt(PromptKind.PAY_INTO, Ticket(account=charge.account), instructions=words, expires_at=charge.expires_at)

    def fetch(self, ticket: Ticket, reference: str) -> Report | None:
        """What staff decided: waiting until a proof is approved, then as much as they found on the statement."""
        payment = Payment.objects.filter(reference=reference, gateway=self.name, sends_made__gt=0).first()
        if payment is None:
            return None
        proof = Proof.objects.filter(settled=payment, status=ProofStatus.APPROVED).first()
        if proof is None:
            return Report(reference, Status.PENDING, _WAITING, payment.amount, payment.account, payment.currency)
        return Report(
            reference=reference,
            status=Status(payment.status) if payment.status in NEEDS_PROOF else Status.SUCCESSFUL,
            gateway_status=_APPROVED,
            amount=proof.received_amount,
            account=payment.account,
            currency=payment.currency,
            gateway_reference=proof.received_reference,
            final=True,
        )


def _place_for(method: str, currency: str) -> PlaceToPay | None:
    return PlaceToPay.objects.filter(way=method, currency=currency, is_active=True).first()
