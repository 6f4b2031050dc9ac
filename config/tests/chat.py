"""A customer with a phone, and the business on the other side, as the whole-house tests drive them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from queue import Empty
from typing import Any, Self

from celery import current_app as app
from django.conf import settings
from django.test import Client
from django.utils import timezone

from customer_data.models import Booking, Customer, Payment
from customer_data.schedule import LEAST_GAP
from customer_data.sweep import sweep
from customer_data.tasks import check_payment, send_payment
from flows.crypto import public_key_pem
from flows.definitions.payment_whatsapp_flow import CHECK, FLOW_NAME, PAYMENT_WHATSAPP_FLOW
from flows.inviting import send_payment_flow
from flows.keys import private_keys
from flows.models import WhatsAppFlow
from flows.simulator.graph import GraphSimulator
from flows.simulator.phone import Phone, Shown
from paynow_integration.simulator import DrivenClock, PaynowSimulator

FLOW_ENDPOINT = "/crm-api/flows/paynow-payment-webhook/"
QUEUES = ("default", "payments", "messages")


class Tasks:
    """Celery's queues in this process's memory. `work` does what waits in them, as a worker would."""

    def __enter__(self) -> Self:
        self._before = (app.conf.broker_url, app.conf.broker_transport, app.conf.broker_transport_options)
        self._use("memory://localhost/", None, {})
        self.forget()
        return self

    def __exit__(self, *_: object) -> None:
        self.forget()
        self._use(*self._before)

    def work(self) -> list[str]:
        """Does every task that waits, and those that come from them. Returns their names."""
        return list(self._take(do=True))

    def forget(self) -> None:
        """Loses every task that waits, as a broker does that is emptied."""
        list(self._take(do=False))

    def _take(self, *, do: bool) -> Iterable[str]:
        with app.connection_for_read() as connection:
            queues = [connection.SimpleQueue(name) for name in QUEUES]
            while waiting := [message for queue in queues if (message := _next(queue)) is not None]:
                for message in waiting:
                    name = message.headers["task"]
                    if do:
                        arguments, keywords, _ = message.payload
                        app.tasks[name].apply(arguments, keywords, throw=True)
                    message.ack()
                    yield name

    def _use(self, url: str, transport: str | None, options: dict[str, Any]) -> None:
        app.conf.update(broker_url=url, broker_transport=transport, broker_transport_options=options)
        app.amqp._producer_pool = None  # type: ignore[attr-defined]  # made anew, for the new address
        app.set_current()


def _next(queue: Any) -> Any:
    try:
        return queue.get(block=False)
    except Empty:
        return None


def words_of(body: dict[str, Any]) -> str:
    """What a text or a message with buttons says; empty for a form, a file, a picture."""
    interactive = body.get("interactive", {})
    words = interactive.get("body", {}) if interactive.get("type") == "button" else {}
    return str(body.get("text", {}).get("body") or words.get("text", ""))


@dataclass
class Chat:
    paynow: PaynowSimulator
    graph: GraphSimulator
    tasks: Tasks
    clock: DrivenClock
    web: Client
    replies: list[int] = field(default_factory=list)

    # --- The business -----------------------------------------------------------------------------
    def booking(
        self, total: str = "231.00", *, currency: str = "USD", title: str = "Hwange & Mana", percent: str = "50"
    ) -> Booking:
        customer, _ = Customer.objects.get_or_create(
            wa_id="263771234567", defaults={"name": "Rudo & Co", "email": "rudo@example.com", "phone": "+263771234567"}
        )
        return Booking.objects.create(
            customer=customer, title=title, total_amount=Decimal(total), currency=currency, deposit_percent=Decimal(percent)
        )

    def invite(self, booking: Booking) -> Phone:
        """Send the message that opens the form; the phone of the customer who got it."""
        WhatsAppFlow.objects.get_or_create(name=FLOW_NAME, defaults={"flow_id": "1000000000000001", "status": "PUBLISHED"})
        send_payment_flow(booking)
        message = self.graph.messages_to("+263771234567")[-1].body["interactive"]
        return self.phone(message["action"]["parameters"]["flow_token"])

    def phone(self, flow_token: str) -> Phone:
        return Phone(
            PAYMENT_WHATSAPP_FLOW,
            flow_token=flow_token,
            app_secret=settings.WHATSAPP_APP_SECRET[0],
            public_key=public_key_pem(private_keys()[0]),
            transport=self._deliver,
            pause=lambda seconds: None,
        )

    def _deliver(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        signature = headers["X-Hub-Signature-256"]
        answer = self.web.generic(
            "POST", FLOW_ENDPOINT, body, content_type="application/json", headers={"X-Hub-Signature-256": signature}
        )
        self.replies.append(answer.status_code)
        return answer.status_code, answer.content

    # --- The customer -----------------------------------------------------------------------------
    def pay(self, phone: Phone, method: str = "ecocash", number: str = "0771111111", option: str = "full") -> Shown:
        """Open the form, fill it in, tap *Pay now*, and let the worker ask Paynow."""
        phone.open()
        shown = phone.submit(payment_method=method, amount_option=option, phone=number)
        self.tasks.work()
        return shown

    def check(self, phone: Phone) -> Shown:
        """Tap *Check status*."""
        shown = phone.tap({"next": CHECK})
        self.tasks.work()
        return shown

    def later(self, seconds: float) -> None:
        """Time passes at Paynow; its updates arrive, and what they made due is done, also after the least gap."""
        self.clock.advance(seconds)
        self.tasks.work()
        self.sweep(seconds_later=LEAST_GAP.total_seconds() + 1)

    def sweep(self, *, seconds_later: float = 0) -> None:
        """What the clock does, that much later."""
        now = timezone.now() + timedelta(seconds=seconds_later)
        sweep(send=send_payment.delay, check=lambda reference, until: check_payment.delay(reference, until.isoformat()), now=now)
        self.tasks.work()

    # --- What a cashier sees ----------------------------------------------------------------------
    def texts(self) -> list[str]:
        """The words of the customer's chat, with buttons or without, oldest first; not those of the forms."""
        words = (words_of(message.body) for message in self.graph.messages_to("+263771234567"))
        return [text for text in words if text]

    def stands(self, booking: Booking) -> tuple[str, str]:
        """How the newest payment of a booking stands, and the booking."""
        payment = Payment.objects.filter(booking=booking).latest("created_at")
        booking.refresh_from_db()
        return payment.status, booking.payment_status
