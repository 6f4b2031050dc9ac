"""PaynowClient against every way in which Paynow, or the way to it, can fail. The transport is in test_transport.py."""

import logging
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import paynow
import pytest
import requests
from requests.adapters import HTTPAdapter

from customer_data.gateway import GatewayRefused, GatewayUnavailable, Misconfigured, NotGenuine, NotUnderstood, OutcomeUnknown
from customer_data.status import Reason, Status
from paynow_integration.client import PaynowClient
from paynow_integration.hashing import sign
from paynow_integration.messages import encode, read_report
from paynow_integration.simulator import DrivenClock, PaynowSimulator
from paynow_integration.tests.merchant import KEY, SHORT, MerchantServer, a_request, canned_session, client_for

LOST_ANSWERS = [
    ("html", ""),
    ("http_error", "500"),
    ("http_error", "503"),
    ("http_error", "404"),
    ("redirect", "https://www.paynow.co.zw/"),
    ("empty", ""),
    ("half_reply", ""),
    ("reset", ""),
    ("no_hash", ""),
    ("forged_hash", ""),
    ("foreign_pollurl", ""),
    ("unknown_status", ""),
]


# --- A charge -------------------------------------------------------------------------------------
def test_an_ecocash_charge_tells_the_customer_what_to_do(client: PaynowClient, simulator: PaynowSimulator) -> None:
    reply = client.express(a_request())
    assert reply.instructions.startswith("Dial *151*2*4#")
    assert reply.paynow_reference == simulator.transactions()[0].paynow_reference
    assert reply.poll_url == simulator.transactions()[0].poll_url


def test_an_innbucks_charge_gives_a_code_and_its_end(client: PaynowClient, clock: DrivenClock) -> None:
    reply = client.express(a_request(method="innbucks"))
    assert reply.authorization_code.isdigit()
    assert reply.authorization_expires is not None
    assert 540 <= reply.authorization_expires.timestamp() - clock.now() <= 600


def test_a_card_charge_gives_a_page(client: PaynowClient, simulator: PaynowSimulator) -> None:
    reply = client.initiate(a_request(method="", phone=""))
    assert reply.browser_url.startswith(f"{simulator.url}/Payment/ConfirmPayment/")


@pytest.mark.parametrize(("fault", "value"), LOST_ANSWERS)
def test_a_lost_answer_is_unknown_and_a_trace_finds_the_one_charge(
    client: PaynowClient, simulator: PaynowSimulator, fault: str, value: str
) -> None:
    simulator.fault(fault, on="express", times=1, value=value)
    with pytest.raises(OutcomeUnknown):
        client.express(a_request())
    found = client.trace("B7K2M9QXA4T")
    assert found is not None
    assert client.own_poll_url(found) == simulator.transactions()[0].poll_url
    assert len(simulator.transactions()) == 1


@pytest.mark.parametrize("fault", ["hang", "drip"])
def test_an_answer_that_takes_too_long_is_unknown(simulator: PaynowSimulator, fault: str) -> None:
    simulator.fault(fault, on="express", times=1, value="1")
    with client_for(simulator, charge_limits=SHORT) as client, pytest.raises(OutcomeUnknown):
        client.express(a_request())
    assert len(simulator.transactions()) == 1


def test_paynow_that_refuses_connections_was_certainly_not_asked(client: PaynowClient, simulator: PaynowSimulator) -> None:
    simulator.refuse_connections()
    with pytest.raises(GatewayUnavailable):
        client.express(a_request())
    simulator.accept_connections()
    assert simulator.office.calls == {}
    assert client.trace("B7K2M9QXA4T") is None


def test_a_pooled_connection_that_was_closed_meanwhile_does_not_lose_the_charge(
    client: PaynowClient, simulator: PaynowSimulator
) -> None:
    client.trace("nothing")
    simulator.cut_idle_connections()
    client.express(a_request())
    assert len(simulator.transactions()) == 1


@pytest.mark.parametrize("fault", ["capitalised_keys", "no_paynowreference", "comma_paynowreference", "extra_field", "blank_field"])
def test_oddities_of_a_genuine_answer_do_no_harm(client: PaynowClient, simulator: PaynowSimulator, fault: str) -> None:
    simulator.fault(fault)
    reply = client.express(a_request())
    assert reply.instructions
    assert read_report(client.poll(reply.poll_url), account="1201").status == Status.PENDING


@pytest.mark.parametrize(
    ("text", "error", "reason"),
    [
        ("Insufficient balance", GatewayRefused, Reason.INSUFFICIENT_FUNDS),
        ("insufficient balance.", GatewayRefused, Reason.INSUFFICIENT_FUNDS),
        ("Failed to initiate transaction, please try later", GatewayRefused, Reason.GATEWAY_ERROR),
        ("Invalid amount field", GatewayRefused, Reason.GATEWAY_ERROR),
        ("Something new", GatewayRefused, Reason.OTHER),
        ("", GatewayRefused, Reason.OTHER),
        ("Invalid id.", Misconfigured, None),
        ("Enter valid return url", Misconfigured, None),
        ("Invalid Hash.  Hash should start with: 8AB116", Misconfigured, None),
        ("Duplicate merchanttrace", OutcomeUnknown, None),
    ],
)
def test_each_error_text_says_what_to_do_next(
    client: PaynowClient, simulator: PaynowSimulator, text: str, error: type[Exception], reason: Reason | None
) -> None:
    simulator.fault("error", on="express", value=text or " ")
    with pytest.raises(error) as caught:
        client.express(a_request())
    assert getattr(caught.value, "reason", None) == reason
    assert "8AB116" not in str(caught.value)


def test_a_wrong_key_is_an_alarm_and_not_a_refusal(simulator: PaynowSimulator) -> None:
    client = PaynowClient("1201", "wrong", base_url=simulator.url)
    with pytest.raises(Misconfigured, match="integration key"):
        client.express(a_request())


def test_a_key_with_capitals_and_a_line_break_works(simulator: PaynowSimulator) -> None:
    client = PaynowClient(" 1201 ", f"{KEY.upper()}\n", base_url=f"{simulator.url}/interface/remotetransaction")
    assert client.express(a_request()).poll_url


def test_a_page_outside_paynow_is_not_shown_to_a_customer() -> None:
    fields = (("status", "Ok"), ("browserurl", "https://evil.example/"), ("pollurl", "https://www.paynow.co.zw/poll"))
    with canned_session(encode(sign(fields, KEY))) as session, pytest.raises(OutcomeUnknown, match="page"):
        PaynowClient("1201", KEY, session=session).initiate(a_request(method=""))


def test_a_code_is_not_taken_to_somebody_else() -> None:
    fields = (("status", "Ok"), ("remoteotpurl", "https://evil.example/"), ("pollurl", "https://www.paynow.co.zw/poll"))
    with canned_session(encode(sign(fields, KEY))) as session, pytest.raises(OutcomeUnknown, match="one-time code"):
        PaynowClient("1201", KEY, session=session).express(a_request(method="omari"))


# --- A question -----------------------------------------------------------------------------------
def test_a_poll_reports_the_money(client: PaynowClient, clock: DrivenClock) -> None:
    reply = client.express(a_request())
    clock.advance(5)
    report = read_report(client.poll(reply.poll_url), account="1201", currency="USD")
    assert (report.status, report.amount, report.reference) == (Status.SUCCESSFUL, Decimal("10.00"), "B7K2M9QXA4T")


@pytest.mark.parametrize(
    ("fault", "value"), [lost for lost in LOST_ANSWERS if lost[0] not in ("foreign_pollurl", "unknown_status")]
)
def test_a_poll_without_a_proven_answer_reports_nothing(
    client: PaynowClient, simulator: PaynowSimulator, fault: str, value: str
) -> None:
    reply = client.express(a_request())
    simulator.fault(fault, on="poll", value=value)
    with pytest.raises(OutcomeUnknown):
        client.poll(reply.poll_url)


def test_a_poll_with_an_unknown_word_moves_no_money(client: PaynowClient, simulator: PaynowSimulator) -> None:
    reply = client.express(a_request())
    simulator.fault("unknown_status", on="poll", value="Paid Maybe")
    with pytest.raises(NotUnderstood, match="Paid Maybe"):
        read_report(client.poll(reply.poll_url), account="1201")


@pytest.mark.parametrize("text", ["Trace failed", "Insufficient balance", "Not found"])
def test_an_error_to_a_question_says_nothing_about_the_payment(client: PaynowClient, simulator: PaynowSimulator, text: str) -> None:
    reply = client.express(a_request())
    simulator.fault("error", value=text)
    with pytest.raises(OutcomeUnknown):
        client.trace("B7K2M9QXA4T")
    with pytest.raises(OutcomeUnknown):
        client.poll(reply.poll_url)


def test_not_found_counts_only_when_it_is_signed(client: PaynowClient, simulator: PaynowSimulator) -> None:
    assert client.trace("nothing") is None
    simulator.fault("html", on="trace")
    with pytest.raises(OutcomeUnknown):
        client.trace("nothing")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "https://evil.example/Interface/CheckPayment/?guid=1",
        "https://www.paynow.co.zw.evil.example/",
        "https://evilpaynow.co.zw/",
        "https://user@www.paynow.co.zw/",
        "https://www.paynow.co.zw@evil.example/",
        "https://evil.example\\@www.paynow.co.zw/",
        "https://www.paynow.co.zw:8443/",
        "http://www.paynow.co.zw/",
        "ftp://www.paynow.co.zw/",
        "https://www.paynow.co.zw\n.evil.example/",
        "http://127.0.0.1:1/",
        "http://169.254.169.254/latest/meta-data",
        "file:///etc/passwd",
    ],
)
def test_an_address_that_is_not_paynows_is_never_called(client: PaynowClient, url: str) -> None:
    for ask in (client.poll, client.check_transaction_status, lambda url: client.submit_otp(url, "123456")):
        with pytest.raises(NotUnderstood, match="not an address of Paynow"):
            ask(url)


def test_only_a_question_that_never_left_is_asked_once_more(client: PaynowClient, simulator: PaynowSimulator) -> None:
    attempts: list[str] = []

    class Counting(HTTPAdapter):
        def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
            attempts.append(str(request.url).rpartition("/")[2])
            return adapter.send(request, *args, **options)

    assert client._session is not None
    adapter = client._session.get_adapter(simulator.url)
    client._session.mount(simulator.url, Counting())
    simulator.refuse_connections()
    with pytest.raises(GatewayUnavailable):
        client.trace("T1")
    with pytest.raises(GatewayUnavailable):
        client.express(a_request())
    assert attempts == ["trace", "trace", "remotetransaction"]


# --- O'mari ---------------------------------------------------------------------------------------
def test_a_right_code_pays(client: PaynowClient) -> None:
    reply = client.express(a_request(method="omari"))
    assert reply.otp_reference
    assert read_report(client.submit_otp(reply.otp_url, "123456"), account="1201").status == Status.SUCCESSFUL


def test_a_wrong_code_may_be_typed_again_and_a_lost_answer_is_asked_about(client: PaynowClient, simulator: PaynowSimulator) -> None:
    reply = client.express(a_request(method="omari"))
    with pytest.raises(GatewayRefused) as caught:
        client.submit_otp(reply.otp_url, "012345")
    assert caught.value.reason == Reason.WRONG_CODE
    simulator.fault("empty", on="otp")
    with pytest.raises(OutcomeUnknown):
        client.submit_otp(reply.otp_url, "123456")


def test_after_the_fifth_wrong_code_we_ask(client: PaynowClient) -> None:
    reply = client.express(a_request(method="omari"))
    for _ in range(5):
        with pytest.raises(GatewayRefused):
            client.submit_otp(reply.otp_url, "0")
    with pytest.raises(OutcomeUnknown):
        client.submit_otp(reply.otp_url, "123456")
    assert read_report(client.poll(reply.poll_url), account="1201").status == Status.CANCELLED


# --- A drop-in for the official SDK ---------------------------------------------------------------
def test_it_is_the_official_client(client: PaynowClient) -> None:
    assert isinstance(client, paynow.Paynow)


def test_money_is_exact_and_the_text_is_not_encoded_twice(client: PaynowClient, simulator: PaynowSimulator) -> None:
    payment = client.create_payment("Order #100", "merchant@example.com")
    payment.add("Bananas & ham", 0.1).add("Apples", 0.2).add("Pears", "1").add("Plums", Decimal("0.05"))
    response = client.send_mobile(payment, "+263771111111", "ecocash")
    assert response.success
    transaction = simulator.transactions()[0]
    assert (transaction.amount, transaction.reference, transaction.phone) == (Decimal("1.35"), "Order #100", "0771111111")
    assert transaction.description == "Bananas & ham, Apples, Pears, Plums"
    assert transaction.merchant_trace == payment.merchant_trace


def test_a_refusal_is_told_with_its_reason(client: PaynowClient) -> None:
    payment = client.create_payment("R1", "merchant@example.com").add("Trip", 5)
    response = client.send_mobile(payment, "0774444444", "ecocash")
    assert (response.success, response.error) == (False, "Insufficient balance")
    assert (response.poll_url, response.redirect_url, response.instructions, response.has_redirect) == ("", "", "", False)


def test_a_lost_answer_can_be_traced_with_the_carts_own_number(client: PaynowClient, simulator: PaynowSimulator) -> None:
    payment = client.create_payment("R1", "merchant@example.com").add("Trip", 5)
    simulator.fault("html", on="express")
    with pytest.raises(OutcomeUnknown):
        client.send_mobile(payment, "0771111111", "ecocash")
    assert client.trace(payment.merchant_trace) is not None


@pytest.mark.parametrize("fault", ["no_hash", "forged_hash"])
def test_who_catches_the_sdks_hash_error_catches_ours(client: PaynowClient, simulator: PaynowSimulator, fault: str) -> None:
    simulator.fault(fault)
    with pytest.raises(paynow.HashMismatchException):
        client.send(client.create_payment("R1").add("Trip", 5))


@pytest.mark.parametrize("amount", [float("nan"), float("inf"), "1,000", -5, None, [], "ten"])
def test_a_cart_takes_only_money(client: PaynowClient, amount: Any) -> None:
    with pytest.raises(ValueError, match="amount"):
        client.create_payment("R1").add("Trip", amount)


def test_an_empty_cart_or_a_missing_address_is_not_sent(client: PaynowClient, simulator: PaynowSimulator) -> None:
    with pytest.raises(ValueError, match="above zero"):
        client.send(client.create_payment("R1", "a@b.co"))
    with pytest.raises(ValueError, match="email"):
        client.send_mobile(client.create_payment("R1", None).add("Trip", 5), "0771111111", "ecocash")
    assert simulator.office.calls == {}


@pytest.mark.parametrize("word", ["Paid", "Awaiting Delivery", "Delivered"])
def test_all_three_words_for_money_in_are_paid(client: PaynowClient, simulator: PaynowSimulator, word: str) -> None:
    response = client.send_mobile(client.create_payment("R1", "merchant@example.com").add("Trip", 5), "0771111111", "ecocash")
    simulator.move("R1", word)
    status = client.check_transaction_status(response.poll_url)
    assert (status.paid, status.status, status.amount, status.reference) == (True, word.lower(), Decimal("5.00"), "R1")


def test_an_error_to_a_status_check_is_not_paid(client: PaynowClient, simulator: PaynowSimulator) -> None:
    status = client.check_transaction_status(f"{simulator.url}/Interface/CheckPayment/?guid=unknown")
    assert (status.paid, status.status, status.error) == (False, "error", "Invalid guid")


def as_bytes(body: bytes) -> Any:
    return body


def as_dictionary(body: bytes) -> Any:
    return dict(paynow.model.parse_qs(body.decode(), keep_blank_values=True))


def as_query_dict(body: bytes) -> Any:
    from django.http import QueryDict  # noqa: PLC0415  only this way of calling knows Django

    return QueryDict(body)


@pytest.mark.parametrize("form", [as_bytes, as_dictionary, as_query_dict])
def test_an_update_is_believed_only_when_it_is_signed(
    client: PaynowClient, simulator: PaynowSimulator, merchant: MerchantServer, form: Callable[[bytes], Any]
) -> None:
    payment = client.create_payment("Order #1", "merchant@example.com").add("Trip", 5)
    client.send_mobile(payment, "0771111111", "ecocash")
    simulator.approve("Order #1")
    assert client.process_status_update(form(merchant.bodies[0])).paid
    simulator.fault("forged_hash", on="update")
    simulator.move("Order #1", "Refunded")
    with pytest.raises(NotGenuine):
        client.process_status_update(form(merchant.bodies[1]))


@pytest.mark.parametrize(
    "body", [b"", b"status=Paid", b"status=Paid&hash=FORGED", b"status=Paid&status=Paid&hash=1", b"<html>", b"\xff\xfe"]
)
def test_a_forged_update_never_says_paid(client: PaynowClient, body: bytes) -> None:
    with pytest.raises((NotGenuine, NotUnderstood)):
        client.process_status_update(body)


def test_a_repeated_field_in_a_query_dict_is_seen(client: PaynowClient) -> None:
    with pytest.raises(NotUnderstood, match="repeats"):
        client.process_status_update(as_query_dict(b"status=Cancelled&status=Paid&hash=1"))


# --- Secrets --------------------------------------------------------------------------------------
def test_nothing_secret_is_logged_or_printed(
    client: PaynowClient, simulator: PaynowSimulator, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="paynow_integration"):
        reply = client.express(a_request())
        client.poll(reply.poll_url)
    said = caplog.text + str([vars(record) for record in caplog.records]) + repr(client) + repr(reply)
    guid = simulator.transactions()[0].guid
    assert "remotetransaction" in said
    for secret in (KEY, "0771111111", "merchant@example.com", guid, reply.message.get("hash")):
        assert secret not in said
