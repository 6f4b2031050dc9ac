"""The WhatsApp message that opens the payment Flow."""

from collections.abc import Mapping
from typing import Any

from customer_data.models import Booking, Customer
from customer_data.money import show_amount
from customer_data.offer import amount_options, methods_for, owed, share_of_balance
from flows import outbox, tokens
from flows.definitions.payment_whatsapp_flow import FLOW_NAME
from flows.models import FlowSession, Message, WhatsAppFlow
from flows.outgoing import FlowButton
from flows.screens import SHARES
from flows.sentences import ENGLISH, say
from flows.whatsapp import client_from_settings

BUTTON = "Pay now"


class CannotInvite(Exception):
    """Nothing was sent; the sentence says what to do first."""


def invite(booking: Booking, *, key: str, option: str = "") -> Message:
    """Queue the message that opens the payment Flow for the booking's customer, once for each key, in the caller's transaction.

    Raises CannotInvite.
    """
    written = Message.objects.filter(key=key).first()  # a second form must not be made for the same message
    return written or outbox.write(booking.customer, form_for(booking, booking.customer, option=option), key=key)


def form_for(
    booking: Booking,
    customer: Customer,
    *,
    option: str = "",
    shares: int = 1,
    typed: Mapping[str, str] | None = None,
    language: str = ENGLISH,
) -> FlowButton:
    """The message itself, with a form of its own for `customer`, who may be another one than the one who booked.

    `option` is the amount that is chosen already, `typed` what stands in the form's other fields; with `shares` the form asks for
    one share of the balance. Raises CannotInvite and CannotPay.
    """
    _check_owed(booking)
    if not _flow_at_meta():
        raise CannotInvite(_NOT_AT_META)
    chosen = {str(offered): amount for offered, amount in amount_options(booking).items()}.get(option, owed(booking))
    amount = share_of_balance(booking, shares) if shares > 1 else chosen
    session = tokens.issue_for(customer, booking=booking)
    known = {**(typed or {}), "amount_option": option} | ({SHARES: str(shares)} if shares > 1 else {})
    FlowSession.objects.filter(pk=session.pk).update(typed={name: value for name, value in known.items() if value})
    return FlowButton(
        session_id=session.pk,
        header=say("invite_header", language=language, booking=booking),
        body=say("invite_body", language=language, **_facts(booking, customer, show_amount(amount, booking.currency))),
        footer=say("invite_footer", language=language, booking=booking),
        cta=BUTTON,
    )


def send_payment_flow(booking: Booking) -> str:
    """Send the booking's customer the message whose button opens the payment Flow. Returns WhatsApp's message id.

    Raises CannotInvite, and the errors of `flows.whatsapp`.
    """
    customer = booking.customer
    recipient = customer.chat_address
    if not recipient:
        raise CannotInvite(f"{customer} has no WhatsApp number. Add it to the customer first.")
    _check_owed(booking)
    flow = _flow_at_meta()
    if flow is None:
        raise CannotInvite(_NOT_AT_META)
    try:
        return _send(booking, recipient, flow)
    except ValueError as error:  # WhatsApp would refuse it as it stands
        raise CannotInvite(str(error)) from None


def _send(booking: Booking, recipient: str, flow: WhatsAppFlow) -> str:
    token, session = tokens.issue(booking)
    wamid = client_from_settings().send_flow(
        recipient,
        flow_id=flow.flow_id,
        flow_token=token,
        header=say("invite_header", booking=booking),
        body=say("invite_body", **_facts(booking, booking.customer, show_amount(owed(booking), booking.currency))),
        footer=say("invite_footer", booking=booking),
        cta=BUTTON,
        mode="draft" if flow.status == "DRAFT" else "published",
    )
    FlowSession.objects.filter(pk=session.pk).update(wamid=wamid)
    return wamid


def _check_owed(booking: Booking) -> None:
    if booking.cancelled_at is not None:
        raise CannotInvite(f"Booking {booking.booking_reference} was cancelled. There is nothing to ask for.")
    if owed(booking) == 0:
        raise CannotInvite(f"Booking {booking.booking_reference} is paid. There is nothing to ask for.")


def _flow_at_meta() -> WhatsAppFlow | None:
    return WhatsAppFlow.objects.filter(name=FLOW_NAME).exclude(flow_id="").first()


def _facts(booking: Booking, customer: Customer, amount: str) -> dict[str, Any]:
    methods = [method.label for _, method in methods_for(booking.currency)]
    return {"booking": booking, "customer": customer, "balance": amount, "methods": methods}


_NOT_AT_META = f"The payment Flow is not at Meta yet. Run ./manage.py publish_flow {FLOW_NAME} first."
