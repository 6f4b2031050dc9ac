"""Every kind of message as WhatsApp gets it, over real sockets; and what it would refuse is refused before anything is sent."""

from collections.abc import Callable
from typing import Any

import pytest

from customer_data import services
from customer_data.status import Status
from customer_data.tests import make
from flows import tokens
from flows.files import NoSuchFile, file_for
from flows.message_json import Parts
from flows.models import FlowSession, Message, WhatsAppFlow
from flows.outbox import send_message, write
from flows.outgoing import (
    Buttons,
    Choice,
    Document,
    FlowButton,
    Image,
    LinkButton,
    ListMenu,
    Outgoing,
    Section,
    Template,
    Text,
)
from flows.simulator import FaultKind, GraphSimulator
from flows.whatsapp import WhatsAppClient, client_from_settings

TO = "+263771234567"
YES = Choice("do/yes", "Yes")


def client() -> WhatsAppClient:
    return client_from_settings()


def sent(graph: GraphSimulator, outgoing: Outgoing, **parts: Any) -> dict[str, Any]:
    client().send(TO, outgoing, parts=Parts(**parts), opaque="message-1")
    body = graph.messages[-1].body
    content: dict[str, Any] = body[body["type"]]
    return content


def test_buttons_arrive(graph: GraphSimulator) -> None:
    content = sent(graph, Buttons("Go?", choices=(YES,), header="Trip", footer="Paydesk"))
    assert content["action"] == {"buttons": [{"type": "reply", "reply": {"id": "do/yes", "title": "Yes"}}]}
    assert (content["header"], content["footer"]) == ({"type": "text", "text": "Trip"}, {"text": "Paydesk"})


def test_a_list_arrives(graph: GraphSimulator) -> None:
    content = sent(graph, ListMenu("Which?", button="Choose", sections=(Section("", (Choice("a", "A", "First"), YES)),)))
    rows = [{"id": "a", "title": "A", "description": "First"}, {"id": "do/yes", "title": "Yes"}]
    assert content["action"] == {"button": "Choose", "sections": [{"rows": rows}]}


def test_a_link_arrives(graph: GraphSimulator) -> None:
    content = sent(graph, LinkButton("Open it. This needs data.", label="Pay by card", url="https://pay.example/1"))
    parameters = {"display_text": "Pay by card", "url": "https://pay.example/1"}
    assert content["action"] == {"name": "cta_url", "parameters": parameters}


def test_a_template_with_a_form_behind_its_button_arrives(graph: GraphSimulator) -> None:
    values = ("US$ 5.00", "Hwange", "0")
    content = sent(graph, Template("Paid"), template_name="payment_successful", values=values, flow_token="token")
    assert [value["text"] for value in content["components"][0]["parameters"]] == list(values)
    assert content["components"][1]["parameters"][0]["action"] == {"flow_token": "token"}


def long(most: int, make_it: Callable[[str], Outgoing]) -> tuple[int, Callable[[str], Outgoing]]:
    return most, make_it


LIMITS = {
    "text": long(4096, Text),
    "buttons' body": long(1024, lambda x: Buttons(x, choices=(YES,))),
    "button's title": long(20, lambda x: Buttons("b", choices=(Choice("1", x),))),
    "button's id": long(256, lambda x: Buttons("b", choices=(Choice(x, "t"),))),
    "header": long(60, lambda x: Buttons("b", choices=(YES,), header=x)),
    "footer": long(60, lambda x: Buttons("b", choices=(YES,), footer=x)),
    "how many buttons": long(3, lambda x: Buttons("b", choices=tuple(Choice(str(n), "t") for n in range(len(x))))),
    "list's body": long(4096, lambda x: ListMenu(x, button="b", sections=(Section("", (YES,)),))),
    "list's button": long(20, lambda x: ListMenu("b", button=x, sections=(Section("", (YES,)),))),
    "row's title": long(24, lambda x: ListMenu("b", button="b", sections=(Section("", (Choice("1", x),)),))),
    "row's id": long(200, lambda x: ListMenu("b", button="b", sections=(Section("", (Choice(x, "t"),)),))),
    "row's words": long(72, lambda x: ListMenu("b", button="b", sections=(Section("", (Choice("1", "t", x),)),))),
    "section": long(24, lambda x: ListMenu("b", button="b", sections=(Section(x, (YES,)), Section("s", (Choice("2", "t"),))))),
    "rows": long(
        10, lambda x: ListMenu("b", button="b", sections=(Section("", tuple(Choice(str(n), "t") for n in range(len(x)))),))
    ),
    "link's body": long(1024, lambda x: LinkButton(x, label="l", url="https://a.example")),
    "link's button": long(20, lambda x: LinkButton("b", label=x, url="https://a.example")),
    "form's body": long(1024, lambda x: FlowButton(x, cta="Pay")),
    "form's button": long(20, lambda x: FlowButton("b", cta=x)),
    "file's name": long(240, lambda x: Document("b", source="qr:x", file_name=x)),
}


@pytest.mark.parametrize("limit", LIMITS)
def test_the_limit_is_taken_and_one_more_is_refused_before_anything_is_sent(graph: GraphSimulator, limit: str) -> None:
    most, make_it = LIMITS[limit]
    media_id = client().upload_media(b"%PDF", file_name="a.pdf", mime_type="application/pdf")
    sent(graph, make_it("x" * most), flow_id="8", flow_token="t", media_id=media_id)
    assert len(graph.messages) == 1
    with pytest.raises(ValueError, match="WhatsApp takes"):
        make_it("x" * (most + 1))
    assert len(graph.messages) == 1


@pytest.mark.parametrize("outgoing", [FlowButton("b", cta="Pay"), Image("", source="qr:x"), Template("t")])
def test_a_message_without_its_parts_is_not_sent(graph: GraphSimulator, outgoing: Outgoing) -> None:
    with pytest.raises(ValueError, match="is empty"):
        sent(graph, outgoing)
    assert graph.messages == []


# --- Through the outbox ---------------------------------------------------------------------------
@pytest.mark.django_db
def test_a_form_tried_again_opens_the_same_form(graph: GraphSimulator) -> None:
    booking = make.booking()
    token, session = tokens.issue(booking)
    WhatsAppFlow.objects.create(name=session.flow_name, flow_id="800000000000001", status="PUBLISHED")
    message = write(booking.customer, FlowButton("Pay", session_id=session.pk, cta="Pay now"), key="form")
    graph.faults.add(FaultKind.REFUSE, code=131016)
    for _ in range(2):
        Message.objects.update(next_try_at=message.created_at)
        send_message(message.pk)
    parameters = graph.messages[0].body["interactive"]["action"]["parameters"]
    assert (parameters["flow_token"], parameters["flow_id"], parameters["mode"]) == (token, "800000000000001", "published")
    assert FlowSession.objects.get().wamid == graph.messages[0].wamid
    assert token not in str(Message.objects.values_list("content", flat=True)[0])


@pytest.mark.django_db
def test_a_file_is_uploaded_once_however_often_its_message_is_tried(graph: GraphSimulator) -> None:
    message = write(make.customer(), Image("Scan it", source="qr:12345"), key="qr")
    graph.faults.add(FaultKind.REFUSE, code=131016, call="/messages")
    for _ in range(2):
        Message.objects.update(next_try_at=message.created_at)
        send_message(message.pk)
    assert graph.messages[0].body["image"] == {"id": next(iter(graph.files.kept)), "caption": "Scan it"}
    assert len(graph.files.kept) == 1


@pytest.mark.django_db
@pytest.mark.usefixtures("drawer")
def test_a_receipt_is_a_pdf() -> None:
    receipt = services.issue_receipt(make.payment(Status.SUCCESSFUL))
    assert file_for(f"receipt:{receipt.number_shown}").content.startswith(b"%PDF")


def test_a_qr_code_is_a_small_picture() -> None:
    file = file_for("qr:" + "x" * 300)
    assert file.content.startswith(b"\x89PNG")
    assert len(file.content) < 60_000


@pytest.mark.django_db
@pytest.mark.parametrize("source", ["receipt:R-999999", "receipt:", "receipt:R-²", "photo:1", "", "qr:" + "x" * 4000])
def test_a_file_that_cannot_be_made_is_a_sentence(source: str) -> None:
    with pytest.raises(NoSuchFile, match=r"[A-Z].*\."):
        file_for(source)
