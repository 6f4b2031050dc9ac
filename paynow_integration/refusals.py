"""What Paynow's error texts mean to us: one table, because the wire has sentences and no codes. Pure."""

from customer_data.gateway import GatewayError, GatewayRefused, Misconfigured, OutcomeUnknown
from customer_data.status import Reason
from paynow_integration.messages import Message

# Matched from the start of the text. Paynow's "Invalid Hash" text ends in six digits of the hash it expected: never shown.
MISCONFIGURED: dict[str, str] = {
    "invalid hash": "Paynow says the signature is wrong. Check the integration key: paste it again from Paynow's e-mail.",
    "invalid id": "Paynow does not know this integration ID, or it cannot be used. Check the ID in the Paynow dashboard.",
    "enter valid return url": "Paynow does not accept our return address. Set SITE_URL to a full public address.",
}
REFUSALS: dict[str, tuple[Reason, str]] = {
    "insufficient balance": (Reason.INSUFFICIENT_FUNDS, "There is not enough money in the wallet."),
    "invalid otp": (Reason.WRONG_CODE, "The one-time code is wrong."),
    "invalid amount field": (Reason.GATEWAY_ERROR, "Paynow did not accept the amount."),
    "failed to initiate transaction": (
        Reason.GATEWAY_ERROR,
        "Paynow could not start the payment. Check the balance of the wallet and try again later.",
    ),
}
# A request that Paynow already has is the opposite of a refusal: the first one may be on the customer's phone.
SEEN_BEFORE = ("merchanttrace", "merchant trace", "duplicate", "already")


def charge_error(message: Message) -> GatewayError:
    """The error to raise when Paynow answers a charge with `status=Error`."""
    text = error_text(message)
    if any(hint in text.lower() for hint in SEEN_BEFORE):
        return OutcomeUnknown("Paynow seems to have this request already. Ask what became of it.")
    return _misconfigured(text) or _refused(text)


def question_error(message: Message) -> GatewayError:
    """The error to raise when Paynow answers a poll or a trace with `status=Error`: it says nothing about the payment."""
    return _misconfigured(error_text(message)) or OutcomeUnknown("Paynow could not say how this payment stands.")


def otp_error(message: Message) -> GatewayError:
    """The error for a one-time code: only a wrong code may be typed again; after any other answer we ask."""
    refused = _refused(error_text(message))
    if refused.reason == Reason.WRONG_CODE:
        return refused
    return question_error(message)


def error_text(message: Message) -> str:
    """Paynow's own words: printable, single-spaced, bounded."""
    printable = "".join(character if character.isprintable() else " " for character in message.get("error"))
    return " ".join(printable.split())[:200]


def _misconfigured(text: str) -> Misconfigured | None:
    for start, sentence in MISCONFIGURED.items():
        if text.lower().startswith(start):
            return Misconfigured(sentence)
    return None


def _refused(text: str) -> GatewayRefused:
    for start, (reason, sentence) in REFUSALS.items():
        if text.lower().startswith(start):
            return GatewayRefused(sentence, reason=reason)
    return GatewayRefused(f"Paynow refused: {text or 'no reason given'}", reason=Reason.OTHER)
