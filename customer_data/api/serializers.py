"""The shapes of the API: what may be sent, what is answered."""

from typing import Any
from urllib.parse import urlsplit

from rest_framework import serializers

from customer_data.gateway import PromptKind
from customer_data.models import Payment
from customer_data.offer import AmountOption
from customer_data.status import Status

PAYMENT_TYPE_OF = {
    PromptKind.APPROVE_ON_PHONE: "mobile",
    PromptKind.OPEN_PAGE: "redirect",
    PromptKind.ENTER_CODE: "code",
    PromptKind.TYPE_OTP: "otp",
}


class InitiateRequest(serializers.Serializer[dict[str, str]]):
    """There is no amount: it follows from the booking. Fields that are not listed are ignored."""

    booking_reference = serializers.CharField(max_length=32)
    payment_method = serializers.CharField(
        max_length=32, help_text="One of the gateway's: ecocash, onemoney, innbucks, omari, card."
    )
    phone = serializers.CharField(max_length=32, required=False, allow_blank=True, default="")
    customer_email = serializers.CharField(max_length=254, required=False, allow_blank=True, default="")
    amount_option = serializers.ChoiceField(choices=[option.value for option in AmountOption], required=False, default="full")
    return_url = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")

    def validate_return_url(self, text: str) -> str:
        """Where the payer's browser goes after a card page: an absolute web address without a user name in it."""
        if not text:
            return ""
        try:
            parts = urlsplit(text)
            is_address = parts.scheme in ("http", "https") and parts.hostname and "@" not in parts.netloc and parts.port != 0
        except ValueError:
            is_address = False
        if not is_address or not text.isascii() or not text.isprintable() or " " in text or "\\" in text:
            raise serializers.ValidationError("must be a full web address, like https://example.com/thanks.", "invalid")
        return text


class InitiateAnswer(serializers.Serializer[dict[str, Any]]):
    payment_id = serializers.UUIDField()
    reference = serializers.CharField()
    payment_type = serializers.ChoiceField(choices=sorted(set(PAYMENT_TYPE_OF.values())))
    status = serializers.ChoiceField(choices=Status.choices)
    paid = serializers.BooleanField()
    poll_url = serializers.URLField(help_text="Where to ask how the payment stands; ours, with the same API key.")
    redirect_url = serializers.URLField(required=False, help_text="Where the payer pays; known once the gateway has answered.")
    message = serializers.CharField(help_text="What happens next, in a sentence.")


class StatusAnswer(serializers.Serializer[dict[str, Any]]):
    payment_id = serializers.UUIDField()
    reference = serializers.CharField()
    booking_reference = serializers.CharField()
    status = serializers.ChoiceField(choices=Status.choices)
    paid = serializers.BooleanField(help_text="True while the status is `successful`, and only then.")
    amount = serializers.RegexField(r"^\d+\.\d{2}$", help_text="Two decimals, as text.")
    currency = serializers.CharField()
    payment_method = serializers.CharField()
    gateway_status = serializers.CharField(allow_blank=True, help_text="The gateway's own word; empty before it has said one.")
    instructions = serializers.CharField(required=False)
    authorization_code = serializers.CharField(required=False)
    authorization_expires = serializers.DateTimeField(required=False)
    redirect_url = serializers.URLField(required=False)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ErrorDetail(serializers.Serializer[dict[str, str]]):
    code = serializers.CharField()
    message = serializers.CharField()
    field = serializers.CharField(required=False)


class ErrorAnswer(serializers.Serializer[dict[str, Any]]):
    error = ErrorDetail()


def describe_initiated(payment: Payment, *, poll_url: str, message: str) -> dict[str, Any]:
    answer = {
        "payment_id": str(payment.pk),
        "reference": payment.reference,
        "payment_type": PAYMENT_TYPE_OF.get(PromptKind(payment.prompt), "redirect"),
        "status": payment.status,
        "paid": payment.is_paid,
        "poll_url": poll_url,
        "message": message,
    }
    return {**answer, "redirect_url": payment.redirect_url} if payment.redirect_url else answer


def describe_status(payment: Payment) -> dict[str, Any]:
    """Everything a caller may know. Addresses and codes that are secrets of the server are not among it."""
    answer: dict[str, Any] = {
        "payment_id": str(payment.pk),
        "reference": payment.reference,
        "booking_reference": payment.booking.booking_reference,
        "status": payment.status,
        "paid": payment.is_paid,
        "amount": f"{payment.amount:.2f}",
        "currency": payment.currency,
        "payment_method": payment.payment_method,
        "gateway_status": payment.gateway_status,
        "created_at": payment.created_at.isoformat(),
        "updated_at": payment.updated_at.isoformat(),
    }
    expires = payment.authorization_expires
    extra = {
        "instructions": payment.instructions,
        "authorization_code": payment.authorization_code,
        "authorization_expires": expires.isoformat() if expires else "",
        "redirect_url": payment.redirect_url,
    }
    return answer | {name: value for name, value in extra.items() if value}
