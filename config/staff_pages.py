"""How the staff's pages look: name, colours, and what stands in the sidebar for whom."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse, reverse_lazy
from django.utils.functional import lazy


def _address(name: str) -> str:
    """Where a page of the admin is; empty for a page that this house does not have (a part may be left out)."""
    try:
        return reverse(f"admin:{name}")
    except NoReverseMatch:
        return ""


# Asked when a page is shown: while settings are read there are no addresses yet.
_address_later = lazy(_address, str)


def _page(title: str, icon: str, app: str, model: str, **more: str) -> dict[str, Any]:
    """A line of the sidebar, for those who may see the model."""
    return _own_page(title, icon, f"{app}_{model}_changelist", f"{app}.view_{model}", f"{app}.change_{model}", **more)


def _own_page(title: str, icon: str, name: str, *permissions: str, **more: str) -> dict[str, Any]:
    """A line of the sidebar for a page of our own, for those who have one of the permissions; for all staff when none is named."""
    return {"title": title, "icon": icon, "link": _address_later(name), "permission": _may_open(name, permissions), **more}


def _may_open(name: str, permissions: tuple[str, ...]) -> Callable[[HttpRequest], bool]:
    def may_open(request: HttpRequest) -> bool:
        return bool(_address(name)) and (not permissions or any(request.user.has_perm(each) for each in permissions))

    return may_open


def _badge(counter: str) -> dict[str, str]:
    return {"badge": f"desk.badges.{counter}", "badge_variant": "warning"}


# The first group is what the day is made of; what belongs to each follows in its own, which opens by itself around the open page.
NAVIGATION: list[dict[str, Any]] = [
    {
        "items": [
            _own_page("Today", "today", "index"),
            _page("Payments", "payments", "customer_data", "payment"),
            _page("Bookings", "confirmation_number", "customer_data", "booking"),
            _page("Conversations", "forum", "flows", "conversation"),
            _page("Needs a person", "support_agent", "customer_data", "concern", **_badge("open_matters")),
            _own_page("Money matching", "rule", "desk_matching", "desk.import_statement", "desk.view_statementline"),
        ],
    },
    {
        "title": "Payments",
        "collapsible": True,
        "separator": True,
        "items": [
            _page("Proofs to review", "fact_check", "customer_data", "proof", **_badge("proofs_waiting")),
            _page("Refunds", "currency_exchange", "customer_data", "refund", **_badge("refunds_waiting")),
            _page("Disputes", "gavel", "customer_data", "dispute"),
            _page("Receipts", "receipt_long", "customer_data", "receipt"),
            _page("Letters", "description", "customer_data", "nonreceiptletter"),
            _page("Moved to other bookings", "swap_horiz", "customer_data", "transfer"),
            _page("Paynow notifications", "notifications", "paynow_integration", "paynownotification"),
        ],
    },
    {
        "title": "Bookings",
        "collapsible": True,
        "items": [
            _page("Customers", "group", "customer_data", "customer"),
            _page("Tours", "hiking", "customer_data", "tour"),
            _page("Departures", "calendar_month", "customer_data", "departure"),
            _page("Seats held", "event_seat", "customer_data", "seathold"),
            _page("Erased customers", "person_off", "customer_data", "erasure"),
        ],
    },
    {
        "title": "Conversations",
        "collapsible": True,
        "items": [
            _page("Messages", "chat", "flows", "message"),
            _page("Payment requests", "send", "flows", "flowsession"),
        ],
    },
    {
        "title": "Money matching",
        "collapsible": True,
        "items": [
            _page("Closed days", "lock_clock", "desk", "closedday"),
            _page("Statement lines", "table_rows", "desk", "statementline"),
            _page("Statement files", "upload_file", "desk", "statementfile"),
            _page("Accounts", "account_balance", "desk", "statementsource"),
            _page("Exports", "download", "desk", "export"),
        ],
    },
    {
        "title": "Settings",
        "collapsible": True,
        "items": [
            _page("Paynow configuration", "key", "paynow_integration", "paynowconfig"),
            _page("Ways to pay", "toggle_on", "customer_data", "methodswitch"),
            _page("Limits on amounts", "production_quantity_limits", "customer_data", "amountlimit"),
            _page("Limits on attempts", "speed", "customer_data", "attemptlimit"),
            _page("Deny list", "block", "customer_data", "denial"),
            _page("Gateways", "pause_circle", "customer_data", "gatewaypause"),
            _page("Places to pay", "storefront", "offline_payments", "placetopay"),
            _page("Message templates", "quick_phrases", "flows", "whatsapptemplate"),
            _page("WhatsApp Flows", "account_tree", "flows", "whatsappflow"),
            _page("Languages", "translate", "flows", "reviewedlanguage"),
            _page("Users", "person", "auth", "user"),
            _page("Groups", "groups", "auth", "group"),
            _page("API keys", "vpn_key", "rest_framework_api_key", "apikey"),
            _page("History", "history", "customer_data", "change"),
        ],
    },
]


def navigation_for(request: HttpRequest) -> list[dict[str, Any]]:
    """The groups of the sidebar in which this person may open something; a title over nothing is not even in the page."""
    return [group for group in NAVIGATION if any(page["permission"](request) for page in group["items"])]


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
    "SCRIPTS": [lambda _request: static("paydesk/without_eval.js")],
    "GLOBAL_CALLBACK": "paynow_integration.admin.banner",
    "DASHBOARD_CALLBACK": "config.health.first_page",
    "ACCOUNT": {"navigation": [{"title": "Second step", "link": reverse_lazy("second-step-codes")}]},
    "SIDEBAR": {"show_search": False, "navigation": navigation_for},
}
