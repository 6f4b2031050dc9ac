"""The drawer is the gateway, Meta is a simulator, and every reply of every test is held against the Flow JSON."""

import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from celery import current_app as app
from django.db import connections

from customer_data.tests.conftest import drawer, tasks_at_once
from flows import exchange, views
from flows.definitions import DEFINITIONS, PAYMENT_FLOW
from flows.flow_json import reply_problems
from flows.form_requests import Answer
from flows.keys import private_keys
from flows.simulator import GraphSimulator

__all__ = ["drawer", "tasks_at_once"]

_AnswerTo = Callable[[Mapping[str, Any]], Answer]


@pytest.fixture(autouse=True)
def refused_screens(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What Meta's client would refuse to show of all that is answered in a test. There must be nothing."""
    problems: list[str] = []
    for flow_name, original in views.ANSWERS.items():
        monkeypatch.setitem(views.ANSWERS, flow_name, _watched(flow_name, original, problems))
    monkeypatch.setattr(exchange, "answer", views.ANSWERS[PAYMENT_FLOW])
    yield problems
    assert problems == []


def _watched(flow_name: str, original: _AnswerTo, problems: list[str]) -> _AnswerTo:
    flow = DEFINITIONS[flow_name]

    def answer(request: Mapping[str, Any]) -> Answer:
        reply = original(request)
        if reply.status == 427:
            problems.extend(_problems_of_refusal(reply.payload))
        else:
            problems.extend(reply_problems(flow, _as_a_phone_asks(flow, request), reply.payload))
        return reply

    return answer


def _problems_of_refusal(payload: Mapping[str, Any]) -> list[str]:
    text = payload.get("error_msg")
    return [] if payload.keys() == {"error_msg"} and isinstance(text, str) and text.strip() else [f"{payload!r} is no refusal."]


def _as_a_phone_asks(flow: Mapping[str, Any], request: Mapping[str, Any]) -> Mapping[str, Any]:
    """A phone is on no screen but ours; what comes from nowhere may be answered with any entry."""
    screens = [screen["id"] for screen in flow["screens"]]
    return request if request.get("screen") in screens else {**request, "screen": ""}


@pytest.fixture(autouse=True)
def broker() -> Iterator[None]:
    """What is handed out waits in memory, and nobody does it."""
    before = (app.conf.broker_url, app.conf.broker_transport, app.conf.broker_transport_options)
    _use_broker("memory://localhost/", None, {})
    yield
    _use_broker(*before)


def _use_broker(url: str, transport: str | None, options: dict[str, Any]) -> None:
    app.conf.update(broker_url=url, broker_transport=transport, broker_transport_options=options)
    app.amqp._producer_pool = None  # type: ignore[attr-defined]  # it holds connections to the broker before
    app.set_current()


@pytest.fixture
def graph(settings: Any) -> Iterator[GraphSimulator]:
    """WhatsApp, as our settings know it."""
    with GraphSimulator() as simulator:
        settings.WHATSAPP_GRAPH_BASE_URL = f"{simulator.url}/v25.0"
        settings.WHATSAPP_ACCESS_TOKEN = "token-for-tests"
        settings.WHATSAPP_PHONE_NUMBER_ID = "100000000000001"
        settings.WHATSAPP_BUSINESS_ACCOUNT_ID = "100000000000002"
        yield simulator


@pytest.fixture
def other_keys() -> Iterator[None]:
    """For tests that set other Flow keys: this process forgets the ones it has read."""
    private_keys.cache_clear()
    yield
    private_keys.cache_clear()


@pytest.fixture
def at_once() -> Callable[..., list[Any]]:
    """Runs actions in threads of their own, each with a connection of its own; what each returned or raised."""

    def run(*actions: Callable[[], Any]) -> list[Any]:
        start = threading.Barrier(len(actions))

        def act(action: Callable[[], Any]) -> Any:
            start.wait()
            try:
                return action()
            except Exception as error:  # whatever it is, the test looks at it
                return error
            finally:
                connections.close_all()

        with ThreadPoolExecutor(len(actions)) as pool:
            return list(pool.map(act, actions))

    return run
