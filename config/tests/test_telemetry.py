"""What leaves for Sentry and OpenTelemetry: by the real libraries, to a server on this machine. And nothing without an address."""

import gzip
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from config.tests.processes import ROOT
from config.tests.speaking_process import BODY, HEADER, LOCAL, PHONE, QUERY, THREAD


@dataclass
class Ear:
    """Keeps what is posted to it, by path."""

    url: str
    heard: list[tuple[str, bytes]] = field(default_factory=list)

    def bodies(self, path: str) -> list[bytes]:
        return [body for at, body in self.heard if at.startswith(path)]


@pytest.fixture
def ear() -> Iterator[Ear]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            is_zipped = self.headers.get("Content-Encoding") == "gzip"
            listening.heard.append((self.path, gzip.decompress(body) if is_zipped else body))
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    listening = Ear(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield listening
    server.shutdown()
    thread.join()
    server.server_close()


def speak(**environment: str) -> None:
    """Run the process to its end; what it has to tell has left by then."""
    command = [sys.executable, "-m", "config.tests.speaking_process"]
    done = subprocess.run(command, cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr


# --- Sentry ---------------------------------------------------------------------------------------
@pytest.fixture
def errors(ear: Ear) -> tuple[list[dict[str, Any]], str]:
    """The events, and everything that was posted, as text."""
    speak(SENTRY_DSN=ear.url.replace("://", "://key@") + "/1", SENTRY_ENVIRONMENT="test")
    posted = b"\n".join(ear.bodies("/api/1/envelope/")).decode()
    lines = [json.loads(line) for line in posted.splitlines() if line.startswith("{")]
    return [line for line in lines if "exception" in line or "logentry" in line], posted


def test_an_error_leaves_with_its_place_and_its_thread_and_nothing_about_people(errors: tuple[list[dict[str, Any]], str]) -> None:
    events, posted = errors
    (failed,) = [event for event in events if "exception" in event]
    (error,) = failed["exception"]["values"]
    assert error["type"] == "ValueError"
    assert error["value"] == "It was …567 who failed after 15 letters"
    assert error["stacktrace"]["frames"][-1]["function"] == "fail"
    assert len(failed["tags"]["correlation_id"]) == 16
    for secret in (PHONE, PHONE[1:], BODY, HEADER, LOCAL, QUERY):
        assert secret not in posted


def test_what_the_log_calls_an_error_leaves_too_with_numbers_hidden(errors: tuple[list[dict[str, Any]], str]) -> None:
    events, _ = errors
    said = {event["logentry"]["message"]: event["tags"] for event in events if "logentry" in event}
    assert said["A message to …567 was not sent."] == {"correlation_id": THREAD}


# --- OpenTelemetry --------------------------------------------------------------------------------
@pytest.fixture
def spans(ear: Ear) -> list[Span]:
    speak(OTEL_EXPORTER_OTLP_ENDPOINT=ear.url)
    requests = [ExportTraceServiceRequest.FromString(body) for body in ear.bodies("/v1/traces")]
    return [span for told in requests for of in told.resource_spans for scope in of.scope_spans for span in scope.spans]


def test_requests_tasks_and_calls_are_spans_of_one_trace_by_the_id_of_the_log(spans: list[Span]) -> None:
    mine = {span.name: span for span in spans if span.trace_id.hex() == THREAD.rjust(32, "0")}
    assert set(mine) == {"request thread", "task speaking.task", "paynow trace"}
    for span in mine.values():
        assert attributes(span)["paydesk.correlation_id"] == THREAD


def test_a_call_that_got_no_answer_is_an_error_and_as_long_as_it_took(spans: list[Span]) -> None:
    (call,) = [span for span in spans if span.name == "paynow trace"]
    assert call.status.code == Status.STATUS_CODE_ERROR
    assert 0.25 <= (call.end_time_unix_nano - call.start_time_unix_nano) / 1e9 < 5


def test_a_failed_request_is_an_error_in_a_trace_of_its_own(spans: list[Span]) -> None:
    (failed,) = [span for span in spans if span.name == "request fail"]
    assert failed.status.code == Status.STATUS_CODE_ERROR
    assert attributes(failed)["http.response.status_code"] == "500"
    assert failed.trace_id.hex() != THREAD.rjust(32, "0")


def test_no_span_says_anything_about_people(spans: list[Span]) -> None:
    everything = " ".join(str(span) for span in spans)
    assert not [secret for secret in (PHONE, PHONE[1:], BODY, HEADER, LOCAL, QUERY) if secret in everything]


def attributes(span: Span) -> dict[str, str]:
    return {pair.key: pair.value.string_value or str(pair.value.int_value) for pair in span.attributes}


# --- Off ------------------------------------------------------------------------------------------
def test_without_an_address_neither_is_imported(ear: Ear) -> None:
    code = """
import os, sys, django
os.environ["DJANGO_SETTINGS_MODULE"] = "config.tests.settings"
django.setup()
print([name for name in ("sentry_sdk", "opentelemetry") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    assert done.stdout.strip() == "[]"
