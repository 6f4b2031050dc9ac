"""In development every reply is held against the Flow JSON, as the phone will do."""

import logging
from collections.abc import Mapping
from typing import Any

from flows.definitions import DEFINITIONS
from flows.flow_json import reply_problems
from flows.form_requests import Answer

logger = logging.getLogger(__name__)


def check_reply(flow_name: str, request: Mapping[str, Any], reply: Answer) -> None:
    """Log what Meta's client would refuse to show."""
    if reply.status == 200:
        for problem in reply_problems(DEFINITIONS[flow_name], request, reply.payload):
            logger.error("The phone would refuse this screen of %s: %s", flow_name, problem)
