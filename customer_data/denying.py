"""The deny list: putting somebody on it, taking them off, and what is on it about one customer. It is asked by `velocity.look`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from customer_data.models import Customer, Denial, DenialKind
from customer_data.phones import NotAPhoneNumber, parse_phone

REFUSED = "We cannot take this payment here. Please write to us in the chat and a person will help you."
"""The same for everybody: who is on the list learns neither that there is one nor what of them stands on it."""


class NotDeniable(ValueError):
    """What was typed names nobody; the message is a sentence that says what to type instead."""


def value_of(kind: str, text: str) -> str:
    """A number or an address as the list keeps it, however it was typed. Raises NotDeniable."""
    typed = text.strip()
    if kind in (DenialKind.PHONE, DenialKind.WALLET):
        return _phone(typed)
    if kind == DenialKind.EMAIL:
        return _email(typed)
    if typed:
        raise NotDeniable("Leave the number or address empty for a customer, or choose another kind.")
    return ""


def lift(denial: Denial, *, user: Any, why: str) -> bool:
    """Take it off the list; False when somebody else did before."""
    live = Denial.objects.filter(pk=denial.pk, lifted_at__isnull=True)
    return live.update(lifted_at=timezone.now(), lifted_by=user, lifted_why=why[:300]) == 1


def note_refusal(denial_id: int | None) -> None:
    """Count that the list kept somebody from paying. Call it outside the transaction that was given up; None is nothing to note."""
    if denial_id is not None:
        Denial.objects.filter(pk=denial_id).update(refusals=F("refusals") + 1, last_refused_at=timezone.now())


def about(customer: Customer) -> QuerySet[Denial]:
    """Every entry that was or is about this customer, their numbers or their address, newest first."""
    numbers = [number for number in (customer.phone, f"+{customer.wa_id}" if customer.wa_id else "") if number]
    same_number = Q(kind__in=(DenialKind.PHONE, DenialKind.WALLET), value__in=numbers)
    same_address = Q(kind=DenialKind.EMAIL, value=customer.email.lower()) if customer.email else Q(pk__in=())
    return Denial.objects.filter(Q(customer=customer) | same_number | same_address).order_by("-added_at")


def is_live(denial: Denial, *, now: datetime | None = None) -> bool:
    """Whether it keeps anybody from paying now."""
    return denial.lifted_at is None and (denial.ends_at is None or denial.ends_at > (now or timezone.now()))


def _phone(typed: str) -> str:
    try:
        return parse_phone(typed)
    except NotAPhoneNumber as error:
        raise NotDeniable(str(error)) from None


def _email(typed: str) -> str:
    try:
        validate_email(typed)
    except ValidationError:
        raise NotDeniable("That is not an e-mail address. Write it like name@example.com.") from None
    return typed.lower()
