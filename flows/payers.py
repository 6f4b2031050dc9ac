"""Who pays, when it is not the one who chats: another number in Zimbabwe, or somebody abroad by card."""

from datetime import timedelta

from django.utils import timezone

from customer_data.gateway import Method, PromptKind
from customer_data.models import Booking, Customer, Payment
from customer_data.offer import CannotPay, methods_for
from customer_data.phones import NotAPhoneNumber, national, parse_phone

MOST_NEW_PAYERS = 5
"""So many different numbers may be asked to pay for one booking within a day: nobody is to be bothered through us."""


def number_of(text: str) -> str:
    """What was typed as a payer's number, in E.164. Raises CannotPay with a sentence for the customer."""
    try:
        return parse_phone(text)
    except NotAPhoneNumber as error:
        raise CannotPay("phone_invalid", str(error), field="phone") from None


def is_own_number(customer: Customer, phone: str) -> bool:
    return phone in (f"+{customer.wa_id}", customer.phone)


def payer_with(phone: str, *, booking: Booking) -> Customer:
    """The customer with this number, made when we do not know it yet. Raises CannotPay when too many have been asked today."""
    known = Customer.objects.filter(wa_id=phone.removeprefix("+")).first()
    _check_number_of_payers(booking, known)
    if known is not None:
        return known
    payer, _ = Customer.objects.get_or_create(wa_id=phone.removeprefix("+"), defaults={"phone": phone})
    return payer


def wallets_for(currency: str, phone: str) -> list[Method]:
    """The wallets that a number in Zimbabwe can have; none for a foreign one: it never gets a request."""
    number = national(phone)
    wallets = [method for _, method in methods_for(currency) if method.needs_phone]
    fitting = [method for method in wallets if number and (not method.phone_prefixes or number.startswith(method.phone_prefixes))]
    return sorted(fitting, key=lambda method: len(method.phone_prefixes) or 99)  # the operator's own wallet first


def page_method(currency: str) -> Method | None:
    """The way to pay on a page, which works from anywhere; None when there is none in `currency`."""
    return next((method for _, method in methods_for(currency) if method.prompt == PromptKind.OPEN_PAGE), None)


def _check_number_of_payers(booking: Booking, known: Customer | None) -> None:
    since = timezone.now() - timedelta(days=1)
    asked = Payment.objects.filter(booking=booking, payer__isnull=False, created_at__gte=since).values_list("payer_id", flat=True)
    others = set(asked) - {known.pk if known else None}
    if len(others) >= MOST_NEW_PAYERS:
        sentence = "Enough people were asked to pay for this booking today. Write to us here and a person will help you."
        raise CannotPay("too_many_payers", sentence, field="phone")
