"""One EcoCash payment through our own doors, in this thread: every request and task that it causes, stage by stage.

Requests go through the whole of Django, sealed and signed; tasks are handed to the broker, fetched from it and run by Celery's
own tracer. Only the simulators run beside it, so what this thread uses is ours alone.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from celery import current_app
from celery.app.trace import build_tracer
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.test import override_settings
from django.utils import timezone

from benchmarks import rows
from benchmarks.place import HOST
from customer_data.models import Booking, Customer, Payment
from flows import tokens
from flows.crypto import public_key_pem
from flows.keys import private_keys
from flows.models import Conversation
from flows.simulator.business import WEBHOOK_PATH, Business
from flows.simulator.envelope import Sealed, seal, sign
from flows.simulator.graph import GraphSimulator
from flows.simulator.webhooks import Person, status_of
from paynow_integration.models import PaynowConfig
from paynow_integration.simulator import DrivenClock, PaynowSimulator
from paynow_integration.simulator.records import DEFAULT_INTEGRATIONS

STATUSES = ("sent", "delivered", "read")

Measure = Callable[[str], Any]
"""`with measure(stage):` around every stage."""


@dataclass
class Doors:
    """Our requests and tasks, with the two simulators that they call."""

    paynow: PaynowSimulator
    graph: GraphSimulator
    key: str
    _channel: Any  # a worker keeps its own open, too
    _web: WSGIHandler = field(default_factory=WSGIHandler)
    _tracers: dict[str, Any] = field(default_factory=dict)

    def ask_form(self, sealed: Sealed) -> None:
        """One request of the Flow, as the phone makes it through Meta."""
        status = self._post(rows.FLOW, sealed.body, "application/json", sealed.signature)
        _expect(status, 200, "the Flow")

    def tell_status(self, body: bytes) -> None:
        _expect(self._post(rows.IPN, body, "application/x-www-form-urlencoded"), 200, "the status update")

    def tell_whatsapp(self, body: bytes) -> None:
        _expect(self._post(WEBHOOK_PATH, body, "application/json", sign(body, settings.WHATSAPP_APP_SECRET[0])), 200, "the webhook")

    def run_tasks(self) -> None:
        """Everything that waits at the broker, and what that hands out."""
        while self.run_task("payments") or self.run_task("messages"):
            pass

    def run_task(self, queue: str) -> bool:
        """The oldest task of one queue; False when there is none."""
        message = self._channel.basic_get(queue)
        if message is None:
            return False
        message.ack()
        self._run(message)
        return True

    def _run(self, message: Any) -> None:
        name = message.headers["task"]
        task = current_app.tasks[name]
        if name not in self._tracers:
            self._tracers[name] = build_tracer(name, task, app=current_app)
        args, kwargs, _ = message.decode()
        outcome = self._tracers[name](message.headers["id"], args, kwargs, {**message.headers, "is_eager": False})
        if outcome.info is not None:
            raise SystemExit(f"The task {name} failed: {outcome.info.retval!r}")

    def _post(self, path: str, body: bytes, content_type: str, signature: str = "") -> int:
        asked: dict[str, Any] = {
            "REQUEST_METHOD": "POST",
            "PATH_INFO": path,
            "SCRIPT_NAME": "",
            "QUERY_STRING": "",
            "SERVER_NAME": HOST,
            "SERVER_PORT": "8899",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": HOST,
            "HTTP_HOST": HOST,
            "CONTENT_TYPE": content_type,
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
        }
        if signature:
            asked["HTTP_X_HUB_SIGNATURE_256"] = signature
        answer = self._web(asked, lambda *_: lambda _: None)
        b"".join(answer)
        answer.close()
        return int(answer.status_code)


@contextmanager
def open_doors() -> Iterator[Doors]:
    """Both simulators listening, and our settings pointing at them."""
    business = Business(app_secret=settings.WHATSAPP_APP_SECRET[0])
    with PaynowSimulator(clock=DrivenClock()) as paynow, GraphSimulator(business=business) as graph:
        rows.configure_paynow(paynow.url)
        # Real money: a booking of test money is asked about twice more.
        live = next(each for each in DEFAULT_INTEGRATIONS if each.live)
        PaynowConfig.objects.update(test_mode=False, integration_id=live.id, integration_key=live.key)
        whatsapp = {
            "WHATSAPP_GRAPH_BASE_URL": f"{graph.url}/v25.0",
            "WHATSAPP_ACCESS_TOKEN": "bench",
            "WHATSAPP_PHONE_NUMBER_ID": business.phone_number_id,
        }
        with override_settings(**whatsapp), current_app.connection_for_read() as broker, broker.channel() as channel:
            yield Doors(paynow, graph, public_key_pem(private_keys()[0]), channel)


@dataclass(frozen=True)
class Prepared:
    """What the customer and Meta do beforehand: the form in the chat, and its requests sealed."""

    booking: Booking
    opened: Sealed
    sent: Sealed
    asked_again: Sealed


def prepare(doors: Doors, count: int) -> list[Prepared]:
    """`count` customers who chat with us, each with a booking and its form."""
    return [_prepare_one(doors) for _ in range(count)]


def _prepare_one(doors: Doors) -> Prepared:
    digits = f"26377{uuid4().int % 10**7:07d}"
    customer = Customer.objects.create(name="Rudo Moyo", email="rudo@example.com", wa_id=digits)
    Conversation.objects.create(customer=customer, last_heard_at=timezone.now())
    booking = Booking.objects.create(customer=customer, title="Hwange, three days", total_amount="231.00")
    token = tokens.issue(booking)[0]
    check = {**rows.submit(token), "screen": "PAYMENT_PROCESSING", "data": {"next": "check"}}
    payloads = (rows.init(token), rows.submit(token), check)
    opened, sent, asked_again = (seal(each, public_key=doors.key, app_secret=settings.WHATSAPP_APP_SECRET[0]) for each in payloads)
    return Prepared(booking, opened, sent, asked_again)


FORM_OPENED = "Form opened (INIT)"
FORM_SENT = "Form sent"
ASKED_FOR = "Asking Paynow for it (task)"
UPDATE = "Status update"
CHECKED = "Asking Paynow how it stands, and the receipt (task)"
NEWS = "*Check status* in the form"
TOLD = "Telling the customer: text and PDF (task)"
DELIVERIES = "Six delivery statuses of WhatsApp (webhook and task each)"
STAGES = (FORM_OPENED, FORM_SENT, ASKED_FOR, UPDATE, CHECKED, NEWS, TOLD, DELIVERIES)
TO_PAID = STAGES[:6]
"""From the opened form to the paid booking and the form's last screen."""


def pay(doors: Doors, prepared: Prepared, measure: Measure) -> Payment:
    """One payment, from the opened form to the read receipt. Only what stands under `measure` is ours."""
    with measure(FORM_OPENED):
        doors.ask_form(prepared.opened)
    with measure(FORM_SENT):
        doors.ask_form(prepared.sent)
    with measure(ASKED_FOR):
        doors.run_tasks()
    payment = Payment.objects.get(booking=prepared.booking)
    doors.paynow.approve(payment.reference)
    update = doors.paynow.updates(payment.reference)[-1].body
    with measure(UPDATE):
        doors.tell_status(update)
    with measure(CHECKED):
        doors.run_task("payments")  # the messages that follow from it stay at the broker for their own stage
    with measure(NEWS):
        doors.ask_form(prepared.asked_again)
    with measure(TOLD):
        doors.run_tasks()
    deliveries = list(_deliveries(doors, prepared.booking.customer))
    with measure(DELIVERIES):
        for body in deliveries:
            doors.tell_whatsapp(body)
            doors.run_tasks()
    payment.refresh_from_db()
    if payment.status != "successful" or len(deliveries) != 2 * len(STATUSES):
        raise SystemExit(f"Payment {payment.reference} is {payment.status}, {len(deliveries)} statuses told.")
    return payment


def _deliveries(doors: Doors, customer: Customer) -> Iterator[bytes]:
    person = Person(customer.name, wa_id=customer.wa_id or "")
    for status in STATUSES:
        for message in doors.graph.messages_to(customer.chat_address):
            opaque = str(message.body.get("biz_opaque_callback_data", ""))
            yield json.dumps(status_of(doors.graph.business, person, message.wamid, status, opaque=opaque)).encode()


def _expect(status: int, wanted: int, what: str) -> None:
    if status != wanted:
        raise SystemExit(f"{what} was answered with {status} instead of {wanted}.")
