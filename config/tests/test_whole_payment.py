"""Two customers pay at the same time, through the real doors of a running house; then its log and its database are read.

Every line about a payment carries the one id that began with the customer's tap, and nobody else's; and nothing is logged or stored
that a thief of the log or of the database could use.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
import requests

from config import embedded
from config.tests.conftest import local_folder
from config.tests.customer_over_http import HttpCustomer
from config.tests.leaks import STORED_ON_PURPOSE, Needle, found_in_database, found_in_text
from config.tests.processes import wait_until
from config.tests.runs import Run
from customer_data.correlation import id_of
from paynow_integration.simulator.records import DEFAULT_INTEGRATIONS

Json = dict[str, Any]

pytestmark = pytest.mark.xdist_group("whole payment")

RUDO, CHIPO = "263772222222", "263773333333"
WALLETS = {RUDO: "0772345678", CHIPO: "0773456789"}
OTP = "481516"  # the simulator is told so: no other number of a run looks like it
METRICS_TOKEN = "word-of-prometheus-only"
LINE = re.compile(r"^ *\w+ \| (\{.*\})$", re.MULTILINE)


@dataclass(frozen=True)
class Lived:
    """What a house said and kept while two customers paid."""

    said: str
    lines: list[Json]
    began: dict[str, str]
    """By number: the chat message that asked for the form."""
    payments: dict[str, str]
    """By number: the reference."""
    needles: list[Needle]
    database: psycopg.Connection[Any]
    metrics: str

    def thread(self, number: str) -> list[Json]:
        mine = id_of(f"message:{self.began[number]}")
        return [line for line in self.lines if line.get("correlation_id") == mine]


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    folder = tmp_path_factory.mktemp("whole")
    with local_folder(folder) as local_dir:
        run = Run(folder)
        watched = {"LOG_FORMAT": "json", "METRICS_DIR": str(folder / "metrics"), "METRICS_TOKEN": METRICS_TOKEN}
        with run.start(**watched) as supervisor:
            run.wait_until_it_runs(supervisor, seconds=300)
            address = embedded.join(local_dir)
            with psycopg.connect(
                host=address.host, port=address.port, user=address.user, dbname="paydesk", autocommit=True
            ) as database:
                yield _live(run, database)
            embedded.leave(local_dir)
        run.kill_what_is_left()


def _live(run: Run, database: psycopg.Connection[Any]) -> Lived:
    requests.post(f"{run.paynow}/simulator/manners", json={"otp": OTP}, timeout=10)
    rudo = HttpCustomer(run.phone, number=RUDO, name="Rudo Ncube")
    chipo = HttpCustomer(run.phone, number=CHIPO, name="Chipo Dube")
    began = {customer.number: _ask_for_the_form(customer) for customer in (rudo, chipo)}
    rudo.submit(payment_method="ecocash", amount_option="full", phone=WALLETS[RUDO], email="")
    chipo.submit(payment_method="omari", amount_option="full", phone=WALLETS[CHIPO], email="")
    wait_until(lambda: _sees(chipo, "PAYMENT_OTP"))
    rudo.approve(WALLETS[RUDO])
    chipo.submit(otp=OTP)
    for customer in (rudo, chipo):
        customer.hears("*Paid.*")
    wait_until(lambda: _paid(database) == {RUDO, CHIPO} and _all_is_said(database), or_show=run.log)
    answer = requests.get(f"{run.url}/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"}, timeout=20)
    said = run.said()
    lines = [json.loads(line) for line in LINE.findall(said)]
    needles = [*_needles(run, database), Needle("word of Prometheus", METRICS_TOKEN)]
    return Lived(said, lines, began, _references(database), needles, database, answer.text)


def _sees(customer: HttpCustomer, screen: str) -> bool:
    """Taps *Check status* as long as another screen is there."""
    if customer.screen != screen:
        customer.submit(next="check")
    return customer.screen == screen


def _ask_for_the_form(customer: HttpCustomer) -> str:
    customer.say("pay")
    customer.tap(customer.hears("How would you like to pay"), "Pay in full")
    tapped = customer.tap(customer.hears("Who pays"), "I pay")
    customer.open_form(customer.hears("you can pay"))
    return tapped


def _paid(database: psycopg.Connection[Any]) -> set[str]:
    return set(_references(database))


def _references(database: psycopg.Connection[Any]) -> dict[str, str]:
    """By number: the payment that came in."""
    rows = database.execute(
        """SELECT c.wa_id, p.reference FROM customer_data_payment p JOIN customer_data_booking b ON b.id = p.booking_id
           JOIN customer_data_customer c ON c.id = b.customer_id WHERE p.status = 'successful' AND c.wa_id = ANY(%s)""",
        [[RUDO, CHIPO]],
    )
    return dict(rows.fetchall())


def _all_is_said(database: psycopg.Connection[Any]) -> bool:
    """Of each payment the words about its end and the receipt were handed over, and reported as delivered."""
    row = database.execute(
        """SELECT count(*) FROM flows_message m JOIN customer_data_paymentevent e ON e.id = m.event_id
           JOIN customer_data_payment p ON p.id = e.payment_id WHERE p.reference = ANY(%s) AND m.delivered_at IS NOT NULL""",
        [list(_references(database).values())],
    ).fetchone()
    return row is not None and row[0] >= 4


def _needles(run: Run, database: psycopg.Connection[Any]) -> Iterator[Needle]:
    """Whatever must stand nowhere."""
    for integration in DEFAULT_INTEGRATIONS:
        yield Needle("key of Paynow", integration.key)
    for secret in ("development-app-secret", "simulated-token", "development-only-secret-key-do-not-use-in-production"):
        yield Needle("secret of ours", secret)
    for number in (RUDO, CHIPO):
        sent = requests.get(
            f"{run.paynow.replace(str(run.port + 1), str(run.port + 2))}/simulator/messages",
            params={"to": f"+{number}"},
            timeout=10,
        )
        for token in re.findall(r'"flow_token": ?"([^"]+)"', sent.text):
            yield Needle("token of a form", token)
    for number in (RUDO, CHIPO, *WALLETS.values()):
        yield Needle("phone number", rf"(?<!\d)(?:\+?263|0){number[-9:]}(?!\d)", is_pattern=True)
    yield Needle("one-time code", rf"(?<!\d){OTP}(?!\d)", is_pattern=True)
    yield Needle("hash of Paynow", r"\b[0-9A-F]{128}\b", is_pattern=True)
    yield Needle("raw status update", "paynowreference=")
    yield Needle("raw request of a Flow", "encrypted_flow_data")
    for (address,) in database.execute("SELECT poll_url FROM customer_data_payment WHERE poll_url <> ''"):
        yield Needle("poll address", address)


# --- One thread -----------------------------------------------------------------------------------
STAGES = (
    ("chat message taken", {"kind": "button"}),
    ("form made", {"flow": "payment_whatsapp_flow"}),
    ("message out", {"kind": "flow", "outcome": "accepted"}),
    ("form answered", {"action": "INIT", "shown": "PAYMENT"}),
    ("payment opened", {"gateway": "paynow"}),
    ("form answered", {"action": "data_exchange", "screen": "PAYMENT"}),
    ("payment moved", {"was": "created", "now": "sending"}),
    ("gateway called", {"call": "remotetransaction", "outcome": "answered"}),
    ("payment moved", {"was": "sending", "now": "pending"}),
    ("gateway reported", {"word": "Paid", "means": "successful"}),
    ("payment moved", {"now": "successful"}),
    ("message out", {"outcome": "accepted"}),
    ("message reported", {"status": "delivered"}),
)


@pytest.mark.parametrize("number", [RUDO, CHIPO])
def test_a_payment_is_one_thread_from_the_chat_message_to_the_answer(lived: Lived, number: str) -> None:
    thread = iter(lived.thread(number))
    for name, facts in STAGES:
        assert any(_is(line, name, facts) for line in thread), f"{name} {facts} is missing, or out of order"


def test_the_status_update_of_the_gateway_belongs_to_the_thread(lived: Lived) -> None:
    judged = [line for line in lived.thread(RUDO) if line["message"] == "notification judged"]
    assert [(line["outcome"], line["payment"]) for line in judged] == [("accepted", lived.payments[RUDO])]


@pytest.mark.parametrize("number", [RUDO, CHIPO])
def test_no_line_about_a_payment_stands_outside_its_thread(lived: Lived, number: str) -> None:
    about = [line for line in lived.lines if lived.payments[number] in json.dumps(line)]
    assert about
    assert [line for line in about if line not in lived.thread(number)] == []


def test_no_line_of_one_customer_carries_the_id_of_the_other(lived: Lived) -> None:
    customers = {number: {line["customer"] for line in lived.thread(number) if "customer" in line} for number in (RUDO, CHIPO)}
    for number, other in ((RUDO, CHIPO), (CHIPO, RUDO)):
        thread = lived.thread(number)
        assert len(customers[number]) == 1
        assert {line["payment"] for line in thread if "payment" in line} == {lived.payments[number]}
        assert _receivers(lived, thread) == customers[number]
        assert customers[number].isdisjoint(customers[other])


def _receivers(lived: Lived, thread: list[Json]) -> set[int]:
    ids = [line["message_id"] for line in thread if "message_id" in line]
    return {row[0] for row in lived.database.execute("SELECT customer_id FROM flows_message WHERE id = ANY(%s)", [ids])}


def _is(line: Json, name: str, facts: Json) -> bool:
    return line["message"] == name and facts.items() <= line.items()


def test_a_payment_leaves_few_lines(lived: Lived) -> None:
    assert len(lived.thread(RUDO)) <= 50


# --- Nothing leaks --------------------------------------------------------------------------------
def test_nothing_a_thief_could_use_is_in_the_log(lived: Lived) -> None:
    assert found_in_text(lived.said, lived.needles) == []


def test_nothing_a_thief_could_use_is_in_what_prometheus_reads(lived: Lived) -> None:
    assert "paydesk_payment_moves_total" in lived.metrics
    assert found_in_text(lived.metrics, lived.needles) == []


def test_the_database_holds_in_clear_only_what_is_held_on_purpose(lived: Lived) -> None:
    found = found_in_database(lived.database, lived.needles)
    assert {place: words for place, words in found.items() if place not in STORED_ON_PURPOSE} == {}


def test_what_is_said_to_be_held_on_purpose_is_held(lived: Lived) -> None:
    """Else the list would excuse what nobody needs any more. Control: the same search finds these."""
    found = found_in_database(lived.database, lived.needles)
    assert {("customer_data_customer", "wa_id"), ("customer_data_payment", "phone"), ("customer_data_payment", "poll_url")} <= set(
        found
    )


def test_the_search_finds_what_is_logged(lived: Lived, tmp_path: Path) -> None:
    careless = lived.said + f'\n{{"message": "Paid by +{RUDO} with {OTP}"}}'
    assert {what for what, _ in found_in_text(careless, lived.needles)} == {"phone number", "one-time code"}
