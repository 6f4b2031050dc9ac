"""Who may not pay, and who tries too often: refused before anything is opened, with a kind sentence, in one question."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customer_data import denying
from customer_data.models import AmountLimit, AttemptLimit, Booking, Denial, DenialKind, Payment
from customer_data.offer import CannotPay
from customer_data.services import PaymentRequest, open_payment
from customer_data.services.asking_again import NotSentAgain, send_request_again
from customer_data.tests import make
from customer_data.tests.drawer import Drawer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]

WALLET = "+263771234567"


@pytest.fixture(autouse=True)
def _no_limits_but_those_of_the_test(db: None) -> None:
    AttemptLimit.objects.all().delete()


def ask(booking: Booking, *, phone: str = WALLET, email: str = "", payer_id: int | None = None) -> Payment:
    request = PaymentRequest(booking.pk, "drawer_wallet", "full", phone=phone, email=email, payer_id=payer_id)
    return open_payment(request, source="test")


def deny(kind: DenialKind, value: str = "", **fields: object) -> Denial:
    boss, _ = get_user_model().objects.get_or_create(username="boss")
    return Denial.objects.create(kind=kind, value=value, reason="Chargebacks", added_by=boss, **fields)


def refusal_of(booking: Booking, **asked: object) -> CannotPay:
    with pytest.raises(CannotPay) as refused:
        ask(booking, **asked)  # type: ignore[arg-type]
    assert not Payment.objects.filter(booking=booking, status="created").exists()
    return refused.value


# --- The deny list --------------------------------------------------------------------------------
def test_a_wallet_on_the_list_is_not_debited_whoever_types_it() -> None:
    entry = deny(DenialKind.WALLET, WALLET)
    refused = refusal_of(make.booking())
    assert (refused.code, refused.denial_id) == ("not_accepted", entry.pk)
    assert str(refused) == denying.REFUSED
    assert ask(make.booking(), phone="+263772222222").status == "created"


def test_a_phone_on_the_list_pays_with_no_other_wallet_either() -> None:
    chats = make.customer(wa_id="263773333333", phone="")
    deny(DenialKind.PHONE, "+263773333333")
    assert refusal_of(make.booking(customer=chats)).code == "not_accepted"
    assert ask(make.booking()).status == "created"


def test_a_customer_and_an_address_on_the_list_are_refused() -> None:
    customer, other = make.customer(), make.customer(email="Bad@Example.com")
    deny(DenialKind.CUSTOMER, customer=customer)
    deny(DenialKind.EMAIL, "bad@example.com")
    for booking in (make.booking(customer=customer), make.booking(customer=other)):
        assert refusal_of(booking).code == "not_accepted"
    assert refusal_of(make.booking(), payer_id=customer.pk).code == "not_accepted"


def test_an_entry_ends_by_itself_or_when_it_is_lifted() -> None:
    entry = deny(DenialKind.WALLET, WALLET, ends_at=timezone.now() - timedelta(seconds=1))
    assert ask(make.booking()).status == "created"
    Denial.objects.filter(pk=entry.pk).update(ends_at=None)
    assert refusal_of(make.booking()).denial_id == entry.pk
    assert denying.lift(entry, user=entry.added_by, why="It was somebody else.")
    assert not denying.lift(entry, user=entry.added_by, why="Again.")
    assert ask(make.booking()).status == "created"


def test_what_is_under_way_goes_on(drawer: Drawer) -> None:
    booking = make.booking()
    under_way = ask(booking)
    deny(DenialKind.WALLET, WALLET)
    assert ask(booking).pk == under_way.pk  # the same asked again finds it


def test_staff_who_send_again_read_that_it_stands_on_the_list() -> None:
    failed = make.payment("failed")
    entry = deny(DenialKind.CUSTOMER, customer=failed.booking.customer)
    with pytest.raises(NotSentAgain, match="deny list"):
        send_request_again(failed, user=entry.added_by, reason="They asked")


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        ("phone", "0771 234 567", WALLET),
        ("wallet", "263771234567", WALLET),
        ("email", " Bad@Example.COM ", "bad@example.com"),
        ("customer", "", ""),
    ],
)
def test_what_is_typed_is_kept_as_it_is_looked_for(kind: str, typed: str, kept: str) -> None:
    assert denying.value_of(kind, typed) == kept


@pytest.mark.parametrize(("kind", "typed"), [("phone", "12"), ("email", "nobody"), ("customer", "0771234567"), ("wallet", "")])
def test_what_names_nobody_is_refused(kind: str, typed: str) -> None:
    with pytest.raises(denying.NotDeniable):
        denying.value_of(kind, typed)


def test_refusals_are_counted_on_the_entry() -> None:
    entry = deny(DenialKind.WALLET, WALLET)
    denying.note_refusal(refusal_of(make.booking()).denial_id)
    denying.note_refusal(None)
    entry.refresh_from_db()
    assert entry.refusals == 1
    assert entry.last_refused_at is not None


# --- Attempts -------------------------------------------------------------------------------------
def limit(per: str = "phone", hours: int = 1, **most: object) -> AttemptLimit:
    return AttemptLimit.objects.create(per=per, hours=hours, **most)


def test_a_phone_is_asked_so_often_within_an_hour_whoever_asks() -> None:
    limit(most_attempts=3)
    for _ in range(3):
        ask(make.booking())
    refused = refusal_of(make.booking())
    assert refused.code == "too_many_attempts"
    assert "Wait an hour" in str(refused)
    assert ask(make.booking(), phone="+263772222222").status == "created"


def test_attempts_of_an_hour_ago_do_not_count_within_the_hour_but_within_the_day() -> None:
    make.payment("failed", moved_at=timezone.now() - timedelta(minutes=61))
    make.payment("failed", moved_at=timezone.now() - timedelta(hours=25))
    limit(most_attempts=1)
    ask(make.booking())
    AttemptLimit.objects.all().delete()
    limit(hours=24, most_attempts=2)
    assert "tomorrow" in str(refusal_of(make.booking()))


def test_a_customer_tries_so_often_whatever_the_number() -> None:
    limit("customer", most_attempts=2)
    customer = make.customer()
    for number in ("+263771111111", "+263772222222"):
        ask(make.booking(customer=customer), phone=number)
    assert refusal_of(make.booking(customer=customer), phone="+263773333333").code == "too_many_attempts"


def test_who_pays_for_others_is_counted_as_who_pays() -> None:
    limit("customer", most_attempts=1)
    payer = make.customer()
    ask(make.booking(), payer_id=payer.pk)
    assert refusal_of(make.booking(), payer_id=payer.pk, phone="+263772222222").code == "too_many_attempts"


def test_the_sum_of_attempts_is_limited_in_each_currency() -> None:
    limit(most_usd=Decimal("500.00"))
    ask(make.booking("231.00"))
    ask(make.booking("269.00"))
    assert refusal_of(make.booking("1.00")).code == "too_many_attempts"
    assert ask(make.booking("900.00", currency="ZWG")).status == "created"


def test_unpaid_attempts_in_a_row_are_limited_and_a_paid_one_ends_the_row() -> None:
    limit(most_unpaid_in_a_row=2)
    now = timezone.now()
    make.payment("failed", moved_at=now - timedelta(minutes=9))
    make.payment("cancelled", moved_at=now - timedelta(minutes=8))
    assert refusal_of(make.booking()).code == "too_many_attempts"
    make.payment("successful", moved_at=now - timedelta(minutes=7))
    make.payment("expired", moved_at=now - timedelta(minutes=6))
    assert ask(make.booking()).status == "created"


def test_test_money_is_not_counted() -> None:
    limit(most_attempts=1)
    make.payment("failed", is_test=True)
    assert ask(make.booking()).status == "created"


def test_all_limits_and_the_list_cost_one_question() -> None:
    limit(most_attempts=100)
    AmountLimit.objects.create(currency="USD", most_per_payment=Decimal("9000.00"))
    booking = make.booking()
    with CaptureQueriesContext(connection) as queries:
        ask(booking)
    asked = [
        query for query in queries if "attemptlimit" in query["sql"] or "denial" in query["sql"] or "amountlimit" in query["sql"]
    ]
    assert len(asked) == 1


def test_attempts_are_found_by_an_index() -> None:
    """However many payments there are: the plan scans no table of payments."""
    booking = make.booking()
    with CaptureQueriesContext(connection) as queries, connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        ask(booking)
    look = next(query["sql"] for query in queries if "attemptlimit" in query["sql"])
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN " + look.partition(";")[2])
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "Seq Scan on customer_data_payment" not in plan
    assert "payment_attempts_of_a_phone" in plan
