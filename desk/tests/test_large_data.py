"""The large data set is consistent: pages measured over nonsense would prove nothing."""

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction

from customer_data.ledger import violations
from customer_data.models import Booking, Payment, PaymentEvent, Receipt
from customer_data.references import read_reference
from customer_data.services import issue_receipt
from customer_data.status import OPEN
from customer_data.tests import make
from desk.large_data import Size, make_large_data, record_it

pytestmark = pytest.mark.django_db


def test_the_books_are_right_over_it_also_when_more_is_added() -> None:
    for _ in range(2):
        make_large_data(Size(400))
        record_it()
    assert Payment.objects.count() == 800
    assert PaymentEvent.objects.count() == 2400
    assert Booking.objects.count() == 240
    assert list(violations()) == []


def test_it_has_every_kind_of_end_and_payments_that_wait() -> None:
    make_large_data(Size(400))
    statuses = set(Payment.objects.values_list("status", flat=True))
    assert {"successful", "failed", "expired", "cancelled", "pending"} == statuses
    assert set(Payment.objects.values_list("currency", flat=True)) == {"USD", "ZWG"}
    assert all(read_reference(reference) for reference in Payment.objects.values_list("reference", flat=True))
    assert not Payment.objects.filter(status__in=OPEN, next_check_at__isnull=True).exists()


def test_the_next_receipt_goes_on_from_it() -> None:
    make_large_data(Size(400))
    last = Receipt.objects.filter(series="R").order_by("number").last()
    assert last is not None
    assert issue_receipt(make.payment("successful")).number == last.number + 1


def test_the_rules_of_the_database_stand_again_afterwards() -> None:
    make_large_data(Size(400))
    with pytest.raises(DatabaseError), transaction.atomic():
        PaymentEvent.objects.all().delete()


def test_it_is_refused_where_real_money_may_be(settings: object) -> None:
    settings.DEBUG = False  # type: ignore[attr-defined]
    with pytest.raises(CommandError, match="development machine"):
        call_command("make_large_data", payments=100)
    assert not Payment.objects.exists()
