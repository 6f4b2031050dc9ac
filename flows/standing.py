"""How a payment stands, as one message with what can be done next: the answer to *I have paid*, and to paying once more."""

from customer_data.gateway import PromptKind
from customer_data.models import Payment, ProofStatus
from customer_data.offer import owed
from customer_data.phones import national
from customer_data.services import is_over_unpaid
from customer_data.status import MONEY_IN, Status
from flows import choices
from flows.outgoing import Buttons, Choice, Outgoing
from flows.prompts import method_label
from flows.sentences import ENGLISH, say

DECIDED_BY_PEOPLE = frozenset({PromptKind.PAY_INTO, PromptKind.SUBMIT_PROOF})
"""What no gateway knows: a person of ours looks at the bank's statement."""

COMES_TO_THE_PHONE = frozenset({PromptKind.APPROVE_ON_PHONE, PromptKind.TYPE_OTP})
"""What can be sent once more; a code or a page is still where it was."""


def standing(payment: Payment, *, language: str = ENGLISH, asking: bool = False) -> Outgoing:
    """What is known of the payment now. `asking`: the gateway is being asked at this moment, and the answer is told later."""
    return Buttons(_words(payment, language, asking=asking), choices=_next_steps(payment))


def _words(payment: Payment, language: str, *, asking: bool) -> str:
    booking = payment.booking
    booking.refresh_from_db(fields=["amount_paid", "payment_status", "is_test"])
    return say(
        f"pay/standing_{_kind(payment)}",
        language=language,
        payment=payment,
        booking=booking,
        method=method_label(payment),
        phone=national(payment.phone) or payment.phone,
        asking=asking,
        has_proof=payment.prompt in DECIDED_BY_PEOPLE and payment.proofs.filter(status=ProofStatus.WAITING).exists(),
    )


def _kind(payment: Payment) -> str:
    """The name of the sentence."""
    if payment.status in MONEY_IN:
        return "paid"
    if payment.status == Status.REFUNDED:
        return "refunded"
    if is_over_unpaid(payment):
        return "not_paid"
    if payment.prompt in DECIDED_BY_PEOPLE:
        return "by_people"
    return {Status.PENDING: "waiting", Status.EXPIRED: "expired"}.get(Status(payment.status), "starting")


def _next_steps(payment: Payment) -> tuple[Choice, ...]:
    booking, kind = payment.booking, _kind(payment)
    if kind == "paid":
        balance = (choices.pay_balance(booking.booking_reference),) if owed(booking) else ()
        return (choices.receipt_again(payment.reference), *balance)
    if kind == "refunded":
        return (choices.talk_to_a_person(),)
    another = choices.use_another_wallet(booking.booking_reference)
    if kind == "not_paid":
        return (choices.try_again(payment.reference), another, choices.talk_to_a_person())
    if kind == "by_people":
        return (choices.another_way(booking.booking_reference), choices.talk_to_a_person())
    may_come_again = kind == "waiting" and payment.prompt in COMES_TO_THE_PHONE
    again = (choices.send_it_again(payment.reference),) if may_come_again else ()
    return (choices.i_have_paid(payment.reference), *again, another)
