"""Tours, dates, seats and receipts in the admin: what staff may change, what they see, and what they never can."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from customer_data import seats, services
from customer_data.models import Booking, Departure, Receipt, SeatHold, Tour
from customer_data.status import Status
from customer_data.tests import make, trips
from customer_data.tests.desk import Desk, add_page_of, desk, list_of, page_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer_is_away")]

PLANNER = ("view_tour", "change_tour", "add_tour", "view_departure", "change_departure", "add_departure", "view_seathold")
SELLER = ("add_booking", "change_booking", "view_booking", "view_customer", "view_departure", "change_seathold", "view_seathold")


@pytest.fixture
def drawer_is_away(settings: Any) -> None:
    """No gateway is asked for anything here."""
    settings.PAYMENT_GATEWAYS = {}


def planner() -> Desk:
    return desk(*PLANNER)


def tour_form(tour: Tour, *dates: dict[str, object]) -> dict[str, str]:
    """What the page of a tour sends: its fields, then one row for each date."""
    fields = {
        "name": tour.name,
        "summary": tour.summary,
        "details": tour.details,
        "price": str(tour.price),
        "currency": tour.currency,
        "deposit_percent": str(tour.deposit_percent),
        "most_travellers": str(tour.most_travellers),
        "is_offered": "on",
        "position": "0",
        "departures-TOTAL_FORMS": str(len(dates)),
        "departures-INITIAL_FORMS": str(sum("id" in row for row in dates)),
    }
    for number, row in enumerate(dates):
        whole = {"tour": tour.pk, "is_open": "on", **row}
        fields |= {f"departures-{number}-{name}": str(value) for name, value in whole.items()}
    return fields


def row_of(departure: Departure, **changes: object) -> dict[str, object]:
    return {"id": departure.pk, "starts_on": departure.starts_on.isoformat(), "seats": departure.seats, **changes}


def in_days(days: int) -> date:
    return timezone.localdate() + timedelta(days=days)


# --- Tours and dates ------------------------------------------------------------------------------
def test_a_planner_adds_a_tour_with_its_dates() -> None:
    tour = Tour(name="Matobo hills", price="95.00", summary="One day", details="", deposit_percent="25")
    form = tour_form(tour, {"starts_on": in_days(7).isoformat(), "seats": 12}, {"starts_on": in_days(8).isoformat(), "seats": 6})
    form |= {"departures-0-tour": "", "departures-1-tour": ""}
    assert planner().web.post(add_page_of(Tour), form).status_code == 302
    assert [(found.departure.starts_on, found.free) for found in seats.free_departures(Tour.objects.get(), today=in_days(0))] == [
        (in_days(7), 12),
        (in_days(8), 6),
    ]


def test_taken_and_free_seats_stand_beside_each_date() -> None:
    departure = trips.departure(seats=17)
    trips.hold(departure, seats_wanted=4)
    page = planner().page(departure.tour)
    assert " 4 13 " in page
    assert "4 of 17 seats are taken, 13 are free." in planner().page(departure)
    assert " 17 4 13 " in planner().listed(Departure)


def test_a_date_is_never_smaller_than_what_is_held() -> None:
    departure = trips.departure(seats=10)
    trips.hold(departure, seats_wanted=4)
    form = tour_form(departure.tour, row_of(departure, seats=3))
    response = planner().web.post(page_of(departure.tour), form)
    assert response.status_code == 200
    assert "4 seats are held: there cannot be fewer." in response.content.decode()
    assert planner().web.post(page_of(departure.tour), form | {"departures-0-seats": "4"}).status_code == 302
    departure.refresh_from_db()
    assert departure.seats == 4


def test_a_date_that_is_booked_stays_that_date() -> None:
    departure = trips.departure()
    trips.booking(departure)
    response = planner().web.post(page_of(departure.tour), tour_form(departure.tour, row_of(departure, starts_on=in_days(30))))
    assert "This date is booked and stays as it is." in response.content.decode()
    closed = tour_form(departure.tour, row_of(departure)) | {"departures-0-is_open": ""}
    del closed["departures-0-is_open"]
    assert planner().web.post(page_of(departure.tour), closed).status_code == 302
    assert seats.free_seats(Departure.objects.get()) == 0


def test_who_comes_stands_on_the_page_of_a_date() -> None:
    departure = trips.departure()
    booking = trips.booking(departure, travellers=2)
    page = planner().page(departure)
    assert "Rudo Moyo" in page
    assert booking.booking_reference in page


# --- Seats ----------------------------------------------------------------------------------------
def test_nobody_types_a_hold() -> None:
    hold = trips.hold()
    owner = desk("view_seathold", "change_seathold", "add_seathold", "delete_seathold")
    assert owner.web.get(add_page_of(SeatHold)).status_code == 403
    owner.web.post(page_of(hold), {"seats": "9", "expires_at": ""})
    hold.refresh_from_db()
    assert hold.seats == 1


def test_staff_keep_seats_longer() -> None:
    hold = trips.let_lapse(trips.hold())
    seller = desk(*SELLER)
    assert "Kept until" in seller.told(seller.press(hold, "lengthen"))[0]
    hold.refresh_from_db()
    assert hold.expires_at is not None
    assert hold.expires_at - timezone.now() > timedelta(days=2, hours=23)


def test_seats_that_are_gone_cannot_be_kept_longer() -> None:
    hold = trips.let_lapse(trips.hold(trips.departure(seats=1)))
    trips.hold(hold.departure)
    seller = desk(*SELLER)
    assert "Nothing was kept." in seller.told(seller.press(hold, "lengthen"))[0]


def test_staff_give_seats_back_with_a_reason() -> None:
    booking = trips.booking(trips.departure(seats=1))
    seller = desk(*SELLER)
    seller.press(booking.seat_hold, "give-back", reason="")
    assert seats.free_seats(booking.seat_hold.departure) == 0
    seller.press(booking.seat_hold, "give-back", reason="Is ill")
    assert seats.free_seats(booking.seat_hold.departure) == 1


@pytest.mark.parametrize("status", [Status.PENDING, Status.SUCCESSFUL])
def test_seats_with_money_in_or_on_its_way_are_not_given_back(status: Status) -> None:
    booking = trips.booking(trips.departure(seats=1))
    make.payment(status, booking=booking, amount="10.00")
    seller = desk(*SELLER)
    told = seller.told(seller.press(booking.seat_hold, "give-back", reason="Is ill"))
    assert "The seats stay" in told[0]
    assert seats.free_seats(booking.seat_hold.departure) == 0


# --- A booking made by staff ----------------------------------------------------------------------
def add_booking(departure: Departure, travellers: str) -> Any:
    form = {"title": "By phone", "customer": str(make.customer().pk), "total_amount": "200", "currency": "USD"}
    form |= {"deposit_percent": "50", "departure": str(departure.pk), "travellers": travellers}
    return desk(*SELLER).web.post(add_page_of(Booking), form)


def test_a_booking_by_staff_keeps_its_seats_for_three_days() -> None:
    departure = trips.departure(seats=3)
    assert add_booking(departure, "2").status_code == 302
    hold = Booking.objects.get().seat_hold
    assert (hold.seats, seats.free_seats(departure)) == (2, 1)
    assert hold.expires_at is not None
    assert hold.expires_at - timezone.now() > timedelta(days=2, hours=23)
    assert "Kept until" in desk(*SELLER).page(hold.booking)


@pytest.mark.parametrize(("travellers", "sentence"), [("3", "only 2 seats are left"), ("", "A trip needs both")])
def test_a_booking_by_staff_cannot_oversell(travellers: str, sentence: str) -> None:
    response = add_booking(trips.departure(seats=2), travellers)
    assert sentence in response.content.decode()
    assert not Booking.objects.exists()


def test_the_date_of_a_booking_is_not_moved_under_its_seats() -> None:
    booking = trips.booking()
    other = trips.departure()
    desk(*SELLER).web.post(page_of(booking), {"title": "X", "departure": str(other.pk), "travellers": "9"})
    booking.refresh_from_db()
    assert (booking.departure, booking.travellers) != (other, 9)


# --- Receipts -------------------------------------------------------------------------------------
def issued() -> Receipt:
    return services.issue_receipt(make.payment(Status.SUCCESSFUL))


def pdf_of(receipt: Receipt) -> str:
    return reverse("admin:customer_data_receipt_pdf", args=(receipt.pk,))


def test_staff_open_the_pdf_that_the_customer_has() -> None:
    receipt = issued()
    book_keeper = desk("view_receipt", "view_payment")
    assert "Open PDF" in book_keeper.page(receipt)
    response = book_keeper.get(pdf_of(receipt))
    assert (response.headers["Content-Type"], response.content[:5]) == ("application/pdf", b"%PDF-")
    assert response.headers["Content-Disposition"] == 'inline; filename="receipt-R-000001.pdf"'


def test_a_pdf_is_for_those_who_may_see_receipts() -> None:
    receipt = issued()
    assert desk("view_payment").get(pdf_of(receipt)).status_code == 403
    assert desk("view_receipt").get(pdf_of(Receipt(pk=99))).status_code == 404


@pytest.mark.parametrize("typed", ["R-000002", "r-2", "2"])
def test_a_receipt_is_found_by_its_number(typed: str) -> None:
    for _ in range(3):
        issued()
    listed = desk("view_receipt").listed(Receipt, q=typed)
    assert "R-000002" in listed
    assert "R-000003" not in listed


def test_a_receipt_is_found_by_its_payment_and_stands_on_its_page() -> None:
    receipt = issued()
    other = issued()
    book_keeper = desk("view_receipt", "view_payment")
    listed = book_keeper.listed(Receipt, q=receipt.payment.reference.lower())
    assert (str(receipt) in listed, str(other) in listed) == (True, False)
    assert str(receipt) in book_keeper.page(receipt.payment)


def test_nobody_edits_a_receipt() -> None:
    receipt = issued()
    powerful = desk("view_receipt", "change_receipt", "delete_receipt", "add_receipt")
    assert powerful.web.get(add_page_of(Receipt)).status_code == 403
    assert powerful.web.post(page_of(receipt), {"number": "9"}).status_code == 403
    assert powerful.get(list_of(Receipt)).status_code == 200
