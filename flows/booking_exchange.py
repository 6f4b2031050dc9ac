"""One request of the booking Flow in, one screen out. Seats are held when their number is chosen, and booked by the last button."""

from collections.abc import Callable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils import timezone

from customer_data.models import Booking, Departure, SeatHold, Tour
from customer_data.seats import FreeDate, NoSeats, extend_hold, free_departures, hold_seats
from customer_data.services import make_booking
from flows import booking_screens as screens
from flows import tokens
from flows.definitions.booking_whatsapp_flow import CHANGE, CONTACT, DATE, FLOW_NAME, OTHER_DATE, SUMMARY, TOUR, TRAVELLERS
from flows.form_requests import Answer, FormRequest, answer_form, completion, form_text, refuse_token
from flows.models import FlowSession
from flows.sentences import say

_LONGEST_NAME = 80


def answer(request: Mapping[str, Any]) -> Answer:
    """The reply to one decrypted request of the booking Flow."""
    return answer_form(request, _answer_session)


def _answer_session(asked: FormRequest) -> Answer:
    try:
        session = tokens.redeem(asked.token, flow_name=FLOW_NAME)
        step = _STEPS.get((asked.action, asked.screen)) or _STEPS.get((asked.action, ""), _show_tours)
        reply = step(session, asked.data)
    except tokens.TokenSpent as spent:
        if not (_is_completion(asked) and tokens.may_repeat(spent.session)):
            return refuse_token(say("booking_form/used", booking=spent.session.booking))
        session, reply = spent.session, None
    except tokens.TokenNotValid as refusal:
        return refuse_token(str(refusal))
    return Answer(200, reply or _completion(session.booking, asked.token))


def _completion(booking: Booking | None, token: str) -> screens.Screen:
    reference, status = (booking.booking_reference, booking.payment_status) if booking else ("", "")
    return completion(token, booking_reference=reference, status=status)


def _is_completion(asked: FormRequest) -> bool:
    return (asked.action, asked.screen) == ("data_exchange", SUMMARY) and not _wants(asked.data, CHANGE)


# --- The steps: (session, data) -> screen, or None to complete the Flow ----------------------------
def _open(session: FlowSession, data: Mapping[str, Any]) -> screens.Screen | None:
    """INIT, as often as it comes: the trips. Seats that are held stay held."""
    if session.opened_at is None:
        FlowSession.objects.filter(pk=session.pk).update(opened_at=timezone.now())
    return _show_tours(session, data)


def _show_tours(session: FlowSession, data: Mapping[str, Any]) -> screens.Screen | None:
    return _tours(session)


def _show_dates(session: FlowSession, data: Mapping[str, Any]) -> screens.Screen | None:
    """A trip was chosen."""
    tour = _tour(data.get("tour") or data.get("tour_in_list"))
    return _dates(session, tour) if tour else _tours(session, notice=say("booking_form/choose_trip"))


def _show_travellers(session: FlowSession, data: Mapping[str, Any]) -> screens.Screen | None:
    """A date was chosen."""
    tour, day = _tour(data.get("tour")), form_text(data.get("date"))
    if tour is None:
        return _tours(session, notice=say("booking_form/choose_trip"))
    free = next((free for free in _free_dates(session, tour) if free.departure.starts_on.isoformat() == day), None)
    if free is None:
        return _dates(session, tour, notice=say("booking_form/date_not_free"))
    return screens.choose_travellers(free, chosen=_seats_held(session, free.departure))


def _hold(session: FlowSession, data: Mapping[str, Any]) -> screens.Screen | None:
    """The number of travellers was chosen: their seats are held, once, in place of any held before."""
    departure, seats = _departure(data.get("departure")), _number(data.get("travellers"))
    if departure is None:
        return _tours(session, notice=say("booking_form/choose_trip"))
    if _wants(data, OTHER_DATE):
        return _dates(session, departure.tour)
    try:
        hold = _hold_once(session, departure, seats)
    except NoSeats as refusal:
        return _after_refusal(session, departure, str(refusal))
    return screens.ask_contact(hold, _contact(session))


def _show_travellers_again(session: FlowSession, data: Mapping[str, Any]) -> screens.Screen | None:
    """Back from the names: the number again, with the seats that are held counted as free."""
    hold = _hold_of(session)
    if hold is None:
        return _tours(session)
    free = FreeDate(hold.departure, _free_on(session, hold.departure))
    return screens.choose_travellers(free, chosen=hold.seats) if free.free else _dates(session, hold.departure.tour)


def _show_contact_again(session: FlowSession, data: Mapping[str, Any]) -> screens.Screen | None:
    hold = _hold_of(session)
    return screens.ask_contact(hold, _contact(session)) if hold else _tours(session)


def _keep_contact(session: FlowSession, data: Mapping[str, Any]) -> screens.Screen | None:
    """Name and e-mail were typed."""
    hold = _hold_of(session)
    if hold is None:
        return _tours(session)
    name = " ".join(form_text(data.get("name")).split())[:_LONGEST_NAME]
    typed = {"name": name, "email": form_text(data.get("email"))}
    problems = _contact_problems(typed)
    if problems:
        return screens.ask_contact(hold, typed, problems=problems)
    _keep_typed(session, typed)
    try:
        extend_hold(hold)
    except NoSeats as refusal:
        return _after_refusal(session, hold.departure, str(refusal))
    return screens.show_summary(hold, typed)


def _book(session: FlowSession, data: Mapping[str, Any]) -> screens.Screen | None:
    """*Book*: the booking is made from what this very screen showed, and the Flow is complete."""
    hold, typed = _hold_of(session), _contact(session)
    if hold is None or _wants(data, CHANGE):
        return _tours(session)
    if not typed.get("name"):
        return screens.ask_contact(hold, typed)
    if form_text(data.get("hold")) != str(hold.pk):
        return screens.show_summary(hold, typed, message=say("booking_form/changed"))
    try:
        session.booking = _book_once(session, hold)
    except NoSeats as refusal:
        return _after_refusal(session, hold.departure, str(refusal))
    return None


Step = Callable[[FlowSession, Mapping[str, Any]], screens.Screen | None]

_STEPS: dict[tuple[str, str], Step] = {
    ("INIT", ""): _open,
    ("BACK", CONTACT): _show_travellers_again,
    ("BACK", SUMMARY): _show_contact_again,
    ("data_exchange", TOUR): _show_dates,
    ("data_exchange", DATE): _show_travellers,
    ("data_exchange", TRAVELLERS): _hold,
    ("data_exchange", CONTACT): _keep_contact,
    ("data_exchange", SUMMARY): _book,
}


# --- What changes something -----------------------------------------------------------------------
def _hold_once(session: FlowSession, departure: Departure, seats: int) -> SeatHold:
    """The session's hold of so many seats, however often it is asked for. Raises NoSeats, and then the hold before it stays."""
    with transaction.atomic():
        locked = _lock(session)
        hold = hold_seats(departure, locked.customer, seats)
        _remember(session, hold=hold.pk)
    return hold


def _keep_typed(session: FlowSession, typed: Mapping[str, str]) -> None:
    with transaction.atomic():
        _lock(session)
        _remember(session, **typed)


def _book_once(session: FlowSession, shown: SeatHold) -> Booking:
    """Booking and end of the session in one transaction. Raises NoSeats, and TokenSpent when another delivery was first."""
    with transaction.atomic():
        typed = _contact(_lock(session))
        booking = make_booking(shown, name=typed["name"], email=typed.get("email", ""), source="flow")
        FlowSession.objects.filter(pk=session.pk).update(booking=booking, spent_at=timezone.now())
    return booking


def _lock(session: FlowSession) -> FlowSession:
    """The session as it stands, locked until the transaction ends. Raises TokenSpent."""
    locked = FlowSession.objects.select_for_update().get(pk=session.pk)
    if locked.spent_at is not None:
        raise tokens.TokenSpent("", locked)
    session.typed = locked.typed
    return locked


def _remember(session: FlowSession, **typed: str | int) -> None:
    """What was chosen is kept on the session; the caller holds its lock."""
    session.typed = session.typed | typed
    FlowSession.objects.filter(pk=session.pk).update(typed=session.typed)


# --- Screens for what is there --------------------------------------------------------------------
def _tours(session: FlowSession, *, notice: str = "") -> screens.Screen:
    offered = [tour for tour in Tour.objects.filter(is_offered=True) if _free_dates(session, tour)]
    if not offered:
        raise tokens.TokenNotValid(say("booking_form/nothing_to_book"))
    hold = _hold_of(session)
    return screens.choose_tour(offered, chosen=hold.departure.tour if hold else None, notice=notice)


def _dates(session: FlowSession, tour: Tour, *, notice: str = "") -> screens.Screen:
    dates = _free_dates(session, tour)
    return screens.choose_date(tour, dates, notice=notice) if dates else _sold_out(session, tour)


def _sold_out(session: FlowSession, tour: Tour) -> screens.Screen:
    return _tours(session, notice=say("booking_form/sold_out", tour=tour))


def _after_refusal(session: FlowSession, departure: Departure, reason: str) -> screens.Screen:
    """The number again while any seat is free on that date, else the dates that are left."""
    free = FreeDate(departure, _free_on(session, departure))
    if free.free:
        return screens.choose_travellers(free, notice=reason)
    return _dates(session, departure.tour, notice=reason)


# --- Seats ----------------------------------------------------------------------------------------
def _free_dates(session: FlowSession, tour: Tour) -> list[FreeDate]:
    """The tour's dates with free seats, soonest first; the seats held by this form are free for it."""
    dates = {free.departure.pk: free for free in free_departures(tour, today=timezone.localdate())}
    own = _live(_hold_of(session))
    if own is not None and own.departure.tour_id == tour.pk:
        others = dates.get(own.departure_id)
        dates[own.departure_id] = FreeDate(own.departure, own.seats + (others.free if others else 0))
    return sorted((free for free in dates.values() if free.free > 0), key=lambda free: free.departure.starts_on)


def _free_on(session: FlowSession, departure: Departure) -> int:
    return next((free.free for free in _free_dates(session, departure.tour) if free.departure.pk == departure.pk), 0)


def _seats_held(session: FlowSession, departure: Departure) -> int:
    hold = _live(_hold_of(session))
    return hold.seats if hold and hold.departure_id == departure.pk else 0


def _hold_of(session: FlowSession) -> SeatHold | None:
    """The session's hold, also one that ran out."""
    found = SeatHold.objects.select_related("departure__tour", "customer").filter(pk=session.typed.get("hold"))
    return next(iter(found), None)


def _live(hold: SeatHold | None) -> SeatHold | None:
    if hold is None or hold.released_at is not None or hold.booking_id is not None:
        return None
    return hold if hold.expires_at is None or hold.expires_at > timezone.now() else None


# --- What the phone sent --------------------------------------------------------------------------
def _tour(value: object) -> Tour | None:
    return Tour.objects.filter(pk=_number(value), is_offered=True).first()


def _departure(value: object) -> Departure | None:
    return Departure.objects.select_related("tour").filter(pk=_number(value)).first()


def _number(value: object) -> int:
    """A whole number from a choice; zero for anything else."""
    text = form_text(value)
    return int(text) if text.isascii() and text.isdigit() else 0


def _contact(session: FlowSession) -> dict[str, str]:
    return {name: str(session.typed[name]) for name in ("name", "email") if name in session.typed}


def _contact_problems(typed: Mapping[str, str]) -> dict[str, str]:
    problems = {} if typed["name"] else {"name": "Please type your name"}
    try:
        if typed["email"]:
            validate_email(typed["email"])
    except ValidationError:
        problems["email"] = "Check this address"
    return problems


def _wants(data: Mapping[str, Any], what: str) -> bool:
    return form_text(data.get("next")) == what
