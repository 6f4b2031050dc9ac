"""What templates, conditions and sources may ask about one talk. Each fact is fetched when somebody asks for it, once."""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils import timezone

from customer_data.models import Booking, Customer, Departure, SeatHold, Tour
from customer_data.money import show_amount
from customer_data.offer import AmountOption, amount_options, owed
from customer_data.seats import FreeDate, free_departures
from flows.belongings import bookings_to_pay, own_booking
from flows.definitions import BOOKING_FLOW as BOOKING_FORM
from flows.definitions.booking_flow import BOOKING_FLOW
from flows.definitions.steps import Step
from flows.models import Conversation, ReviewedLanguage, WhatsAppFlow
from flows.sentences import ENGLISH, say

MOST_BOOKINGS = 50


class Talking:
    """One talk while one message is answered."""

    def __init__(self, conversation: Conversation) -> None:
        self.conversation = conversation
        self.is_brief = False
        """Whether the step follows another sentence in the same message: it need not greet and explain then."""

    @property
    def answers(self) -> dict[str, Any]:
        """What the customer has chosen so far. Actions may replace it, so nobody keeps it."""
        answers: dict[str, Any] = self.conversation.answers
        return answers

    def say(self, template: str, **facts: Any) -> str:
        """A sentence of `templates/whatsapp/talk/`, in the customer's language, with `talk` and `facts` in it."""
        return say(f"talk/{template}", language=self.language, talk=self, **facts)

    def forget(self, *names: str) -> None:
        """Facts that changed: they are fetched again when somebody asks."""
        for name in names:
            self.__dict__.pop(name, None)

    @property
    def step(self) -> Step:
        """Where the talk stands; a step that was taken out of the conversation is where it begins."""
        return BOOKING_FLOW.steps.get(self.conversation.step, BOOKING_FLOW.steps[BOOKING_FLOW.start])

    @property
    def page(self) -> int:
        """Which page of a long list is shown, from 0."""
        return _number(self.answers.get("page"))

    # --- The customer -----------------------------------------------------------------------------
    @cached_property
    def customer(self) -> Customer:
        return self.conversation.customer

    @property
    def first_name(self) -> str:
        """As a greeting says it; empty for nobody's name: WhatsApp's profile may hold a number or a smile."""
        first = (self.customer.name.split() or [""])[0][:40]
        return first if any(character.isalpha() for character in first) else ""

    @cached_property
    def language(self) -> str:
        """The chosen language, while somebody's name stands for its sentences; English otherwise."""
        chosen = self.conversation.language
        if chosen == ENGLISH:
            return ENGLISH
        return chosen if any(chosen == language.code for language in self.languages) else ENGLISH

    @cached_property
    def languages(self) -> list[ReviewedLanguage]:
        return list(ReviewedLanguage.objects.exclude(reviewer="").order_by("code"))

    @property
    def language_name(self) -> str:
        return next((language.get_code_display() for language in self.languages if language.code == self.language), "English")

    @property
    def is_with_a_person(self) -> bool:
        return self.conversation.wants_person_since is not None or self.conversation.taken_by_id is not None

    @cached_property
    def today(self) -> dt.date:
        return timezone.localdate()

    # --- The booking that is being made -----------------------------------------------------------
    @cached_property
    def tours(self) -> list[Tour]:
        """What can be booked: offered, with a date to come."""
        ahead = Departure.objects.filter(tour=OuterRef("pk"), is_open=True, starts_on__gt=self.today)
        return list(Tour.objects.filter(Exists(ahead), is_offered=True))

    @cached_property
    def tour(self) -> Tour | None:
        return Tour.objects.filter(pk=_number(self.answers.get("tour")), is_offered=True).first()

    @cached_property
    def dates(self) -> list[FreeDate]:
        return free_departures(self.tour, today=self.today) if self.tour else []

    @cached_property
    def departure(self) -> Departure | None:
        chosen = self.answers.get("departure")
        fetched = self.__dict__.get("dates", ())  # for this message: no need to ask again
        free = next((each.departure for each in fetched if str(each.departure.pk) == chosen), None)
        return free or Departure.objects.filter(pk=_number(chosen)).select_related("tour").first()

    @property
    def free(self) -> int:
        """Seats that are free on the chosen date."""
        chosen = self.answers.get("departure")
        return next((each.free for each in self.dates if str(each.departure.pk) == chosen), 0)

    @cached_property
    def hold(self) -> SeatHold | None:
        """The seats that are kept for the booking that is being made."""
        holds = SeatHold.objects.filter(pk=_number(self.answers.get("hold")), customer=self.customer)
        return holds.select_related("departure__tour", "booking").first()

    @property
    def held_until(self) -> str:
        """`14:35`, or with the date when it is not today."""
        hold: SeatHold | None = self.hold or getattr(self.booking, "seat_hold", None)
        if hold is None or hold.expires_at is None or hold.released_at is not None or hold.expires_at <= timezone.now():
            return ""
        until = timezone.localtime(hold.expires_at)
        return f"{until:%H:%M}" if until.date() == self.today else f"{until.day} {until:%b, %H:%M}"

    @property
    def seats_ran_out(self) -> bool:
        """Whether the booking's seats are kept no longer. Who pays takes them again, where they are still free."""
        hold: SeatHold | None = getattr(self.booking, "seat_hold", None)
        return hold is not None and not hold.is_for_good and not self.held_until

    @property
    def travellers(self) -> int:
        return _number(self.answers.get("travellers"))

    @property
    def name(self) -> str:
        return str(self.answers.get("name") or self.customer.name)

    @property
    def email(self) -> str:
        return str(self.answers.get("email", self.customer.email))

    @property
    def price_shown(self) -> str:
        """What the held seats cost, as it was when they were held."""
        return self.hold.total_shown if self.hold else ""

    @property
    def price_deposit_shown(self) -> str:
        """The deposit for the booking that is being made; empty when none is offered."""
        return self.hold.deposit_shown if self.hold else ""

    @property
    def draft_line(self) -> str:
        return f"{self.tour.name}, where you left off"[:72] if self.tour else ""

    # --- A booking that is made -------------------------------------------------------------------
    @cached_property
    def booking(self) -> Booking | None:
        reference = str(self.answers.get("booking") or "")
        return own_booking(self.customer, reference) if reference else None

    @cached_property
    def owed(self) -> Any:
        return owed(self.booking) if self.booking else 0

    @property
    def owed_shown(self) -> str:
        return show_amount(self.owed, self.booking.currency) if self.booking else ""

    @property
    def price_of_booking_shown(self) -> str:
        return show_amount(self.booking.total_amount, self.booking.currency) if self.booking else ""

    @property
    def paid_shown(self) -> str:
        return show_amount(self.booking.amount_paid, self.booking.currency) if self.booking else ""

    @property
    def full_shown(self) -> str:
        return self.owed_shown

    @property
    def deposit_shown(self) -> str:
        return show_amount(self.booking.deposit_amount, self.booking.currency) if self.booking else ""

    @property
    def deposit_percent(self) -> str:
        """`50`, or `33.5`."""
        percent = self.booking.deposit_percent if self.booking else self.tour.deposit_percent if self.tour else 0
        return f"{percent:f}".rstrip("0").rstrip(".") if "." in f"{percent:f}" else str(percent)

    @cached_property
    def amount_options(self) -> dict[AmountOption, Any]:
        return amount_options(self.booking) if self.booking else {}

    @cached_property
    def bookings(self) -> list[Booking]:
        """The customer's own bookings, newest first."""
        return list(Booking.objects.filter(customer=self.customer).order_by("-created_at")[:MOST_BOOKINGS])

    @cached_property
    def bookings_to_pay(self) -> list[Booking]:
        return bookings_to_pay(self.customer)

    @cached_property
    def form_is_published(self) -> bool:
        return WhatsAppFlow.objects.filter(name=BOOKING_FORM, status="PUBLISHED").exclude(flow_id="").exists()


def _number(value: object) -> int:
    """A primary key or a count that was kept as text; 0 for anything else."""
    text = str(value or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
