"""What a member of staff may type to find somebody: a reference in any form, a phone number in any form, the start of a name.

Each meaning of the text is looked up by an index of its own, and what is found is put together by key: one question with *or* over
several tables would read all of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin.utils import quote
from django.contrib.postgres.search import SearchQuery
from django.db.models import F, Model, Q, QuerySet
from django.db.models.functions import Upper
from django.urls import reverse

from customer_data.admin.page import may_see
from customer_data.models import Booking, Customer, Payment
from customer_data.models.finding import Backwards, Words
from customer_data.phones import NotAPhoneNumber, national, parse_phone
from customer_data.references import read_reference

LEAST_PART = 3
LONGEST_TYPED = 200
BOOKING_PREFIX = "BK"

MOST_FOUND = 1_000
"""Of each meaning of what was typed. Nobody reads further; they type more."""

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
        """Whether it names one payment, booking or person, so that names need not be looked through."""
        return bool(self.reference or self.booking_reference or self.phones)

    @property
    def start_of_reference(self) -> str:
        return self.text.upper().translate(_FORGIVEN) if len(self.text) >= LEAST_PART else ""

    @property
    def end_of_phone(self) -> str:
        digits = "".join(self.text.split())
        return digits if digits.isascii() and digits.isdigit() and len(digits) >= LEAST_PART else ""

    @property
    def email(self) -> str:
        return self.text.upper() if "@" in self.text else ""

    @property
    def starts_of_words(self) -> str:
        """The text as PostgreSQL looks for the starts of words, such as `'chipo':* & 'dub':*`; empty when it has no word."""
        words = "".join(character if character.isalnum() else " " for character in self.text).split()
        return " & ".join(f"'{word}':*" for word in words[:6])


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


# --- The three kinds ------------------------------------------------------------------------------
def payments_like(text: str) -> Q:
    """Payments by reference, booking, phone, the gateway's reference, e-mail, or the customer's name."""
    typed = read_typed(text)
    found = {*_payments_themselves(typed)}
    bookings = _bookings_by_reference(typed)
    people = _people(typed)
    if people is None:
        return Q(booking__customer__in=_named(Customer, "name", typed))
    found |= _newest(Payment.objects.filter(booking__in=bookings)) if bookings else set()
    found |= _newest(Payment.objects.filter(booking__customer__in=people)) if people else set()
    return Q(pk__in=found)


def bookings_like(text: str) -> Q:
    """Bookings by their reference, a payment's reference, phone, title, or the customer's name."""
    typed = read_typed(text)
    people = _people(typed)
    titled = set() if typed.is_exact else _by_words(Booking, "title", typed)
    if people is None or titled is None:
        common = Q(customer__in=_named(Customer, "name", typed)) if people is None else Q()
        return common | (_words(Booking, "title", typed) if titled is None else Q())
    found = {*_bookings_by_reference(typed), *titled}
    found |= _newest(Booking.objects.filter(customer__in=people)) if people else set()
    if typed.reference or typed.phones:
        payments = Payment.objects.filter(pk__in=_payments_themselves(typed))
        found |= set(payments.values_list("booking", flat=True))
    return Q(pk__in=found)


def customers_like(text: str) -> Q:
    """Customers by phone, WhatsApp number, e-mail, or the start of a name."""
    typed = read_typed(text)
    people = _people(typed)
    return _words(Customer, "name", typed) if people is None else Q(pk__in=people)


def address_of_found(text: str, user: Any) -> str:
    """The page of the one payment that `text` names, else the list of those it names; then the same of bookings and customers.

    Where nothing is found, the list of payments, which says so.
    """
    plain = text.replace("\0", "").strip()[:LONGEST_TYPED]
    for model, like in ((Payment, payments_like), (Booking, bookings_like), (Customer, customers_like)):
        found = list(model._default_manager.filter(like(plain)).order_by()[:2]) if plain and may_see(user, model) else []
        if len(found) == 1:
            return reverse(f"admin:customer_data_{model._meta.model_name}_change", args=(quote(str(found[0].pk)),))
        if found:
            return _list_with(model, plain)
    return _list_with(Payment, plain)


def _list_with(model: type[Model], text: str) -> str:
    address = reverse(f"admin:customer_data_{model._meta.model_name}_changelist")
    return f"{address}?{urlencode({'q': text})}" if text else address


# --- One meaning at a time ------------------------------------------------------------------------
def _payments_themselves(typed: Typed) -> set[Any]:
    """By what stands on the payment's own row."""
    payments = Payment.objects.order_by()
    said = {typed.text, typed.text.upper(), typed.text.lower()}
    ways: list[QuerySet[Any]] = [payments.filter(gateway_reference__in=said - {""})]
    if typed.reference:
        ways.append(payments.filter(reference=typed.reference))
    if typed.phones:
        ways.append(_phone_is(payments, "phone", typed.phones))
    if not typed.is_exact and typed.start_of_reference:
        ways.append(payments.filter(reference__startswith=typed.start_of_reference))
    if not typed.is_exact and typed.end_of_phone:
        ways.append(_phone_ends(payments, "phone", typed.end_of_phone))
    if typed.email:
        ways.append(payments.annotate(shouted=Upper("email")).filter(~Q(email=""), shouted=typed.email))
    return _together(ways)


def _bookings_by_reference(typed: Typed) -> set[Any]:
    bookings = Booking.objects.order_by()
    if typed.booking_reference:
        return _together([bookings.filter(booking_reference=typed.booking_reference)])
    if typed.is_exact or not typed.text:
        return set()
    ways: list[QuerySet[Any]] = [bookings.annotate(shouted=Upper("booking_reference")).filter(shouted=typed.text.upper())]
    if typed.start_of_reference.startswith(BOOKING_PREFIX):
        ways.append(bookings.filter(booking_reference__startswith=typed.start_of_reference))
    return _together(ways)


def _people(typed: Typed) -> set[Any] | None:
    """Customers by phone, e-mail or name. None when so many have the name that a list is better read from its newest row on."""
    customers = Customer.objects.order_by()
    if typed.phones:
        return _together([_phone_is(customers, "phone", typed.phones), customers.filter(wa_id=typed.wa_id)])
    if typed.is_exact:
        return set()
    ways: list[QuerySet[Any]] = []
    if typed.end_of_phone:
        ways = [_phone_ends(customers, name, typed.end_of_phone) for name in ("phone", "wa_id")]
    if typed.email:
        ways.append(customers.annotate(shouted=Upper("email")).filter(shouted=typed.email))
    named = _by_words(Customer, "name", typed)
    return None if named is None else named | _together(ways)


def _by_words(model: type[Model], field: str, typed: Typed) -> set[Any] | None:
    """Keys of rows by the starts of words in `field`; None when there are very many."""
    if not typed.starts_of_words:
        return set()
    found = set(_named(model, field, typed).values_list("pk", flat=True)[: MOST_FOUND + 1])
    return None if len(found) > MOST_FOUND else found


def _named(model: type[Model], field: str, typed: Typed) -> QuerySet[Any]:
    return model._default_manager.order_by().filter(_words(model, field, typed))


def _words(model: type[Model], field: str, typed: Typed) -> Q:
    """As a condition on rows of `model`, in the form of its index."""
    return Q(Words.match(field, SearchQuery(typed.starts_of_words, config="simple", search_type="raw")))


def _phone_is(rows: QuerySet[Any], field: str, phones: Iterable[str]) -> QuerySet[Any]:
    backwards = [phone[::-1] for phone in phones]
    found: QuerySet[Any] = _not_empty(rows, field).filter(backwards__in=backwards)
    return found


def _phone_ends(rows: QuerySet[Any], field: str, digits: str) -> QuerySet[Any]:
    found: QuerySet[Any] = _not_empty(rows, field).filter(backwards__startswith=digits[::-1])
    return found


def _not_empty(rows: QuerySet[Any], field: str) -> QuerySet[Any]:
    """With the field from its end, and the condition of the index."""
    filled: QuerySet[Any] = rows.filter(~Q(**{field: ""})).annotate(backwards=Backwards(F(field)))
    return filled


def _together(ways: list[QuerySet[Any]]) -> set[Any]:
    """The keys of what any of `ways` finds, in one question."""
    if not ways:
        return set()
    first, *others = (way.values_list("pk", flat=True)[:MOST_FOUND] for way in ways)
    return set(first.union(*others, all=True) if others else first)


def _newest(rows: QuerySet[Any]) -> set[Any]:
    return set(rows.order_by("-created_at").values_list("pk", flat=True)[:MOST_FOUND])


# --- Reading ----------------------------------------------------------------------------------------
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
