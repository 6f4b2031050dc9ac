"""The booking form as Flow JSON: the trip, the date, how many, who, and what it costs.

Nothing that decides a price is typed: trips, dates and numbers of travellers are choices that our endpoint fills in. Every
screen carries what the screens before it settled, so that a request that comes twice or late says by itself what it means.
https://developers.facebook.com/documentation/business-messaging/whatsapp/flows/reference/flowjson (edition of 2026-03-24)
"""

from flows.definitions.components import (
    Json,
    body,
    caption,
    choice,
    data,
    data_exchange,
    dropdown,
    flag_data,
    footer,
    form,
    heading,
    link,
    only_if,
    option,
    options_data,
    screen,
    subheading,
    text_data,
    text_input,
    texts_data,
)

FLOW_NAME = "booking_whatsapp_flow"

TOUR = "TOUR"
DATE = "DATE"
TRAVELLERS = "TRAVELLERS"
CONTACT = "CONTACT"
SUMMARY = "SUMMARY"
SCREENS = (TOUR, DATE, TRAVELLERS, CONTACT, SUMMARY)

# What `next` says in the payload of a button or link.
BOOK = "book"
OTHER_DATE = "other_date"
CHANGE = "change"

# A route forward is also what allows our endpoint to lead back: to the dates when seats are gone, to the start for a change.
ROUTES = {
    TOUR: [DATE, TRAVELLERS, CONTACT, SUMMARY],
    DATE: [TRAVELLERS, CONTACT, SUMMARY],
    TRAVELLERS: [CONTACT, SUMMARY],
    CONTACT: [SUMMARY],
    SUMMARY: [],
}

MOST_BUTTONS = 20
"""A group of radio buttons has room for this many trips; more of them are shown as a list to open."""


def tour_screen() -> Json:
    """Where every message opens: the trips that have a date with free seats."""
    model = {
        "has_notice": flag_data(example=True),
        "notice": text_data("Mana Pools has just sold out. Choose another trip."),
        "are_few": flag_data(example=True),
        "tours": options_data(
            option("1", "Victoria Falls", "Guided walk and sunset cruise · US$ 231.00 for each traveller"),
            option("2", "Hwange", "Three days in the park · US$ 845.00 for each traveller"),
        ),
        "init_values": texts_data({"tour": "1"}, ("tour", "tour_in_list")),
    }
    trips = {
        **only_if(data("are_few"), choice("tour", label="Trip", options=data("tours"))),
        "else": [dropdown("tour_in_list", label="Trip", options=data("tours"))],
    }
    children = [
        heading("Where do you want to go?"),
        only_if(data("has_notice"), body(data("notice"))),
        trips,
        footer("Choose a date", data_exchange(tour=form("tour"), tour_in_list=form("tour_in_list"))),
    ]
    tour_form = {"type": "Form", "name": "trip", "init-values": data("init_values"), "children": children}
    return screen(TOUR, "Book a trip", model=model, children=[tour_form])


def date_screen() -> Json:
    """The dates that have free seats; the picker offers no others."""
    model = {
        "tour": text_data("1"),
        "tour_name": text_data("Victoria Falls"),
        "details": text_data("A guided walk along the gorge, then a cruise at sunset."),
        "has_notice": flag_data(example=True),
        "notice": text_data("The last seats on 12 December have just gone. Choose another date."),
        "free": text_data("Free seats: 12 Dec (4), 19 Dec (12)"),
        "min_date": text_data("2026-12-12"),
        "max_date": text_data("2026-12-19"),
        "unavailable_dates": {"type": "array", "items": {"type": "string"}, "__example__": ["2026-12-13", "2026-12-14"]},
    }
    picker = {
        "type": "DatePicker",
        "name": "date",
        "label": "Date",
        "required": True,
        "helper-text": "Dates without free seats are grey.",
        "min-date": data("min_date"),
        "max-date": data("max_date"),
        "unavailable-dates": data("unavailable_dates"),
    }
    children = [
        heading(data("tour_name")),
        body(data("details")),
        only_if(data("has_notice"), body(data("notice"))),
        picker,
        caption(data("free")),
        footer("Choose seats", data_exchange(tour=data("tour"), date=form("date"))),
    ]
    return screen(DATE, "Choose a date", model=model, children=children)


def travellers_screen() -> Json:
    """How many travel; no more than there are free seats."""
    model = {
        "departure": text_data("1"),
        "trip": text_data("Victoria Falls, Saturday 12 December 2026"),
        "seats_left": text_data("4 seats are free."),
        "has_notice": flag_data(example=True),
        "notice": text_data("Somebody else has just taken seats. Fewer are left now."),
        "numbers": options_data(
            option("1", "1 traveller", "US$ 231.00"),
            option("2", "2 travellers", "US$ 462.00"),
        ),
        "init_values": texts_data({"travellers": "2"}, ("travellers",)),
    }
    children = [
        heading(data("trip")),
        body(data("seats_left")),
        only_if(data("has_notice"), body(data("notice"))),
        dropdown("travellers", label="Travellers", options=data("numbers")),
        link("Choose another date", data_exchange(departure=data("departure"), next=OTHER_DATE)),
        footer("Hold these seats", data_exchange(departure=data("departure"), travellers=form("travellers"))),
    ]
    numbers_form = {"type": "Form", "name": "seats", "init-values": data("init_values"), "children": children}
    return screen(TRAVELLERS, "How many travel?", model=model, children=[numbers_form])


def contact_screen() -> Json:
    """Who books. Going back from here asks for the seats anew: the ones that are held count as free."""
    names = ("name", "email")
    model = {
        "hold": text_data("1"),
        "held": text_data("2 seats are held for you until 14:05."),
        "init_values": texts_data({"name": "Rudo Moyo", "email": "rudo@example.com"}, names),
        "error_messages": texts_data({"email": "Check this address"}, names),
    }
    fields = [
        text_input("name", label="Your name", kind="text", helper="As it should stand on the booking.", required=True),
        text_input("email", label="E-mail", kind="email", helper="Leave it empty if you have none.", required=False),
    ]
    children = [
        heading("Who is booking?"),
        body(data("held")),
        *fields,
        footer("See the price", data_exchange(hold=data("hold"), **{name: form(name) for name in names})),
    ]
    contact_form = {
        "type": "Form",
        "name": "contact",
        "init-values": data("init_values"),
        "error-messages": data("error_messages"),
        "children": children,
    }
    return screen(CONTACT, "Your name", model=model, children=[contact_form], refresh_on_back=True)


def summary_screen() -> Json:
    """Everything once more, with what it costs. The button makes the booking; paying comes after it, in the chat."""
    model = {
        "hold": text_data("1"),
        "trip": text_data("Victoria Falls, Saturday 12 December 2026"),
        "price": text_data("2 travellers · US$ 462.00"),
        "terms": text_data("Deposit: US$ 231.00, the rest before you travel."),
        "held": text_data("2 seats are held for you until 14:05."),
        "who": text_data("Rudo Moyo · rudo@example.com"),
    }
    children = [
        heading(data("trip")),
        subheading(data("price")),
        body(data("terms")),
        body(data("who")),
        caption(data("held")),
        link("Change something", data_exchange(hold=data("hold"), next=CHANGE)),
        footer("Book", data_exchange(hold=data("hold"), next=BOOK)),
    ]
    return screen(SUMMARY, "Your booking", terminal=True, success=True, model=model, children=children)


BOOKING_WHATSAPP_FLOW: Json = {
    "version": "7.3",
    "data_api_version": "3.0",
    "routing_model": ROUTES,
    "screens": [tour_screen(), date_screen(), travellers_screen(), contact_screen(), summary_screen()],
}
