"""What can go wrong on the way to Meta, named for what to do next, and Meta's error codes in one table.

Codes: https://developers.facebook.com/documentation/business-messaging/whatsapp/support/error-codes (edition of 2026-05-15).
A message that Meta accepted may still fail later: that comes as a status webhook with the same codes.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Advice(StrEnum):
    """What to do about a refusal."""

    RETRY = "retry"  # the same again, later: Meta was busy, or we were too fast
    TEMPLATE = "template"  # more than 24 hours since the customer wrote: only a template may be sent
    OTHER_CHANNEL = "other_channel"  # this person cannot be reached like this
    REWRITE = "rewrite"  # this message is wrong; the same again will be refused again
    FIX_FLOW = "fix_flow"  # Meta holds the Flow back because its endpoint did badly
    ALARM = "alarm"  # nothing can be sent until somebody repairs our account or its keys


class WhatsAppError(Exception):
    """Meta did not do what was asked. Every error of this floor is one of the three below."""


class NotSent(WhatsAppError):
    """Certainly not sent: safe to try again."""


class SendUnknown(WhatsAppError):
    """Sent, but no readable answer came back: Meta may or may not have accepted it."""


class SendRefused(WhatsAppError):
    """Meta said no. `code` is Meta's, `details` its explanation, `retry` whether the same may be sent again later."""

    def __init__(self, code: int, details: str, *, advice: Advice) -> None:
        super().__init__(f"WhatsApp refused with code {code}: {details}")
        self.code = code
        self.details = details
        self.advice = advice

    @property
    def retry(self) -> bool:
        return self.advice is Advice.RETRY

    @property
    def alarm(self) -> bool:
        """Whether a person must act before anything can be sent again."""
        return self.advice in (Advice.ALARM, Advice.FIX_FLOW)


PAIR_RATE = 131056
"""Too many messages to one person. Retry after 4 to the power of the attempt, in seconds: 1, 4, 16, 64 …"""

CODES: dict[Advice, tuple[int, ...]] = {
    Advice.RETRY: (1, 2, 4, 80007, 130429, 131000, 131016, 131056, 133016),
    Advice.TEMPLATE: (131047,),
    Advice.OTHER_CHANNEL: (130472, 131021, 131026, 131030, 131049, 131050, 131062),
    Advice.REWRITE: (
        *(100, 131008, 131009, 131051, 131052, 131053, 132000, 132001, 132005, 132007, 132012, 132015, 132016),
        *(139001, 139002, 139003, 139004, 139006),
    ),
    Advice.FIX_FLOW: (132068, 132069),
    Advice.ALARM: (0, 3, 10, 190, 368, 131031, 131037, 131042, 131045, 131048, 131057, 139000, *range(200, 300)),
}
ADVICE: dict[int, Advice] = {code: advice for advice, codes in CODES.items() for code in codes}


def advice_for(code: int, http_status: int = 400) -> Advice:
    """What to do about Meta's `code`; one that is not in the table is retried only where the server itself failed."""
    return ADVICE.get(code) or (Advice.RETRY if http_status >= 500 or http_status == 429 else Advice.ALARM)


def refusal(answer: Any, http_status: int) -> SendRefused | None:
    """The refusal in the body of an answer; None when the body is not one."""
    error = answer.get("error") if isinstance(answer, Mapping) else None
    code = error.get("code") if isinstance(error, Mapping) else None
    if not isinstance(error, Mapping) or not isinstance(code, int):
        return None
    return SendRefused(code, _details(error)[:500], advice=advice_for(code, http_status))


def _details(error: Mapping[str, Any]) -> str:
    data = error.get("error_data")
    parts = [data.get("details") if isinstance(data, Mapping) else None, error.get("error_user_msg"), error.get("message")]
    return next((part for part in parts if isinstance(part, str) and part), "no reason given")
