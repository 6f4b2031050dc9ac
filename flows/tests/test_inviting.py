"""The message that opens the form: to whom, about what, with which token, and the command that sends it."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from customer_data.models import Booking
from customer_data.tests import make
from flows import tokens
from flows.definitions.payment_whatsapp_flow import FLOW_NAME, PAYMENT
from flows.inviting import CannotInvite, send_payment_flow
from flows.models import FlowSession, WhatsAppFlow
from flows.refusals import NotSent, SendRefused, SendUnknown
from flows.simulator import FaultKind, GraphSimulator
from flows.tests.customers import asked, phone_with

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer", "graph")]


@pytest.fixture(autouse=True)
def flow() -> WhatsAppFlow:
    return WhatsAppFlow.objects.create(name=FLOW_NAME, flow_id="1000000000000001", status="PUBLISHED")


def sent_to(graph: GraphSimulator, booking: Booking) -> dict[str, Any]:
    """The interactive part of the only message that booking's customer got."""
    (message,) = graph.messages_to(booking.customer.wa_id or booking.customer.bsuid or "")
    interactive: dict[str, Any] = message.body["interactive"]
    return interactive


def parameters(graph: GraphSimulator, booking: Booking) -> dict[str, Any]:
    found: dict[str, Any] = sent_to(graph, booking)["action"]["parameters"]
    return found


def test_the_message_says_who_what_and_how_much_and_opens_the_form(graph: GraphSimulator) -> None:
    booking = make.booking("231.00", title="Hwange & Mana", customer=make.customer(name="Rudo O'Hara & Sons"))
    wamid = send_payment_flow(booking)
    message = sent_to(graph, booking)
    assert message["header"]["text"] == "Hwange & Mana"
    assert message["body"]["text"].startswith(
        f"Hello Rudo O'Hara & Sons, you can pay US$ 231.00 for booking {booking.booking_reference}"
    )
    assert "Never send your PIN here." in message["body"]["text"]
    asked_for = parameters(graph, booking)
    assert (asked_for["flow_id"], asked_for["mode"], asked_for["flow_cta"]) == ("1000000000000001", "published", "Pay now")
    assert phone_with(asked_for["flow_token"]).open().screen == PAYMENT
    assert FlowSession.objects.get().wamid == wamid


def test_a_customer_without_a_name_is_greeted_without_one(graph: GraphSimulator) -> None:
    booking = make.booking(customer=make.customer(name=""))
    send_payment_flow(booking)
    assert sent_to(graph, booking)["body"]["text"].startswith("You can pay US$ 231.00")


def test_only_what_is_still_owed_is_asked_for(graph: GraphSimulator) -> None:
    booking = make.payment("successful", booking=make.booking("200.00"), amount="50.00").booking
    booking.refresh_from_db()
    send_payment_flow(booking)
    assert "US$ 150.00" in sent_to(graph, booking)["body"]["text"]


@pytest.mark.parametrize(("title", "name"), [("Ä" * 200, "Ö" * 200), ("🦁" * 200, "🦒" * 200), ("x", "")])
def test_long_names_are_cut_to_what_whatsapp_takes(graph: GraphSimulator, title: str, name: str) -> None:
    send_payment_flow(make.booking(title=title, customer=make.customer(name=name)))
    assert len(graph.messages) == 1


def test_a_customer_known_only_by_whatsapps_own_id_is_reached(graph: GraphSimulator) -> None:
    booking = make.booking(customer=make.customer(wa_id=None, bsuid="ZW.13491208655302741918"))
    send_payment_flow(booking)
    assert graph.messages[0].body["recipient"] == "ZW.13491208655302741918"


def test_a_draft_is_sent_as_a_draft(graph: GraphSimulator, flow: WhatsAppFlow) -> None:
    WhatsAppFlow.objects.update(status="DRAFT")
    booking = make.booking()
    send_payment_flow(booking)
    assert parameters(graph, booking)["mode"] == "draft"


def test_every_message_has_a_token_of_its_own_and_both_open_the_form(graph: GraphSimulator) -> None:
    booking = make.booking()
    for _ in range(2):
        send_payment_flow(booking)
    found = {message.body["interactive"]["action"]["parameters"]["flow_token"] for message in graph.messages}
    assert len(found) == 2
    assert {asked(token, "INIT", "").payload["screen"] for token in found} == {PAYMENT}


def test_a_token_of_one_customer_shows_nothing_of_another(graph: GraphSimulator) -> None:
    mine, hers = make.booking(title="Mine"), make.booking(title="Hers")
    send_payment_flow(mine)
    send_payment_flow(hers)
    token = parameters(graph, mine)["flow_token"]
    assert "Hers" not in str(asked(token, "INIT", "").payload)
    assert tokens.redeem(token).booking == mine


# --- Nothing is sent ------------------------------------------------------------------------------
def test_without_a_number_nothing_is_sent_and_it_is_said() -> None:
    with pytest.raises(CannotInvite, match="has no WhatsApp number"):
        send_payment_flow(make.booking(customer=make.customer(wa_id=None)))


def test_a_paid_booking_is_not_asked_for(graph: GraphSimulator) -> None:
    booking = make.payment("successful").booking
    booking.refresh_from_db()
    with pytest.raises(CannotInvite, match="There is nothing to ask for"):
        send_payment_flow(booking)
    assert (graph.messages, FlowSession.objects.count()) == ([], 0)


@pytest.mark.parametrize("missing", ["row", "id"])
def test_a_flow_that_is_not_at_meta_yet_is_said_with_the_command(missing: str) -> None:
    WhatsAppFlow.objects.all().delete() if missing == "row" else WhatsAppFlow.objects.update(flow_id="")
    with pytest.raises(CannotInvite, match=r"manage\.py publish_flow payment_whatsapp_flow"):
        send_payment_flow(make.booking())


def test_what_whatsapp_would_not_take_is_a_sentence() -> None:
    with pytest.raises(CannotInvite, match="The recipient must be a number"):
        send_payment_flow(make.booking(customer=make.customer(wa_id="123")))


@pytest.mark.parametrize(
    ("kind", "error"), [(FaultKind.REFUSE, SendRefused), (FaultKind.BREAK, SendUnknown), (FaultKind.LOSE_REPLY, SendUnknown)]
)
def test_what_goes_wrong_at_meta_is_not_swallowed(graph: GraphSimulator, kind: FaultKind, error: type[Exception]) -> None:
    graph.faults.add(kind)
    with pytest.raises(error):
        send_payment_flow(make.booking())


def test_without_settings_it_is_said_what_to_set(settings: Any) -> None:
    settings.WHATSAPP_ACCESS_TOKEN = ""
    with pytest.raises(NotSent, match="WHATSAPP_ACCESS_TOKEN is not set"):
        send_payment_flow(make.booking())


# --- The command ----------------------------------------------------------------------------------
def test_the_command_prints_the_id_of_the_message(graph: GraphSimulator) -> None:
    booking, out = make.booking(), StringIO()
    call_command("send_payment_flow", f" {booking.booking_reference.lower()} ", stdout=out)
    assert out.getvalue().strip() == graph.messages[0].wamid


def test_the_command_says_that_there_is_no_such_booking() -> None:
    with pytest.raises(CommandError, match="There is no booking NOWHERE") as refused:
        call_command("send_payment_flow", "NOWHERE")
    assert refused.value.returncode == 1


@pytest.mark.parametrize(("wa_id", "says"), [(None, "has no WhatsApp number"), ("12", "must be a number")])
def test_the_command_says_why_nothing_was_sent(wa_id: str | None, says: str) -> None:
    booking = make.booking(customer=make.customer(wa_id=wa_id))
    with pytest.raises(CommandError, match=says):
        call_command("send_payment_flow", booking.booking_reference)


def test_the_command_says_what_meta_said(graph: GraphSimulator) -> None:
    graph.faults.add(FaultKind.REFUSE, code=131047)
    with pytest.raises(CommandError, match="131047"):
        call_command("send_payment_flow", make.booking().booking_reference)
