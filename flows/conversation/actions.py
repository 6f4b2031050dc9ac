"""The named actions of the talk itself. Those about money are in `flows.paying`."""

from __future__ import annotations

from collections.abc import Callable

from django.utils import timezone

from customer_data.models import Concern, ConcernKind, Payment
from customer_data.offer import unconfirmed
from customer_data.seats import NoSeats, hold_seats, release_hold
from customer_data.services import make_booking
from customer_data.status import MONEY_IN
from flows import paying, tokens
from flows.buttons import action_id
from flows.conversation.facts import Talking
from flows.definitions import BOOKING_FLOW as BOOKING_FORM
from flows.definitions.booking_flow import BOOKING_FLOW
from flows.labels import label
from flows.outgoing import Buttons, Choice, FlowButton, Outgoing, Text
from flows.prompts import method_label
from flows.replies import Reply

OwnAction = Callable[[Talking, str], Reply]

DRAFT = ("tour", "departure", "travellers", "name", "email", "hold", "left_at", "begun_at")
"""The answers that make up the booking that is being made."""

MOST_RECEIPTS = 5


def run(talking: Talking, name: str, argument: str) -> Reply:
    """Do the named action: ours, or one of `flows.paying`. Raises KeyError for a name that there is not."""
    if name in ACTIONS:
        return ACTIONS[name](talking, argument)
    reply = paying.ACTIONS[name](talking.conversation, argument)
    talking.forget("booking", "owed", "amount_options", "bookings", "bookings_to_pay")
    return reply


def exists(name: str) -> bool:
    return name in ACTIONS or name in paying.ACTIONS


# --- Where the talk goes --------------------------------------------------------------------------
def _begin(talking: Talking, argument: str) -> Reply:
    """The menu: what was done before it stays done, and a person who was asked for is let go."""
    talk = talking.conversation
    was_with_a_person = talking.is_with_a_person
    talk.trail, talk.wants_person_since, talk.taken_by = [], None, None
    for name in ("said", "wrong", "page"):
        talking.answers.pop(name, None)
    return _text(talking, "handed_back") if was_with_a_person else Reply()


def _go_back(talking: Talking, argument: str) -> Reply:
    trail = talking.conversation.trail
    return Reply(go_to=trail[-1] if trail else BOOKING_FLOW.start)


def _go_on(talking: Talking, argument: str) -> Reply:
    here = talking.step
    return Reply(go_to=here.name if here.is_draft else talking.answers.get("left_at", BOOKING_FLOW.start))


def _explain(talking: Talking, argument: str) -> Reply:
    return Reply((Text(talking.say("help")),), go_to=talking.step.name)


# --- The booking that is being made ---------------------------------------------------------------
def _start_booking(talking: Talking, argument: str) -> Reply:
    _start_afresh(talking)
    return Reply(go_to="tour")


def _start_with_tour(talking: Talking, argument: str) -> Reply:
    """A new booking of the tour that was just named."""
    tour = talking.answers["tour"]
    _start_afresh(talking)
    talking.answers["tour"] = tour
    return Reply()


def _start_afresh(talking: Talking) -> None:
    _release_seats(talking, "")
    talking.conversation.trail = []
    talking.answers.pop("said", None)
    _forget_draft(talking)
    talking.answers["begun_at"] = f"{timezone.now():%Y%m%d%H%M%S}"


def _cancel(talking: Talking, argument: str) -> Reply:
    """What is not booked yet is dropped; what is booked, a person cancels, who knows the terms."""
    if "tour" not in talking.answers:
        return Reply((Text(talking.say("cancel_booked")), *_talk_to_person(talking, "").messages))
    _release_seats(talking, "")
    _forget_draft(talking)
    return Reply((Text(talking.say("cancelled")),), go_to="menu")


def _release_seats(talking: Talking, argument: str) -> Reply:
    """Whoever goes back to tour, date or number gives the seats back that were kept for the old choice."""
    hold = talking.hold if "hold" in talking.answers else None
    if hold is not None and hold.booking_id is None:
        release_hold(hold)
    talking.answers.pop("hold", None)
    talking.forget("hold", "dates")
    return Reply()


def _hold_seats(talking: Talking, argument: str) -> Reply:
    departure = talking.departure
    if departure is None:
        return Reply(go_to="date")
    try:
        hold = hold_seats(departure, talking.customer, talking.travellers)
    except NoSeats as problem:
        talking.forget("dates")
        return Reply((Text(str(problem)),), go_to="travellers" if problem.free else "date")
    talking.answers["hold"] = str(hold.pk)
    talking.forget("dates")
    talking.hold = hold
    return Reply()


def _check_seats(talking: Talking, argument: str) -> Reply:
    """Before the summary: seats that ran out are taken again where they are still free."""
    hold = talking.hold
    if hold is None or hold.booking_id is not None:
        return Reply()
    if hold.released_at is None and hold.expires_at is not None and hold.expires_at > timezone.now():
        return Reply()
    return _hold_again(talking)


def _hold_again(talking: Talking) -> Reply:
    again = _hold_seats(talking, "")
    if not again.go_to:
        return Reply()
    return Reply((Text(talking.say("seats_ran_out")), *again.messages), go_to="date")


def _use_known_email(talking: Talking, argument: str) -> Reply:
    talking.answers["email"] = talking.customer.email
    return Reply()


def _make_booking(talking: Talking, argument: str) -> Reply:
    """One booking for one hold, however often it is asked for."""
    hold = talking.hold
    if hold is None:
        return Reply(go_to="date")
    try:
        booking = make_booking(hold, name=talking.name, email=talking.email)
    except NoSeats as problem:
        return Reply((Text(talking.say("seats_ran_out")), Text(str(problem))), go_to="date")
    _forget_draft(talking)
    for name in ("amount_option", "payer", "shares"):
        talking.answers.pop(name, None)
    talking.answers["booking"] = booking.booking_reference
    talking.conversation.trail = []
    talking.forget("owed", "amount_options")
    talking.booking = booking
    return Reply((Text(talking.say("booked")),), go_to="ask_payment_option")


def _send_booking_form(talking: Talking, argument: str) -> Reply:
    session = tokens.issue_for(talking.customer, flow_name=BOOKING_FORM)
    cta = label("open_form", language=talking.language).title
    return Reply((FlowButton(talking.say("book_with_a_form"), session_id=session.pk, cta=cta),))


# --- Paying ---------------------------------------------------------------------------------------
def _choose_what_to_pay(talking: Talking, argument: str) -> Reply:
    due = talking.bookings_to_pay
    if len(due) != 1:
        asked = None if due else paying.asked_by_another(talking.conversation)
        return asked or Reply(go_to="bookings_to_pay")
    talking.answers["booking"] = due[0].booking_reference
    talking.forget("booking", "owed", "amount_options")
    return Reply(go_to="ask_payment_option")


def _check_what_is_owed(talking: Talking, argument: str) -> Reply:
    if talking.booking is None:
        return Reply((Text(talking.say("nothing_to_pay")),), go_to=BOOKING_FLOW.start)
    paid = _check_it_is_owed(talking, argument)
    if paid.go_to or (waiting := unconfirmed(talking.booking)) is None:
        return paid
    return Reply((Text(talking.say("payment_waits", payment=waiting, method=method_label(waiting))),))


def _check_it_is_owed(talking: Talking, argument: str) -> Reply:
    """Who writes after everything is paid is not asked for money any more."""
    if talking.booking is None or talking.owed:
        return Reply()
    return Reply((Text(talking.say("paid_already")),), go_to="booking")


def _share_payment(talking: Talking, argument: str) -> Reply:
    """Several people pay: among how many?"""
    return run(talking, "pay_share", str(talking.answers.get("booking", "")))


def _send_card_link(talking: Talking, argument: str) -> Reply:
    """The payment page, sent to the number that was typed, too."""
    reference, phone = talking.answers.get("booking", ""), talking.answers.get("payer", "")
    return paying.ACTIONS["pay_by_card_abroad"](talking.conversation, f"{reference}/{phone}")


def _pay_later(talking: Talking, argument: str) -> Reply:
    return _text(talking, "later")


def _send_receipts_again(talking: Talking, argument: str) -> Reply:
    """Of every payment for the booking that came in, newest first."""
    paid = Payment.objects.filter(booking=talking.booking, status__in=MONEY_IN).order_by("-created_at")
    messages: list[Outgoing] = []
    for payment in paid[:MOST_RECEIPTS]:
        messages += run(talking, "receipt_again", payment.reference).messages
    return Reply(tuple(messages))


# --- The customer ---------------------------------------------------------------------------------
def _choose_language(talking: Talking, argument: str) -> Reply:
    talking.conversation.language = str(talking.answers.pop("language"))
    talking.forget("language")
    return Reply((Text(talking.say("language_chosen")),))


def _talk_to_person(talking: Talking, argument: str) -> Reply:
    """From now on the machine is quiet. The talk stays where it is, to go on from there."""
    talk, template = talking.conversation, "person_is_asked" if talking.is_with_a_person else "person"
    if talk.wants_person_since is None:
        talk.wants_person_since = timezone.now()
        waits_for_a_person(talking)
    menu = Choice(action_id("menu"), label("menu", language=talking.language).title)
    return Reply((Buttons(talking.say(template), choices=(menu,)),))


def waits_for_a_person(talking: Talking) -> None:
    """A matter for staff, once while it is open. Solved without an answer, it is a new one when the customer writes again."""
    sentence = f"{talking.customer} asks for a person in the chat."
    Concern.raise_about_customer(talking.customer, ConcernKind.WANTS_PERSON, sentence)


def _stop_reminders(talking: Talking, argument: str) -> Reply:
    if talking.conversation.muted_at is None:
        talking.conversation.muted_at = timezone.now()
    return _text(talking, "stopped")


def _start_reminders(talking: Talking, argument: str) -> Reply:
    talking.conversation.muted_at = None
    return _text(talking, "started")


def _text(talking: Talking, template: str) -> Reply:
    return Reply((Text(talking.say(template)),))


def _forget_draft(talking: Talking) -> None:
    for name in DRAFT:
        talking.answers.pop(name, None)
    talking.forget("tour", "dates", "departure", "hold")


ACTIONS: dict[str, OwnAction] = {
    "begin": _begin,
    "go_back": _go_back,
    "go_on": _go_on,
    "explain": _explain,
    "start_booking": _start_booking,
    "start_with_tour": _start_with_tour,
    "cancel": _cancel,
    "release_seats": _release_seats,
    "hold_seats": _hold_seats,
    "check_seats": _check_seats,
    "use_known_email": _use_known_email,
    "make_booking": _make_booking,
    "send_booking_form": _send_booking_form,
    "choose_what_to_pay": _choose_what_to_pay,
    "check_what_is_owed": _check_what_is_owed,
    "check_it_is_owed": _check_it_is_owed,
    "send_card_link": _send_card_link,
    "pay_later": _pay_later,
    "share_payment": _share_payment,
    "send_receipts_again": _send_receipts_again,
    "choose_language": _choose_language,
    "talk_to_person": _talk_to_person,
    "stop_reminders": _stop_reminders,
    "start_reminders": _start_reminders,
}
