"""The review queue as staff see it: what waits, the picture, the two decisions, and who may do what."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from customer_data.models import Payment, Proof
from customer_data.services import proofs
from customer_data.tests import files, make
from customer_data.tests.desk import Desk, desk, readable
from offline_payments.tests import places

pytestmark = pytest.mark.django_db

APPROVE = {"amount": "231.00", "again": "", "reference": "FT 1"}


@pytest.fixture(autouse=True)
def bank() -> Any:
    return places.bank()


def cashier() -> Desk:
    return desk("view_booking", "view_proof", "submit_proof")


def supervisor() -> Desk:
    return desk("view_booking", "view_proof", "review_proof", "submit_proof")


def hand_in(clerk: Desk, booking: Any, **typed: Any) -> Any:
    form = {"what": "slip", "amount": "231.00", "reference": "FT 1", "on": "2026-11-20"}
    return clerk.press(booking, "hand-in-proof", **(form | typed))


def photo(content: bytes | None = None, name: str = "slip.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content or files.slip(), content_type="image/jpeg")


def test_a_cashier_hands_in_and_a_supervisor_approves() -> None:
    booking, clerk, chief = make.booking(), cashier(), supervisor()
    assert clerk.told(hand_in(clerk, booking, file=photo()))[0].startswith("Handed in. Somebody else must now find the money")
    proof = Proof.objects.get()
    assert "Approve" not in clerk.page(proof)
    assert clerk.press(proof, "approve", **APPROVE).status_code == 403
    assert "is booked as payment" in chief.told(chief.press(proof, "approve", **APPROVE))[0]
    assert Payment.objects.get().status == "successful"


def test_who_handed_it_in_is_not_offered_to_approve() -> None:
    booking, chief = make.booking(), supervisor()
    hand_in(chief, booking, file=photo())
    proof = Proof.objects.get()
    assert "Amount that arrived" not in chief.page(proof)
    assert "cannot be done" in chief.told(chief.press(proof, "approve", **APPROVE))[0]
    assert not Payment.objects.exists()


def test_an_amount_that_nobody_asked_for_is_typed_twice() -> None:
    proof, chief = places.slip_for(make.booking()), supervisor()
    told = chief.told(chief.press(proof, "approve", **(APPROVE | {"amount": "2310.00"})))
    assert told == [
        "Nothing was booked: you typed US$ 2,310.00, and US$ 231.00 was asked for. If it is right, type it in both fields."
    ]
    assert not Payment.objects.exists()
    chief.press(proof, "approve", **(APPROVE | {"amount": "100.00", "again": "100.00"}))
    assert str(Payment.objects.get().amount) == "100.00"


@pytest.mark.parametrize(
    "typed", [{"amount": "12,5"}, {"amount": "0"}, {"reference": ""}, {"amount": "231.001"}, {"amount": "1e3"}]
)
def test_what_cannot_be_right_books_nothing(typed: dict[str, str]) -> None:
    proof, chief = places.slip_for(make.booking()), supervisor()
    chief.press(proof, "approve", **(APPROVE | typed))
    assert not Payment.objects.exists()
    proof.refresh_from_db()
    assert proof.status == "waiting"


def test_a_rejection_needs_a_reason_that_says_something() -> None:
    proof, chief = places.slip_for(make.booking()), supervisor()
    assert "say why" in chief.told(chief.press(proof, "reject", reason=" "))[0]
    chief.press(proof, "reject", reason="We did not receive this money.")
    proof.refresh_from_db()
    assert (proof.status, proof.decision) == ("rejected", "We did not receive this money.")


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({}, "choose the photo or PDF"),
        ({"file": ("big.jpg", b"\xff\xd8\xff" + b"x" * 5 * 1024 * 1024)}, "larger than 5 MB"),
        ({"file": ("sheet.jpg", b"PK\x03\x04")}, "photo (JPEG, PNG or WebP) or a PDF"),
        ({"what": "cash", "on": "yesterday"}, "write the day like"),
        ({"what": "cash", "amount": "ten"}, "is not an amount"),
    ],
)
def test_a_bad_hand_in_ends_in_a_sentence(typed: dict[str, Any], sentence: str) -> None:
    if "file" in typed:
        typed = {**typed, "file": photo(typed["file"][1], typed["file"][0])}
    clerk = cashier()
    assert sentence in clerk.told(hand_in(clerk, make.booking(), **typed))[0]
    assert not Proof.objects.exists()


def test_the_queue_shows_what_waits_first_and_what_is_claimed_beside_what_is_owed() -> None:
    waiting, done = places.slip_for(make.booking()), places.slip_for(make.booking("845.00"), amount="845.00")
    chief = supervisor()
    chief.press(done, "reject", reason="Not our account.")
    listed = chief.listed(Proof)
    assert waiting.booking is not None
    assert done.booking is not None
    assert waiting.booking.booking_reference in listed
    assert done.booking.booking_reference not in listed
    assert "US$ 231.00" in listed
    assert done.booking.booking_reference in chief.listed(Proof, status="all")


def test_a_proof_finds_its_booking() -> None:
    proof = places.slip_for(None)
    booking, clerk = make.booking(), cashier()
    assert "no booking with this reference" in clerk.told(clerk.press(proof, "belongs", booking="BK00"))[0]
    clerk.press(proof, "belongs", booking=booking.booking_reference.lower())
    proof.refresh_from_db()
    assert proof.booking == booking


def test_what_was_seen_before_stands_on_the_page_with_a_link() -> None:
    first = places.slip_for(make.booking())
    content = files.slip("231.00", reference="FT000000")
    from_another = proofs.hand_in(booking=make.booking(), customer=None, content=content)
    response = supervisor().get(reverse("admin:customer_data_proof_change", args=(from_another.pk,)))
    assert "The same file was handed in" in readable(response)
    assert reverse("admin:customer_data_proof_change", args=(first.pk,)) in response.content.decode()


# --- The file -------------------------------------------------------------------------------------
def addresses(proof: Proof) -> list[str]:
    return [reverse(f"admin:customer_data_proof_{name}", args=(proof.pk,)) for name in ("file", "preview")]


def test_staff_who_may_see_the_proof_and_it_is_kept_to_itself() -> None:
    proof = places.slip_for(make.booking())
    for clerk in (desk("view_proof"), desk("review_proof")):
        for address in addresses(proof):
            response = clerk.get(address)
            assert response.status_code == 200
            assert response["Content-Type"] == "image/jpeg"
            assert response["X-Content-Type-Options"] == "nosniff"
            assert response["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
            assert response["Content-Disposition"].startswith("inline")
            assert "no-store" in response["Cache-Control"]


def test_nobody_else_sees_the_proof(client: Any) -> None:
    proof = places.slip_for(make.booking())
    for address in addresses(proof):
        assert desk("view_payment", "view_booking", "submit_proof").get(address).status_code == 403
        assert client.get(address).status_code == 302


def test_a_place_shows_what_a_customer_is_told(bank: Any) -> None:
    page = desk("view_placetopay", "change_placetopay").page(bank)
    assert "Transfer exactly US$ 231.00 to:" in page
    assert "Account number: 0001 2345 6789" in page
