"""The simulator's control desk over HTTP, and the simulator as a process of its own."""

import json
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import requests

from customer_data.gateway import GatewayUnavailable
from paynow_integration.client import PaynowClient
from paynow_integration.messages import parse
from paynow_integration.simulator import DrivenClock, PaynowSimulator, Wallet
from paynow_integration.tests.merchant import KEY, MerchantServer, a_request
from paynow_integration.transport import new_session


class Desk:
    """The control API as another process uses it."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/simulator"

    def get(self, path: str) -> Any:
        with requests.get(f"{self._url}/{path}", timeout=5) as response:
            assert response.status_code == 200, response.text
            return response.json()

    def post(self, path: str, status: int = 200, **values: Any) -> Any:
        with requests.post(f"{self._url}/{path}", json=values, timeout=5) as response:
            assert response.status_code == status, response.text
            return response.json()


@pytest.fixture
def desk(simulator: PaynowSimulator) -> Desk:
    return Desk(simulator.url)


def test_an_approval_at_the_desk_pays_and_tells_the_merchant(desk: Desk, client: PaynowClient, merchant: MerchantServer) -> None:
    client.express(a_request(result_url=merchant.url))
    assert desk.post("transactions/B7K2M9QXA4T/approve")["status"] == "Paid"
    assert parse(merchant.bodies[0]).get("status") == "Paid"
    assert desk.get("updates?reference=B7K2M9QXA4T")["updates"][0]["answers"] == [200]


def test_many_are_approved_at_once(desk: Desk, client: PaynowClient) -> None:
    references = [f"R{number}" for number in range(20)]
    for reference in references:
        client.express(a_request(reference=reference, merchant_trace=reference))
    answer = desk.post("approve", references=references)
    assert {each["status"] for each in answer["transactions"]} == {"Paid"}


def test_charges_are_counted_by_reference_and_by_trace(desk: Desk, client: PaynowClient) -> None:
    for trace in ("T1", "T2"):
        client.express(a_request(merchant_trace=trace))
    assert desk.get("transactions?reference=B7K2M9QXA4T")["count"] == 2
    found = desk.get("transactions?merchanttrace=T2")
    assert (found["count"], found["transactions"][0]["prompts"]) == (1, 1)
    assert desk.get("calls") == {"express": 2}


def test_moves_and_their_limits(desk: Desk, client: PaynowClient) -> None:
    client.express(a_request())
    assert desk.post("transactions/B7K2M9QXA4T/await-delivery")["status"] == "Awaiting Delivery"
    for action, word in (("deliver", "Delivered"), ("dispute", "Disputed"), ("refund", "Refunded")):
        assert desk.post(f"transactions/B7K2M9QXA4T/{action}")["status"] == word
    assert "cannot become" in desk.post("transactions/B7K2M9QXA4T/approve", status=409)["error"]
    assert "no transaction" in desk.post("transactions/nothing/approve", status=409)["error"]


def test_a_wallet_an_integration_and_the_manners_are_set(desk: Desk, simulator: PaynowSimulator) -> None:
    desk.post("wallets", phone="0779999999", behaviour="decline", after_seconds=3)
    desk.post("integrations", id=77, key="k", currency="USD", live=True, methods=["ecocash"], merchant_emails=["a@b.co"])
    desk.post("manners", money_word="Awaiting Delivery", announce_sent="true", otp_attempts="3", resend_seconds=1)
    assert simulator.office.wallets["0779999999"].behaviour == "decline"
    assert simulator.office.integrations["77"].methods == {"ecocash"}
    assert (simulator.manners.money_word, simulator.manners.announce_sent, simulator.manners.otp_attempts) == (
        "Awaiting Delivery",
        True,
        3,
    )


def test_a_fault_is_switched_on_and_off(desk: Desk, client: PaynowClient) -> None:
    desk.post("faults", name="error", on="trace", value="Trace failed", times=1)
    assert desk.get("faults")["on"][0]["name"] == "error"
    desk.post("clear-faults")
    assert client.trace("nothing") is None


def test_connections_are_refused_for_a_while(desk: Desk, client: PaynowClient, clock: DrivenClock) -> None:
    desk.post("refuse-connections", seconds=60)
    clock.advance(59)
    with pytest.raises(GatewayUnavailable):
        client.express(a_request())
    clock.advance(2)
    assert client.express(a_request()).poll_url


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("faults", {"name": "no such fault"}),
        ("faults", {"name": "html", "on": "nothing"}),
        ("faults", {"colour": "red"}),
        ("wallets", {"phone": "1", "behaviour": "dance"}),
        ("wallets", {}),
        ("manners", {"colour": "red"}),
        ("manners", {"otp_attempts": "many"}),
        ("integrations", {"id": "1"}),
        ("approve", {}),
        ("clock", {"advance": "x"}),
    ],
)
def test_a_mistake_at_the_desk_is_explained(desk: Desk, path: str, values: dict[str, Any]) -> None:
    assert desk.post(path, status=400, **values)["error"]


def test_the_clock_is_driven_over_http(desk: Desk, client: PaynowClient, clock: DrivenClock) -> None:
    poll_url = client.express(a_request()).poll_url
    desk.post("clock", advance=5)
    assert client.poll(poll_url).word == "paid"


def test_a_reset_forgets_everything_but_the_integrations(desk: Desk, client: PaynowClient) -> None:
    client.express(a_request())
    desk.post("faults", name="html")
    desk.post("reset")
    assert desk.get("transactions")["count"] == 0
    client.express(a_request())


def test_people_have_buttons(simulator: PaynowSimulator, client: PaynowClient) -> None:
    client.express(a_request())
    guid = simulator.transactions()[0].guid
    with requests.get(simulator.url, timeout=5) as page:
        assert f"/simulator/transactions/{guid}/approve" in page.text
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    url = f"{simulator.url}/simulator/transactions/{guid}/approve"
    with requests.post(url, headers=form, timeout=5, allow_redirects=False) as answer:
        assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert simulator.transactions()[0].status == "Paid"


@pytest.mark.parametrize("path", ["nothing", "simulator/nothing", "simulator", "Payment/ConfirmPayment/1", "interface/trace"])
def test_an_address_that_does_not_exist_is_not_found(simulator: PaynowSimulator, path: str) -> None:
    with requests.get(f"{simulator.url}/{path}", timeout=5) as answer:
        assert answer.status_code == 404


def test_a_huge_body_is_refused(simulator: PaynowSimulator) -> None:
    headers = {"Content-Length": str(10**12)}
    with requests.post(f"{simulator.url}/interface/trace", data=iter([b"x"]), headers=headers, timeout=5) as answer:
        assert answer.status_code == 413


# --- A process of its own -------------------------------------------------------------------------
@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "paynow_integration.simulator", "--port", "0", "--public-url", "https://pay.example/"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603  our own program
        yield process
        process.kill()


def read_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    assert select.select([process.stdout], [], [], 30)[0], "the simulator said nothing"
    return process.stdout.readline()


def test_the_process_says_where_it_listens_and_stops_when_told(process: subprocess.Popen[str], merchant: MerchantServer) -> None:
    line = read_line(process)
    assert line.startswith("listening on http://127.0.0.1:")
    url = line.removeprefix("listening on ").strip()
    with new_session() as session:
        client = PaynowClient("1201", KEY, base_url=url, session=session)
        assert client.initiate(a_request(method="", phone="")).browser_url.startswith("https://pay.example/Payment/")
        client.express(a_request(reference="R2", merchant_trace="T2", result_url=merchant.url, phone="0772222222"))
        Desk(url).post("transactions/R2/approve")
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=10) == 0


def test_a_taken_port_is_said_in_one_sentence(simulator: PaynowSimulator) -> None:
    command = [sys.executable, "-m", "paynow_integration.simulator", "--port", str(simulator.port)]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)  # noqa: S603  our own program
    assert finished.returncode == 1
    assert finished.stderr.count("\n") == 1
    assert "Choose another with --port" in finished.stderr


def test_the_desk_shows_no_key(desk: Desk, client: PaynowClient) -> None:
    client.express(a_request())
    shown = json.dumps([desk.get(path) for path in ("integrations", "transactions", "manners", "updates", "health")])
    assert KEY not in shown


def test_many_wallets_are_set_with_one_call(simulator: PaynowSimulator) -> None:
    wallets = [{"phone": "0771000001", "behaviour": "decline"}, {"phone": "0771000002", "behaviour": "approve", "after_seconds": 2}]
    requests.post(f"{simulator.url}/simulator/wallets", json={"wallets": wallets}, timeout=5).raise_for_status()
    assert simulator.office.wallets == {"0771000001": Wallet("decline", 0), "0771000002": Wallet("approve", 2)}
