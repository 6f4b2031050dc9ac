"""Sending the WhatsApp message that opens the payment Flow."""

from customer_data.models import Booking
from customer_data.money import show_amount
from customer_data.offer import owed
from flows import tokens
from flows.definitions.payment_whatsapp_flow import FLOW_NAME
from flows.models import FlowSession, WhatsAppFlow
from flows.sentences import say
from flows.whatsapp import client_from_settings


class CannotInvite(Exception):
    """Nothing was sent; the sentence says what to do first."""


def send_payment_flow(booking: Booking) -> str:
    """Send the booking's customer the message whose button opens the payment Flow. Returns WhatsApp's message id.

    Raises CannotInvite, and the errors of `flows.whatsapp`.
    """
    customer = booking.customer
    recipient = f"+{customer.wa_id}" if customer.wa_id else customer.bsuid
    if not recipient:
        raise CannotInvite(f"{customer} has no WhatsApp number. Add it to the customer first.")
    if owed(booking) == 0:
        raise CannotInvite(f"Booking {booking.booking_reference} is paid. There is nothing to ask for.")
    flow = WhatsAppFlow.objects.filter(name=FLOW_NAME).first()
    if flow is None or not flow.flow_id:
        raise CannotInvite(f"The payment Flow is not at Meta yet. Run ./manage.py publish_flow {FLOW_NAME} first.")
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
        body=say("invite_body", booking=booking, customer=booking.customer, balance=show_amount(owed(booking), booking.currency)),
        footer=say("invite_footer", booking=booking),
        cta="Pay now",
        mode="draft" if flow.status == "DRAFT" else "published",
    )
    FlowSession.objects.filter(pk=session.pk).update(wamid=wamid)
    return wamid
