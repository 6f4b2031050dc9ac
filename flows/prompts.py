"""What the payer must do now, as messages: by the kind of prompt, never by the name of a gateway."""

from django.conf import settings
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from customer_data.gateway import NotSupported, PromptKind, find_method
from customer_data.models import Payment
from customer_data.phones import national
from flows import choices
from flows.outgoing import Buttons, Choice, Image, LinkButton, Outgoing
from flows.sentences import ENGLISH, say

PAGE_LABEL = "Open payment page"
APP_LABEL = "Open the app"


def prompt_messages(payment: Payment, *, language: str = ENGLISH) -> tuple[Outgoing, ...]:
    """What to do for a payment that is `pending`, in this order."""
    if not has_what_it_needs(payment):
        return (_buttons("nothing", payment, language, _another(payment), choices.talk_to_a_person()),)
    return _MESSAGES[PromptKind(payment.prompt)](payment, language)


def has_what_it_needs(payment: Payment) -> bool:
    """Whether the gateway's answer held what the payer needs to go on."""
    needed = {
        PromptKind.ENTER_CODE: payment.authorization_code,
        PromptKind.OPEN_PAGE: payment.redirect_url,
        PromptKind.PAY_INTO: payment.instructions,
        PromptKind.SUBMIT_PROOF: payment.instructions,
        PromptKind.NOTHING: "",
    }
    return bool(needed.get(PromptKind(payment.prompt), "a request on the phone"))


def method_label(payment: Payment) -> str:
    """What the customer calls the way to pay; also of a gateway that has been unplugged since."""
    try:
        return find_method(payment.payment_method)[1].label
    except NotSupported:
        return payment.payment_method.partition("_")[2].replace("_", " ").capitalize() or payment.payment_method


def _approve_on_phone(payment: Payment, language: str) -> tuple[Outgoing, ...]:
    return (_buttons("approve_on_phone", payment, language, _paid(payment), _again(payment), _another(payment)),)


def _enter_code(payment: Payment, language: str) -> tuple[Outgoing, ...]:
    code = _buttons("enter_code", payment, language, _paid(payment), _another(payment))
    picture = Image(_words("code_picture", payment, language), source=f"qr:{payment.authorization_code}")
    link = _app_link(payment)
    return (
        (code, picture, LinkButton(_words("code_link", payment, language), label=APP_LABEL, url=link)) if link else (code, picture)
    )


def _type_otp(payment: Payment, language: str) -> tuple[Outgoing, ...]:
    return (_buttons("type_otp", payment, language, _paid(payment), _another(payment)),)


def _open_page(payment: Payment, language: str) -> tuple[Outgoing, ...]:
    page = LinkButton(_words("open_page", payment, language), label=PAGE_LABEL, url=payment.redirect_url)
    return (page, _buttons("open_page_after", payment, language, _paid(payment), _another(payment)))


def _pay_into(payment: Payment, language: str) -> tuple[Outgoing, ...]:
    another = choices.another_way(payment.booking.booking_reference)
    return (_buttons("pay_into", payment, language, another, choices.talk_to_a_person()),)


_MESSAGES = {
    PromptKind.APPROVE_ON_PHONE: _approve_on_phone,
    PromptKind.ENTER_CODE: _enter_code,
    PromptKind.TYPE_OTP: _type_otp,
    PromptKind.OPEN_PAGE: _open_page,
    PromptKind.PAY_INTO: _pay_into,
    PromptKind.SUBMIT_PROOF: _pay_into,
}


def _buttons(name: str, payment: Payment, language: str, *taps: Choice) -> Buttons:
    return Buttons(_words(name, payment, language), choices=taps)


def _words(name: str, payment: Payment, language: str) -> str:
    return say(
        f"pay/prompt_{name}",
        language=language,
        payment=payment,
        booking=payment.booking,
        method=method_label(payment),
        phone=national(payment.phone) or payment.phone,
        expires=expiry(payment),
        otp_reference=payment.gateway_data.get("otp_reference", ""),
    )


def expiry(payment: Payment) -> str:
    """`14:30 on 21 November`, in Harare; empty when it has no end."""
    ends = payment.authorization_expires
    return "" if ends is None else f"{timezone.localtime(ends):%H:%M on %d %B}"


def _app_link(payment: Payment) -> str:
    """A web address that leads to the wallet's app, the only kind WhatsApp puts on a button: its own, or our page that links on."""
    if not payment.redirect_url or payment.redirect_url.startswith(("https://", "http://")):
        return payment.redirect_url
    try:
        page = reverse(f"{payment.gateway}-return")
    except NoReverseMatch:
        return ""
    return f"{settings.SITE_URL}{page}?reference={payment.reference}"


def _paid(payment: Payment) -> Choice:
    return choices.i_have_paid(payment.reference)


def _again(payment: Payment) -> Choice:
    return choices.send_it_again(payment.reference)


def _another(payment: Payment) -> Choice:
    return choices.use_another_wallet(payment.booking.booking_reference)
