"""The Flows we publish, by the name they have at Meta."""

from flows.definitions.booking_whatsapp_flow import BOOKING_WHATSAPP_FLOW
from flows.definitions.booking_whatsapp_flow import FLOW_NAME as BOOKING_FLOW
from flows.definitions.payment_whatsapp_flow import FLOW_NAME as PAYMENT_FLOW
from flows.definitions.payment_whatsapp_flow import PAYMENT_WHATSAPP_FLOW

__all__ = ["BOOKING_FLOW", "DEFINITIONS", "PAYMENT_FLOW"]

DEFINITIONS = {PAYMENT_FLOW: PAYMENT_WHATSAPP_FLOW, BOOKING_FLOW: BOOKING_WHATSAPP_FLOW}
