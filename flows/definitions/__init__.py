"""The Flows we publish, by the name they have at Meta."""

from flows.definitions.payment_whatsapp_flow import FLOW_NAME, PAYMENT_WHATSAPP_FLOW

DEFINITIONS = {FLOW_NAME: PAYMENT_WHATSAPP_FLOW}
