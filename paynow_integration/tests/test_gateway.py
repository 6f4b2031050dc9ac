"""Each way to pay through Paynow, from the charge to the money, as the customer lives it; and what Paynow is told."""

import socket
from datetime import timedelta

import pytest
from django.utils import timezone

from customer_data import services
from customer_data.models import Booking, Payment
from customer_data.offer import CannotPay
from paynow_integration.hashing import sign
from paynow_integration.messages import encode, parse
from paynow_integration.models import PaynowConfig
from paynow_integration.simulator import PaynowSimulator
from paynow_integration.tests.merchant import raw_server, read_request
from paynow_integration.tests.till import PAID, Till, configure, new_booking

CUSTOMER = "rudo@example.com"
MERCHANT = "merchant@example.com"


def go_live(paynow: PaynowSimulator) -> None:
    PaynowConfig.objects.update(is_active=False)
    for number in ("2201", "2202"):
        configure(paynow.office.integrations[number], paynow)


# --- The five ways to pay -------------------------------------------------------------------------
@pytest.mark.parametrize(("method", "says"), [("ecocash", "EcoCash PIN"), ("onemoney", "OneMoney PIN")])
def test_a_wallet_is_approved_on_the_phone(till: Till, method: str, says: str) -> None:
    payment = till.charge(method)

    assert payment.prompt == "approve_on_phone"
    assert says in payment.instructions
    assert (till.at_paynow(payment).method, till.at_paynow(payment).phone) == (method, "0772222222")
    assert till.at_paynow(payment).prompts == 1

    till.clock.advance(30)
    till.sweep(seconds_later=6)
    assert till.stands(payment) == PAID


def test_innbucks_gives_a_code_its_end_and_links_into_the_app(till: Till) -> None:
    payment = till.charge("innbucks")

    assert payment.prompt == "enter_code"
    assert payment.authorization_code == till.at_paynow(payment).code
    assert payment.redirect_url.endswith(f"paymentToken={payment.authorization_code}")
    assert payment.gateway_data["older_link"].endswith(f"pymInnCode={payment.authorization_code}")
    assert payment.authorization_expires is not None
    minutes_left = (payment.authorization_expires - timezone.now()) / timedelta(minutes=1)
    assert 8 <= minutes_left <= 11

    till.paynow.approve(payment.reference)
    till.sweep(seconds_later=6)
    assert till.stands(payment) == PAID


def test_omari_takes_the_code_from_the_sms_and_forgives_a_wrong_one(till: Till) -> None:
    payment = till.charge("omari")
    assert payment.prompt == "type_otp"
    assert till.at_paynow(payment).otp_reference in payment.instructions

    services.keep_otp(payment, "000000")
    wrong = services.submit_otp(payment.reference)
    assert (wrong.status, wrong.reason_code) == ("pending", "wrong_code")

    services.keep_otp(payment, "123456")
    services.submit_otp(payment.reference)
    till.clock.advance(30)
    till.sweep(seconds_later=6)
    assert till.stands(payment) == PAID


def test_omari_keeps_the_leading_zeros_of_the_code(till: Till) -> None:
    till.paynow.manners.otp = "012345"
    payment = till.charge("omari")

    services.keep_otp(payment, "012345")

    assert services.submit_otp(payment.reference).reason_code == ""
    assert till.at_paynow(payment).otp_failures == 0


def test_five_wrong_codes_end_the_payment_unpaid(till: Till) -> None:
    payment = till.charge("omari")

    for _ in range(5):
        services.keep_otp(payment, "000000")
        services.submit_otp(payment.reference)
    till.sweep(seconds_later=6)

    assert till.stands(payment) == ("cancelled", "unpaid")


def test_a_card_is_paid_on_paynows_own_page(till: Till) -> None:
    payment = till.charge("card")

    assert payment.prompt == "open_page"
    assert payment.redirect_url.startswith(f"{till.paynow.url}/Payment/ConfirmPayment/")
    assert till.at_paynow(payment).method == "web"

    till.paynow.approve(payment.reference)
    till.sweep(seconds_later=6)
    assert till.stands(payment) == PAID


@pytest.mark.parametrize("method", ["innbucks", "omari"])
def test_an_answer_without_the_code_the_customer_needs_is_asked_about_and_not_sent_again(till: Till, method: str) -> None:
    """Paynow has the payment, so a second charge would be a second debit."""
    requests: list[bytes] = []

    def answer(connection: socket.socket) -> None:
        requests.append(read_request(connection))
        poll_url = f"http://127.0.0.1:{port}/Interface/CheckPayment/?guid=1"
        body = encode(sign([("status", "Ok"), ("pollurl", poll_url)], till.paynow.office.integrations["1201"].key))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    with raw_server(answer) as port:
        PaynowConfig.objects.filter(integration_id="1201").update(api_base_url=f"http://127.0.0.1:{port}")
        payment = till.charge(method)

    assert till.stands(payment) == ("sending", "unpaid")
    assert len(requests) == 1


@pytest.mark.parametrize(
    ("phone", "ends"),
    [("0771111111", PAID), ("0772222222", PAID), ("0773333333", ("cancelled", "unpaid")), ("0774444444", ("failed", "unpaid"))],
)
@pytest.mark.parametrize("method", ["ecocash", "onemoney"])
def test_each_documented_test_number_ends_as_documented(open_till: Till, method: str, phone: str, ends: tuple[str, str]) -> None:
    payment = open_till.charge(method, phone=phone)

    open_till.clock.advance(30)

    assert open_till.stands(payment) == ends
    if phone == "0774444444":
        assert Payment.objects.get().reason_code == "insufficient_funds"


# --- What Paynow is told --------------------------------------------------------------------------
@pytest.mark.parametrize("method", ["ecocash", "onemoney", "innbucks", "omari", "card"])
def test_every_charge_carries_its_reference_as_the_trace(till: Till, method: str) -> None:
    payment = till.charge(method)

    transaction = till.at_paynow(payment)
    assert transaction.merchant_trace == transaction.reference == payment.reference
    assert len(payment.reference) <= 32
    assert str(transaction.amount) == "10.00"
    assert transaction.result_url.endswith(f"/crm-api/paynow/ipn/?reference={payment.reference}")


@pytest.mark.parametrize("title", ["Café 7 & Bar", "100% #1 + more", "Zambezi=Falls?x=%20", 'O\'Brien "VIP"', "Harare → Kariba"])
def test_nothing_on_the_way_is_encoded_twice(till: Till, title: str) -> None:
    """A reference or a title that comes back as `Caf%25C3%25A9` matches nothing."""
    booking = new_booking()
    Booking.objects.filter(pk=booking.pk).update(title=title)
    booking.refresh_from_db()

    payment = till.charge("ecocash", booking=booking)

    transaction = till.at_paynow(payment)
    assert transaction.description == f"{booking.booking_reference} {title}"
    assert "%2F" not in transaction.return_url
    till.paynow.approve(payment.reference)
    assert parse(till.update(payment)).get("reference") == payment.reference
    assert till.ring(till.update(payment)) == 200
    assert till.stands(payment) == PAID


def test_a_test_wallet_is_asked_under_the_merchants_own_login(till: Till) -> None:
    payment = till.charge("ecocash")

    assert till.at_paynow(payment).email == MERCHANT
    assert payment.email == CUSTOMER, "receipts still go to the customer"
    assert payment.is_test


@pytest.mark.parametrize("method", ["ecocash", "card"])
def test_a_live_payment_is_asked_under_the_customers_own_address(till: Till, method: str) -> None:
    go_live(till.paynow)

    payment = till.charge(method, phone="0771234567")

    assert till.at_paynow(payment).email == CUSTOMER
    assert not payment.is_test


def test_nobodys_address_is_invented_for_a_customer_who_has_none(till: Till) -> None:
    go_live(till.paynow)
    booking = new_booking()
    booking.customer.email = ""
    booking.customer.save(update_fields=["email"])

    with pytest.raises(CannotPay) as refused:
        till.open("ecocash", phone="0771234567", booking=booking)
    assert refused.value.code == "email_required"

    card = till.charge("card", booking=booking)
    assert till.at_paynow(card).email == ""


def test_test_mode_without_a_merchants_login_is_a_matter_for_staff(till: Till) -> None:
    PaynowConfig.objects.update(merchant_email="")

    payment = till.charge("ecocash")

    assert till.stands(payment) == ("failed", "unpaid")
    assert till.concerns(payment) == ["misconfigured"]
    assert till.paynow.transactions() == []


def test_test_money_is_in_no_takings(till: Till) -> None:
    booking = new_booking()
    till.paid(booking=booking)
    booking.refresh_from_db()
    assert booking.is_test

    go_live(till.paynow)
    other = new_booking()
    till.paid(booking=other, phone="0771234567")
    other.refresh_from_db()
    assert not other.is_test
