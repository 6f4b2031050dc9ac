"""A form was completed in the chat. What the phone says about it is only a bell: how things stand is in our own rows."""

from __future__ import annotations

from customer_data import correlation
from flows import paying
from flows.conversation.facts import Talking
from flows.definitions import BOOKING_FLOW as BOOKING_FORM
from flows.incoming import Incoming
from flows.models import FlowSession
from flows.outgoing import Text
from flows.replies import Reply
from flows.tokens import hash_token


def completed(talking: Talking, incoming: Incoming) -> Reply:
    """After a booking: how to pay. After a payment: how it stands, unless that is told by itself."""
    session = _session_of(talking, incoming)
    if session is not None and session.flow_name == BOOKING_FORM:
        return _booked(talking, session)
    reply = paying.form_completed(talking.conversation, incoming.flow_reply)
    if session is None and not reply.messages:  # nobody's form: the customer must not be left with silence
        return Reply(go_to=talking.step.name)
    return reply


def _booked(talking: Talking, session: FlowSession) -> Reply:
    if session.booking is None:
        return Reply((Text(talking.say("form_not_finished")),), go_to="menu")
    for name in ("amount_option", "payer", "shares", "said"):
        talking.answers.pop(name, None)
    talking.answers["booking"] = session.booking.booking_reference
    talking.conversation.trail = []
    talking.forget("booking", "owed", "amount_options")
    return Reply((Text(talking.say("booked")),), go_to="ask_payment_option")


def _session_of(talking: Talking, incoming: Incoming) -> FlowSession | None:
    """The session whose token the form carried, if it is this customer's."""
    token = incoming.flow_reply.get("flow_token")
    if not isinstance(token, str):
        return None
    theirs = FlowSession.objects.filter(token_hash=hash_token(token), customer=talking.customer)
    session = theirs.select_related("booking").defer("token").first()
    if session is not None:
        correlation.take_up(session.correlation_id)
    return session
