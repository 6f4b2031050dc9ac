"""A business in the middle of a working day, for pictures and for tests of pages: a month of takings, work that waits."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.utils import timezone

from customer_data.models import Booking, Concern, ConcernKind, Customer, MethodSwitch, Payment, Proof, Refund
from customer_data.services import request_refund
from customer_data.services.proofs import Claim, hand_in
from customer_data.status import Status
from customer_data.tests import files, make
from desk.figures import update_figures
from desk.matching import match_days
from desk.tests import days
from desk.tests.statements import bank_lines, bank_row, paynow_lines, paynow_row, today
from paynow_integration.models import PaynowConfig

DAYS = 30
NAMES = (
    "Tendai Moyo", "Rudo Ncube", "Chipo Dube", "Farai Sibanda", "Nyasha Chikafu", "Tariro Gumbo", "Blessing Mpofu",
    "Kudzai Marufu", "Thandeka Nkomo", "Simba Zvobgo",
)  # fmt: skip
TRIPS = (
    ("Victoria Falls walk", "USD", "115.50"),
    ("Hwange, 3 days", "USD", "845.00"),
    ("Great Zimbabwe, one day", "USD", "95.00"),
    ("Matobo hills, one day", "ZWG", "3080.00"),
)
WAYS = ("paynow_ecocash", "paynow_ecocash", "paynow_ecocash", "paynow_innbucks", "paynow_onemoney", "paynow_card")


class PicturedDay:
    """`payment` has a story, `refund` and `proof` wait for approval, `matter` for somebody."""

    payment: Payment
    refund: Refund
    proof: Proof
    matter: Concern

    def __init__(self) -> None:
        self.random = Random(2026)  # noqa: S311  the same pictures each time
        call_command("load_demo", verbosity=0)
        PaynowConfig.objects.update(test_mode=False)
        self.customers = [make.customer(name=name) for name in NAMES]
        for ago in range(DAYS, 0, -1):
            self._a_day(timezone.now() - timedelta(days=ago), payments=4)
        self.paid = self._a_day(timezone.now(), payments=9)
        self._what_waits()
        self._statements()
        self._switches()
        update_figures()

    # --- Payments ---------------------------------------------------------------------------------
    def _a_day(self, now: datetime, *, payments: int) -> list[Payment]:
        """Payments asked for in the hours before `now`; those whose money came in."""
        midnight = timezone.localtime(now).replace(hour=0, minute=0, second=1)
        asked = [max(midnight, now - timedelta(minutes=self.random.randrange(3, 400))) for _ in range(payments)]
        made = [self._payment(at, now) for at in sorted(asked)]
        return [payment for payment in made if payment.status == Status.SUCCESSFUL]

    def _payment(self, asked_at: datetime, now: datetime) -> Payment:
        booking = self._booking(asked_at)
        ends = self.random.choices((Status.SUCCESSFUL, Status.FAILED, Status.CANCELLED, Status.EXPIRED), weights=(16, 2, 1, 1))[0]
        at = min(now, asked_at + timedelta(seconds=self.random.randrange(18, 140)))
        made = days.lived(
            booking,
            asked_at,
            (ends, at),
            amount=booking.total_amount,
            gateway="paynow",
            account="1201" if booking.currency == "USD" else "1202",
            payment_method=self.random.choice(WAYS),
            phone=booking.customer.phone,
            gateway_reference=str(self.random.randrange(20_000_000, 30_000_000)),
        )
        if ends == Status.SUCCESSFUL:
            booking.recount()
        return made

    def _booking(self, at: datetime, trip: tuple[str, str, str] | None = None) -> Booking:
        title, currency, price = trip or self.random.choices(TRIPS, weights=(5, 2, 3, 2))[0]
        customer: Customer = self.random.choice(self.customers)
        return make.booking(price, customer=customer, title=title, currency=currency, created_at=at)

    # --- What waits -------------------------------------------------------------------------------
    def _what_waits(self) -> None:
        cashier = _person("cashier")
        self.payment = make.payment("successful", booking=self._booking(timezone.now(), TRIPS[1]), **_ECOCASH)
        self.refund = request_refund(self.payment, amount=Decimal("100.00"), reason="One of four cannot travel", user=cashier)
        twice = make.payment("successful", booking=self._booking(timezone.now(), TRIPS[0]), **_ECOCASH)
        Concern.raise_about(twice, ConcernKind.PAID_TWICE, "US$ 115.50 came in twice for one booking within four minutes.")
        late = make.payment("successful", booking=self._booking(timezone.now(), TRIPS[2]), **_ECOCASH)
        Concern.raise_about(late, ConcernKind.TRIP_CANCELLED, "US$ 95.00 came in by EcoCash after the booking was cancelled.")
        self.matter = Concern.objects.get(payment=late, kind=ConcernKind.TRIP_CANCELLED)
        stuck = make.payment("pending", booking=self._booking(timezone.now(), TRIPS[1]), **_ECOCASH)
        Concern.raise_about(stuck, ConcernKind.STUCK, "Paynow has not said for 3 hours whether US$ 845.00 was paid.")
        Concern.objects.filter(payment=twice).update(taken_by=_person("supervisor"), taken_at=timezone.now())
        self.proof = hand_in(
            booking=self._booking(timezone.now(), TRIPS[0]),
            customer=None,
            content=files.slip("115.50", reference="FT26325K7P"),
            submitted_by=cashier,
            claimed=Claim(Decimal("115.50"), "USD", "FT26325K7P", today()),
        )

    # --- Statements and settings --------------------------------------------------------------------
    def _statements(self) -> None:
        dollars = [payment for payment in self.paid if payment.currency == "USD"]
        known, guessed = dollars[:-1], dollars[-1]
        rows = [paynow_row(each, fee="1.50", their_reference=each.gateway_reference) for each in known]
        paynow_lines(*rows, paynow_row(amount=guessed.amount, their_reference="99112233", fee="1.50"))
        sum_in = sum((payment.amount for payment in known), Decimal(0)) - Decimal("1.50") * len(known)
        bank_lines(bank_row(str(sum_in), "PAYNOW SETTLEMENT"), bank_row("240.00", "CASH DEPOSIT HARARE"))
        match_days(today(), today(), "USD")

    def _switches(self) -> None:
        for name in dict.fromkeys(WAYS):
            MethodSwitch.objects.get_or_create(payment_method=name)
        told = "OneMoney rests. Please pay with EcoCash."
        resting = MethodSwitch.objects.filter(payment_method="paynow_onemoney")
        resting.update(is_off=True, off_until=timezone.now() + timedelta(hours=1), told=told)


_ECOCASH = {"gateway": "paynow", "account": "1201", "payment_method": "paynow_ecocash", "phone": "+263771234567"}


def _person(name: str) -> Any:
    return get_user_model().objects.get(username=name)
