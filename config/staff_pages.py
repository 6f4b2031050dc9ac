"""How the staff's pages look: name, colours, and what stands in the sidebar for whom."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.urls import reverse_lazy


def _page(title: str, icon: str, app: str, model: str, **more: str) -> dict[str, Any]:
    """A line of the sidebar, for those who may see the model."""
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{model}_changelist"),
        "permission": _may_see(app, model),
        **more,
    }


def _may_see(app: str, model: str) -> Callable[[HttpRequest], bool]:
    return lambda request: any(request.user.has_perm(f"{app}.{verb}_{model}") for verb in ("view", "change"))


_BADGE = {"badge": "customer_data.admin.concerns.open_concerns", "badge_variant": "warning"}

NAVIGATION = [
    {
        "title": "Money",
        "items": [
            _page("Payments", "payments", "customer_data", "payment"),
            _page("Bookings", "confirmation_number", "customer_data", "booking"),
            _page("Receipts", "receipt_long", "customer_data", "receipt"),
            _page("Customers", "group", "customer_data", "customer"),
            _page("Needs a person", "support_agent", "customer_data", "concern", **_BADGE),
        ],
    },
    {
        "title": "Trips",
        "separator": True,
        "items": [
            _page("Tours", "hiking", "customer_data", "tour"),
            _page("Departures", "calendar_month", "customer_data", "departure"),
            _page("Seats held", "event_seat", "customer_data", "seathold"),
        ],
    },
    {
        "title": "Paynow",
        "separator": True,
        "items": [
            _page("Notifications", "notifications", "paynow_integration", "paynownotification"),
            _page("Paynow settings", "key", "paynow_integration", "paynowconfig"),
        ],
    },
    {
        "title": "WhatsApp",
        "separator": True,
        "items": [
            _page("Conversations", "forum", "flows", "conversation"),
            _page("Messages", "chat", "flows", "message"),
            _page("Payment requests", "send", "flows", "flowsession"),
            _page("WhatsApp Flows", "account_tree", "flows", "whatsappflow"),
            _page("Message templates", "quick_phrases", "flows", "whatsapptemplate"),
            _page("Languages", "translate", "flows", "reviewedlanguage"),
        ],
    },
    {
        "title": "Who may come in",
        "separator": True,
        "items": [
            _page("Users", "person", "auth", "user"),
            _page("Groups", "groups", "auth", "group"),
            _page("API keys", "vpn_key", "rest_framework_api_key", "apikey"),
        ],
    },
]

_GREEN = {
    "50": "240 253 250",
    "100": "204 251 241",
    "200": "153 246 228",
    "300": "94 234 212",
    "400": "45 212 191",
    "500": "20 184 166",
    "600": "15 118 110",
    "700": "17 94 89",
    "800": "19 78 74",
    "900": "17 66 63",
    "950": "4 47 46",
}

# A square in our colour with a P in it, carried by the page itself.
ICON = (
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E"
    "%3Crect width='32' height='32' rx='7' fill='%230f766e'/%3E"
    "%3Cpath d='M11 24V8h6.5a5 5 0 0 1 0 10H11' fill='none' stroke='white' stroke-width='3.4'/%3E%3C/svg%3E"
)

UNFOLD = {
    "SITE_TITLE": "Paydesk",
    "SITE_HEADER": "Paydesk",
    "SITE_SUBHEADER": "Bookings and payments",
    "SITE_SYMBOL": "payments",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": ICON}],
    "SITE_URL": None,
    "SHOW_VIEW_ON_SITE": False,
    "COLORS": {"primary": _GREEN},
    "GLOBAL_CALLBACK": "paynow_integration.admin.banner",
    "SIDEBAR": {"show_search": False, "navigation": NAVIGATION},
}
