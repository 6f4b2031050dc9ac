"""One capability per Flow message: 256 random bits, found by their hash and kept sealed. A copied database opens nothing."""

import hashlib
import logging
import secrets
from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from customer_data import correlation
from customer_data.models import Booking, Customer
from customer_data.models.prepared import Prepared
from flows.definitions.payment_whatsapp_flow import FLOW_NAME as PAYMENT_FLOW
from flows.models import FlowSession

logger = logging.getLogger(__name__)

LIVES_FOR = timedelta(days=3)  # Meta advises two or three days
RETRY_WINDOW = timedelta(minutes=10)
"""How long a completed Flow answers its own last request again: the phone may have lost our answer."""


class TokenNotValid(Exception):
    """Answered with 427: the message's button goes grey. The sentence tells the customer what to do."""


class TokenSpent(TokenNotValid):
    """The Flow was completed. `session` may still answer its own last request again."""

    def __init__(self, sentence: str, session: FlowSession) -> None:
        super().__init__(sentence)
        self.session = session


def issue(booking: Booking) -> tuple[str, FlowSession]:
    """A new token that lets the booking's customer pay this booking."""
    session = issue_for(booking.customer, booking=booking)
    return session.token, session


def issue_for(customer: Customer, *, booking: Booking | None = None, flow_name: str = PAYMENT_FLOW) -> FlowSession:
    """A new session whose token lets this customer use one Flow once; a payment Flow pays `booking` and nothing else."""
    token = secrets.token_urlsafe(32)
    session = FlowSession.objects.create(
        token=token,
        token_hash=hash_token(token),
        customer=customer,
        booking=booking,
        flow_name=flow_name,
        expires_at=timezone.now() + LIVES_FOR,
    )
    correlation.step(logger, "form made", flow=flow_name, form=session.pk)
    return session


def redeem(token: str, *, flow_name: str = PAYMENT_FLOW) -> FlowSession:
    """The session of a token for this Flow, with booking, customer and payment. Raises TokenNotValid."""
    return _usable(_SESSION.first(hash_token(token), flow_name))


def redeem_with_payment(token: str) -> FlowSession:
    """As `redeem`, where there probably is a payment by now: it is read with the rest."""
    return _usable(_SESSION_WITH_PAYMENT.first(hash_token(token), PAYMENT_FLOW))


def redeem_to_pay(token: str) -> FlowSession:
    """As `redeem`, in a transaction, with session and booking locked: whoever has the form a second time waits here.

    The payment is read after the wait: a join would read it as it was before, and not find the one that the first one made.
    """
    locked = _sessions(hash_token(token), PAYMENT_FLOW).select_for_update(of=("self", "booking"))
    session = next(iter(locked.filter(booking__booking_reference__gt="")), None)  # an inner join: an outer one cannot be locked
    return redeem(token) if session is None else _usable(session)


def _sessions(token_hash: str, flow_name: str) -> QuerySet[FlowSession]:
    sessions = FlowSession.objects.select_related("booking__customer").defer("token")
    return sessions.filter(token_hash=token_hash, flow_name=flow_name)


_SESSION = Prepared(_sessions, "a hash", "a Flow")
_SESSION_WITH_PAYMENT = Prepared(
    lambda *values: _sessions(*values).select_related("booking__customer", "payment"), "a hash", "a Flow"
)


def _usable(session: FlowSession | None) -> FlowSession:
    """Raises TokenNotValid."""
    if session is None:
        raise TokenNotValid("This form is not valid any more. Write to us in the chat and we will send you a new one.")
    correlation.take_up(session.correlation_id)
    if session.spent_at is not None:
        raise TokenSpent("This form was used already. Write to us in the chat if you want to pay again.", session)
    if session.booking is not None and session.booking.customer_id == session.customer_id:
        session.customer = session.booking.customer  # not joined twice: it is mostly the same
    if session.payment is not None and session.booking is not None:  # not joined above: most forms are opened before there is one
        session.payment.booking = session.booking
    if session.expires_at <= timezone.now():
        raise TokenNotValid("This form has expired. Write to us in the chat and we will send you a new one.")
    return session


def spend(session: FlowSession) -> None:
    """The Flow is complete; its token opens nothing any more."""
    FlowSession.objects.filter(pk=session.pk, spent_at__isnull=True).update(spent_at=timezone.now())


def may_repeat(session: FlowSession) -> bool:
    """Whether a completed Flow may be given its last answer again."""
    return session.spent_at is not None and timezone.now() - session.spent_at < RETRY_WINDOW


def hash_token(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
