"""Opening a payment, and closing one that nobody waits for any more."""

import logging
from dataclasses import dataclass
from decimal import Decimal

from django.db import transaction
from django.utils import timezone

from customer_data import correlation
from customer_data.gateway import Account, Gateway, Method
from customer_data.models import Booking, Payment
from customer_data.offer import (
    AmountOption,
    CannotPay,
    Payer,
    amount_for,
    check_our_limits,
    choose_method,
    payer_for,
    share_of_balance,
)
from customer_data.schedule import TASK_LOST_AFTER
from customer_data.seats import NoSeats, keep_seats_while_paying
from customer_data.status import OPEN, Reason, Status
from customer_data.velocity import Attempt

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class PaymentRequest:
    """What a customer asks for. There is no amount in it: that follows from the booking, and from how many share the balance."""

    booking_id: int
    payment_method: str
    amount_option: str
    phone: str = ""
    email: str = ""
    return_url: str = ""
    payer_id: int | None = None  # another customer who pays; None: the one who booked
    shares: int = 1  # of the balance, this payment is one


def open_payment(request: PaymentRequest, *, source: str, actor: str = "") -> Payment:
    """Open a payment, or return the open one when the customer asks for the same again.

    Another method, wallet, payer or amount closes the first attempt, which is still asked about. Raises CannotPay.
    """
    with transaction.atomic():
        # Two taps at once: the second waits here and then finds the first one's payment.
        locked = Booking.objects.select_for_update(of=("self",)).select_related("customer").get(pk=request.booking_id)
        return open_payment_of(locked, request, source=source, actor=actor)


def open_payment_of(booking: Booking, request: PaymentRequest, *, source: str, actor: str = "") -> Payment:
    """As `open_payment`, for a caller who holds the lock of `booking` and has read it under that lock, its customer too."""
    amount = _amount(booking, request)
    gateway, method, account = choose_method(request.payment_method, booking.currency, amount)
    payer = payer_for(method, phone=request.phone, email=request.email, booking=booking, is_test=account.is_test)
    for current in _open_payments(booking):
        if _is_the_same(current, method, amount, payer) and current.payer_id == request.payer_id:
            return current
        expire_payment(current, source=source, actor=actor, reason=Reason.METHOD_CHANGED)
    check_our_limits(Attempt(booking, amount, payer.phone, payer.email, request.payer_id, account.is_test))
    _keep_seats(booking)
    payment = _new_payment(request, booking, amount, gateway, method, account, payer)
    payment.open(source=source, actor=actor, details=_as_asked(request))
    correlation.step(logger, "payment opened", payment=payment.reference, gateway=payment.gateway, method=payment.payment_method)
    return payment


def asked_again(payment: Payment) -> PaymentRequest:
    """The request that opened `payment`, to be made once more."""
    opening = payment.events.filter(from_status="").order_by("pk").first()
    asked = opening.details if opening is not None else {}
    return PaymentRequest(
        booking_id=payment.booking_id,
        payment_method=payment.payment_method,
        amount_option=asked.get("amount_option") or AmountOption.BALANCE,
        phone=payment.phone,
        email=payment.email,
        return_url=payment.return_url,
        payer_id=payment.payer_id,
        shares=asked.get("shares") or 1,
    )


def expire_payment(
    payment: Payment, *, source: str, actor: str = "", reason: Reason = Reason.TIMED_OUT, sentence: str = ""
) -> bool:
    """Stop waiting for an open payment; False when it moved meanwhile. It is still asked about: late money is money."""
    was_sent = payment.sends_made > 0
    event = payment.move_to(
        Status.EXPIRED,
        source=source,
        actor=actor,
        reason=sentence or reason.label,
        reason_code=reason,
        otp="",
        next_check_at=timezone.now() if was_sent else None,
    )
    return event is not None


def _amount(booking: Booking, request: PaymentRequest) -> Decimal:
    return amount_for(booking, request.amount_option) if request.shares == 1 else share_of_balance(booking, request.shares)


def _as_asked(request: PaymentRequest) -> dict[str, str | int]:
    """Kept in the trail: by which choice the amount came about."""
    return {"amount_option": str(request.amount_option), "shares": request.shares}


def _keep_seats(booking: Booking) -> None:
    """Nobody is asked to pay for seats that somebody else has. Raises CannotPay."""
    try:
        keep_seats_while_paying(booking)
    except NoSeats as error:
        raise CannotPay("no_seats", f"Your seats were kept for a while and are no longer free. {error}") from None


def _open_payments(booking: Booking) -> list[Payment]:
    """None or one. Its many columns are read only when there is one, which is seldom."""
    open_ids = list(booking.payments.filter(status__in=OPEN).values_list("pk", flat=True))
    return list(Payment.objects.filter(pk__in=open_ids)) if open_ids else []


def _is_the_same(current: Payment, method: Method, amount: Decimal, payer: Payer) -> bool:
    asked = (current.payment_method, current.amount, current.phone)
    return asked == (method.name, amount, payer.phone)


def _new_payment(
    request: PaymentRequest, booking: Booking, amount: Decimal, gateway: Gateway, method: Method, account: Account, payer: Payer
) -> Payment:
    return Payment(
        booking=booking,
        amount=amount,
        currency=booking.currency,
        payment_method=method.name,
        payer_id=request.payer_id,
        phone=payer.phone,
        email=payer.email,
        is_test=account.is_test,
        gateway=gateway.name,
        account=account.id,
        prompt=method.prompt,
        return_url=request.return_url,
        next_check_at=timezone.now() + TASK_LOST_AFTER,
    )
