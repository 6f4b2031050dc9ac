"""Trying an integration's keys: one question to Paynow that moves nothing, and one sentence about its answer."""

import uuid
from dataclasses import dataclass

from customer_data.gateway import GatewayError, GatewayUnavailable, Misconfigured, OutcomeUnknown
from paynow_integration.client import PaynowClient
from paynow_integration.integrations import Integration
from paynow_integration.sdk import BadHash


@dataclass(frozen=True)
class Trial:
    """Whether the keys work, and what to tell the person who tried them."""

    works: bool
    sentence: str


def try_keys(integration: Integration) -> str:
    """What Paynow answers to these keys, in a sentence. Asks once; nothing is charged, nothing is stored."""
    return trial_of(integration).sentence


def trial_of(integration: Integration) -> Trial:
    """Ask about a payment that nobody ever made: a signed *not found* proves ID, key and address at once.

    A wrong key is answered with an error, and Paynow's answer must carry a signature made with the same key.
    """
    if not integration.key:
        return Trial(works=False, sentence="There is no integration key yet. Paste it from Paynow's e-mail and save.")
    try:
        PaynowClient(integration.id, integration.key, base_url=integration.base_url).trace(uuid.uuid4().hex)
    except (GatewayError, ValueError) as error:
        return Trial(works=False, sentence=_what_is_wrong(error, integration.base_url))
    mode = "It is marked as in test mode." if integration.is_test else "It takes real money."
    return Trial(works=True, sentence=f"Paynow accepts ID and key: it answered, signed with this key. {mode}")


def _what_is_wrong(error: Exception, address: str) -> str:
    match error:
        case Misconfigured():
            return f"Paynow answered, and the keys do not work: {error}"
        case GatewayUnavailable():
            return f"{address} could not be reached, so the keys were not tried. Check the address and this server's connection."
        case BadHash():
            return f"{address} answered, but its answer is not signed with this key. Check the key and the API address."
        case OutcomeUnknown():
            return f"No answer that can be read came from {address}, so nothing is known about the keys. {error}"
    return f"The API address cannot be used. {error}"
