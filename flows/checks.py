"""In development every reply is held against the Flow JSON, as the phone will do."""

import logging
from collections.abc import Mapping
from typing import Any

from flows.definitions.payment_whatsapp_flow import PAYMENT_WHATSAPP_FLOW
from flows.exchange import Answer
from flows.flow_json import reply_problems

logger = logging.getLogger(__name__)


def check_reply(request: Mapping[str, Any], reply: Answer) -> None:
    """Log what Meta's client would refuse to show."""
    if reply.status == 200:
        for problem in reply_problems(PAYMENT_WHATSAPP_FLOW, request, reply.payload):
            logger.error("The phone would refuse this screen: %s", problem)
