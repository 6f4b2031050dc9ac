"""Paynow's vocabulary: what goes out, what comes in, and what is refused at the door."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customer_data.gateway import NotUnderstood
from customer_data.status import Reason, Status
from paynow_integration.hashing import sign
from paynow_integration.messages import (
    MOST_BYTES,
    STATUS_OF,
    Message,
    encode,
    innbucks_links,
    parse,
    read_amount,
    read_expiry,
    read_report,
    read_status,
    wallet_number,
    write_amount,
    write_charge,
    write_otp,
    write_trace,
)
from paynow_integration.tests.merchant import a_request

VECTORS = {vector["id"]: vector for vector in json.loads((Path(__file__).parent / "paynow_vectors.json").read_text())}


# --- Going out ------------------------------------------------------------------------------------
def test_an_express_request_is_the_one_of_the_reference() -> None:
    request = a_request(
        reference=" INV-35 ",
        description="Bananas  & ham\n",
        return_url="https://m.example/return?ref=INV-35",
        merchant_trace="INV35T1",
        phone="+263 77 111 1111",
        method="EcoCash",
    )
    pairs = sign(write_charge(request, integration_id="1201"), VECTORS["G1"]["key"])
    assert pairs == parse(VECTORS["G1"]["body"]).pairs


def test_a_web_request_names_the_payer_but_no_method() -> None:
    fields = dict(write_charge(a_request(method=""), integration_id="1201"))
    assert "method" not in fields
    assert "phone" not in fields
    assert fields["authphone"] == "0771111111"
    assert fields["merchanttrace"] == "B7K2M9QXA4T"


def test_blank_options_are_left_out() -> None:
    names = [name for name, _ in write_charge(a_request(method="", email=" ", phone=""), integration_id="1201")]
    assert names == ["id", "reference", "amount", "additionalinfo", "returnurl", "resulturl", "merchanttrace", "status"]


@pytest.mark.parametrize("trace", ["x", "x" * 32])
def test_the_shortest_and_the_longest_trace_are_written(trace: str) -> None:
    assert ("merchanttrace", trace) in write_charge(a_request(merchant_trace=trace), integration_id="1201")


@pytest.mark.parametrize("trace", ["", "  ", "x" * 33])
def test_a_request_that_could_not_be_found_again_is_not_written(trace: str) -> None:
    with pytest.raises(ValueError, match="merchant trace"):
        write_charge(a_request(merchant_trace=trace), integration_id="1201")


@pytest.mark.parametrize("amount", [Decimal("0"), Decimal("-1"), Decimal("1.005"), Decimal("NaN"), Decimal("Infinity"), 10, "10"])
def test_only_whole_cents_above_zero_are_asked_for(amount: Decimal) -> None:
    with pytest.raises(ValueError, match="above zero"):
        write_amount(amount)


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("0771234567", "0771234567"),
        ("+263771234567", "0771234567"),
        ("263 77 123-4567", "0771234567"),
        ("771234567", "0771234567"),
        ("+27821234567", "+27821234567"),
        ("", ""),
    ],
)
def test_wallet_numbers_go_out_in_ten_digits(typed: str, sent: str) -> None:
    assert wallet_number(typed) == sent


def test_an_otp_keeps_its_zeros_and_a_trace_asks_for_one_request() -> None:
    assert write_otp(integration_id="1201", otp="012345") == (("id", "1201"), ("otp", "012345"), ("status", "Message"))
    assert write_trace(integration_id="1201", merchant_trace="T1") == (
        ("id", "1201"),
        ("merchanttrace", "T1"),
        ("status", "Message"),
    )


def test_values_are_encoded_once() -> None:
    assert encode((("reference", "Order #100"), ("authemail", "a+x@b.com"))) == b"reference=Order+%23100&authemail=a%2Bx%40b.com"


# --- Coming in ------------------------------------------------------------------------------------
def test_names_have_no_case_and_keep_their_order() -> None:
    message = parse(VECTORS["V3"]["body"])
    assert [name for name, _ in message.pairs] == ["Status", "BrowserUrl", "PollUrl", "Hash"]
    assert message.get("pollurl").startswith("http://www.paynow.co.zw:7106/")
    assert message.word == "ok"


def test_blank_values_arrive() -> None:
    assert parse(b"note=&status=Paid").pairs == (("note", ""), ("status", "Paid"))


def test_a_byte_order_mark_and_a_line_break_do_no_harm() -> None:
    assert parse(b"\xef\xbb\xbfstatus=Ok&note=a%0ab\r\n").pairs == (("status", "Ok"), ("note", "a\nb"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"   ",
        b"&&",
        b"<html><a href='x=1&y=2'></html>",
        b"no equals sign",
        b"status=Paid&status=Cancelled",
        b"status=Paid&Status=Cancelled",
        b"status=%ff%fe",
        b"status=\xff",
        b"=value",
        b"status=a%00b",
        b'{"status": "Paid"}',
        b"a=1" * MOST_BYTES,
        b"&".join(b"f%d=1" % number for number in range(101)),
    ],
)
def test_anything_but_one_flat_message_is_refused(body: bytes) -> None:
    with pytest.raises(NotUnderstood):
        parse(body)


def test_ampersands_around_a_message_are_no_fields() -> None:
    assert parse("&&status=Paid&").pairs == (("status", "Paid"),)
    assert parse("Xa=1&b=X").pairs == (("Xa", "1"), ("b", "X"))


@pytest.mark.parametrize(
    ("body", "said"), [(b"<a=1&b=2>", "empty or a web page"), (b"  ", "empty or a web page"), ("a=\ud800", "not text")]
)
def test_what_is_refused_is_named(body: bytes | str, said: str) -> None:
    with pytest.raises(NotUnderstood, match=said):
        parse(body)


def test_a_long_word_is_named_in_short() -> None:
    with pytest.raises(NotUnderstood, match=f"'{'w' * 40}'"):
        read_status("w" * 60)
    with pytest.raises(NotUnderstood, match=f"'{'x' * 20}'"):
        read_amount("x" * 60)


def test_a_message_has_64_kilobytes_and_not_a_byte_more() -> None:
    longest = b"note=" + b"a" * (64 * 1024 - 5)
    assert len(parse(longest).get("note")) == 64 * 1024 - 5
    with pytest.raises(NotUnderstood, match="too long"):
        parse(longest + b"a")


def test_a_message_has_a_hundred_fields() -> None:
    assert len(parse(b"&".join(b"f%d=1" % number for number in range(100))).pairs) == 100


@given(st.binary(max_size=300) | st.text(max_size=300))
def test_no_bytes_can_do_worse_than_be_refused(body: bytes | str) -> None:
    try:
        message = parse(body)
    except NotUnderstood:
        return
    assert message.pairs


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("Created", Status.PENDING),
        ("Sent", Status.PENDING),
        ("created but not paid", Status.PENDING),
        ("awaiting redirect", Status.PENDING),
        ("Pending3ds", Status.PENDING),
        (" PAID ", Status.SUCCESSFUL),
        ("Awaiting Delivery", Status.SUCCESSFUL),
        ("awaiting  delivery", Status.SUCCESSFUL),
        ("Delivered", Status.SUCCESSFUL),
        ("Cancelled", Status.CANCELLED),
        ("Failed", Status.FAILED),
        ("Disputed", Status.DISPUTED),
        ("Refunded", Status.REFUNDED),
    ],
)
def test_each_word_has_one_meaning(word: str, status: Status) -> None:
    assert read_status(word) == status


@pytest.mark.parametrize("word", ["", "Ok", "Error", "NotFound", "Message", "Under Review", "paid!", "unpaid"])
def test_a_word_we_do_not_know_is_never_a_status(word: str) -> None:
    with pytest.raises(NotUnderstood):
        read_status(word)


def test_no_word_means_that_the_payment_expired_or_was_never_sent() -> None:
    assert set(STATUS_OF.values()).isdisjoint({Status.CREATED, Status.SENDING, Status.EXPIRED})


@pytest.mark.parametrize(
    ("text", "amount"), [("10.00", "10.00"), ("10", "10.00"), ("10.5", "10.50"), ("1,234,567.89", "1234567.89")]
)
def test_amounts_are_read(text: str, amount: str) -> None:
    assert read_amount(text) == Decimal(amount)


@pytest.mark.parametrize("text", ["", "1,000", "10,00", "1,00.00", "10.001", "-1.00", "1e3", "$10.00", "ten", "NaN", "1 000.00"])
def test_amounts_that_could_mean_two_things_are_refused(text: str) -> None:
    with pytest.raises(NotUnderstood):
        read_amount(text)


def test_a_report_says_what_the_message_says() -> None:
    report = read_report(parse(VECTORS["G4"]["body"]), account="1201", currency="USD")
    assert (report.reference, report.status, report.amount) == ("Café 7", Status.SUCCESSFUL, Decimal("10.00"))
    assert (report.account, report.currency, report.gateway_status) == ("1201", "USD", "Awaiting Delivery")
    assert not report.final


def test_the_reference_of_paynow_is_text() -> None:
    assert read_report(parse(VECTORS["V4"]["body"]), account="1201").gateway_reference == "1,082"


def test_a_cancelled_report_is_final_and_has_a_reason() -> None:
    message = Message((("reference", "R"), ("amount", "1.00"), ("status", "Cancelled")))
    report = read_report(message, account="1201")
    assert (report.final, report.reason) == (True, Reason.CANCELLED_BY_PAYER)


def test_paynow_says_nothing_more_after_four_words() -> None:
    """After any other the payment is asked about again; after one of these a question is a waste of Paynow's patience."""
    final = set()
    for word in STATUS_OF:
        message = Message((("reference", "R"), ("amount", "1.00"), ("status", word)))
        if read_report(message, account="1201").final:
            final.add(word)
    assert final == {"paid", "cancelled", "failed", "refunded"}


def test_a_failed_report_was_declined_and_a_paid_one_has_no_reason() -> None:
    def reason(word: str) -> Reason | None:
        return read_report(Message((("reference", "R"), ("amount", "1.00"), ("status", word))), account="1201").reason

    assert (reason("Failed"), reason("Paid")) == (Reason.DECLINED, None)


@pytest.mark.parametrize("text", ["20-Sep-2026 14:35", " 20-SEP-2026  14:35 "])
def test_an_innbucks_code_expires_on_harare_time(text: str) -> None:
    assert read_expiry(text) == datetime(2026, 9, 20, 12, 35, tzinfo=UTC)


@pytest.mark.parametrize("month", range(1, 13))
def test_an_innbucks_code_expires_in_any_month(month: int) -> None:
    then = datetime(2026, month, 28, 12, 35, tzinfo=UTC)
    assert read_expiry(f"{then:%d-%b-%Y} 14:35") == then


@pytest.mark.parametrize("text", ["", "20/09/2026 14:35", "31-Feb-2026 10:00", "20-Xyz-2026 10:00", "20-Sep-2026 25:00"])
def test_an_unreadable_expiry_is_simply_not_shown(text: str) -> None:
    assert read_expiry(text) is None


def test_both_links_open_innbucks_with_the_code() -> None:
    assert innbucks_links("12 3&/4") == (
        "com.innbucks.customer://purchase?paymentToken=12%203%26%2F4",
        "schinn.wbpycode://innbucks.co.zw?pymInnCode=12%203%26%2F4",
    )


def test_a_message_does_not_print_what_it_carries() -> None:
    assert "secret" not in repr(Message((("token", "secret"),)))
