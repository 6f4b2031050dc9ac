"""After *Pay now*: what to do next by the kind of prompt, and how it ended."""

import base64
import re
import struct
import zlib
from dataclasses import replace
from typing import Any

import pytest
import zxingcpp
from django.utils import timezone

from customer_data import services
from customer_data.models import Payment
from customer_data.status import Reason, Status
from customer_data.tests import make
from customer_data.tests.drawer import OTP, Drawer
from flows.definitions.payment_whatsapp_flow import (
    CLOSE,
    DONE,
    PAYMENT_ERROR,
    PAYMENT_OTP,
    PAYMENT_PROCESSING,
    PAYMENT_SUCCESS,
)
from flows.tests.customers import check, on_screen, started

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]


# --- What to do next, by the kind of prompt -------------------------------------------------------
def test_a_wallet_is_approved_on_the_phone() -> None:
    phone, payment = started("wallet")
    shown = check(phone)
    assert shown.data["heading"] == "Approve on your phone"
    assert "Pay with Wallet." in shown.data["instructions"]
    assert shown.data["detail"] == f"US$ 231.00 · Wallet · {payment.reference}"
    assert (shown.data["has_code"], shown.data["has_qr"], shown.data["has_link"]) == (False, False, False)


def test_a_code_is_shown_with_its_end_and_a_picture_that_a_camera_reads() -> None:
    phone, payment = started("code")
    shown = check(phone)
    assert shown.data["heading"] == "Pay with this code"
    assert shown.data["code"] == payment.authorization_code == "123456"
    assert payment.authorization_expires is not None
    ends = timezone.localtime(payment.authorization_expires)
    assert shown.data["code_expires"] == f"Valid until {ends:%H:%M on %d %B}"
    (read,) = zxingcpp.read_barcodes(picture(shown.data["qr_image"]))
    assert (read.format, read.text) == (zxingcpp.BarcodeFormat.QRCode, "123456")


def test_a_page_is_linked_and_no_card_is_typed_in_the_chat() -> None:
    phone, payment = started("page")
    shown = check(phone)
    assert shown.data["has_link"]
    assert shown.data["link_url"] == f"https://drawer.example/{payment.reference}"
    assert phone.tap_link("Open the payment page") == shown


def test_a_one_time_code_is_typed_wrong_then_right_with_its_leading_zero(drawer: Drawer) -> None:
    phone, payment = started("otp")
    assert check(phone).screen == PAYMENT_OTP
    assert phone.submit(otp="999999").screen == PAYMENT_PROCESSING
    services.submit_otp(payment.reference)
    again = check(phone)
    assert again.screen == PAYMENT_OTP
    assert "was not right" in again.snackbar
    phone.submit(otp=OTP)
    services.submit_otp(payment.reference)
    assert drawer.otps == ["999999", "012345"]
    assert check(phone).screen == PAYMENT_SUCCESS


@pytest.mark.parametrize("otp", ["", "12", "12345678901", "12a456", "½1234", "-12345", "12 345", None, [], True, 1.5])
def test_a_code_that_cannot_be_is_explained_and_not_handed_over(drawer: Drawer, otp: Any) -> None:
    phone, payment = started("otp")
    check(phone)
    shown = phone.tap({"otp": otp})
    assert shown.screen == PAYMENT_OTP
    assert shown.snackbar == "Type the code from the SMS: digits only."
    services.submit_otp(payment.reference)
    assert drawer.otps == []


def test_a_code_for_a_payment_that_ended_meanwhile_shows_how_it_ended() -> None:
    phone, payment = started("otp")
    check(phone)
    make.move(payment, Status.FAILED, reason_code=Reason.TIMED_OUT)
    assert phone.submit(otp="012345").screen == PAYMENT_ERROR


def test_while_the_code_is_checked_nobody_is_asked_for_it_again() -> None:
    phone, _ = started("otp")
    check(phone)
    phone.submit(otp="012345")
    assert check(phone).data["heading"] == "Checking your code"


# --- How it ended ---------------------------------------------------------------------------------
def test_paid_in_full_is_said_with_the_amount() -> None:
    phone, payment = on_screen(Status.SUCCESSFUL)
    shown = check(phone)
    assert shown.screen == PAYMENT_SUCCESS
    assert "We received US$ 231.00" in shown.data["summary"]
    assert "paid in full" in shown.data["summary"]
    done = phone.tap({"next": DONE})
    assert done.completion == {"flow_token": phone.flow_token, "payment_reference": payment.reference, "status": "successful"}


def test_a_deposit_is_said_with_what_is_still_to_pay() -> None:
    phone, _ = on_screen(Status.SUCCESSFUL, amount_option="deposit")
    assert "Still to pay: US$ 115.50" in check(phone).data["summary"]


def test_a_test_payment_is_marked_as_one(drawer: Drawer) -> None:
    drawer.accounts["USD"] = replace(drawer.accounts["USD"], is_test=True)
    phone, _ = on_screen(Status.SUCCESSFUL)
    shown = check(phone)
    assert shown.data["heading"].startswith("TEST")
    assert "No money moved" in shown.data["summary"]


WHY = {
    Reason.INSUFFICIENT_FUNDS: ("not enough money", "Put money into the wallet and try again"),
    Reason.CANCELLED_BY_PAYER: ("cancelled on the phone", "Try again"),
    Reason.DECLINED: ("declined the payment", "do not pay again"),
    Reason.GATEWAY_DOWN: ("could not be reached", "Try again later"),
    Reason.NEVER_ARRIVED: ("did not reach", "Try again"),
    Reason.WRONG_CODE: ("wrong too many times", "Try again"),
    Reason.MISCONFIGURED: ("our fault", "Try again later"),
    Reason.TIMED_OUT: ("not approved in time", "Try again"),
    Reason.OTHER: ("did not accept", "Try again"),
    Reason.GATEWAY_ERROR: ("could not start", "Try again"),
    Reason.INVALID_PAYER: ("phone number or the e-mail address", "Try again"),
    Reason.STOPPED_BY_STAFF: ("Our office stopped", "Try again"),
}


@pytest.mark.parametrize("reason", WHY)
def test_why_it_failed_is_said_with_what_to_do(reason: Reason) -> None:
    phone, payment = on_screen(Status.PENDING)
    make.move(payment, Status.FAILED, reason_code=reason)
    shown = check(phone)
    why, advice = WHY[reason]
    assert shown.screen == PAYMENT_ERROR
    assert why in shown.data["reason"]
    assert advice in shown.data["advice"]


def test_an_expired_payment_never_asks_to_pay_twice() -> None:
    """Lesson 29."""
    phone, payment = on_screen(Status.PENDING)
    make.move(payment, Status.EXPIRED, reason_code=Reason.TIMED_OUT)
    assert "do not pay again" in check(phone).data["advice"]


@pytest.mark.parametrize("status", [Status.CREATED, Status.SENDING, Status.PENDING])
def test_what_may_still_be_paid_is_never_shown_as_an_error(status: Status) -> None:
    """Lesson 29: customers who saw an error paid two to four times."""
    phone, payment = on_screen(status)
    Payment.objects.filter(pk=payment.pk).update(reason_code=Reason.GATEWAY_DOWN, checked_at=timezone.now())
    shown = check(phone)
    assert shown.screen == PAYMENT_PROCESSING
    assert shown.snackbar == ""
    assert not re.search(r"not paid|failed|error", shown.data["instructions"], re.IGNORECASE)


def test_a_disputed_payment_is_not_asked_for_again() -> None:
    phone, _ = on_screen(Status.DISPUTED)
    assert check(phone).screen == PAYMENT_SUCCESS


def test_a_refunded_payment_is_said_to_have_gone_back() -> None:
    phone, _ = on_screen(Status.REFUNDED)
    assert check(phone).data["heading"] == "Refunded"


def test_close_after_a_failure_ends_the_form() -> None:
    phone, _ = on_screen(Status.FAILED)
    check(phone)
    assert (phone.tap({"next": CLOSE}).completion or {})["status"] == "failed"


# --- Parts ----------------------------------------------------------------------------------------
def picture(png: str) -> memoryview:
    """The grey values of a base64 PNG of one bit per pixel, as segno writes it."""
    data = base64.b64decode(png)
    width, height, bits, colour = struct.unpack(">IIBB", data[16:26])
    assert (bits, colour) == (1, 0)
    packed = b"".join(data[at + 8 : at + 8 + length] for at, length in chunks(data))
    rows, size = zlib.decompress(packed), (width + 7) // 8 + 1
    grey, above = bytearray(), bytes(size)
    for row in range(height):
        kind, *line = rows[row * size : (row + 1) * size]
        assert kind in (0, 2)  # as it is, or as the difference to the row above
        above = bytes((byte + above[x] * (kind == 2)) % 256 for x, byte in enumerate(line))
        grey += bytes(255 * (above[x // 8] >> (7 - x % 8) & 1) for x in range(width))
    return memoryview(bytes(grey)).cast("B", (height, width))


def chunks(png: bytes) -> list[tuple[int, int]]:
    """Where the image data are, and how long."""
    found, at = [], 8
    while at < len(png):
        length = struct.unpack(">I", png[at : at + 4])[0]
        if png[at + 4 : at + 8] == b"IDAT":
            found.append((at, length))
        at += length + 12
    return found
