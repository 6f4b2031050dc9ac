"""What a customer is told when a person turned a proof down: why, and what to do. Once; what was missed the clock finds."""

from datetime import datetime, timedelta

from django.utils import timezone

from customer_data.models import Customer, Proof, ProofStatus
from customer_data.offer import owed
from flows import choices, outbox
from flows.models import Message
from flows.outgoing import Buttons, Template
from flows.payment_news import is_reachable, language_of, one_line
from flows.sentences import say

LOOK_BACK = timedelta(days=2)
OLDEST = timedelta(days=60)
"""Proofs are decided within days; nobody reads all that were ever handed in."""

MOST_AT_ONCE = 500


def write_message(proof: Proof) -> Message | None:
    """The message about a rejected proof, written once. None when there is nothing to tell, or nobody.

    What was approved is told by the success of its payment.
    """
    customer = proof.customer or (proof.booking.customer if proof.booking is not None else None)
    if proof.status != ProofStatus.REJECTED or customer is None or not is_reachable(customer):
        return None
    return outbox.write(customer, _rejected(proof, customer), key=_key(proof.pk), fallback=_template(proof, customer))


def write_missed(*, now: datetime | None = None) -> list[Message]:
    """Write what a process that died did not."""
    now = now or timezone.now()
    decided = Proof.objects.filter(submitted_at__gte=now - OLDEST, status=ProofStatus.REJECTED, decided_at__gte=now - LOOK_BACK)
    proofs = list(decided.select_related("customer", "booking__customer").order_by("-submitted_at")[:MOST_AT_ONCE])
    told = set(Message.objects.filter(key__in=[_key(proof.pk) for proof in proofs]).values_list("key", flat=True))
    return [message for proof in proofs if _key(proof.pk) not in told and (message := write_message(proof))]


def _key(proof_id: int) -> str:
    return f"proof-{proof_id}-rejected"


def _rejected(proof: Proof, customer: Customer) -> Buttons:
    booking = proof.booking
    pays_still = (choices.send_a_slip(booking.booking_reference),) if booking is not None and owed(booking) else ()
    words = say("pay/proof_rejected", language=language_of(customer), proof=proof, booking=booking)
    return Buttons(words, choices=(*pays_still, choices.talk_to_a_person()))


def _template(proof: Proof, customer: Customer) -> Template:
    """For outside the 24-hour window."""
    body = say("pay/proof_rejected", language=language_of(customer), proof=proof, booking=proof.booking)
    facts = {
        "name": customer.name or "customer",
        "booking": proof.booking.booking_reference if proof.booking is not None else "your booking",
        "reason": proof.decision,
    }
    return Template(body, purpose="proof_rejected", facts=tuple((name, one_line(text)) for name, text in facts.items()))
