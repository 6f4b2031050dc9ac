"""Files of customers, kept as proofs: once, told once, whatever fails, dies or comes twice on the way."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from customer_data.file_kinds import MOST_BYTES
from customer_data.models import Concern, ConcernKind, Proof, ProofFile
from customer_data.tests import make
from flows import slips
from flows.models import Message, SentFile
from flows.outgoing import ListMenu, from_content
from flows.simulator import GraphSimulator
from flows.tests.slip_files import at_whatsapp, pdf, photo, sent_file

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("drawer")]


def told() -> list[str]:
    return [message.body for message in Message.objects.order_by("pk")]


def make_due(sent: SentFile) -> None:
    SentFile.objects.filter(pk=sent.pk).update(next_try_at=timezone.now())


def try_until_the_end(sent: SentFile) -> None:
    for _ in range(slips.MOST_TRIES + 1):
        slips.keep_file(sent.pk)
        if SentFile.objects.get(pk=sent.pk).next_try_at is None:
            return
        make_due(sent)


# --- Kept -----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("kind", "mime_type", "content", "is_kept_as"),
    [("image", "image/jpeg", photo(), "picture"), ("document", "application/pdf", pdf(), "pdf")],
)
def test_a_file_is_kept_as_a_proof_for_its_booking_and_nothing_is_paid(
    graph: GraphSimulator, kind: str, mime_type: str, content: bytes, is_kept_as: str
) -> None:
    booking = make.booking()
    media_id = at_whatsapp(graph, content, kind=kind, mime_type=mime_type)
    sent = sent_file(booking.customer, media_id, booking=booking, caption="For Rudo")
    slips.keep_file(sent.pk)
    proof = Proof.objects.get()
    assert (proof.kind, proof.booking, proof.customer, proof.wamid, proof.text, proof.status) == (
        is_kept_as,
        booking,
        booking.customer,
        sent.wamid,
        "For Rudo",
        "waiting",
    )
    assert ProofFile.objects.filter(proof=proof).exists()
    (words,) = told()
    assert f"Received for booking {booking.booking_reference}" in words
    assert "Nothing is booked as paid until the money is there" in words
    booking.refresh_from_db()
    assert booking.amount_paid == 0
    sent.refresh_from_db()
    assert (sent.outcome, sent.next_try_at) == ("kept", None)


def test_a_file_is_kept_and_told_once_however_many_workers_try(graph: GraphSimulator, at_once: Callable[..., list[Any]]) -> None:
    booking = make.booking()
    sent = sent_file(booking.customer, at_whatsapp(graph, photo()), booking=booking)
    assert at_once(*[lambda: slips.keep_file(sent.pk)] * 4) == [None] * 4
    make_due(sent)
    slips.keep_file(sent.pk)
    assert (Proof.objects.count(), len(told())) == (1, 1)


def test_with_several_bookings_to_pay_the_customer_is_asked_which(graph: GraphSimulator) -> None:
    rudo = make.customer()
    bookings = [make.booking(customer=rudo) for _ in range(2)]
    slips.keep_file(sent_file(rudo, at_whatsapp(graph, photo())).pk)
    message = Message.objects.get()
    menu = from_content(message.kind, message.content)
    assert isinstance(menu, ListMenu)
    rows = {row.title for row in menu.sections[0].rows}
    assert rows == {booking.booking_reference for booking in bookings}
    assert Proof.objects.get().booking is None


def test_without_anything_to_pay_it_is_kept_all_the_same_and_a_person_is_told(graph: GraphSimulator) -> None:
    stranger = make.customer()
    slips.keep_file(sent_file(stranger, at_whatsapp(graph, photo())).pk)
    assert "find no booking" in told()[0]
    concern = Concern.objects.get(kind=ConcernKind.UNMATCHED_PROOF)
    assert concern.proof == Proof.objects.get()


# --- Not kept -------------------------------------------------------------------------------------
@pytest.mark.parametrize("content", [b"MZ\x90\x00 a program", b"<html><script>alert(1)</script></html>", b"\xff\xd8\xff broken"])
def test_what_is_no_photo_or_pdf_is_refused_with_a_sentence(graph: GraphSimulator, content: bytes) -> None:
    sent = sent_file(make.customer(), at_whatsapp(graph, content))
    slips.keep_file(sent.pk)
    (words,) = told()
    assert "Send the slip again, as a photo or as a PDF" in words
    sent.refresh_from_db()
    assert (sent.outcome, sent.next_try_at, Proof.objects.count()) == ("no_proof", None, 0)


def test_what_is_too_large_is_refused_with_a_sentence(graph: GraphSimulator) -> None:
    content = b"%PDF" + b"0" * MOST_BYTES
    slips.keep_file(sent_file(make.customer(), at_whatsapp(graph, content, kind="document", mime_type="application/pdf")).pk)
    assert "larger than 5 MB" in told()[0]
    assert not Proof.objects.exists()


def test_what_whatsapp_has_no_longer_must_be_sent_again(graph: GraphSimulator) -> None:
    sent = sent_file(make.customer(), "900000000000999")
    slips.keep_file(sent.pk)
    assert "send it again" in told()[0]
    sent.refresh_from_db()
    assert (sent.outcome, sent.next_try_at) == ("gone", None)


# --- Later ----------------------------------------------------------------------------------------
def test_a_file_that_cannot_be_fetched_now_is_fetched_later_and_the_customer_knows(graph: GraphSimulator) -> None:
    booking = make.booking()
    media_id = at_whatsapp(graph, photo())
    sent = sent_file(booking.customer, media_id, booking=booking)
    graph.faults.add("break", call=media_id, times=2)
    for _ in range(3):
        slips.keep_file(sent.pk)
        make_due(sent)
    first, second = told()
    assert "has not reached us yet" in first
    assert "Received" in second


def test_a_file_that_is_never_fetched_is_told_to_a_person_after_some_tries(graph: GraphSimulator) -> None:
    media_id = at_whatsapp(graph, photo())
    sent = sent_file(make.customer(), media_id)
    graph.faults.add("break", call=media_id, times=50)
    try_until_the_end(sent)
    sent.refresh_from_db()
    assert (sent.outcome, sent.attempts) == ("given_up", slips.MOST_TRIES)
    assert Concern.objects.get(kind=ConcernKind.UNMATCHED_PROOF).customer == sent.customer
    assert len(told()) == 2
    assert "send it again" in told()[1]


def test_a_file_that_kills_every_worker_ends_too(graph: GraphSimulator) -> None:
    sent = sent_file(make.customer(), at_whatsapp(graph, photo()), attempts=slips.MOST_TRIES)
    slips.keep_file(sent.pk)
    sent.refresh_from_db()
    assert sent.outcome == "given_up"
    assert not Proof.objects.exists()


def test_the_clock_finds_what_is_due_and_nothing_else(graph: GraphSimulator) -> None:
    due = sent_file(make.customer(), "1")
    sent_file(make.customer(), "2", next_try_at=timezone.now() + timedelta(minutes=1))
    sent_file(make.customer(), "3", next_try_at=None, outcome="kept")
    assert slips.due_files() == [due.pk]


# --- Killed ---------------------------------------------------------------------------------------
def killed_when(point: str, sent: SentFile, graph: GraphSimulator, *, guard: str = "whole") -> None:
    database = str(connection.settings_dict["NAME"])
    arguments = [point, str(sent.pk), guard, f"{graph.url}/v25.0", database]
    command = [sys.executable, "-m", "flows.tests.dying_keeper", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"DEBUG": "1"}) as process:  # noqa: S603
        assert process.stdout is not None
        assert "here\n" in process.stdout  # its log comes before
        process.kill()


@pytest.mark.parametrize("point", ["fetched", "written"])
def test_a_worker_killed_on_the_way_leaves_one_proof_told_once(graph: GraphSimulator, point: str) -> None:
    booking = make.booking()
    sent = sent_file(booking.customer, at_whatsapp(graph, photo()), booking=booking)
    killed_when(point, sent, graph)
    assert (Proof.objects.count(), told()) == (0, [])
    slips.keep_file(sent.pk)  # its lease still runs
    assert Proof.objects.count() == 0
    for _ in range(2):
        make_due(sent)
        slips.keep_file(sent.pk)
    assert (Proof.objects.count(), len(told())) == (1, 1)


def test_control_kept_without_naming_its_message_a_killed_worker_leaves_two_proofs(graph: GraphSimulator) -> None:
    booking = make.booking()
    sent = sent_file(booking.customer, at_whatsapp(graph, photo()), booking=booking)
    killed_when("written", sent, graph, guard="without-key")
    make_due(sent)
    slips.keep_file(sent.pk)
    assert Proof.objects.count() == 2
