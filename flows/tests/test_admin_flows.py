"""Flows in the admin: sent to Meta by a button, Meta's mistakes at their lines, its monitoring, the preview and the key."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from customer_data.tests.desk import Desk, desk, owner
from flows.admin.flow_lines import excerpts, marked_lines
from flows.crypto import public_key_pem
from flows.definitions import BOOKING_FLOW, DEFINITIONS, PAYMENT_FLOW
from flows.flow_json.lines import flow_text, line_at, lines_of
from flows.flow_problems import FlowProblem, read_problems
from flows.keys import fingerprint_of, private_keys
from flows.models import WhatsAppFlow
from flows.simulator import FaultKind, GraphSimulator
from flows.simulator.records import FlowRecord

pytestmark = pytest.mark.django_db

NUMBER = "100000000000001"
KEEPER = ("view_whatsappflow", "change_whatsappflow")


@pytest.fixture
def meta(graph: GraphSimulator) -> GraphSimulator:
    """Meta, which has our key already."""
    graph.public_keys[NUMBER] = public_key_pem(private_keys()[0])
    return graph


@pytest.fixture
def spoilt(monkeypatch: pytest.MonkeyPatch) -> None:
    """A booking Flow with a property that Meta does not know."""
    screens = [*DEFINITIONS[BOOKING_FLOW]["screens"]]
    screens[0] = {**screens[0], "nonsense": 1}
    monkeypatch.setitem(DEFINITIONS, BOOKING_FLOW, {**DEFINITIONS[BOOKING_FLOW], "screens": screens})


def a_flow(name: str = BOOKING_FLOW, **fields: Any) -> WhatsAppFlow:
    return WhatsAppFlow.objects.create(name=name, **fields)


def pressed(keeper: Desk, flow: WhatsAppFlow, button: str) -> str:
    *_, sentence = keeper.told(keeper.press(flow, button))
    flow.refresh_from_db()
    return sentence


# --- Publishing -----------------------------------------------------------------------------------
def test_a_flow_without_a_row_is_prepared_and_published_by_two_presses(meta: GraphSimulator) -> None:
    keeper = desk(*KEEPER)
    assert f"Prepare {BOOKING_FLOW}" in keeper.listed(WhatsAppFlow)
    keeper.web.post(reverse("admin:flows_whatsappflow_bring", args=[BOOKING_FLOW]))
    flow = WhatsAppFlow.objects.get(name=BOOKING_FLOW)
    assert f"Prepare {BOOKING_FLOW}" not in keeper.listed(WhatsAppFlow)
    assert pressed(keeper, flow, "publish") == f"{BOOKING_FLOW} is published at Meta as {flow.flow_id or next(iter(meta.flows))}."
    page = keeper.page(flow)
    assert "Meta has this version" in page
    assert "Published: customers can open it." in page
    assert "Open the preview" in page


def test_publishing_twice_changes_nothing(meta: GraphSimulator) -> None:
    keeper, flow = desk(*KEEPER), a_flow()
    first, again = pressed(keeper, flow, "publish"), pressed(keeper, flow, "publish")
    assert (first, len(meta.flows)) == (again, 1)


@pytest.mark.usefixtures("spoilt")
def test_metas_mistakes_stand_at_the_lines_they_point_to(meta: GraphSimulator) -> None:
    keeper, flow = desk(*KEEPER), a_flow()
    assert pressed(keeper, flow, "publish") == "Meta found a mistake, so nothing was published. The lines are marked below."
    (problem,) = flow.problems
    page = keeper.page(flow)
    assert "Meta found 1 mistake in the version that was sent last." in page
    line = flow_text(DEFINITIONS[BOOKING_FLOW]).split("\n")[problem["line"] - 1]
    assert '"nonsense": 1' in line
    assert f"{problem['line']} {line.strip()} INVALID_PROPERTY_KEY: nonsense is not a property here." in " ".join(page.split())
    assert not [each for each in meta.flows.values() if each.status == "PUBLISHED"]


@pytest.mark.usefixtures("meta")
def test_mistakes_stay_at_their_place_when_our_version_has_changed_since(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database does not keep the order in which the JSON was sent, so a line number alone would point anywhere."""
    ours = DEFINITIONS[BOOKING_FLOW]
    spoilt = {**ours, "screens": [{**ours["screens"][0], "nonsense": 1}, *ours["screens"][1:]]}
    keeper, flow = desk(*KEEPER), a_flow()
    with monkeypatch.context() as before:
        before.setitem(DEFINITIONS, BOOKING_FLOW, spoilt)
        pressed(keeper, flow, "publish")
    assert re.search(r'"nonsense": 1,? INVALID_PROPERTY_KEY: nonsense is not a property here.', keeper.page(flow))


@pytest.mark.parametrize("button", ["publish", "load", "give-key"])
@pytest.mark.parametrize("kind", [FaultKind.REFUSE, FaultKind.CUT, FaultKind.BREAK])
def test_trouble_at_meta_is_a_sentence(graph: GraphSimulator, button: str, kind: FaultKind) -> None:
    graph.faults.add(kind, times=9)
    assert "WhatsApp" in pressed(desk(*KEEPER), a_flow(flow_id="8", status="DRAFT"), button)


def test_a_flow_that_is_published_stays_so_when_meta_does_not_say_more(meta: GraphSimulator) -> None:
    flow = a_flow()
    keeper = desk(*KEEPER)
    pressed(keeper, flow, "publish")
    WhatsAppFlow.objects.update(preview_url="")
    meta.faults.add(FaultKind.BREAK)
    assert "is published at Meta" in pressed(keeper, flow, "publish")


def test_only_those_who_may_change_flows_send_them(meta: GraphSimulator) -> None:
    flow, looker = a_flow(), desk("view_whatsappflow")
    assert looker.press(flow, "publish").status_code == 403
    assert "Publish" not in looker.page(flow).replace("Press Publish", "")
    assert "Prepare" not in looker.listed(WhatsAppFlow)
    bring = reverse("admin:flows_whatsappflow_bring", args=[PAYMENT_FLOW])
    assert looker.web.post(bring).status_code == 403
    assert owner().web.get(bring).status_code == 405
    assert owner().web.post(reverse("admin:flows_whatsappflow_bring", args=["another"])).status_code == 404
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(owner().user)
    assert strict.post(bring).status_code == 403
    assert not meta.flows


# --- How it stands --------------------------------------------------------------------------------
def test_what_meta_says_is_loaded(meta: GraphSimulator) -> None:
    keeper, flow = desk(*KEEPER), a_flow()
    pressed(keeper, flow, "publish")
    meta.flows[flow.flow_id].status = "THROTTLED"
    assert pressed(keeper, flow, "load") == "This is how it stands at Meta now."
    page = keeper.page(flow)
    assert "Slowed down by Meta" in page
    assert "The Flow is throttled. Repair the endpoint" in page


def test_a_flow_changed_in_code_says_so_at_once(meta: GraphSimulator) -> None:
    flow = a_flow(flow_id="8", status="PUBLISHED", sync_status="current", flow_json={"version": "7.2"})
    keeper = desk(*KEEPER)
    assert "Changed since it was sent" in keeper.page(flow)
    assert "Changed since it was sent" in keeper.listed(WhatsAppFlow)


def test_a_preview_that_expired_is_no_link() -> None:
    yesterday = timezone.now() - timedelta(days=1)
    flow = a_flow(preview_url="https://business.example.com/preview", preview_expires_at=yesterday)
    assert "It has expired." in desk(*KEEPER).page(flow)


def test_an_address_that_is_no_web_page_is_no_link() -> None:
    assert "javascript" not in desk(*KEEPER).page(a_flow(preview_url="javascript:alert(1)"))


def test_metas_monitoring_is_shown_newest_first() -> None:
    slow = {"value": 8000, "threshold": 7000, "alert_state": "ACTIVATED", "at": "2026-11-20T10:00:00+00:00", "message": "Slow."}
    reached = {"value": 99, "threshold": 90, "alert_state": "DEACTIVATED", "at": "2026-11-21T10:00:00+00:00"}
    health = {"ENDPOINT_LATENCY": slow, "ENDPOINT_AVAILABILITY": reached, "SOMETHING_NEW": {"at": "then"}, "odd": "no object"}
    page = desk(*KEEPER).page(a_flow(health=health))
    over, trouble = "can be reached Over 99 % 90 %", "are faster) Trouble 8000 ms 7000 ms Slow."
    assert 0 < page.index(over) < page.index(trouble)
    assert "20 Nov 2026, 12:00:00" in page
    assert "SOMETHING_NEW" in page


# --- The key --------------------------------------------------------------------------------------
def test_the_key_is_given_once_and_its_fingerprint_is_shown(graph: GraphSimulator) -> None:
    keeper, flow = desk(*KEEPER), a_flow(flow_id="8")
    graph.flows["8"] = FlowRecord("8", BOOKING_FLOW, ["OTHER"])
    assert pressed(keeper, flow, "give-key") == "Meta has our newest key now."
    assert pressed(keeper, flow, "give-key") == "Meta had our newest key already. Nothing was changed."
    page = keeper.page(flow)
    assert "Meta has our newest, and its signature is VALID." in page
    assert fingerprint_of(public_key_pem(private_keys()[0])) in page


def test_a_key_whose_signature_does_not_fit_is_said(graph: GraphSimulator) -> None:
    graph.unsigned_numbers.add(NUMBER)
    assert "MISMATCH" in pressed(desk(*KEEPER), a_flow(), "give-key")


@pytest.mark.parametrize(
    ("state", "words"),
    [({}, "Meta has none."), ({"key_fingerprint": "abcd", "key_signature": "VALID"}, "Meta has another one.")],
)
def test_another_key_at_meta_is_said(state: dict[str, str], words: str) -> None:
    assert words in desk(*KEEPER).page(a_flow(flow_id="8", state_at_meta=state, synced_at=timezone.now()))


# --- Lines ----------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", DEFINITIONS)
def test_the_lines_are_those_of_the_text_that_is_sent(name: str) -> None:
    assert "\n".join(line.text for line in lines_of(DEFINITIONS[name])) == flow_text(DEFINITIONS[name])


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("screens[0].layout.children[0].name", '"name": "trip",'),
        ("/screens/0/layout/children/0/name", '"name": "trip",'),
        ("screens[0].layout.children[0].nowhere.at_all", "{"),
        ("routing_model.TOUR", '"TOUR": ['),
        ("nothing[99]", "{"),
    ],
)
def test_a_path_leads_to_its_line_or_to_the_nearest_around_it(path: str, words: str) -> None:
    lines = lines_of(DEFINITIONS[BOOKING_FLOW])
    assert lines[line_at(lines, path) - 1].text.strip() == words


def test_odd_json_has_lines_too() -> None:
    odd = {"a": [], "b": {}, "c": [[1, {"é\n": None}], "x"], "d": True}
    assert "\n".join(line.text for line in lines_of(odd)) == flow_text(odd)


def test_what_meta_says_about_a_place_is_read_in_each_of_its_forms() -> None:
    at_the_error = {"error": "A", "message": "m", "line_start": 3, "column_start": 2}
    at_the_pointer = {"error": "B", "message": "m", "pointers": [{"line_start": 4, "path": "screens[0]"}]}
    odd = {"error": None, "pointers": ["?"], "line_start": "5"}
    assert read_problems({"validation_errors": [at_the_error, at_the_pointer, odd, "odd"]}) == (
        FlowProblem("A", "m", line=3, column=2),
        FlowProblem("B", "m", line=4, path="screens[0]"),
        FlowProblem("UNKNOWN", ""),
    )
    assert read_problems({"validation_errors": None}) == ()


def test_a_mistake_with_a_path_only_is_marked_with_a_few_lines_around() -> None:
    flow = DEFINITIONS[BOOKING_FLOW]
    lines = marked_lines(
        flow, [FlowProblem("BAD", "Mend it.", path="screens[1].title"), FlowProblem("WORSE", "Too far.", line=99999)]
    )
    wrong = [line for line in lines if line.mistakes]
    assert [(line.text.strip(), line.mistakes) for line in wrong] == [
        ("{", ("WORSE: Too far.",)),
        ('"title": "Choose a date",', ("BAD: Mend it.",)),
    ]
    near = excerpts(lines)
    assert len(near) == 5 + 9
    assert [line.number for line in near if line.follows_a_gap] == [wrong[1].number - 4]
