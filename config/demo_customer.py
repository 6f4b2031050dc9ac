"""The customer of `make demo`: receives the message, opens the form on a simulated phone, approves, reads the news."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import requests
from django.conf import settings

from config.addresses import local_environment
from customer_data.models import Booking, Payment
from customer_data.status import Status
from flows.crypto import public_key_pem
from flows.definitions.payment_whatsapp_flow import (
    CHECK,
    CLOSE,
    DONE,
    PAYMENT_ERROR,
    PAYMENT_OTP,
    PAYMENT_PROCESSING,
    PAYMENT_SUCCESS,
    PAYMENT_WHATSAPP_FLOW,
)
from flows.keys import private_keys
from flows.simulator.phone import Phone, Shown, post_to
from flows.simulator.screen_text import print_screen

OTP = "123456"  # the code that the simulated O'mari sends


@dataclass(frozen=True)
class Meta:
    """Where everything is served."""

    web_url: str
    graph_url: str
    paynow_url: str
    port: int

    def messages_to(self, number: str) -> list[dict[str, Any]]:
        """What WhatsApp was given for this number, oldest first."""
        answer = requests.get(f"{self.graph_url}/simulator/messages", params={"to": number}, timeout=10)
        return [message["body"] for message in answer.json()]


class DemoCustomer:
    """One customer with one booking to pay."""

    def __init__(self, booking: Booking, meta: Meta, *, show: Callable[[str], Any]) -> None:
        self._booking, self._meta, self._show = booking, meta, show
        self._number = f"+{booking.customer.wa_id}"
        self._seen = 0
        self._last_screen = ""
        self._card_is_paid = False
        self.phone: Phone | None = None

    def open_form(self) -> None:
        """The business sends the message that opens the Flow; the customer taps its button."""
        self._seen = len(self._meta.messages_to(self._number))
        command = [sys.executable, "manage.py", "send_payment_flow", self._booking.booking_reference]
        environment = os.environ | local_environment(self._meta.port)
        subprocess.run(command, check=True, cwd=settings.BASE_DIR, env=environment, stdout=subprocess.DEVNULL)  # noqa: S603
        message = self._meta.messages_to(self._number)[self._seen]["interactive"]
        self._seen += 1
        lines = [*message["body"]["text"].splitlines(), f"[ {message['action']['parameters']['flow_cta']} ]"]
        self._show("\n".join(f"  chat │ {line}" for line in lines))
        self.phone = Phone(
            PAYMENT_WHATSAPP_FLOW,
            flow_token=message["action"]["parameters"]["flow_token"],
            app_secret=settings.WHATSAPP_APP_SECRET[0],
            public_key=public_key_pem(private_keys()[0]),
            transport=post_to(f"{self._meta.web_url}/crm-api/flows/paynow-payment-webhook/"),
        )
        self._look(self.phone.open())

    def pay(self, method: str, option: str, phone: str) -> None:
        self._look(self._phone.submit(payment_method=method, amount_option=option, phone=phone))

    def go_on(self, payment: Payment) -> bool:
        """Do what the screen says; True when the form has been finished."""
        screen = self._phone.shown.screen
        if screen == PAYMENT_SUCCESS:
            self._look(self._phone.tap({"next": DONE}))
        elif screen == PAYMENT_ERROR:
            self._look(self._phone.tap({"next": CLOSE}))
        elif screen == PAYMENT_OTP:
            self._look(self._phone.submit(otp=OTP))
        elif screen == PAYMENT_PROCESSING:
            self._approve(payment)
            self._look(self._phone.tap({"next": CHECK}))
        return self._phone.shown.closed

    def was_told(self) -> bool:
        return self.times_told() > 0

    def times_told(self) -> int:
        """How often the chat has said how it ended: *Paid* or *Not paid*. What to do next may come before it."""
        return sum("aid.*" in text for text in self.messages())

    def messages(self) -> list[str]:
        """The words that came after the form, with buttons or without."""
        words = (_words_of(message) for message in self._meta.messages_to(self._number)[self._seen :])
        return [text for text in words if text]

    @property
    def _phone(self) -> Phone:
        if self.phone is None:
            raise RuntimeError("The form was not opened.")
        return self.phone

    def _approve(self, payment: Payment) -> None:
        """Wallets approve by themselves, after the delay of the test number; the card page wants its button pressed."""
        payment.refresh_from_db()
        if payment.redirect_url.startswith("http") and payment.status == Status.PENDING and not self._card_is_paid:
            requests.post(payment.redirect_url, data={"how": "faked", "action": "pay"}, timeout=10, allow_redirects=False)
            self._card_is_paid = True

    def _look(self, shown: Shown) -> None:
        """Show the screen, unless it is the one already in view."""
        text = print_screen(shown)
        if text != self._last_screen:
            self._show("\n" + text)
        self._last_screen = text


def _words_of(message: dict[str, Any]) -> str:
    """What a text or a message with buttons says; empty for a form, a file, a picture."""
    interactive = message.get("interactive", {})
    words = interactive.get("body", {}) if interactive.get("type") == "button" else {}
    return str(message.get("text", {}).get("body") or words.get("text", ""))
