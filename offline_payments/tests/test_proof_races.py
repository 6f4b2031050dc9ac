"""Two who decide at once: one payment, and a sentence for the other. With the guard taken away, the race appears."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db.models import QuerySet

from customer_data.models import Payment, Proof
from customer_data.services import proof_decisions
from customer_data.services.proofs import CannotDecide, approve, hand_in, reject
from customer_data.tests import files, make
from customer_data.tests.races import at_once, widen
from offline_payments.tests import places

pytestmark = pytest.mark.django_db(transaction=True)

USD_231 = Decimal("231.00")


def approve_twice(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    places.bank()
    proof, one, two = places.slip_for(make.booking()), make.staff("one"), make.staff("two")
    widen(monkeypatch, proof_decisions, "_received_reference", threads=2)
    return at_once(
        lambda: approve(proof, amount=USD_231, reference="FT1", user=one),  # type: ignore[arg-type]
        lambda: approve(proof, amount=USD_231, reference="FT1", user=two),  # type: ignore[arg-type]
    )


def test_two_who_approve_at_once_book_one_payment(monkeypatch: pytest.MonkeyPatch) -> None:
    outcomes = approve_twice(monkeypatch)
    assert Payment.objects.filter(status="successful").count() == 1
    [told] = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert isinstance(told, CannotDecide)
    assert "has decided already: it is approved" in str(told)


def test_without_locks_the_other_gets_no_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **options: self)
    outcomes = approve_twice(monkeypatch)
    assert [outcome for outcome in outcomes if isinstance(outcome, Exception) and not isinstance(outcome, CannotDecide)]


def test_one_approves_while_the_other_rejects(monkeypatch: pytest.MonkeyPatch) -> None:
    places.bank()
    proof, one, two = places.slip_for(make.booking()), make.staff("one"), make.staff("two")
    outcomes = at_once(
        lambda: approve(proof, amount=USD_231, reference="FT1", user=one),  # type: ignore[arg-type]
        lambda: reject(proof, reason="No such money.", user=two),  # type: ignore[arg-type]
    )
    proof.refresh_from_db()
    assert len([outcome for outcome in outcomes if isinstance(outcome, CannotDecide)]) == 1
    assert Payment.objects.filter(status="successful").exists() == (proof.status == "approved")


def test_one_chat_message_handed_in_by_two_workers_is_one_proof() -> None:
    booking = make.booking()
    act = lambda: hand_in(booking=booking, customer=None, content=files.slip(), wamid="wamid.1")  # noqa: E731
    first, second = at_once(act, act)
    assert first == second
    assert Proof.objects.count() == 1
