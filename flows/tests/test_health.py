"""What Meta's monitoring says of a Flow stands on its row, and staff are told while it lasts."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from customer_data.models import Concern, ConcernKind
from flows import inbox
from flows.models import Update, WhatsAppFlow
from flows.tests.calls import flow_event
from flows.webhook import read_updates

pytestmark = pytest.mark.django_db(transaction=True)

AT = 1780000000


@pytest.fixture
def flow() -> WhatsAppFlow:
    return WhatsAppFlow.objects.create(name="payment_whatsapp_flow", flow_id="123", status="PUBLISHED")


def told(event: str, *, at: int = AT, flow_id: str = "123", **facts: Any) -> None:
    for update_id in inbox.store(read_updates(json.dumps(flow_event(flow_id, event, at=at, **facts)).encode())):
        inbox.handle(update_id)


def open_matters() -> int:
    return Concern.objects.filter(kind=ConcernKind.FLOW_HEALTH, solved_at__isnull=True).count()


@pytest.mark.parametrize(
    ("event", "facts", "value"),
    [
        ("ENDPOINT_LATENCY", {"p90_latency": 8000, "p50_latency": 500, "threshold": 7000}, 8000),
        ("ENDPOINT_ERROR_RATE", {"error_rate": 14.28, "threshold": 10, "errors": [{"error_type": "TIMEOUT"}]}, 14.28),
        ("CLIENT_ERROR_RATE", {"error_rate": 6, "threshold": 5}, 6),
        ("ENDPOINT_AVAILABILITY", {"availability": 75, "threshold": 90}, 75),
    ],
)
def test_trouble_stands_on_the_flow_and_before_staff_until_it_is_over(
    flow: WhatsAppFlow, event: str, facts: dict[str, Any], value: Any
) -> None:
    told(event, alert_state="ACTIVATED", message="It is slow.", **facts)
    flow.refresh_from_db()
    kept = flow.health[event]
    assert (kept["value"], kept["threshold"], kept["alert_state"]) == (value, facts["threshold"], "ACTIVATED")
    assert flow.health_at is not None
    assert open_matters() == 1
    told(event, at=AT + 600, alert_state="DEACTIVATED", **facts)
    flow.refresh_from_db()
    assert flow.health[event]["alert_state"] == "DEACTIVATED"
    assert open_matters() == 0


def test_one_trouble_that_ends_does_not_hide_another(flow: WhatsAppFlow) -> None:
    told("ENDPOINT_LATENCY", alert_state="ACTIVATED", p90_latency=8000)
    told("ENDPOINT_AVAILABILITY", alert_state="ACTIVATED", availability=75)
    told("ENDPOINT_LATENCY", at=AT + 60, alert_state="DEACTIVATED", p90_latency=300)
    assert open_matters() == 1
    told("ENDPOINT_AVAILABILITY", at=AT + 60, alert_state="DEACTIVATED", availability=99)
    assert open_matters() == 0


def test_a_status_that_changed_is_the_flows_status(flow: WhatsAppFlow) -> None:
    told("FLOW_STATUS_CHANGE", old_status="PUBLISHED", new_status="THROTTLED", message="Slowed down.")
    flow.refresh_from_db()
    assert flow.status == "THROTTLED"
    assert open_matters() == 1
    told("FLOW_STATUS_CHANGE", at=AT + 60, old_status="THROTTLED", new_status="PUBLISHED")
    flow.refresh_from_db()
    assert flow.status == "PUBLISHED"
    assert open_matters() == 0


def test_what_comes_late_changes_nothing(flow: WhatsAppFlow) -> None:
    told("FLOW_STATUS_CHANGE", old_status="PUBLISHED", new_status="BLOCKED")
    told("FLOW_STATUS_CHANGE", at=AT - 60, old_status="DRAFT", new_status="PUBLISHED")
    flow.refresh_from_db()
    assert flow.status == "BLOCKED"
    assert open_matters() == 1


def test_a_flow_that_is_not_ours_is_kept_and_logged(flow: WhatsAppFlow, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        told("ENDPOINT_LATENCY", flow_id="999", alert_state="ACTIVATED")
    assert "not ours: 999" in caplog.text
    assert Update.objects.get().handled_at is not None
    assert open_matters() == 0


def test_trouble_is_logged_as_an_error(flow: WhatsAppFlow, caplog: pytest.LogCaptureFixture) -> None:
    told("ENDPOINT_LATENCY", alert_state="ACTIVATED", message="Nine of ten take 8 s.")
    assert "payment_whatsapp_flow: ENDPOINT_LATENCY. Nine of ten take 8 s." in caplog.text
    assert caplog.records[-1].levelno == logging.ERROR


@pytest.mark.parametrize("facts", [{"new_status": None}, {"new_status": ["x"]}, {"alert_state": {}}, {"error_rate": "much"}, {}])
def test_odd_events_break_nothing(flow: WhatsAppFlow, facts: dict[str, Any]) -> None:
    told("FLOW_STATUS_CHANGE", **facts)
    told("OF_NEXT_YEAR", **facts)
    flow.refresh_from_db()
    assert flow.status == "PUBLISHED"
    assert Update.objects.filter(handled_at__isnull=True).count() == 0
