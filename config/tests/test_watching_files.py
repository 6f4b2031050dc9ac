"""The rules, the dashboard and the calling tree in deploy/: checked by their own tools, and by what `/metrics` really serves."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from config.metrics import REGISTRY
from config.watching import Watching
from flows.models import WhatsAppFlow

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
RULES = DEPLOY / "prometheus" / "alerts.yml"
DASHBOARD = DEPLOY / "grafana" / "paydesk.json"

SERVED_BY_OTHERS = {
    "up": "Prometheus itself",
    "node_filesystem_avail_bytes": "node_exporter",
    "node_filesystem_size_bytes": "node_exporter",
    "probe_ssl_earliest_cert_expiry": "blackbox_exporter",
}
_NAME = re.compile(r"\b(?:paydesk_|node_|probe_)\w+|\bup\b")
_LABELS = re.compile(r"(\b(?:paydesk_\w+))\{([^}]*)\}")


def tool(name: str, package: str) -> str:
    """Where it is. Never skipped: a rule that nobody checked is not written."""
    return shutil.which(name) or pytest.fail(f"There is no {name}. Install it (Debian: apt install {package}) and run this again.")


def runs(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def served(db: None, redis_url: str, settings: Any) -> dict[str, set[str]]:
    """By the name under which Prometheus stores it: the labels. A process that counts, beside a database and a Redis."""
    settings.REDIS_URL = redis_url
    WhatsAppFlow.objects.create(name="payment_whatsapp_flow", flow_id="1", status="PUBLISHED")
    read_now = CollectorRegistry()
    read_now.register(Watching())
    gauged = {
        sample.name: set(sample.labels)
        for family in text_string_to_metric_families(generate_latest(read_now).decode())
        for sample in family.samples
    }
    return gauged | dict(_counted())


def _counted() -> Iterator[tuple[str, set[str]]]:
    known: Iterable[Any] = REGISTRY._collector_to_names  # also those that nothing has counted yet
    for metric in known:
        labels = set(metric._labelnames)
        if metric._type == "counter":
            yield f"{metric._name}_total", labels
        else:
            yield from ((f"{metric._name}_{part}", labels | {"le"}) for part in ("bucket", "count", "sum"))


def alert_expressions() -> dict[str, str]:
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return {rule["alert"]: rule["expr"] for group in groups for rule in group["rules"]}


def panels() -> list[dict[str, Any]]:
    return [panel for panel in json.loads(DASHBOARD.read_text())["panels"] if panel["type"] != "row"]


def dashboard_expressions() -> dict[str, str]:
    return {f"{panel['title']} {target['refId']}": target["expr"] for panel in panels() for target in panel["targets"]}


# --- By their own tools ---------------------------------------------------------------------------
def test_prometheus_takes_the_rules() -> None:
    runs(tool("promtool", "prometheus"), "check", "rules", RULES)


def test_prometheus_takes_the_configuration() -> None:
    runs(tool("promtool", "prometheus"), "check", "config", "--syntax-only", DEPLOY / "prometheus" / "prometheus.yml")


def test_each_trouble_calls_by_its_name_and_a_healthy_house_calls_nobody() -> None:
    runs(tool("promtool", "prometheus"), "test", "rules", DEPLOY / "prometheus" / "alerts_test.yml")


def test_alertmanager_takes_who_is_called() -> None:
    runs(tool("amtool", "prometheus-alertmanager"), "check-config", DEPLOY / "alertmanager" / "alertmanager.yml")


def test_each_expression_of_the_dashboard_is_one_that_prometheus_takes(tmp_path: Path) -> None:
    rules = [{"record": f"paydesk:panel_{at}", "expr": shown} for at, shown in enumerate(dashboard_expressions().values())]
    file = tmp_path / "panels.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    runs(tool("promtool", "prometheus"), "check", "rules", file)


def test_every_alert_has_a_test_of_its_own() -> None:
    tested = (DEPLOY / "prometheus" / "alerts_test.yml").read_text()
    assert [alert for alert in alert_expressions() if f'alertname="{alert}"' not in tested] == []


# --- By what is served ----------------------------------------------------------------------------
def test_every_metric_that_an_alert_or_a_panel_names_is_served(served: dict[str, set[str]]) -> None:
    named = {name for expression in _all_expressions() for name in _NAME.findall(_without_labels(expression))}
    assert named - set(served) - set(SERVED_BY_OTHERS) == set()


def test_every_label_that_they_choose_by_is_one_that_the_metric_has(served: dict[str, set[str]]) -> None:
    for expression in _all_expressions():
        for name, labels in _LABELS.findall(expression):
            chosen = set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", labels))
            assert chosen <= served[name], f"{name}{{{labels}}}"


def test_whatever_is_served_is_shown_to_somebody(served: dict[str, set[str]]) -> None:
    """A figure that no panel and no alert reads is not worth its cost."""
    read = " ".join(_all_expressions())
    families = {re.sub(r"_(bucket|count|sum)$", "", name) for name in served}
    assert sorted(name for name in families if name not in read) == []


def test_every_alert_is_in_the_book_of_what_to_do() -> None:
    book = (DEPLOY.parent / "docs" / "watching.md").read_text()
    assert [alert for alert in alert_expressions() if f"`{alert}`" not in book] == []


def test_panels_do_not_lie_over_each_other() -> None:
    places = [panel["gridPos"] for panel in panels()]
    squares = [
        (x, y)
        for place in places
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(squares) == len(set(squares))
    assert max(x for x, _ in squares) < 24


def _all_expressions() -> list[str]:
    return [*alert_expressions().values(), *dashboard_expressions().values()]


def _without_labels(expression: str) -> str:
    return re.sub(r"\{[^}]*\}", "", expression)
