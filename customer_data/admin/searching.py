"""What a member of staff may type to find somebody: a reference in any form, a phone number in any form, or a part of a name."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from customer_data.models import Payment
from customer_data.phones import NotAPhoneNumber, national, parse_phone
from customer_data.references import read_reference

LEAST_PART = 3
BOOKING_PREFIX = "BK"

_FORGIVEN = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, " ": None})


@dataclass(frozen=True)
class Typed:
    """One search text, and what it can mean. What it cannot mean is empty."""

    text: str
    reference: str
    booking_reference: str
    phones: tuple[str, ...]  # as we may have stored it
    wa_id: str

    @property
    def is_exact(self) -> bool:
        """Whether it names one payment, booking or person, so that parts of names need not be looked through."""
        return bool(self.reference or self.booking_reference or self.phones)

    @property
    def start_of_reference(self) -> str:
        return self.text.upper().translate(_FORGIVEN) if len(self.text) >= LEAST_PART else ""

    @property
    def end_of_phone(self) -> str:
        digits = "".join(self.text.split())
        return digits if digits.isascii() and digits.isdigit() and len(digits) >= LEAST_PART else ""


def read_typed(text: str) -> Typed:
    """`text` understood as far as possible: lower case, spaces, dashes, O for 0 and I or L for 1 are forgiven."""
    plain = " ".join(text.split())
    phone = _phone(plain)
    return Typed(
        text=plain,
        reference=_reference(plain),
        booking_reference=_booking_reference(plain),
        phones=tuple(form for form in (phone, phone.removeprefix("+"), national(phone)) if form) if phone else (),
        wa_id=phone.removeprefix("+"),
    )


def payments_like(text: str) -> Q:
    """Payments by reference, booking, phone, the gateway's reference, e-mail, or the customer's name."""
    typed = read_typed(text)
    found = Q(gateway_reference__iexact=typed.text) | _booking(typed, "booking__") | _customer(typed, "booking__customer__")
    if typed.reference:
        found |= Q(reference=typed.reference)
    if typed.phones:
        found |= Q(phone__in=typed.phones)
    if typed.is_exact:
        return found
    found |= Q(email__iexact=typed.text)
    if typed.start_of_reference:
        found |= Q(reference__startswith=typed.start_of_reference)
    return found | Q(phone__endswith=typed.end_of_phone) if typed.end_of_phone else found


def bookings_like(text: str) -> Q:
    """Bookings by their reference, a payment's reference, phone, title, or the customer's name."""
    typed = read_typed(text)
    found = _booking(typed, "") | _customer(typed, "customer__")
    if typed.reference:
        found |= Q(pk__in=Payment.objects.filter(reference=typed.reference).values("booking"))
    if typed.phones:
        found |= Q(pk__in=Payment.objects.filter(phone__in=typed.phones).values("booking"))
    return found if typed.is_exact else found | Q(title__icontains=typed.text)


def customers_like(text: str) -> Q:
    """Customers by phone, WhatsApp number, e-mail, or a part of the name."""
    return _customer(read_typed(text), "")


def _booking(typed: Typed, to: str) -> Q:
    """`to`: the way from the searched rows to a booking."""
    found = Q(**{f"{to}booking_reference__iexact": typed.text})
    if typed.booking_reference:
        found |= Q(**{f"{to}booking_reference": typed.booking_reference})
    elif not typed.is_exact and typed.start_of_reference.startswith(BOOKING_PREFIX):
        found |= Q(**{f"{to}booking_reference__startswith": typed.start_of_reference})
    return found


def _customer(typed: Typed, to: str) -> Q:
    """`to`: the way from the searched rows to a customer."""
    if typed.phones:
        return Q(**{f"{to}phone__in": typed.phones}) | Q(**{f"{to}wa_id": typed.wa_id})
    if typed.is_exact:
        return Q(pk__in=())
    found = Q(**{f"{to}name__icontains": typed.text}) | Q(**{f"{to}email__iexact": typed.text})
    if typed.end_of_phone:
        found |= Q(**{f"{to}phone__endswith": typed.end_of_phone}) | Q(**{f"{to}wa_id__endswith": typed.end_of_phone})
    return found


def _phone(text: str) -> str:
    try:
        return parse_phone(text)
    except NotAPhoneNumber:
        return ""


def _reference(text: str) -> str:
    try:
        return read_reference(text)
    except ValueError:
        return ""


def _booking_reference(text: str) -> str:
    if text[:2].upper() != BOOKING_PREFIX:
        return ""
    rest = _reference(text[2:])
    return f"{BOOKING_PREFIX}{rest}" if rest else ""
