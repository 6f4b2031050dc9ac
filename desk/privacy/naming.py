"""Which customer a number on the command line means."""

from __future__ import annotations

import re

from django.db.models import Q

from customer_data.models import Customer
from customer_data.phones import NotAPhoneNumber, parse_phone

_ROW = re.compile(r"^(?:no\.|#)\s*(\d{1,18})$")


def customer_named(text: str) -> Customer | None:
    """By WhatsApp number, business-scoped id, phone number in any form, or the number of the row as `no. 12`. None: there is none,
    or there are several.
    """
    plain = text.strip()
    if row := _ROW.match(plain):
        return Customer.objects.filter(pk=int(row[1])).first()
    try:
        phone = parse_phone(plain)
    except NotAPhoneNumber:
        phone = ""
    by_chat = Customer.objects.filter(Q(wa_id=plain.removeprefix("+")) | Q(bsuid=plain) | Q(wa_id=phone.removeprefix("+") or None))
    found = list(by_chat[:2]) or (list(Customer.objects.filter(phone=phone)[:2]) if phone else [])
    return found[0] if len(found) == 1 else None
