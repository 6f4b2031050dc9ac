"""Letters that money never arrived: written only when that is certain, complete, kept, and void when the money comes after all."""

from __future__ import annotations

import shutil
import subprocess
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.utils import ProgrammingError
from django.utils import timezone

from customer_data.letter_page import file_name, letter_pdf
from customer_data.letters import NotACode, read_approval_code
from customer_data.models import Concern, ConcernKind, NonReceiptLetter, Payment
from customer_data.services.letters import CannotWrite, may_need_a_letter, write_letter
from customer_data.status import Status
from customer_data.tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]

LARGEST = 50_000

needs_reader = pytest.mark.skipif(shutil.which("pdftotext") is None, reason="pdftotext (poppler-utils) reads the page")


@pytest.fixture(autouse=True)
def letterhead(settings: Any) -> None:
    settings.BUSINESS_NAME = "Baobab Safaris"
    settings.BUSINESS_ADDRESS = "12 Park Way, Victoria Falls"
    settings.BUSINESS_CONTACT = "+263 83 284 0000, accounts@baobab.example"
    settings.BUSINESS_MERCHANT_CODE = "062340"


def unpaid(status: str = Status.EXPIRED, **fields: Any) -> Payment:
    """An attempt that ended without money, of which the gateway has just said so again."""
    payment = make.payment(status, **fields)
    Payment.objects.filter(pk=payment.pk).update(gateway_status="Cancelled", reported_at=timezone.now(), checked_at=timezone.now())
    payment.refresh_from_db()
    return payment


def written(payment: Payment, *, approval_code: str = "", by: str = "tendai") -> NonReceiptLetter:
    user = make.staff(by, first_name="Tendai", last_name="Moyo")
    return write_letter(payment, approval_code=approval_code, reason="EcoCash asks for it", user=user)


def code_of(payment: Payment) -> str:
    return f"MP{timezone.localtime(payment.created_at):%y%m%d}.1537.A22242"


def refused(payment: Payment, sentence: str) -> None:
    with pytest.raises(CannotWrite, match=sentence):
        written(payment, by=f"staff-{payment.pk}-{sentence[:5]}")
    assert not payment.letters.exists()


# --- What it says ---------------------------------------------------------------------------------
@needs_reader
def test_everything_a_wallet_asks_for_stands_on_the_page() -> None:
    payment = unpaid(phone="+263771234567", gateway_reference="34512345")
    letter = written(payment, approval_code=code_of(payment))
    words = words_on(letter_pdf(letter))
    missing = [text for _, text in letter.facts if text not in words]
    assert missing == []
    for needed in (
        "Baobab Safaris",
        "12 Park Way, Victoria Falls",
        "062340",
        "US$ 231.00",
        code_of(payment),
        payment.booking.customer.name,
        "0771234567",
        payment.booking.booking_reference,
        payment.reference,
        "was not received by us as of",
        "No service was rendered",
        "answered: Cancelled.",
        "Tendai Moyo",
        "Signature",
        "Stamp",
        "accounts@baobab.example",
    ):
        assert needed in words, needed


def test_the_page_is_one_and_small_and_the_same_each_time() -> None:
    payment = unpaid(booking=make.booking(customer=make.customer(name="Żółć " * 40), title="x" * 200))
    letter = written(payment)
    pdf = letter_pdf(letter)
    assert pdf.count(b"/Type /Page\n") == 1
    assert len(pdf) < LARGEST
    assert letter_pdf(NonReceiptLetter.objects.get(pk=letter.pk)) == pdf
    assert file_name(letter) == f"letter-NR-{payment.reference}-1.pdf"


@needs_reader
def test_a_letter_about_test_money_says_so() -> None:
    assert "Test only: no money was asked for." in words_on(letter_pdf(written(unpaid(is_test=True))))


def test_it_is_numbered_recorded_and_never_changed() -> None:
    payment = unpaid()
    first, second = written(payment, by="one"), written(payment, by="two")
    assert [first.number, second.number] == [f"NR-{payment.reference}-1", f"NR-{payment.reference}-2"]
    event = payment.events.last()
    assert event is not None
    assert (event.source, event.actor, event.reason) == (
        "admin",
        "two",
        f"Wrote non-receipt letter {second.number}: EcoCash asks for it",
    )
    assert event.details == {"letter": second.number}
    assert (second.reason, second.written_at >= first.written_at) == ("EcoCash asks for it", True)
    with pytest.raises(ProgrammingError, match="Cannot update"), transaction.atomic():
        NonReceiptLetter.objects.filter(pk=first.pk).update(reason="another")


def test_one_that_the_gateway_never_heard_of_can_be_written_about() -> None:
    long_ago = timezone.now() - timedelta(hours=1)
    payment = make.payment(Status.EXPIRED, moved_at=long_ago)
    Payment.objects.filter(pk=payment.pk).update(not_found=5, checked_at=timezone.now())
    letter = written(Payment.objects.get(pk=payment.pk))
    assert "has no record of this payment" in dict(letter.facts)["Answer"]


@pytest.mark.parametrize(("not_found", "is_written"), [(1, True), (0, False)])
def test_what_the_gateway_refused_itself_needs_one_more_no_from_it(not_found: int, is_written: bool) -> None:
    payment = make.payment(Status.FAILED)
    Payment.objects.filter(pk=payment.pk).update(not_found=not_found, checked_at=timezone.now(), reported_at=None)
    payment.refresh_from_db()
    if is_written:
        assert written(payment).number.endswith("-1")
    else:
        refused(payment, "has not said yet")


def test_the_code_that_was_read_out_is_kept() -> None:
    payment = unpaid()
    assert NonReceiptLetter.objects.get(pk=written(payment, approval_code=code_of(payment)).pk).approval_code == code_of(payment)


# --- When it is not written -----------------------------------------------------------------------
@pytest.mark.parametrize(
    "status", [Status.CREATED, Status.SENDING, Status.PENDING, Status.SUCCESSFUL, Status.DISPUTED, Status.REFUNDED]
)
def test_money_that_is_in_or_may_be_coming_has_no_letter(status: str) -> None:
    payment = make.payment(status)
    Payment.objects.filter(pk=payment.pk).update(reported_at=timezone.now(), gateway_status="x")
    assert not may_need_a_letter(payment)
    refused(payment, "a letter is only for one that ended unpaid")


def test_money_that_came_while_the_page_was_open_has_no_letter() -> None:
    payment = unpaid()
    as_on_the_page = Payment.objects.get(pk=payment.pk)
    make.move(payment, Status.SUCCESSFUL)
    refused(as_on_the_page, "The payment is successful")


@pytest.mark.parametrize(("minutes", "sentence"), [(None, "has not said yet"), (11, "last answer is 11 minutes old")])
def test_the_gateway_is_asked_first(minutes: int | None, sentence: str) -> None:
    payment = unpaid()
    at = None if minutes is None else timezone.now() - timedelta(minutes=minutes)
    Payment.objects.filter(pk=payment.pk).update(reported_at=at)
    refused(payment, sentence)
    refused(payment, "Press Ask the gateway again")


def test_one_not_found_is_not_believed() -> None:
    payment = make.payment(Status.EXPIRED)
    Payment.objects.filter(pk=payment.pk).update(not_found=1, checked_at=timezone.now())
    refused(payment, "has not said yet")


def test_what_was_never_sent_has_no_letter() -> None:
    payment = make.payment(Status.CREATED)
    make.step(payment, Status.EXPIRED)
    refused(payment, "No wallet was asked")


@pytest.mark.parametrize("kind", [ConcernKind.MISMATCH, ConcernKind.UNKNOWN_WORD, ConcernKind.ILLEGAL_NEWS])
def test_a_doubt_is_solved_before_a_letter_is_written(kind: ConcernKind) -> None:
    payment = unpaid()
    Concern.raise_about(payment, kind, "The gateway says US$ 230.00, we asked for US$ 231.00.")
    refused(payment, "a person must look at first")


@pytest.mark.parametrize(("kind", "is_solved"), [(ConcernKind.STUCK, False), (ConcernKind.MISMATCH, True)])
def test_another_matter_or_a_solved_doubt_is_in_nobodys_way(kind: ConcernKind, is_solved: bool) -> None:
    payment = unpaid()
    Concern.objects.create(payment=payment, kind=kind, sentence="Earlier.", solved_at=timezone.now() if is_solved else None)
    assert written(payment).number.endswith("-1")


def test_an_old_answer_says_how_old_it_is() -> None:
    payment = unpaid()
    Payment.objects.filter(pk=payment.pk).update(reported_at=timezone.now() - timedelta(hours=2))
    refused(payment, "last answer is 120 minutes old")


# --- The approval code ----------------------------------------------------------------------------
def test_a_code_is_read_as_it_is_typed_or_out_of_the_whole_message() -> None:
    payment, now = unpaid(), timezone.now()
    code = code_of(payment)
    sms = f"Transfer Confirmation: USD 231.00 sent to BAOBAB. Approval Code: {code} New balance: USD 0.00"
    for typed in (code, f"  {code.lower()} ", sms):
        assert read_approval_code(typed, payment=payment, now=now) == code
    assert read_approval_code("  ", payment=payment, now=now) == ""


@pytest.mark.parametrize("typed", ["hello", "MP12", "MP2509081537A22242", "1234567", "<script>"])
def test_what_is_no_code_is_refused(typed: str) -> None:
    payment = unpaid()
    with pytest.raises(NotACode, match="is not an approval code"):
        read_approval_code(typed, payment=payment, now=timezone.now())


@pytest.mark.parametrize("days", [-1, 1, 365])
def test_a_code_of_another_day_belongs_to_another_payment(days: int) -> None:
    payment, now = unpaid(), timezone.now()
    code = f"MP{timezone.localtime(now) + timedelta(days=days):%y%m%d}.1537.A22242"
    with pytest.raises(NotACode, match="it belongs to another"):
        read_approval_code(code, payment=payment, now=now)


# --- When the money comes after all ---------------------------------------------------------------
def test_late_money_names_the_letter_that_is_void_now() -> None:
    payment = unpaid()
    written(payment, by="chipo")
    letter = written(payment)  # the newest is the one that somebody has
    make.move(payment, Status.SUCCESSFUL)
    assert f"Letter {letter.number} says that it never came" in payment.concerns.get(kind=ConcernKind.LATE_MONEY).sentence


def words_on(pdf: bytes) -> str:
    command = ["pdftotext", "-layout", "-", "-"]
    return " ".join(subprocess.run(command, input=pdf, capture_output=True, check=True).stdout.decode().split())  # noqa: S603
