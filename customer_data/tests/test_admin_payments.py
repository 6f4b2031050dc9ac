"""Payments in the admin: found however they are named, read from top to bottom, asked about, stopped, and never edited."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from customer_data.models import Concern, ConcernKind, Payment
from customer_data.tests import make
from customer_data.tests.desk import desk, list_of, owner, page_of, press_of

pytestmark = pytest.mark.django_db

PAYNOW = {"gateway": "paynow", "payment_method": "paynow_ecocash", "account": "1201"}
CASHIER = ("view_payment", "ask_gateway", "stop_waiting", "view_booking", "view_customer", "view_concern")


def a_payment(status: str = "pending", **fields: Any) -> Payment:
    return make.payment(status, **(PAYNOW | fields))


def references(page: str, *payments: Payment) -> list[bool]:
    return [payment.reference in page for payment in payments]


# --- Finding --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "typed",
    [
        lambda p: p.reference,
        lambda p: p.reference.lower(),
        lambda p: p.reference.replace("0", "O").replace("1", "l"),
        lambda p: f" {p.reference[:4]}-{p.reference[4:8]} {p.reference[8:]} ",
        lambda p: p.reference[:6].lower(),
        lambda p: p.booking.booking_reference,
        lambda p: p.booking.booking_reference.lower().replace("0", "o"),
        lambda p: "0779876543",
        lambda p: "263779876543",
        lambda p: "+263 77 987 6543",
        lambda p: "779876543",
        lambda p: "876543",
        lambda p: "0775550000",  # the customer's WhatsApp number, not the wallet's
        lambda p: "pn-98765",
        lambda p: "chipo",
        lambda p: "CHIPO@EXAMPLE.COM",
    ],
)
def test_a_payment_is_found_however_it_is_named(typed: Any) -> None:
    customer = make.customer(name="Chipo Dube", wa_id="263775550000", phone="", email="chipo@example.com")
    booking = make.booking("231.00", customer=customer)
    wanted = a_payment(booking=booking, phone="+263779876543", gateway_reference="PN-98765")
    other = a_payment(phone="+263771111111")
    page = desk(*CASHIER).listed(Payment, q=typed(wanted))
    assert references(page, wanted, other) == [True, False]


@pytest.mark.parametrize("typed", ["nobody", "' OR 1=1 --", "%", "\x00", "0" * 500, "😀", "   "])
def test_a_strange_search_is_answered(typed: str) -> None:
    a_payment()
    assert desk(*CASHIER).get(list_of(Payment), q=typed).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        {"status__exact": "pending"},
        {"payment_method": "paynow_ecocash"},
        {"currency__exact": "USD"},
        {"is_test__exact": "0"},
    ],
)
def test_filters_show_what_fits_and_hide_the_rest(query: dict[str, str]) -> None:
    fits = a_payment("pending")
    other = a_payment("failed", currency="ZWG", payment_method="paynow_card", is_test=True)
    assert references(desk(*CASHIER).listed(Payment, **query), fits, other) == [True, False]


def test_the_days_filter_includes_both_days_in_harare() -> None:
    at = datetime(2026, 3, 5, 23, 30, tzinfo=timezone.get_default_timezone())
    fits, later = a_payment(moved_at=at), a_payment(moved_at=at + timedelta(hours=1))
    query = {"created_at_from": "05/03/2026", "created_at_to": "2026-03-05"}
    assert references(desk(*CASHIER).listed(Payment, **query), fits, later) == [True, False]


@pytest.mark.parametrize(
    "query",
    [
        {"created_at_from": "soon", "created_at_to": "9999-12-31"},
        {"created_at_from": "0001-01-01"},
        {"payment_method": "\x00"},
        {"status__exact": "gone"},
        {"p": "-1"},
        {"p": "99999999999999999999"},
        {"o": "99.-1"},
        {"booking__id": "x"},
    ],
)
def test_a_filter_that_makes_no_sense_is_no_error_of_ours(query: dict[str, str]) -> None:
    a_payment()
    assert desk(*CASHIER).get(list_of(Payment), **query).status_code < 500


def test_the_list_costs_the_same_however_long_it_is(django_assert_max_num_queries: Any) -> None:
    cashier = desk(*CASHIER)
    queries = []
    for more in (2, 18):
        for _ in range(more):
            a_payment()
        cashier.listed(Payment)
        with django_assert_max_num_queries(100) as captured:
            cashier.listed(Payment)
        queries.append(len(captured))
        counting = [query["sql"] for query in captured if "COUNT(" in query["sql"]]
        assert all("LIMIT" in sql for sql in counting), "the whole table was counted"
    assert queries[0] == queries[1]


def test_a_long_list_has_further_pages_and_does_not_count_to_its_end(monkeypatch: Any) -> None:
    monkeypatch.setattr("customer_data.admin.payments.PaymentAdmin.list_per_page", 2)
    monkeypatch.setattr("customer_data.admin.paging.PAGES_AHEAD", 1)
    payments = [a_payment(moved_at=timezone.now() - timedelta(hours=number)) for number in range(6)]
    cashier = desk(*CASHIER)
    assert "more than 4 payments" in cashier.listed(Payment)
    assert references(cashier.listed(Payment, p="3"), *payments) == [False, False, False, False, True, True]


# --- Reading --------------------------------------------------------------------------------------
def test_the_page_tells_the_story_of_the_payment() -> None:
    payment = a_payment(next_check_at=timezone.now())
    Payment.objects.filter(pk=payment.pk).update(next_check_at=timezone.now() + timedelta(minutes=12))
    payment.note(source="task", reason="The gateway says Sent.")
    Concern.raise_about(payment, ConcernKind.STUCK, "No answer for an hour.")
    page = desk(*CASHIER).page(payment)
    assert "US$ 231.00 with EcoCash" in page
    assert "The customer has been asked to pay and has not done so yet." in page
    assert "Paynow is asked again in 12 minutes, at " in page
    assert "Sending → Pending" in page
    assert "Noted, still pending The gateway says Sent." in page
    assert "No answer for an hour." in page
    assert payment.booking.booking_reference in page


def test_what_opens_doors_is_on_no_page() -> None:
    payment = a_payment()
    Payment.objects.filter(pk=payment.pk).update(
        poll_url="https://gateway.example/poll?guid=s3cret-poll", otp="s3cret-otp", gateway_data={"otp_url": "s3cret-data"}
    )
    desk_of_owner = owner()
    for address in (list_of(Payment), page_of(payment), page_of(payment.booking), f"{page_of(payment)[:-7]}history/"):
        assert "s3cret" not in desk_of_owner.get(address).content.decode(), address


def test_a_test_payment_is_marked_in_the_list_and_on_its_page() -> None:
    payment = a_payment("successful", is_test=True)
    cashier = desk(*CASHIER)
    assert "US$ 231.00 Test" in cashier.listed(Payment)
    assert "Test: not real money" in cashier.page(payment)
    assert "US$ 231.00 Test" in cashier.page(payment.booking)


def test_the_page_costs_the_same_however_long_the_trail_is(django_assert_max_num_queries: Any) -> None:
    payment, cashier = a_payment(), desk(*CASHIER)
    cashier.page(payment)
    queries = []
    for more in (1, 40):
        for number in range(more):
            payment.note(source="task", reason=f"note {number}")
        with django_assert_max_num_queries(100) as captured:
            cashier.page(payment)
        queries.append(len(captured))
    assert queries[0] == queries[1]


def test_a_name_with_html_in_it_is_only_a_name() -> None:
    payment = a_payment(booking=make.booking(customer=make.customer(name="<script>alert(1)</script>"), title="<b>x</b>"))
    payment.note(source="task", reason="<img src=x>")
    response = desk(*CASHIER).get(page_of(payment))
    for raw in ("<script>alert(1)", "<img src=x>", "<b>x</b>"):
        assert raw not in response.content.decode()


# --- Nothing is edited ----------------------------------------------------------------------------
def test_a_payment_cannot_be_added_edited_or_deleted_even_by_the_owner() -> None:
    payment = a_payment()
    web = owner().web
    changed = {"status": "successful", "amount": "1.00", "currency": "ZWG", "reference": "X", "gateway_status": "Paid"}
    assert web.post(page_of(payment), changed).status_code == 403
    assert web.get(f"{list_of(Payment)}add/").status_code == 403
    assert web.post(f"{page_of(payment)[:-7]}delete/", {"post": "yes"}).status_code == 403
    web.post(list_of(Payment), {"action": "delete_selected", "_selected_action": str(payment.pk), "post": "yes"})
    as_now = Payment.objects.get(pk=payment.pk)
    assert (as_now.status, as_now.amount, as_now.currency) == (payment.status, payment.amount, payment.currency)


# --- Buttons --------------------------------------------------------------------------------------
def test_asking_again_makes_the_question_due_and_says_so() -> None:
    payment = a_payment()
    Payment.objects.filter(pk=payment.pk).update(next_check_at=timezone.now() + timedelta(hours=6))
    cashier = desk(*CASHIER)
    told = cashier.told(cashier.press(payment, "ask-again"))
    payment.refresh_from_db()
    assert payment.next_check_at is not None
    assert payment.next_check_at <= timezone.now()
    assert told == ["Paynow is being asked. Its answer stands here in a few seconds: load this page again."]


def test_what_was_never_sent_is_not_asked_about() -> None:
    payment = a_payment("created")
    due = payment.next_check_at
    cashier = desk(*CASHIER)
    assert "It has never been sent" in cashier.told(cashier.press(payment, "ask-again"))[0]
    payment.refresh_from_db()
    assert payment.next_check_at == due


def test_stopping_is_recorded_with_who_and_why() -> None:
    payment, cashier = a_payment(), desk(*CASHIER)
    cashier.press(payment, "stop-waiting", reason="  customer pays \n cash ")
    payment.refresh_from_db()
    event = payment.events.last()
    assert event is not None
    assert (payment.status, payment.reason_code) == ("expired", "stopped_by_staff")
    assert (event.source, event.actor, event.reason) == ("admin", cashier.user.username, "Stopped by staff: customer pays cash")


@pytest.mark.parametrize("reason", ["", "  ", "ab", " a  b ", "\u200b\u200b\u200b", "x" * 301])
def test_stopping_needs_a_reason(reason: str) -> None:
    payment, cashier = a_payment(), desk(*CASHIER)
    told = cashier.told(cashier.press(payment, "stop-waiting", reason=reason))
    payment.refresh_from_db()
    assert payment.status == "pending"
    assert told[0].startswith("Nothing was done: say why")


def test_a_paid_payment_is_not_stopped() -> None:
    payment, cashier = a_payment("successful"), desk(*CASHIER)
    assert "cannot be done" in cashier.told(cashier.press(payment, "stop-waiting", reason="a mistake"))[0]
    payment.refresh_from_db()
    assert payment.status == "successful"


@pytest.mark.parametrize("button", ["ask-again", "stop-waiting"])
def test_each_button_needs_its_own_permission(button: str) -> None:
    payment = a_payment()
    before = Payment.objects.get(pk=payment.pk).next_check_at
    other = {"ask-again": "stop_waiting", "stop-waiting": "ask_gateway"}[button]
    looker = desk("view_payment", "change_payment", other)
    assert looker.press(payment, button, reason="because").status_code == 403
    assert press_of(payment, button) not in looker.get(page_of(payment)).content.decode()
    assert desk().press(payment, button, reason="because").status_code == 403
    assert Client().post(press_of(payment, button), {"reason": "because"}).status_code == 302
    payment.refresh_from_db()
    assert (payment.status, payment.next_check_at) == ("pending", before)


def test_a_button_is_pressed_with_a_form_of_ours_only() -> None:
    payment, cashier = a_payment(), desk(*CASHIER)
    stranger = Client(enforce_csrf_checks=True)
    stranger.force_login(cashier.user)
    assert stranger.post(press_of(payment, "stop-waiting"), {"reason": "because"}).status_code == 403
    assert cashier.web.get(press_of(payment, "stop-waiting")).status_code == 302  # back from signing in: nothing is done
    payment.refresh_from_db()
    assert payment.status == "pending"


def test_a_button_or_a_payment_that_does_not_exist_is_not_found() -> None:
    payment, cashier = a_payment(), desk(*CASHIER)
    assert cashier.press(payment, "refund-all").status_code == 404
    assert cashier.web.post(press_of(payment, "ask-again").replace(str(payment.pk), "nobody")).status_code == 404
