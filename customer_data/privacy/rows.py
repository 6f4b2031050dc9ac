"""What the rows of the core lose when a customer is erased. Amounts, references, dates, numbers of receipts and every move stay."""

from __future__ import annotations

import re
from typing import Any

from django.db.models import QuerySet

from customer_data.models import Customer, Denial
from customer_data.privacy import whose
from customer_data.privacy.emptying import Emptied
from customer_data.privacy.known import ERASED, Known

_NUMBER_ENDING = re.compile(r"number ending in \d+")
_OF_THE_PAYER = frozenset({"Received from", "Payer", "Payer's number"})
_OF_THE_BOOKER = frozenset({"For"})


def _facts(row: Any, facts: Any, customer: Customer, known: Known) -> Any:
    """A receipt or a letter with every fact but who they are."""
    payment = row.payment
    paid_themselves = (payment.payer_id or payment.booking.customer_id) == customer.pk
    named = (_OF_THE_PAYER if paid_themselves else frozenset()) | (
        _OF_THE_BOOKER if payment.booking.customer_id == customer.pk else frozenset()
    )
    return [[label, _fact(label, text, named, known, paid_themselves=paid_themselves)] for label, text in facts]


def _fact(label: str, text: str, named: frozenset[str], known: Known, *, paid_themselves: bool) -> str:
    if label in named:
        return ERASED
    if label == "Paid with" and paid_themselves:
        text = _NUMBER_ENDING.sub(f"number {ERASED}", text)
    return known.leaves(text)


def _name(row: Any, name: Any, customer: Customer, known: Known) -> str:
    return name_of_erased(customer)


def name_of_erased(customer: Customer) -> str:
    return f"Erased customer {customer.pk}"


def _denials(customer: Customer) -> QuerySet[Denial]:
    """Entries of the deny list that are over. What still holds stays: it keeps somebody out, which its reason must carry."""
    return Denial.objects.filter(customer=customer, lifted_at__isnull=False)


_PAYMENT = {"phone": "", "email": "", "instructions": "", "redirect_url": "", "return_url": "", "authorization_code": "", "otp": ""}

CUSTOMER = Emptied(
    lambda customer: Customer.objects.filter(pk=customer.pk),
    blank={"wa_id": None, "bsuid": None, "phone": "", "email": ""},
    by={"name": _name},
)

ROWS: tuple[Emptied, ...] = (
    Emptied(whose.bookings_of, exact=("title",), free=("cancel_reason",)),
    Emptied(whose.paid_by, blank=_PAYMENT, exact=("gateway_data",), free=("notes",)),
    Emptied(whose.paid_for_by_others, exact=("instructions", "gateway_data"), free=("notes",)),
    Emptied(whose.events_of, exact=("details",), free=("reason",), past=("events_are_append_only",)),
    Emptied(whose.refunds_of, free=("reason", "failure"), past=("what_goes_back_stays",)),
    Emptied(whose.disputes_of, free=("answer",)),
    Emptied(whose.transfers_of, free=("reason",), past=("transfers_are_kept",)),
    Emptied(whose.receipts_of, by={"facts": _facts}, past=("receipts_are_kept",)),
    Emptied(whose.letters_of, free=("reason",), by={"facts": _facts}, past=("letters_are_kept",)),
    Emptied(
        whose.own_proofs_of,
        blank={"text": "", "wamid": None, "likeness": ""},
        free=("findings", "decision"),
        past=("proof_is_decided_once", "what_was_handed_in_stays"),
    ),
    Emptied(
        whose.others_proofs_for, free=("text", "findings", "decision"), past=("proof_is_decided_once", "what_was_handed_in_stays")
    ),
    Emptied(whose.concerns_of, free=("sentence", "solution"), exact=("details",)),
    Emptied(_denials, free=("reason", "lifted_why")),
    CUSTOMER,
)
