"""Several postmen, several addresses of our app, and what the simulator remembers of what we answered."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from flows.simulator.business import Business
from flows.simulator.postman import RETRY_GAPS_SECONDS, Postman, gaps_up_to


class _App(ThreadingHTTPServer):
    """Answers webhooks with the statuses it is given, then with 200."""

    daemon_threads = True

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.seen: list[bytes] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: _App

    def do_POST(self) -> None:
        self.server.seen.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(self.server.statuses.pop(0) if self.server.statuses else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def apps() -> Iterator[list[_App]]:
    started = [_App(503), _App()]
    for app in started:
        threading.Thread(target=app.serve_forever, args=(0.02,), daemon=True).start()
    yield started
    for app in started:
        app.shutdown()
        app.server_close()


def test_addresses_take_turns_and_every_answer_is_remembered(apps: list[_App]) -> None:
    postman = Postman(Business(url=",".join(app.url for app in apps)), retry_gaps=(0.0, 0.1), hands=3)
    postman.start()
    for number in range(6):
        postman.post({"number": number})
    postman.settle()
    postman.stop()
    assert all(app.seen for app in apps)
    assert dict(postman.answers) == {200: 6, 503: 1}
    assert [status for _, status in postman.refusals] == [503]
    assert sorted(postman.taken) == [b'{"number":%d}' % number for number in range(6)]
    assert postman.waiting == 0


def test_an_app_that_is_away_is_an_answer_of_nothing() -> None:
    postman = Postman(Business(url="http://127.0.0.1:9"), retry_gaps=(0.0,))
    postman.start()
    postman.post({"number": 1})
    postman.settle()
    postman.stop()
    assert (dict(postman.answers), len(postman.given_up)) == ({0: 2}, 1)


def test_gaps_can_be_kept_short() -> None:
    assert gaps_up_to(1000) == RETRY_GAPS_SECONDS
    assert gaps_up_to(3)[:6] == (0.0, 1, 2, 3, 3, 3)
    assert len(gaps_up_to(3)) == 200
