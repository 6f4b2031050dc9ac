"""A customer who talks to us, for tests: what they send, and what they are told."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

from django.db import transaction
from django.utils import timezone

from customer_data.models import Customer, Departure, SeatHold, Tour
from flows import conversation
from flows.incoming import Incoming, IncomingKind
from flows.models import Conversation, Message
from flows.outgoing import Buttons, Choice, ListMenu, Outgoing, from_content

_numbers = count(1)


def tour(name: str = "Victoria Falls walk", *, seats: tuple[int, ...] = (8, 4), **fields: Any) -> Tour:
    """A tour at US$ 115.50 a head whose dates, a week apart from tomorrow on, have so many seats."""
    made = Tour.objects.create(**({"name": name, "price": "115.50", "summary": "Guided, half a day"} | fields))
    for weeks, free in enumerate(seats):
        Departure.objects.create(tour=made, starts_on=timezone.localdate() + timedelta(days=1 + 7 * weeks), seats=free)
    return made


class Chatter:
    """A customer with a phone. Every message is answered as the inbox does it: under the lock of the conversation's row."""

    def __init__(self, *, customer: Customer | None = None, name: str = "") -> None:
        self.customer = customer or Customer.objects.create(wa_id=f"26377{next(_numbers):07d}", name=name)
        Conversation.objects.get_or_create(customer=self.customer)

    @property
    def talk(self) -> Conversation:
        return Conversation.objects.get(customer=self.customer)

    def says(self, text: str) -> list[Outgoing]:
        return self.sends(IncomingKind.TEXT, text=text)

    def taps(self, title: str) -> list[Outgoing]:
        """Tap what reads `title` on the newest message that has it."""
        choice = self.choice(title)
        return self.sends(IncomingKind.BUTTON, text=choice.title, button_id=choice.id)

    def choice(self, title: str) -> Choice:
        for message in reversed(self.heard):
            for choice in choices_on(message):
                if title in (choice.title, choice.description) or choice.title.startswith(title):
                    return choice
        raise AssertionError(f"There is no {title!r} on {self.heard[-1:]}")

    def taps_id(self, button_id: str, title: str = "An old one") -> list[Outgoing]:
        return self.sends(IncomingKind.BUTTON, text=title, button_id=button_id)

    def sends(self, kind: IncomingKind, **parts: Any) -> list[Outgoing]:
        """What was said to this message."""
        before = Message.objects.filter(customer=self.customer).count()
        wamid = parts.pop("wamid", None) or f"wamid.{next(_numbers)}"
        incoming = Incoming(wamid=wamid, sent_at=timezone.now(), kind=kind, **parts)
        with transaction.atomic():
            conversation.answer(Conversation.objects.select_for_update().get(customer=self.customer), incoming)
        return self.heard[before:]

    @property
    def heard(self) -> list[Outgoing]:
        """All that was ever said, oldest first."""
        return [
            from_content(message.kind, message.content) for message in Message.objects.filter(customer=self.customer).order_by("pk")
        ]

    @property
    def step(self) -> str:
        return self.talk.step


def choices_on(message: Outgoing) -> tuple[Choice, ...]:
    if isinstance(message, Buttons):
        return message.choices
    if isinstance(message, ListMenu):
        return tuple(row for section in message.sections for row in section.rows)
    return ()


def words(messages: list[Outgoing]) -> str:
    return "\n".join(message.body for message in messages)


def at(step: str, *, seats: tuple[int, ...] = (8, 4)) -> Chatter:
    """Somebody who has come as far as this step of a booking for two on the first date."""
    tour(seats=seats)
    chatter = Chatter()
    sent = [("says", "hi"), ("taps", "Book a trip"), ("taps", "Victoria"), ("taps", f"{seats[0]} seats free"), ("says", "2")]
    sent += [("says", "Rudo Moyo"), ("says", "rudo@example.com"), ("taps", "Book it"), ("taps", "Pay in full")]
    for act, word in sent:
        if chatter.step == step:
            break
        getattr(chatter, act)(word)
    assert chatter.step == step
    return chatter


def live_holds() -> list[tuple[int, int]]:
    """Departure and seats of every hold that counts."""
    return list(SeatHold.objects.filter(SeatHold.is_live()).order_by("pk").values_list("departure_id", "seats"))
