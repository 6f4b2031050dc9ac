"""Bringing the Flow and its key to Meta: once, repeatable, and with Meta's own sentences when it refuses."""

import json
import os
import subprocess
import sys
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from flows import tasks
from flows.crypto import public_key_pem
from flows.definitions import DEFINITIONS
from flows.definitions.payment_whatsapp_flow import FLOW_NAME, PAYMENT_WHATSAPP_FLOW
from flows.flow_json import problems_of
from flows.keys import fingerprint_of, private_keys
from flows.models import WhatsAppFlow
from flows.publishing import CATEGORIES, DOORS, MetaRefused, _moment, publish, standing, sync_flow
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
    publish(FLOW_NAME)
    assert (row().sync_status, row().status, len(meta.flows)) == ("current", "PUBLISHED", 1)


def test_a_publication_whose_answer_was_lost_is_only_looked_at(meta: GraphSimulator) -> None:
    """An upload would make it a draft again, and customers would meet a Flow that does not open."""
    meta.faults.add(FaultKind.LOSE_REPLY, call="publish")
    with pytest.raises(WhatsAppError):
        publish(FLOW_NAME)
    meta.faults.add(FaultKind.REFUSE, call="assets")
    publish(FLOW_NAME)
    assert (row().sync_status, row().status, row().last_error) == ("current", "PUBLISHED", "")


def test_a_flow_that_was_deleted_at_meta_is_made_again(meta: GraphSimulator) -> None:
    WhatsAppFlow.objects.create(name=FLOW_NAME, flow_id="1000000000000001", status="PUBLISHED")
    flow = publish(FLOW_NAME)
    assert (list(meta.flows), flow.status) == ([flow.flow_id], "PUBLISHED")


@pytest.mark.parametrize("name", DEFINITIONS)
def test_every_flow_of_ours_is_published_with_its_own_endpoint_and_category(meta: GraphSimulator, settings: Any, name: str) -> None:
    settings.SITE_URL = "https://pay.example.com"
    at_meta = meta.flows[publish(name).flow_id]
    assert (at_meta.status, at_meta.flow_json) == ("PUBLISHED", DEFINITIONS[name])
    assert at_meta.endpoint_uri == f"https://pay.example.com{reverse(DOORS[name])}"
    assert at_meta.categories == list(CATEGORIES[name])


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


# --- How it stands at Meta ------------------------------------------------------------------------
def test_what_meta_says_is_kept(meta: GraphSimulator) -> None:
    flow = sync_flow(publish(FLOW_NAME))
    assert (flow.status, flow.sync_status, flow.problems) == ("PUBLISHED", "current", [])
    assert flow.preview_url.startswith("http")
    assert flow.preview_expires_at is not None
    assert (flow.preview_expires_at - timezone.now()).days in (29, 30)
    assert flow.state_at_meta == {
        "can_send": "AVAILABLE",
        "reasons": [],
        "key_fingerprint": fingerprint_of(public_key_pem(private_keys()[0])),
        "key_signature": "VALID",
    }


def test_a_flow_that_changed_in_code_is_marked(meta: GraphSimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    flow = publish(FLOW_NAME)
    monkeypatch.setitem(DEFINITIONS, FLOW_NAME, {**PAYMENT_WHATSAPP_FLOW, "screens": []})
    assert standing(flow) == "changed"
    assert sync_flow(flow).sync_status == "changed"


def test_a_flow_that_meta_published_although_we_never_heard_counts_as_current(meta: GraphSimulator) -> None:
    flow = publish(FLOW_NAME)
    WhatsAppFlow.objects.update(sync_status="failed", last_error="No answer.", status="DRAFT")
    flow.refresh_from_db()
    synced = sync_flow(flow)
    assert (synced.sync_status, synced.status, synced.last_error) == ("current", "PUBLISHED", "")


def test_a_draft_that_failed_stays_failed(meta: GraphSimulator) -> None:
    flow = publish(FLOW_NAME)
    meta.flows[flow.flow_id].status = "DRAFT"
    WhatsAppFlow.objects.update(sync_status="failed", last_error="The public key is missing.")
    flow.refresh_from_db()
    synced = sync_flow(flow)
    assert (synced.sync_status, synced.last_error) == ("failed", "The public key is missing.")


@pytest.mark.usefixtures("spoilt")
def test_mistakes_that_meta_still_sees_are_kept(meta: GraphSimulator) -> None:
    with pytest.raises(MetaRefused):
        publish(FLOW_NAME)
    before = row().problems
    assert sync_flow(row()).problems == before != []
    assert row().sync_status == "failed"


def test_the_clock_asks_about_every_flow_and_one_that_is_gone_does_not_stop_it(meta: GraphSimulator) -> None:
    WhatsAppFlow.objects.create(name="a_gone_flow", flow_id="5", status="DRAFT")
    WhatsAppFlow.objects.create(name="never_sent")
    publish(FLOW_NAME)
    tasks.sync_flows()
    asked = dict(WhatsAppFlow.objects.values_list("name", "synced_at"))
    assert asked[FLOW_NAME] is not None
    assert asked["a_gone_flow"] is asked["never_sent"] is None


@pytest.mark.parametrize("text", ["", "soon", "2026-12-21T11:18:09", "2026-13-41T11:18:09+0000"])
def test_a_moment_of_metas_that_cannot_be_read_is_none(text: str) -> None:
    assert _moment(text) is None


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


@pytest.mark.parametrize("name", DEFINITIONS)
def test_every_flow_is_exported(name: str) -> None:
    assert json.loads(said("export_flow", name)) == DEFINITIONS[name]


# --- upload_flow_key ------------------------------------------------------------------------------
def test_the_newest_key_is_uploaded_and_twice_is_the_same(graph: GraphSimulator) -> None:
    for _ in range(2):
        assert "VALID" in said("upload_flow_key")
        assert graph.public_keys == {NUMBER: public_key_pem(private_keys()[0])}


def test_a_key_that_meta_has_is_not_sent_again(graph: GraphSimulator) -> None:
    call_command("upload_flow_key")
    graph.public_keys[NUMBER] = graph.public_keys[NUMBER].replace("\n", "\r\n")  # the same key, written another way
    before = dict(graph.public_keys)
    assert said("upload_flow_key").strip() == "Meta had the public key already, and its signature is VALID."
    assert graph.public_keys == before


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
