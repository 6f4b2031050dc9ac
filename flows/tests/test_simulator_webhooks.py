"""Webhooks of the simulator: brought again until our app takes them, over a network as bad as it is switched."""

import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from flows.crypto import is_signed
from flows.simulator import Business, ChatPhone, GraphSimulator, webhooks
from flows.simulator.network import Network
from flows.simulator.postman import Postman
from flows.tests.app_server import SECRET, AppServer, Json, app_server


@pytest.fixture
def app() -> Iterator[AppServer]:
    with app_server() as server:
        yield server


@pytest.fixture
def meta(app: AppServer) -> Iterator[GraphSimulator]:
    with GraphSimulator(business=Business(url=app.url, app_secret=SECRET), retry_gaps=(0, 0.01, 0.01)) as simulator:
        yield simulator


def bodies(app: AppServer) -> list[str]:
    return [message["text"]["body"] for message in app.messages]


def test_what_was_not_taken_comes_again_until_it_is(meta: GraphSimulator, app: AppServer) -> None:
    app.answers = [500, 404, 200]
    item = meta.phones.open("0771234567").write("Hi")
    meta.settle()
    assert bodies(app) == ["Hi", "Hi", "Hi"]
    assert {message["id"] for message in app.messages} == {item.id}
    assert item.status == "delivered"


def test_it_does_not_come_for_ever(meta: GraphSimulator, app: AppServer) -> None:
    app.answers = [503] * 10
    item = meta.phones.open("0771234567").write("Hi")
    meta.settle()
    assert len(app.updates) == 4
    assert item.status == "sending"
    assert len(meta.postman.given_up) == 1


def test_an_app_that_is_away_gets_it_when_it_is_back() -> None:
    with app_server() as gone:
        url = gone.url
    with GraphSimulator(business=Business(url=url, app_secret=SECRET), retry_gaps=(0, 0.01)) as meta:
        item = meta.phones.open("0771234567").write("Hi")
        meta.settle()
        assert item.status == "sending"


def test_nobody_is_told_anything_where_no_app_listens() -> None:
    with GraphSimulator() as meta:
        meta.phones.open("0771234567").write("Hi")
        meta.settle(timeout_seconds=0)
        assert meta.postman.given_up == []


def test_a_slow_app_does_not_hold_up_the_api(meta: GraphSimulator, app: AppServer) -> None:
    tendai = meta.phones.open("0771234567")
    with app.came:  # it cannot take anything
        tendai.write("Hi")
        message = {"messaging_product": "whatsapp", "to": "+263771234567", "type": "text", "text": {"body": "Hello"}}
        assert requests.post(f"{meta.url}/v25.0/1/messages", json=message, headers={"Authorization": "x"}, timeout=5).ok
        with pytest.raises(TimeoutError, match="not taken"):
            meta.settle(timeout_seconds=0.01)
    meta.settle()
    assert len(app.updates) == 3


def test_an_app_may_answer_while_it_is_told_and_many_may_talk_at_once(meta: GraphSimulator, app: AppServer) -> None:
    def answer(message: Json) -> None:
        reply = {"messaging_product": "whatsapp", "to": message["from"], "type": "text", "text": {"body": message["text"]["body"]}}
        assert requests.post(f"{meta.url}/v25.0/1/messages", json=reply, headers={"Authorization": "x"}, timeout=5).ok

    app.on_message = answer
    phones = [meta.phones.open(f"26377100000{number}") for number in range(8)]

    def talk(phone: ChatPhone) -> None:
        for number in range(10):
            phone.write(str(number))
            phone.read_all()

    with ThreadPoolExecutor(len(phones)) as pool:
        list(pool.map(talk, phones))
    meta.settle(timeout_seconds=30)
    for phone in phones:
        assert [item.body for item in phone.items if item.sender == "business"] == [str(number) for number in range(10)]
    assert len(app.messages) == len({message["id"] for message in app.messages}) == 80


def test_twice_and_in_another_order(meta: GraphSimulator, app: AppServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.simulator.postman.REORDER_SECONDS", 0.5)
    tendai = meta.phones.open("0771234567")
    tendai.switch_network(duplicate=True)
    tendai.write("Hi")
    meta.settle()
    assert bodies(app) == ["Hi", "Hi"]
    tendai.switch_network(duplicate=False, reorder=True)
    for words in ("one", "two"):
        tendai.write(words)
    meta.settle()
    assert bodies(app)[2:] == ["two", "one"]


def test_a_dropped_webhook_comes_when_the_network_is_back(app: AppServer) -> None:
    business = Business(url=app.url, app_secret=SECRET)
    with GraphSimulator(business=business, retry_gaps=(0.01,) * 1000) as meta:
        tendai = meta.phones.open("0771234567")
        tendai.switch_network(drop="webhooks")
        tendai.write("Hi")
        with pytest.raises(TimeoutError):
            meta.settle(timeout_seconds=0.05)
        assert app.updates == []
        tendai.switch_network(drop="none")
        meta.settle()
        assert bodies(app) == ["Hi"]


def test_a_delay_holds_it_back(meta: GraphSimulator, app: AppServer) -> None:
    tendai = meta.phones.open("0771234567")
    tendai.switch_network(delay_seconds=0.2)
    began = time.monotonic()
    tendai.write("Hi")
    meta.settle()
    assert time.monotonic() - began >= 0.2


def test_a_switch_that_there_is_not_is_refused() -> None:
    for wrong in ({"speed": 1}, {"drop": "all"}, {"delay_seconds": 11}, {"delay_seconds": True}, {"duplicate": "yes"}):
        with pytest.raises(ValueError, match=r"\w"):
            Network().switched(wrong)


def test_all_phones_and_those_to_come_get_the_same_network(meta: GraphSimulator) -> None:
    first = meta.phones.open("0771234567")
    first.switch_network(delay_seconds=1)
    meta.phones.switch_network(duplicate=True)
    second = meta.phones.open("0719999999")
    assert (first.network.duplicate, first.network.delay_seconds) == (True, 1)
    assert (second.network.duplicate, second.network.delay_seconds) == (True, 0)


def test_it_stops_at_once_while_much_waits(app: AppServer) -> None:
    app.answers = [500] * 100
    meta = GraphSimulator(business=Business(url=app.url, app_secret=SECRET), retry_gaps=(60,)).start()
    tendai = meta.phones.open("0771234567")
    for number in range(5):
        tendai.write(str(number))
    before = time.monotonic()
    meta.stop()
    assert time.monotonic() - before < 2
    assert not [thread for thread in threading.enumerate() if thread.name == "webhooks"]


# --- In the test's own thread ---------------------------------------------------------------------
class Taker:
    """Our app, as a function: for tests that post into Django's client."""

    def __init__(self) -> None:
        self.bodies: list[Json] = []
        self.threads: set[int] = set()
        self.status = 200

    def __call__(self, address: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        assert address == "/crm-api/whatsapp/webhook/"
        assert is_signed(body, headers["X-Hub-Signature-256"], [SECRET])
        self.bodies.append(json.loads(body))
        self.threads.add(threading.get_ident())
        return self.status, b""


def test_with_a_function_everything_is_brought_by_who_settles() -> None:
    taker = Taker()
    with GraphSimulator(business=Business(deliver=taker, app_secret=SECRET)) as meta:
        meta.phones.open("0771234567").write("Hi")
        assert taker.bodies == []
        taker.status = 503
        meta.settle()
        taker.status = 200
        meta.settle()
        meta.settle()
    assert len(taker.bodies) == 2
    assert taker.threads == {threading.get_ident()}


def test_a_thousand_updates_go_in_one_body(app: AppServer) -> None:
    business = Business(url=app.url, app_secret=SECRET)
    postman = Postman(business)
    postman.start()
    person = webhooks.Person("Tendai", "263771234567")
    updates = [webhooks.message_from(business, person, f"wamid.{number}", webhooks.text("Hi")) for number in range(1000)]
    postman.post(webhooks.batch(updates))
    postman.settle()
    postman.stop()
    assert len(app.updates) == 1
    assert len({message["id"] for message in app.messages}) == 1000


# --- The health of Flows --------------------------------------------------------------------------
def test_the_app_hears_that_a_flow_has_another_status(meta: GraphSimulator, app: AppServer) -> None:
    headers = {"Authorization": "Bearer t"}
    made = requests.post(f"{meta.url}/v25.0/2/flows", json={"name": "a", "categories": ["OTHER"]}, headers=headers, timeout=5)
    flow_id = made.json()["id"]
    meta.flows[flow_id].flow_json = {"version": "7.3", "screens": []}
    assert requests.post(f"{meta.url}/v25.0/{flow_id}/publish", headers=headers, timeout=5).ok
    assert requests.post(f"{meta.url}/v25.0/{flow_id}/deprecate", headers=headers, timeout=5).ok
    meta.settle()
    assert [(value["event"], value["old_status"], value["new_status"]) for value in app.values] == [
        ("FLOW_STATUS_CHANGE", "DRAFT", "PUBLISHED"),
        ("FLOW_STATUS_CHANGE", "PUBLISHED", "DEPRECATED"),
    ]
    assert app.updates[0]["entry"][0]["changes"][0]["field"] == "flows"
