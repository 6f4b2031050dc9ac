"""What a customer may be asked to pay for a booking, by which methods, and who pays. The amount always follows from the booking."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_UP, Decimal
from enum import StrEnum

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from customer_data.controls import closed_ways, over_the_limit
from customer_data.denying import REFUSED
from customer_data.gateway import Account, Gateway, Method, Misconfigured, NotSupported, find_method, gateways
from customer_data.models import Booking, Payment
from customer_data.money import CENT, show_amount
from customer_data.phones import NotAPhoneNumber, national, parse_phone
from customer_data.status import OPEN, Reason, Status
from customer_data.velocity import Attempt, look

MOST_SHARES = 20
"""Into how many equal shares the balance of one booking may be split."""


class AmountOption(StrEnum):
    FULL = "full"
    DEPOSIT = "deposit"
    BALANCE = "balance"


class CannotPay(Exception):
    """Nothing was opened. `code` is for machines, `field` names what to correct, the message is a sentence for the customer.

    `denial_id`: of the entry of the deny list that refused it. Whoever catches this notes it there.
    """

    def __init__(self, code: str, sentence: str, *, field: str = "", denial_id: int | None = None) -> None:
        super().__init__(sentence)
        self.code = code
        self.field = field
        self.denial_id = denial_id


@dataclass(frozen=True)
class Payer:
    """Who pays: `phone` in E.164 or empty, `email` or empty."""

    phone: str
    email: str


def owed(booking: Booking) -> Decimal:
    """What may still be asked for: nothing once it is cancelled. Test money pays nothing once the accounts take real money."""
    if booking.is_test and booking.cancelled_at is None and any(not account.is_test for account in _accounts_for(booking.currency)):
        return booking.total_amount
    return booking.balance


def amount_options(booking: Booking) -> dict[AmountOption, Decimal]:
    """The choices worth offering, with their amounts; empty when nothing is owed."""
    due = owed(booking)
    if due == 0:
        return {}
    if due < booking.total_amount:
        return {AmountOption.BALANCE: due}
    options = {AmountOption.FULL: due}
    if 0 < booking.deposit_amount < booking.total_amount:
        options[AmountOption.DEPOSIT] = booking.deposit_amount
    return options


def amount_for(booking: Booking, option: str) -> Decimal:
    """What `option` comes to now. `full` and `balance` both mean all that is still owed. Raises CannotPay."""
    if option not in list(AmountOption):
        raise CannotPay("amount_option_unknown", "Choose to pay in full, the deposit or the balance.", field="amount_option")
    if booking.cancelled_at is not None:
        sentence = f"Booking {booking.booking_reference} was cancelled. Please do not pay for it: write to us to book again."
        raise CannotPay("booking_cancelled", sentence)
    due = owed(booking)
    if due == 0:
        raise CannotPay("nothing_to_pay", f"Booking {booking.booking_reference} is paid. There is nothing more to pay.")
    if option != AmountOption.DEPOSIT:
        return due
    deposit_left = booking.deposit_amount - (booking.total_amount - due)
    if deposit_left <= 0:
        balance = show_amount(due, booking.currency)
        sentence = f"The deposit is paid, or none is asked for. Choose the balance of {balance}."
        raise CannotPay("deposit_not_due", sentence, field="amount_option")
    return min(deposit_left, due)


def share_of_balance(booking: Booking, shares: int) -> Decimal:
    """One of `shares` equal parts of what is owed now, a started cent counted whole: the last payer is never asked for more.

    Raises CannotPay.
    """
    due = amount_for(booking, AmountOption.BALANCE)
    if not 1 <= shares <= MOST_SHARES:
        raise CannotPay("shares_unknown", f"The balance can be shared by 2 to {MOST_SHARES} people.", field="amount_option")
    return (due / shares).quantize(CENT, rounding=ROUND_UP)


def unconfirmed(booking: Booking) -> Payment | None:
    """The attempt that may still bring money although nobody has seen it yet: before another is made, the customer hears of it.

    That is the open one; else the newest that ran out of time, or was replaced, after it had left us, while we still ask about
    it. Not what a gateway refused, what the payer cancelled, or what the gateway calls final: that brings nothing by itself.
    """
    # Few columns and a plain condition: every opening of a form asks this, and mostly there is nothing.
    columns = ("pk", "status", "sends_made", "is_final", "next_check_at", "reason_code")
    attempts = Payment.objects.filter(booking_id=booking.pk, status__in=[*OPEN, Status.EXPIRED]).order_by("-created_at")
    rows = list(attempts.values_list(*columns))
    is_open = [pk for pk, status, *_ in rows if status in OPEN]
    may_come = is_open or [pk for pk, _, *facts in rows if _is_still_asked_about(*facts)]
    return Payment.objects.select_related("booking__customer", "payer").get(pk=may_come[0]) if may_come else None


def _is_still_asked_about(sends_made: int, is_final: bool, next_check_at: datetime | None, reason_code: str) -> bool:  # noqa: FBT001
    return sends_made > 0 and not is_final and next_check_at is not None and reason_code != Reason.NOT_NEEDED


@dataclass(frozen=True)
class Ways:
    """The ways to pay that are offered now, and what customers are told about those that staff have switched off."""

    offered: list[tuple[Gateway, Method]]
    told: tuple[str, ...]


def ways_to_pay(currency: str, *, in_forms: bool = True) -> Ways:
    """The ways to pay in `currency` that are plugged in and have an account: those of forms, or those told beside them."""
    ways = list(_ways(currency, in_forms=in_forms))
    closed = closed_ways(ways)
    return Ways([way for way in ways if way[1].name not in closed], tuple(dict.fromkeys(closed.values())))


def methods_for(currency: str) -> list[tuple[Gateway, Method]]:
    """The ways to pay in `currency` that forms offer now."""
    return ways_to_pay(currency).offered


def methods_beside_forms(currency: str) -> list[tuple[Gateway, Method]]:
    """The ways to pay in `currency` that only the chat and staff offer now, such as a bank transfer."""
    return ways_to_pay(currency, in_forms=False).offered


def _ways(currency: str, *, in_forms: bool) -> Iterator[tuple[Gateway, Method]]:
    for gateway in gateways():
        methods = [method for method in gateway.capabilities().methods_in(currency) if method.in_forms == in_forms]
        if methods and _has_account(gateway, currency):
            yield from ((gateway, method) for method in methods if gateway.is_ready(method, currency))


def method_chosen(choice: str, currency: str) -> Method:
    """The way to pay that a form calls `choice`. Raises CannotPay: another wallet is never chosen instead."""
    for gateway in gateways():  # whether it has an account is asked when the payment is opened
        for method in gateway.capabilities().methods_in(currency):
            if method.choice == choice and method.in_forms:
                return method
    raise CannotPay("method_unknown", "Choose one of the ways to pay that are listed.", field="payment_method")


def choose_method(payment_method: str, currency: str, amount: Decimal) -> tuple[Gateway, Method, Account]:
    """The gateway, method and account for a new payment. Raises CannotPay: another wallet is never chosen instead."""
    try:
        gateway, method = find_method(payment_method)
        account = gateway.account_for(currency)
    except NotSupported:
        raise CannotPay("method_unknown", "Choose one of the ways to pay that are listed.", field="payment_method") from None
    except Misconfigured:
        raise _not_available(currency) from None
    if not gateway.is_ready(method, currency):
        raise _not_available(currency)
    if told := closed_ways([(gateway, method)]).get(method.name):
        raise CannotPay("method_unavailable", told, field="payment_method")
    _check_limits(gateway, method, currency, amount)
    return gateway, method, account


def _not_available(currency: str) -> CannotPay:
    sentence = f"This way to pay is not available in {currency} now. Choose another one."
    return CannotPay("method_unavailable", sentence, field="payment_method")


def check_our_limits(attempt: Attempt) -> None:
    """Who may not pay, who tries too often, how much we take. Inside the transaction that opens the payment. Raises CannotPay."""
    standing = look(attempt)
    if standing.denial_id is not None:
        raise CannotPay("not_accepted", REFUSED, denial_id=standing.denial_id)
    if standing.too_often is not None:
        raise CannotPay("too_many_attempts", standing.too_often.sentence)
    if sentence := over_the_limit(attempt, standing):
        raise CannotPay("limit_reached", sentence, field="amount_option")


def payer_for(method: Method, *, phone: str, email: str, booking: Booking, is_test: bool) -> Payer:
    """The payer's phone and e-mail, what was typed before what we know. Raises CannotPay.

    Nobody's address but the customer's own is ever used: receipts go there.
    """
    return Payer(
        phone=_phone_for(method, phone.strip() or booking.customer.known_phone, is_test=is_test) if method.needs_phone else "",
        email=_email_for(method, email.strip() or booking.customer.email, is_test=is_test),
    )


def _has_account(gateway: Gateway, currency: str) -> bool:
    return bool(list(_accounts_of([gateway], currency)))


def _accounts_for(currency: str) -> Iterator[Account]:
    return _accounts_of(gateways(), currency)


def _accounts_of(those: Iterable[Gateway], currency: str) -> Iterator[Account]:
    for gateway in those:
        with suppress(Misconfigured):
            yield gateway.account_for(currency)


def _check_limits(gateway: Gateway, method: Method, currency: str, amount: Decimal) -> None:
    capabilities = gateway.capabilities()
    if method not in capabilities.methods_in(currency):
        sentence = f"{method.label} does not take {currency}. Choose another way to pay."
        raise CannotPay("method_unavailable", sentence, field="payment_method")
    least, most = capabilities.least.get(currency), capabilities.most.get(currency)
    if least is not None and amount < least:
        sentence = f"{method.label} takes {show_amount(least, currency)} or more. Choose another way to pay."
        raise CannotPay("amount_too_small", sentence, field="payment_method")
    if most is not None and amount > most:
        sentence = f"{method.label} takes {show_amount(most, currency)} at most. Choose another way to pay."
        raise CannotPay("amount_too_large", sentence, field="payment_method")


def _phone_for(method: Method, text: str, *, is_test: bool) -> str:
    if not text:
        raise CannotPay("phone_required", f"Type the {method.label} number that will pay, like 0771234567.", field="phone")
    try:
        phone = parse_phone(text)
    except NotAPhoneNumber as error:
        raise CannotPay("phone_invalid", str(error), field="phone") from None
    number = national(phone)
    if is_test and number in method.test_phones:
        return phone
    if not number:
        sentence = f"{method.label} needs a number in Zimbabwe, like 0771234567."
        raise CannotPay("phone_foreign", sentence, field="phone")
    if method.phone_prefixes and not number.startswith(method.phone_prefixes):
        starts = " or ".join(method.phone_prefixes)
        sentence = f"{number} is not a {method.label} number: those start with {starts}. Check it or choose another wallet."
        raise CannotPay("phone_of_another_wallet", sentence, field="phone")
    return phone


def _email_for(method: Method, email: str, *, is_test: bool) -> str:
    if not email:
        if method.needs_email and not is_test:
            raise CannotPay("email_required", "Type your e-mail address. Your receipt is sent there.", field="email")
        return ""
    try:
        validate_email(email)
    except ValidationError:
        raise CannotPay("email_invalid", "That is not an e-mail address. Write it like name@example.com.", field="email") from None
    return email
