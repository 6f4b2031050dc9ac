"""Slips handed in: kept cleaned and once, compared with earlier ones, and decided by another person than handed them in."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from customer_data import ledger
from customer_data.models import Booking, Concern, Payment, Proof, ProofStatus, Receipt
from customer_data.services.proof_findings import OLD_AFTER
from customer_data.services.proofs import CannotDecide, Claim, NotAProof, approve, hand_in, match, reject
from customer_data.signals import proof_decided
from customer_data.status import BookingStatus, Reason, Status
from customer_data.tests import files, make
from offline_payments.tests import places
from offline_payments.tests.places import USD_100, USD_231

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def bank() -> Any:
    return places.bank()


def today() -> date:
    return timezone.localdate()


# --- Handing in -----------------------------------------------------------------------------------
def test_the_proof_photo_is_kept_and_hangs_on_the_payment() -> None:
    payment = places.transfer()
    proof = places.slip_for(payment.booking)
    assert (proof.payment, proof.customer, proof.status) == (payment, payment.booking.customer, ProofStatus.WAITING)
    assert bytes(proof.file.content).startswith(b"\xff\xd8\xff")
    assert proof.file.preview
    assert proof.findings == []
    assert not Concern.objects.exists()


def test_the_same_chat_message_twice_is_the_same_proof() -> None:
    booking = make.booking()
    first, second = (hand_in(booking=booking, customer=None, content=files.slip(), wamid="wamid.1") for _ in range(2))
    assert first == second
    assert Proof.objects.count() == 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"x" * (5 * 1024 * 1024 + 1), "larger than 5 MB"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00", "HEIC"),
        (b"PK\x03\x04 a spreadsheet", "photo .JPEG, PNG or WebP. or a PDF"),
        (files.locked_pdf(), "password"),
        (b"%PDF-1.7 broken", "damaged"),
        (files.slip()[:900], "damaged"),
        (b"", "nothing in it"),
    ],
)
def test_what_cannot_be_kept_is_refused_in_a_sentence(content: bytes, sentence: str) -> None:
    with pytest.raises(NotAProof, match=sentence):
        hand_in(booking=make.booking(), customer=None, content=content)
    assert not Proof.objects.exists()


def test_a_proof_without_a_booking_calls_a_person_until_it_has_one() -> None:
    customer, reviewer = make.customer(), places.reviewer()
    proof = hand_in(booking=None, customer=customer, content=files.slip())
    assert Concern.objects.get(proof=proof).kind == "unmatched_proof"
    with pytest.raises(CannotDecide, match="which booking"):
        approve(proof, amount=USD_231, reference="FT1", user=reviewer)
    payment = places.transfer(make.booking(customer=customer))
    match(proof, payment.booking)
    proof.refresh_from_db()
    assert proof.payment == payment
    assert Concern.objects.get(proof=proof).solution == f"It belongs to {payment.booking.booking_reference}."
    approve(proof, amount=USD_231, reference="FT1", user=reviewer)
    assert proof.booking == payment.booking


def test_a_proof_that_is_given_to_a_booking_leaves_every_other_where_it_was() -> None:
    customer = make.customer()
    proof, other = (hand_in(booking=None, customer=customer, content=files.slip(amount)) for amount in ("231.00", "845.00"))
    places.transfer()  # waits for somebody else's booking
    Concern.objects.create(proof=proof, kind="proof_doubted", sentence="Seen before.")
    wallet = make.payment(Status.PENDING)  # of the booking, but nothing that a slip could be for
    match(proof, wallet.booking)
    proof.refresh_from_db()
    other.refresh_from_db()
    assert (proof.booking, proof.payment, proof.customer) == (wallet.booking, None, customer)
    assert (other.booking, other.payment) == (None, None)
    open_now = Concern.objects.filter(solved_at=None).order_by("pk").values_list("proof", "kind")
    assert sorted(open_now) == sorted([(other.pk, "unmatched_proof"), (proof.pk, "proof_doubted")])
    assert Concern.objects.get(proof=proof, kind="unmatched_proof").solved_at is not None


def test_a_proof_of_nobody_is_the_customers_whose_booking_it_belongs_to_and_an_ended_payment_is_not_its() -> None:
    ended = places.transfer()
    make.move(ended, Status.EXPIRED)
    proof = hand_in(booking=None, customer=None, content=files.slip())
    match(proof, ended.booking)
    proof.refresh_from_db()
    assert (proof.customer, proof.payment) == (ended.booking.customer, None)


def test_a_proof_that_was_rejected_belongs_nowhere_any_more() -> None:
    proof = hand_in(booking=None, customer=make.customer(), content=files.slip())
    reject(proof, reason="We did not receive this money.", user=places.reviewer())
    with pytest.raises(CannotDecide, match="reviewer has decided already: it is rejected"):
        match(proof, make.booking())


def test_the_booking_of_a_proof_is_said_once() -> None:
    proof, other = places.slip_for(make.booking()), make.booking()
    with pytest.raises(CannotDecide, match="has been said already"):
        match(proof, other)
    with pytest.raises(IntegrityError), transaction.atomic():
        Proof.objects.filter(pk=proof.pk).update(booking=other)


# --- Seen before ----------------------------------------------------------------------------------
def doubts(proof: Proof) -> str:
    concern = Concern.objects.filter(proof=proof, kind="proof_doubted").first()
    return concern.sentence if concern else ""


def test_the_same_file_again_is_flagged() -> None:
    first, booking = places.slip_for(make.booking()), make.booking()
    second = hand_in(booking=booking, customer=None, content=files.slip("231.00", reference="FT000000"))
    assert doubts(second).startswith("The same file was handed in")
    assert first.booking is not None
    assert first.booking.booking_reference in doubts(second)
    assert doubts(second).endswith("; that one is waiting for review.")


def test_the_same_picture_compressed_again_is_flagged() -> None:
    places.slip_for(make.booking())
    again = hand_in(booking=make.booking(), customer=None, content=files.slip("231.00", reference="FT000000", quality=40))
    assert doubts(again).startswith("A picture that looks the same was handed in")


def test_another_slip_of_the_same_bank_is_not_flagged() -> None:
    places.slip_for(make.booking())
    assert doubts(places.slip_for(make.booking(), amount="845.00")) == ""


def test_the_same_reference_however_it_is_written_is_flagged() -> None:
    places.slip_for(make.booking(), claimed=Claim(USD_231, "USD", "FT 26-324/abc", today()))
    again = places.slip_for(make.booking(), amount="845.00", claimed=Claim(Decimal("845.00"), "USD", "ft26324ABC", today()))
    assert doubts(again).startswith("The reference FT26324ABC was handed in")


def test_a_reference_that_our_statement_knows_is_flagged() -> None:
    approve(places.slip_for(make.booking()), amount=USD_231, reference="FT-77", user=places.reviewer())
    again = places.slip_for(make.booking(), amount="845.00", claimed=Claim(reference="FT77"))
    assert "The reference FT77 was handed in" in doubts(again)


def test_the_same_amount_of_the_same_day_by_the_same_customer_is_flagged() -> None:
    customer, claimed = make.customer(), Claim(USD_231, "USD", "", today())
    places.slip_for(make.booking(customer=customer), claimed=claimed)
    again = places.slip_for(make.booking(customer=customer), amount="231.0", claimed=claimed)
    assert doubts(again).startswith("The same amount of the same day")
    assert doubts(places.slip_for(make.booking(), amount="23.1", claimed=claimed)) == ""


# --- A forwarded message --------------------------------------------------------------------------
def message(booking: Booking, *, amount: str = "231.00", kind: str = "MP", day: date | None = None) -> Proof:
    code = f"{kind}{day or today():%y%m%d}.1347.A22242"
    return hand_in(
        booking=booking, customer=None, text=f"USD {amount} paid to EXAMPLE. Approval Code: {code}. New balance: USD 1.00"
    )


def test_a_forwarded_message_is_read_and_is_never_proof_by_itself() -> None:
    booking = make.booking()
    proof = message(booking)
    assert (proof.kind, proof.claimed_amount, proof.claimed_currency) == ("message", USD_231, "USD")
    assert proof.claimed_on == today()
    assert proof.findings == ["A forwarded message is easily made up: look for this money on our own statement."]
    booking.refresh_from_db()
    assert booking.payment_status == BookingStatus.UNPAID


@pytest.mark.parametrize(
    ("sent", "finding"),
    [
        ({"amount": "200.00"}, "It says US$ 200.00; still owed is US$ 231.00."),
        ({"kind": "PP"}, "It is a transfer to a person, not to a merchant: look whether the number it went to is ours."),
        ({"kind": "CO"}, "It is about cash paid out, not about a payment to us."),
        ({"day": date(2031, 1, 1)}, "It is dated 1 Jan 2031, after it was handed in."),
        ({"day": date(2024, 1, 1)}, "It is dated 1 Jan 2024, before the booking was made."),
    ],
)
def test_what_speaks_against_a_message_is_said(sent: dict[str, Any], finding: str) -> None:
    assert finding in message(make.booking(), **sent).findings


ADVICE = "A forwarded message is easily made up: look for this money on our own statement."
NO_AMOUNT = "It names no amount in a currency that we take."
NO_DATE = "The code MP269999.1347.A22242 holds a date that does not exist."
EARLY = "It is dated 1 Jan 2026, before the booking was made."


@pytest.mark.parametrize(
    ("text", "findings"),
    [
        ("Approval Code: MP269999.1347.A22242 USD 231.00", {NO_DATE}),
        ("Txn ID: 8842991 USD 231.00 paid to EXAMPLE", set()),  # another wallet's: it has no kind and no date
        ("Txn ID: 8842991 ZiG 845.00 paid to EXAMPLE", {"It is about ZWG; the booking is in USD."}),
        ("Approval Code: MP260101.1347.A22242 EUR 231.00", {NO_AMOUNT, EARLY}),
        ("Approval Code: MP260101.1347.A22242", {NO_AMOUNT, EARLY}),
    ],
)
def test_what_is_odd_about_a_message_is_said_and_nothing_else(text: str, findings: set[str]) -> None:
    proof = hand_in(booking=make.booking(), customer=None, text=text)
    assert {each for each in proof.findings if "days before" not in each} == {ADVICE, *findings}


def test_an_old_date_says_how_old_and_a_cancelled_booking_is_named() -> None:
    booking, day = make.booking(), today() - OLD_AFTER - timedelta(days=1)
    Booking.objects.filter(pk=booking.pk).update(cancelled_at=timezone.now(), cancel_reason="The road is closed.")
    booking.refresh_from_db()
    proof = message(booking, day=day)
    assert f"It is dated {day:%-d %b %Y}, {OLD_AFTER.days + 1} days before it was handed in." in proof.findings
    assert "The booking has been cancelled." in proof.findings


def test_who_handed_in_what_belongs_nowhere_is_named_where_it_is_known() -> None:
    known = make.customer(name="Chipo Dube")
    hand_in(booking=None, customer=known, content=files.slip())
    hand_in(booking=None, customer=None, content=files.slip("845.00"))
    said = sorted(Concern.objects.filter(kind="unmatched_proof").values_list("sentence", flat=True))
    assert said == [
        "A proof of payment belongs to no booking yet.",
        "A proof of payment from Chipo Dube belongs to no booking yet.",
    ]


def test_the_code_of_a_message_counts_once() -> None:
    message(make.booking())
    again = message(make.booking())
    assert "The reference MP" in doubts(again)


def test_a_payment_under_way_is_named() -> None:
    payment = make.payment(Status.PENDING)
    assert f"Payment {payment.reference} of US$ 231.00 is under way" in " ".join(message(payment.booking).findings)


# --- Approving ------------------------------------------------------------------------------------
def test_the_amount_that_was_asked_for_settles_the_payment(django_capture_on_commit_callbacks: Any) -> None:
    payment, reviewer = places.transfer(), places.reviewer()
    proof = places.slip_for(payment.booking)
    with django_capture_on_commit_callbacks(execute=True):
        settled = approve(proof, amount=USD_231, reference="ft 991", user=reviewer)
    assert settled == payment
    settled.refresh_from_db()
    assert (settled.status, settled.gateway_reference, settled.approved_by, settled.is_final) == (
        "successful",
        "FT991",
        reviewer,
        True,
    )
    proof.refresh_from_db()
    assert (proof.settled, proof.received_amount, proof.decided_by) == (settled, USD_231, reviewer)
    assert Receipt.objects.filter(payment=settled).exists()
    assert list(ledger.violations()) == []


@pytest.mark.parametrize(("received", "status"), [("100.00", "part_paid"), ("231.01", "overpaid")])
def test_another_amount_is_booked_by_itself(received: str, status: str) -> None:
    asked = places.transfer()
    settled = approve(places.slip_for(asked.booking), amount=Decimal(received), reference="FT1", user=places.reviewer())
    assert settled != asked
    assert (settled.amount, settled.status, settled.payment_method) == (Decimal(received), "successful", "bank_transfer")
    asked.refresh_from_db()
    assert (asked.status, asked.reason_code) == (Status.EXPIRED, Reason.OTHER_AMOUNT)
    assert asked.events.get(to_status="expired").actor == "reviewer"
    assert settled.booking.payments.filter(status="successful").count() == 1
    booking = Booking.objects.get(pk=asked.booking_id)
    assert (booking.payment_status, booking.amount_paid) == (status, Decimal(received))
    assert Concern.objects.filter(kind="overpaid").exists() == (status == "overpaid")


def test_cash_is_booked_as_cash() -> None:
    places.office()
    booking, cashier = make.booking(), make.staff("cashier")
    claimed = Claim(USD_100, "USD", "RB 17", today())
    proof = hand_in(booking=booking, customer=None, is_cash=True, submitted_by=cashier, claimed=claimed)  # type: ignore[arg-type]
    settled = approve(proof, amount=USD_100, reference="", user=places.reviewer())
    assert (settled.payment_method, settled.status) == ("cash", "successful")


def test_a_wallet_payment_under_way_is_replaced_and_still_counts_when_it_comes_late() -> None:
    wallet = make.payment(Status.PENDING)
    approve(places.slip_for(wallet.booking), amount=USD_231, reference="FT1", user=places.reviewer())
    wallet.refresh_from_db()
    assert (wallet.status, wallet.reason_code) == (Status.EXPIRED, Reason.METHOD_CHANGED)


def test_a_booking_that_was_paid_meanwhile_takes_the_money_and_a_person_is_told() -> None:
    proof = places.slip_for(make.payment(Status.SUCCESSFUL).booking)
    approve(proof, amount=USD_231, reference="FT1", user=places.reviewer())
    assert Booking.objects.get().payment_status == BookingStatus.OVERPAID
    assert Concern.objects.filter(kind__in=["overpaid", "paid_twice"]).exists()


def test_who_handed_it_in_does_not_decide() -> None:
    cashier: Any = make.staff("cashier")
    proof = hand_in(booking=make.booking(), customer=None, content=files.slip(), submitted_by=cashier)
    with pytest.raises(CannotDecide, match="handed this in yourself"):
        approve(proof, amount=USD_231, reference="FT1", user=cashier)
    with pytest.raises(CannotDecide, match="handed this in yourself"):
        reject(proof, reason="No such money.", user=cashier)
    with pytest.raises(IntegrityError), transaction.atomic():
        Proof.objects.filter(pk=proof.pk).update(decided_by=cashier)


def test_a_line_of_our_statement_pays_once() -> None:
    reviewer = places.reviewer()
    settled = approve(places.slip_for(make.booking()), amount=USD_231, reference="FT 1", user=reviewer)
    other = places.slip_for(make.booking(), amount="845.00")
    with pytest.raises(CannotDecide, match=f"The line FT1 of our statement has been booked as payment {settled.reference}"):
        approve(other, amount=USD_231, reference="ft-1", user=reviewer)
    assert Payment.objects.filter(status="successful").count() == 1


@pytest.mark.parametrize(("amount", "reference"), [("0.00", "FT1"), ("-5.00", "FT1"), ("231.00", " - ")])
def test_nothing_is_booked_without_an_amount_and_a_reference(amount: str, reference: str) -> None:
    with pytest.raises(CannotDecide):
        approve(places.slip_for(make.booking()), amount=Decimal(amount), reference=reference, user=places.reviewer())
    assert not Payment.objects.exists()


def test_without_a_place_to_pay_nothing_is_booked() -> None:
    proof = places.slip_for(make.booking(currency="ZWG"))
    with pytest.raises(CannotDecide, match="no active place to pay in ZWG"):
        approve(proof, amount=USD_231, reference="FT1", user=places.reviewer())
    proof.refresh_from_db()
    assert proof.status == ProofStatus.WAITING


def test_the_way_a_slip_is_booked_is_found_behind_any_other_gateway(settings: Any) -> None:
    settings.PAYMENT_GATEWAYS = dict(reversed(list(settings.PAYMENT_GATEWAYS.items())))
    proof, other = places.slip_for(make.booking()), places.slip_for(make.booking(), amount="845.00")
    assert approve(proof, amount=USD_231, reference="FT1", user=places.reviewer()).payment_method == "bank_transfer"
    settings.PAYMENT_GATEWAYS = {name: path for name, path in settings.PAYMENT_GATEWAYS.items() if name == "paynow"}
    with pytest.raises(CannotDecide, match="No way to pay is set up for this in USD"):
        approve(other, amount=USD_231, reference="FT2", user=places.reviewer("another"))


def test_a_long_reason_is_cut_to_what_fits() -> None:
    proof = places.slip_for(make.booking())
    reject(proof, reason="x" * 400, user=places.reviewer())
    proof.refresh_from_db()
    assert proof.decision == "x" * 300


def test_money_in_zig_is_booked_in_zig() -> None:
    places.bank("ZWG")
    proof = places.slip_for(make.booking("845.00", currency="ZWG"), amount="845.00")
    assert approve(proof, amount=Decimal("845.00"), reference="FT1", user=places.reviewer()).currency == "ZWG"


def test_what_is_decided_stays_decided() -> None:
    approved, rejected = places.slip_for(make.booking()), places.slip_for(make.booking(), amount="845.00")
    reviewer = places.reviewer()
    approve(approved, amount=USD_231, reference="FT1", user=reviewer)
    reject(rejected, reason="We did not receive this money.", user=reviewer)
    with pytest.raises(CannotDecide, match="reviewer has decided already: it is approved"):
        reject(approved, reason="Oh no.", user=reviewer)
    with pytest.raises(CannotDecide, match="reviewer has decided already: it is rejected"):
        approve(rejected, amount=USD_231, reference="FT2", user=reviewer)


def test_who_decided_is_announced_after_the_commit(django_capture_on_commit_callbacks: Any) -> None:
    heard: list[tuple[str, str]] = []

    def hear(sender: object, *, proof: Proof, **signal: Any) -> None:
        heard.append((proof.status, proof.decision))

    proof_decided.connect(hear)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            reject(places.slip_for(make.booking()), reason="The slip is of another year.", user=places.reviewer())
    finally:
        proof_decided.disconnect(hear)
    assert heard == [("rejected", "The slip is of another year.")]
