"""`make demo`: a scripted customer pays one booking per method and one per test number, against a running `make run`."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import requests
from django.core.management.base import BaseCommand, CommandError
from django.db import close_old_connections

from config.addresses import graph_url, paynow_url, wanted_port, web_url
from config.demo_customer import DemoCustomer, Meta
from customer_data.models import Booking, Customer, Payment
from customer_data.money import Currency, show_amount
from customer_data.status import BookingStatus, Status

PATIENCE_SECONDS = 75
LOOK_AGAIN_SECONDS = 1.0


@dataclass(frozen=True)
class Scene:
    """One booking, paid one way, and how it must end."""

    title: str
    method: str
    phone: str
    ends: Status
    option: str = "full"
    total: str = "231.00"


SCENES = (
    Scene("EcoCash, approved at once", "ecocash", "0771111111", Status.SUCCESSFUL, option="deposit"),
    Scene("OneMoney, approved at once", "onemoney", "0771111111", Status.SUCCESSFUL),
    Scene("InnBucks, approved with the code", "innbucks", "0771111111", Status.SUCCESSFUL),
    Scene("O'mari, with the code from the SMS", "omari", "0771111111", Status.SUCCESSFUL),
    Scene("Card, on Paynow's page", "card", "", Status.SUCCESSFUL),
    Scene("EcoCash, approved after half a minute", "ecocash", "0772222222", Status.SUCCESSFUL),
    Scene("EcoCash, cancelled on the phone", "ecocash", "0773333333", Status.CANCELLED),
    Scene("EcoCash, not enough money", "ecocash", "0774444444", Status.FAILED),
)


class Command(BaseCommand):
    help = "Plays a customer through every way to pay, on a running `make run`. Exits 1 when a payment ends in the wrong state."

    def handle(self, *args: Any, **options: Any) -> None:
        port = wanted_port()
        _expect_running(port)
        meta = Meta(web_url=web_url(port), graph_url=graph_url(port), paynow_url=paynow_url(port), port=port)
        wrong = [scene.title for number, scene in enumerate(SCENES, 1) if not self._play(number, scene, meta)]
        self._totals()
        if wrong:
            raise CommandError("These ended in the wrong state: " + "; ".join(wrong))
        self.stdout.write(f"All {len(SCENES)} payments ended as they should.")

    def _play(self, number: int, scene: Scene, meta: Meta) -> bool:
        self.stdout.write(f"\n━━ {number} of {len(SCENES)}: {scene.title} ━━")
        booking = _new_booking(scene)
        customer = DemoCustomer(booking, meta, show=self.stdout.write)
        customer.open_form()
        customer.pay(scene.method, scene.option, scene.phone)
        payment = booking.payments.get()
        _wait(lambda: customer.go_on(payment), "waiting for the end")
        return self._judge(scene, booking, payment, customer)

    def _judge(self, scene: Scene, booking: Booking, payment: Payment, customer: DemoCustomer) -> bool:
        payment.refresh_from_db()
        booking.refresh_from_db()
        for event in payment.events.all():
            self.stdout.write(f"  {event.created_at.astimezone():%H:%M:%S}  {event}  {event.reason}")
        _wait(customer.was_told, "waiting for the message in the chat")
        told = customer.messages()
        self.stdout.write("\n".join(f"  chat │ {line}" for text in told for line in text.splitlines()))
        is_right = payment.status == scene.ends and customer.times_told() == 1 and booking.payment_status == _expected(scene)
        shown = show_amount(booking.amount_paid, booking.currency)
        verdict = "as it should be" if is_right else f"WRONG, expected {scene.ends} and {_expected(scene)}"
        self.stdout.write(f"  {payment.status}, booking {booking.payment_status} ({shown} paid): {verdict}")
        return is_right

    def _totals(self) -> None:
        """Money by state, of all payments there are; test money under its own heading."""
        self.stdout.write("\n━━ All payments ━━")
        for is_test in (False, True):
            rows = Payment.objects.filter(is_test=is_test)
            for currency in Currency.values:
                for status in Status.values:
                    amounts = list(rows.filter(currency=currency, status=status).values_list("amount", flat=True))
                    if amounts:
                        kind = "test" if is_test else "real"
                        total = show_amount(sum(amounts, Decimal("0.00")), currency)
                        self.stdout.write(f"  {kind}  {status:<11} {len(amounts):>4}   {total:>16}")


def _expected(scene: Scene) -> BookingStatus:
    if scene.ends != Status.SUCCESSFUL:
        return BookingStatus.UNPAID
    return BookingStatus.DEPOSIT_PAID if scene.option == "deposit" else BookingStatus.PAID


def _expect_running(port: int) -> None:
    try:
        requests.get(f"{web_url(port)}/readyz", timeout=10).raise_for_status()
    except requests.RequestException:
        raise CommandError(f"Nothing answers at {web_url(port)}. Start `make run` in another terminal first.") from None


def _new_booking(scene: Scene) -> Booking:
    customer, _ = Customer.objects.get_or_create(
        wa_id="263770000001", defaults={"name": "Nyasha Moyo", "email": "nyasha@example.com", "phone": "+263770000001"}
    )
    return Booking.objects.create(customer=customer, title="Hwange, three days in the park", total_amount=Decimal(scene.total))


def _wait(is_done: Callable[[], bool], what: str) -> None:
    """Ask until it is so or patience ends; a dot a second shows that somebody is still there."""
    started = time.monotonic()
    while not is_done():
        if time.monotonic() - started > PATIENCE_SECONDS:
            sys.stdout.write(f" gave up after {PATIENCE_SECONDS} s\n")
            return
        sys.stdout.write(f"\r  {what} {'.' * int(time.monotonic() - started)} ")
        sys.stdout.flush()
        time.sleep(LOOK_AGAIN_SECONDS)
        close_old_connections()
    sys.stdout.write("\n")
