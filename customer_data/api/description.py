"""What the OpenAPI description says about the two doors, with every status they answer and every code in it."""

from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema

from customer_data.api.body import LARGEST_BYTES
from customer_data.api.idempotency import LONGEST_KEY
from customer_data.api.serializers import ErrorAnswer, InitiateAnswer, InitiateRequest, StatusAnswer
from customer_data.gateway import gateways

_PAYMENT_ID = "0b9e6d1c-5a3f-4f5e-9a55-6c7b1f0e2d31"
_ASKED = {
    "booking_reference": "BK7K3M9QX2TAZ",
    "payment_method": "ecocash",
    "phone": "0771234567",
    "customer_email": "rudo@example.com",
    "amount_option": "deposit",
}
_ASKED_BY_CARD = {
    "booking_reference": "BK7K3M9QX2TAZ",
    "payment_method": "card",
    "customer_email": "rudo@example.com",
    "return_url": "https://example.com/thanks",
}
_STARTED = {
    "payment_id": _PAYMENT_ID,
    "reference": "9QX2TAZ7K3M",
    "payment_type": "mobile",
    "status": "created",
    "paid": False,
    "poll_url": f"https://pay.example.com/crm-api/payments/paynow/status/{_PAYMENT_ID}/",
    "message": "A request is on its way to the phone. The payer approves it there with the PIN.",
}
_STANDS = {
    "payment_id": _PAYMENT_ID,
    "reference": "9QX2TAZ7K3M",
    "booking_reference": "BK7K3M9QX2TAZ",
    "status": "successful",
    "paid": True,
    "amount": "115.50",
    "currency": "USD",
    "payment_method": "paynow_ecocash",
    "gateway_status": "Paid",
    "created_at": "2026-03-02T08:15:00+00:00",
    "updated_at": "2026-03-02T08:15:41+00:00",
}


def _error(meaning: str, *codes: str) -> OpenApiResponse:
    listed = ", ".join(f"`{code}`" for code in codes)
    return OpenApiResponse(ErrorAnswer, f"{meaning} Codes: {listed}.")


_ALWAYS = {
    401: _error("No API key, or not a valid one.", "not_authenticated", "invalid_api_key"),
    405: _error("This address takes another method; see `Allow`.", "method_not_allowed"),
    406: _error("Only JSON is answered.", "not_acceptable"),
    429: _error("Too many requests with this key or from this address; see `Retry-After`.", "throttled"),
    500: _error("Our fault. Try again, with the same `Idempotency-Key` if there was one.", "server_error"),
}
_OF_FIELDS = (
    *("required", "null", "blank", "invalid", "invalid_choice", "max_length"),
    *("null_characters_not_allowed", "surrogate_characters_not_allowed"),
)
_CANNOT_BE_DONE = (
    *("method_unknown", "method_unavailable", "amount_too_small", "amount_too_large", "amount_option_unknown", "deposit_not_due"),
    *("card_number", "limit_reached", "too_many_attempts", "not_accepted", "no_seats"),
    *("phone_required", "phone_invalid", "phone_foreign", "phone_of_another_wallet", "email_required", "email_invalid"),
    "idempotency_key_reused",
)
_GATEWAY = OpenApiParameter(
    "gateway",
    str,
    OpenApiParameter.PATH,
    enum=sorted(gateway.name for gateway in gateways() if gateway.is_in_forms),
    description="Who collects the money.",
)
_RETRY_AFTER = OpenApiParameter("Retry-After", int, OpenApiParameter.HEADER, response=[429], description="Seconds to wait.")
_IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
    OpenApiParameter.HEADER,
    description=f"Of the caller's choosing, new for each new request. 1 to {LONGEST_KEY} printable characters.",
)
_EXAMPLE_OF_AN_ERROR = OpenApiExample(
    "A number of another wallet",
    {"error": {"code": "phone_of_another_wallet", "message": "0781234567 is not an OneMoney number.", "field": "phone"}},
    response_only=True,
    status_codes=["422"],
)

INITIATE = extend_schema(
    operation_id="initiate_payment",
    summary="Start a payment for a booking",
    description=(
        "Opens a payment and hands it to the gateway in the background: the answer says what happens next, `poll_url` how it "
        "went. The amount follows from the booking. Fields that are not listed, such as `amount`, are ignored.\n\n"
        "With an `Idempotency-Key` the same request is done once, also when it is sent several times at once: every answer is the "
        "first one. The key belongs to the API key. It may be used again after an error, because nothing was "
        "done. Without it, an open payment for the same booking, method, phone and amount is returned instead of a second one; "
        "another method, phone or amount replaces the open payment."
    ),
    parameters=[_GATEWAY, _IDEMPOTENCY_KEY, _RETRY_AFTER],
    request=InitiateRequest,
    responses={
        202: InitiateAnswer,
        **_ALWAYS,
        400: _error(
            "The body cannot be read, or a field is missing or malformed.", "parse_error", *_OF_FIELDS, "idempotency_key_invalid"
        ),
        404: _error("There is no such gateway or booking.", "gateway_unknown", "booking_unknown"),
        409: _error("The booking is already paid, or cancelled.", "nothing_to_pay", "booking_cancelled"),
        413: _error(f"The body has more than {LARGEST_BYTES // 1024} kB.", "body_too_large"),
        415: _error("The body is not JSON.", "unsupported_media_type"),
        422: _error("Readable, but it cannot be done; `field` names what to correct.", *_CANNOT_BE_DONE),
    },
    examples=[
        OpenApiExample("A deposit by EcoCash", _ASKED, request_only=True),
        OpenApiExample("Everything by card", _ASKED_BY_CARD, request_only=True),
        OpenApiExample("Started", _STARTED, response_only=True, status_codes=["202"]),
        _EXAMPLE_OF_AN_ERROR,
    ],
)

STATUS = extend_schema(
    operation_id="payment_status",
    summary="How a payment stands",
    description=(
        "Answers at once with what is known. A payment that has waited for over 30 seconds is also asked about in the "
        "background, as often as the gateway allows. A key sees the payments of every booking of this business."
    ),
    parameters=[_GATEWAY, _RETRY_AFTER],
    responses={
        200: StatusAnswer,
        **_ALWAYS,
        404: _error("There is no such gateway or payment.", "gateway_unknown", "payment_unknown"),
    },
    examples=[OpenApiExample("Paid", _STANDS, response_only=True, status_codes=["200"])],
)
