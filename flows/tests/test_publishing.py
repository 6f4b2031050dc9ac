"""Bringing the Flow and its key to Meta: once, repeatable, and with Meta's own sentences when it refuses."""

import json
import os
import subprocess
import sys
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from flows.crypto import public_key_pem
from flows.definitions import DEFINITIONS
from flows.definitions.payment_whatsapp_flow import FLOW_NAME, PAYMENT_WHATSAPP_FLOW
from flows.flow_json import problems_of
from flows.keys import private_keys
from flows.models import WhatsAppFlow
from flows.publishing import MetaRefused, publish
from flows.refusals import NotSent, SendRefused, WhatsAppError
from flows.simulator import FaultKind, GraphSimulator

pytestmark = pytest.mark.django_db

NUMBER = "100000000000001"


@pytest.fixture
def meta(graph: GraphSimulator) -> GraphSimulator:
    """Meta, which has our key already."""
    graph.public_keys[NUMBER] = public_key_pem(private_keys()[0])
    return graph


@pytest.fixture
def spoilt(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Flow with two mistakes that Meta's validator finds."""
    screens = [*PAYMENT_WHATSAPP_FLOW["screens"]]
    screens[0] = {**screens[0], "id": "SUCCESS", "nonsense": 1}
    monkeypatch.setitem(DEFINITIONS, FLOW_NAME, {**PAYMENT_WHATSAPP_FLOW, "screens": screens})


def row() -> WhatsAppFlow:
    return WhatsAppFlow.objects.get(name=FLOW_NAME)


def said(*command: str) -> str:
    out = StringIO()
    call_command(*command, stdout=out)
    return out.getvalue()


# --- publish_flow ---------------------------------------------------------------------------------
def test_the_flow_is_created_uploaded_and_published(meta: GraphSimulator, settings: Any) -> None:
    settings.SITE_URL = "https://pay.example.com"
    flow = publish(FLOW_NAME)
    (at_meta,) = meta.flows.values()
    assert (at_meta.name, at_meta.status, at_meta.flow_json) == (FLOW_NAME, "PUBLISHED", PAYMENT_WHATSAPP_FLOW)
    assert at_meta.endpoint_uri == "https://pay.example.com/crm-api/flows/paynow-payment-webhook/"
    assert (flow.flow_id, flow.status, flow.sync_status, flow.last_error) == (at_meta.id, "PUBLISHED", "current", "")
    assert row().flow_json == PAYMENT_WHATSAPP_FLOW


def test_publishing_twice_changes_nothing_and_asks_meta_nothing(meta: GraphSimulator) -> None:
    first = publish(FLOW_NAME)
    meta.faults.add(FaultKind.REFUSE, times=5)
    again = publish(FLOW_NAME)
    assert (again.flow_id, again.updated_at, len(meta.flows)) == (first.flow_id, first.updated_at, 1)


def test_a_changed_flow_is_uploaded_again_under_the_same_id(meta: GraphSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    first = publish(FLOW_NAME)
    screens = [*PAYMENT_WHATSAPP_FLOW["screens"]]
    screens[0] = {**screens[0], "title": "Pay here"}
    monkeypatch.setitem(DEFINITIONS, FLOW_NAME, {**PAYMENT_WHATSAPP_FLOW, "screens": screens})
    again = publish(FLOW_NAME)
    assert (again.flow_id, len(meta.flows)) == (first.flow_id, 1)
    assert meta.flows[first.flow_id].flow_json["screens"][0]["title"] == "Pay here"
    assert meta.flows[first.flow_id].status == "PUBLISHED"


@pytest.mark.parametrize("call", ["flows", "assets", "publish"])
@pytest.mark.parametrize("kind", [FaultKind.LOSE_REPLY, FaultKind.BREAK, FaultKind.CUT, FaultKind.REFUSE])
def test_after_a_fault_at_any_step_the_next_run_completes_with_one_flow(meta: GraphSimulator, call: str, kind: FaultKind) -> None:
    meta.faults.add(kind, call=call)
    with pytest.raises(WhatsAppError):
        publish(FLOW_NAME)
    assert row().sync_status == "failed"
    assert row().last_error
    if kind is FaultKind.LOSE_REPLY and call == "publish":
        next(iter(meta.flows.values())).status = "DRAFT"  # as Meta does with the upload that follows
    publish(FLOW_NAME)
    assert (row().sync_status, row().status, len(meta.flows)) == ("current", "PUBLISHED", 1)


def test_a_creation_whose_answer_was_lost_is_found_by_its_name(meta: GraphSimulator) -> None:
    meta.faults.add(FaultKind.CUT, call="nowhere")
    publish(FLOW_NAME)
    flow_id = row().flow_id
    WhatsAppFlow.objects.all().delete()  # our row never learned the id
    assert publish(FLOW_NAME).flow_id == flow_id
    assert len(meta.flows) == 1


@pytest.mark.usefixtures("spoilt")
def test_metas_validation_errors_are_kept_and_nothing_is_published(meta: GraphSimulator) -> None:
    with pytest.raises(MetaRefused) as refused:
        publish(FLOW_NAME)
    assert len(refused.value.problems) >= 2
    (at_meta,) = meta.flows.values()
    assert at_meta.status == "DRAFT"
    assert (row().sync_status, row().status) == ("failed", "DRAFT")
    assert "SCREEN_ID_IS_RESERVED_KEYWORD" in row().last_error


def test_without_a_key_at_meta_the_reason_is_said(graph: GraphSimulator) -> None:
    with pytest.raises(SendRefused, match="public key is missing"):
        publish(FLOW_NAME)
    assert "public key is missing" in row().last_error


def test_the_command_says_under_which_id_it_is_published(meta: GraphSimulator) -> None:
    for _ in range(2):
        assert said("publish_flow", FLOW_NAME).strip() == f"{FLOW_NAME} is published at Meta as {next(iter(meta.flows))}."


@pytest.mark.usefixtures("spoilt", "meta")
def test_the_command_prints_metas_errors_and_exits_1() -> None:
    with pytest.raises(CommandError) as refused:
        call_command("publish_flow", FLOW_NAME)
    assert refused.value.returncode == 1
    assert str(refused.value).startswith("Meta refused the Flow:\n")
    assert "SCREEN_ID_IS_RESERVED_KEYWORD" in str(refused.value)


@pytest.mark.parametrize("kind", [FaultKind.BREAK, FaultKind.CUT, FaultKind.REFUSE])
def test_the_command_says_what_went_wrong_at_meta(meta: GraphSimulator, kind: FaultKind) -> None:
    meta.faults.add(kind, times=3)
    with pytest.raises(CommandError, match="WhatsApp"):
        call_command("publish_flow", FLOW_NAME)


def test_the_command_knows_only_our_flows() -> None:
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("publish_flow", "another_flow")


def test_without_settings_it_is_said_what_to_set(graph: GraphSimulator, settings: Any) -> None:
    settings.WHATSAPP_BUSINESS_ACCOUNT_ID = ""
    with pytest.raises(NotSent, match="WHATSAPP_BUSINESS_ACCOUNT_ID is not set"):
        publish(FLOW_NAME)


# --- export_flow ----------------------------------------------------------------------------------
def test_what_is_exported_is_the_flow_and_meta_finds_no_fault_in_it() -> None:
    exported = json.loads(said("export_flow", FLOW_NAME))
    assert exported == PAYMENT_WHATSAPP_FLOW
    assert problems_of(exported) == []


def test_the_export_alone_is_on_standard_output_and_a_refusal_exits_1(settings: Any) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, settings.BASE_DIR / "manage.py", *arguments]
        environment = os.environ | {"DEBUG": "1", "WHATSAPP_PHONE_NUMBER_ID": ""}
        return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)  # noqa: S603

    assert json.loads(run("export_flow", FLOW_NAME).stdout) == PAYMENT_WHATSAPP_FLOW
    refused = run("upload_flow_key")
    assert refused.returncode == 1
    assert "is not set" in refused.stderr


# --- upload_flow_key ------------------------------------------------------------------------------
def test_the_newest_key_is_uploaded_and_twice_is_the_same(graph: GraphSimulator) -> None:
    for _ in range(2):
        assert "VALID" in said("upload_flow_key")
        assert graph.public_keys == {NUMBER: public_key_pem(private_keys()[0])}


@pytest.mark.usefixtures("other_keys")
def test_without_a_key_it_is_said_what_to_set(graph: GraphSimulator, settings: Any) -> None:
    settings.WHATSAPP_FLOW_PRIVATE_KEY = ""
    with pytest.raises(CommandError, match="Set WHATSAPP_FLOW_PRIVATE_KEY"):
        call_command("upload_flow_key")
    assert graph.public_keys == {}


@pytest.mark.usefixtures("other_keys")
def test_a_key_that_cannot_be_read_is_a_sentence(graph: GraphSimulator, settings: Any) -> None:
    settings.WHATSAPP_FLOW_PRIVATE_KEY = "not a key"
    with pytest.raises(CommandError, match="private key for the Flow"):
        call_command("upload_flow_key")


@pytest.mark.parametrize("kind", [FaultKind.BREAK, FaultKind.CUT, FaultKind.LOSE_REPLY, FaultKind.REFUSE])
def test_a_fault_at_meta_is_said_and_the_next_run_completes(graph: GraphSimulator, kind: FaultKind) -> None:
    graph.faults.add(kind, call="whatsapp_business_encryption")
    with pytest.raises(CommandError, match="WhatsApp"):
        call_command("upload_flow_key")
    assert "VALID" in said("upload_flow_key")


def test_a_key_that_meta_did_not_sign_is_an_alarm(graph: GraphSimulator) -> None:
    graph.unsigned_numbers.add(NUMBER)
    with pytest.raises(CommandError, match="MISMATCH") as refused:
        call_command("upload_flow_key")
    assert refused.value.returncode == 1
    graph.unsigned_numbers.clear()
    assert "VALID" in said("upload_flow_key")
