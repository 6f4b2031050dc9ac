"""The payment Flow as Flow JSON: choose how to pay, wait for the wallet, type a code, and how it ended.

No card number and no amount is ever typed: amounts are choices that follow from the booking, cards are paid on the gateway's
own page. The screens only go forward; a correction is the same screen again with a message, decided by our endpoint.
https://developers.facebook.com/documentation/business-messaging/whatsapp/flows/reference/flowjson (edition of 2026-03-24)
"""

from flows.definitions.components import (
    Json,
    body,
    caption,
    choice,
    data,
    data_exchange,
    flag_data,
    footer,
    form,
    heading,
    link,
    only_if,
    open_url,
    option,
    options_data,
    screen,
    subheading,
    text_data,
    texts_data,
)

FLOW_NAME = "payment_whatsapp_flow"

PAYMENT = "PAYMENT"
PAYMENT_PROCESSING = "PAYMENT_PROCESSING"
PAYMENT_OTP = "PAYMENT_OTP"
PAYMENT_SUCCESS = "PAYMENT_SUCCESS"
PAYMENT_ERROR = "PAYMENT_ERROR"
SCREENS = (PAYMENT, PAYMENT_PROCESSING, PAYMENT_OTP, PAYMENT_SUCCESS, PAYMENT_ERROR)

PAYMENT_FIELDS = ("payment_method", "amount_option", "phone", "email")

# What `next` says in the payload of a button or link.
CHECK = "check"
CHANGE_METHOD = "change_method"
RETRY = "retry"
DONE = "done"
CLOSE = "close"

ROUTES = {
    # The code screen never follows the form directly, but a route forward is what allows "Use another method" to lead back.
    PAYMENT: [PAYMENT_PROCESSING, PAYMENT_OTP, PAYMENT_SUCCESS, PAYMENT_ERROR],
    PAYMENT_PROCESSING: [PAYMENT_OTP, PAYMENT_SUCCESS, PAYMENT_ERROR],
    PAYMENT_OTP: [PAYMENT_SUCCESS, PAYMENT_ERROR],
    PAYMENT_SUCCESS: [],
    PAYMENT_ERROR: [],
}

_EXAMPLE_REFERENCE = "7K3M9QX2TAZ"
_EXAMPLE_DETAIL = f"US$ 231.00 · EcoCash · {_EXAMPLE_REFERENCE}"
# A PNG of one white pixel.
_EXAMPLE_IMAGE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTiPoQAAAABJRU5ErkJggg=="


def payment_screen() -> Json:
    """Where every Flow message opens: what is owed, and how the customer wants to pay it."""
    model = {
        "booking_title": text_data("Victoria Falls, three days"),
        "booking_line": text_data("Booking BK7Q2M9XKD · total US$ 231.00 · paid US$ 0.00"),
        "has_notice": flag_data(example=True),
        "notice": text_data("0771234567 is not a OneMoney number. Check it or choose another wallet."),
        "methods": options_data(
            option("ecocash", "EcoCash", "Approve on your phone with your PIN"),
            option("card", "Visa or Mastercard", "Pay on a secure page"),
        ),
        "amount_options": options_data(
            option("full", "Pay in full · US$ 231.00", "Nothing more to pay"),
            option("deposit", "Deposit · US$ 69.30", "The balance is due before you travel"),
        ),
        "phone_helper": text_data("The number that will pay, like 0771234567. Not needed for cards."),
        "init_values": texts_data({"payment_method": "ecocash", "amount_option": "full", "phone": "0771234567"}, PAYMENT_FIELDS),
        "error_messages": texts_data({"phone": "Not a OneMoney number"}, PAYMENT_FIELDS),
    }
    return screen(PAYMENT, "Pay for your booking", model=model, children=[_payment_form()])


def _payment_form() -> Json:
    fields = [
        choice("payment_method", label="How do you want to pay?", options=data("methods")),
        choice("amount_option", label="How much do you pay now?", options=data("amount_options")),
        {
            "type": "TextInput",
            "name": "phone",
            "label": "Mobile money number",
            "input-type": "phone",
            "required": False,
            "helper-text": data("phone_helper"),
        },
        {
            "type": "TextInput",
            "name": "email",
            "label": "E-mail for receipt",
            "input-type": "email",
            "required": False,
            "helper-text": "Your receipt is sent there.",
        },
    ]
    return {
        "type": "Form",
        "name": "payment",
        "init-values": data("init_values"),
        "error-messages": data("error_messages"),
        "children": [
            heading(data("booking_title")),
            caption(data("booking_line")),
            only_if(data("has_notice"), body(data("notice"))),
            *fields,
            footer("Pay now", data_exchange(**{name: form(name) for name in PAYMENT_FIELDS})),
        ],
    }


def processing_screen() -> Json:
    """While the wallet, the code or the card page has the customer's attention."""
    model = {
        "heading": text_data("Approve on your phone"),
        "instructions": text_data("EcoCash has sent a request to 0771234567. Type your PIN there, then tap Check status."),
        "detail": text_data(_EXAMPLE_DETAIL),
        "has_code": flag_data(example=True),
        "code": text_data("30 12 26 24"),
        "code_expires": text_data("The code is valid until 14:05."),
        "has_qr": flag_data(example=True),
        "qr_image": text_data(_EXAMPLE_IMAGE),
        "has_link": flag_data(example=True),
        "link_url": text_data("https://www.paynow.co.zw/Payment/ConfirmPayment/123"),
        "link_text": text_data("Open the card page"),
        "payment_reference": text_data(_EXAMPLE_REFERENCE),
    }
    children = [
        heading(data("heading")),
        body(data("instructions")),
        only_if(data("has_code"), subheading(data("code")), caption(data("code_expires"))),
        only_if(data("has_qr"), _qr_image()),
        only_if(data("has_link"), link(data("link_text"), open_url(data("link_url")))),
        caption(data("detail")),
        link("Use another method", data_exchange(next=CHANGE_METHOD)),
        footer("Check status", data_exchange(next=CHECK)),
    ]
    return screen(PAYMENT_PROCESSING, "Payment in progress", model=model, children=children)


def _qr_image() -> Json:
    return {
        "type": "Image",
        "src": data("qr_image"),
        "height": 240,
        "scale-type": "contain",
        "alt-text": "QR code to scan in the app",
    }


def otp_screen() -> Json:
    """For a wallet that sends a code which the customer hands over to us.

    The input is a passcode: digits only, kept as text so that a leading zero survives, and hidden in the chat's summary.
    """
    model = {
        "instructions": text_data("O'mari has sent a code to 0771234567. Type it here to approve US$ 231.00."),
        "payment_reference": text_data(_EXAMPLE_REFERENCE),
    }
    otp = {
        "type": "TextInput",
        "name": "otp",
        "label": "Code",
        "input-type": "passcode",
        "required": True,
        "max-chars": 10,
        "helper-text": "The digits in the message you received.",
    }
    children = [
        heading("Type the code"),
        body(data("instructions")),
        otp,
        link("Use another method", data_exchange(next=CHANGE_METHOD)),
        footer("Confirm", data_exchange(otp=form("otp"))),
    ]
    otp_form = {"type": "Form", "name": "approval", "children": children}
    return screen(PAYMENT_OTP, "Approve the payment", model=model, children=[otp_form])


def success_screen() -> Json:
    """The payment counts."""
    model = {
        "heading": text_data("Paid, thank you"),
        "summary": text_data("US$ 231.00 for booking BK7Q2M9XKD.\nNothing more to pay."),
        "payment_reference": text_data(_EXAMPLE_REFERENCE),
        "status": text_data("successful"),
    }
    children = [heading(data("heading")), body(data("summary")), footer("Done", data_exchange(next=DONE))]
    return screen(PAYMENT_SUCCESS, "Paid", terminal=True, success=True, model=model, children=children)


def error_screen() -> Json:
    """The payment ended without money: why, and what to do."""
    model = {
        "heading": text_data("Not paid"),
        "reason": text_data("There is not enough money in this wallet. Nothing was taken."),
        "advice": text_data("Top it up and try again, or use another method."),
        "payment_reference": text_data(_EXAMPLE_REFERENCE),
        "status": text_data("failed"),
    }
    children = [
        heading(data("heading")),
        body(data("reason")),
        body(data("advice")),
        link("Try again", data_exchange(next=RETRY)),
        link("Use another method", data_exchange(next=CHANGE_METHOD)),
        footer("Close", data_exchange(next=CLOSE)),
    ]
    return screen(PAYMENT_ERROR, "Not paid", terminal=True, success=False, model=model, children=children)


PAYMENT_WHATSAPP_FLOW: Json = {
    "version": "7.3",
    "data_api_version": "3.0",
    "routing_model": ROUTES,
    "screens": [payment_screen(), processing_screen(), otp_screen(), success_screen(), error_screen()],
}
