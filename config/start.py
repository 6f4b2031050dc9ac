"""The first page of `make run`: be a customer, be staff, be Paynow, read the API. Only with DEBUG on."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth import get_user_model, login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from config.addresses import DEMO_PEOPLE, DEMO_STAFF
from config.staff_pages import ICON

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True)
class Links:
    """Where the page leads; empty where no simulator serves it."""

    phone: str
    paynow: str


@never_cache
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """The start page on a development machine; elsewhere there is nothing here."""
    _expect_development()
    links = Links(
        phone=_beside(settings.WHATSAPP_GRAPH_BASE_URL, "/phone"),
        paynow=_beside(settings.PAYNOW_BASE_URL, "/"),
    )
    return render(request, "start/start.html", {"links": links, "staff": DEMO_STAFF, "people": list(DEMO_PEOPLE), "icon": ICON})


@never_cache
@require_POST
def sign_in(request: HttpRequest) -> HttpResponse:
    """Sign in as one of the demo staff in one click; nobody else can be named."""
    _expect_development()
    name = request.POST.get("as", DEMO_STAFF)
    known = name if name in DEMO_PEOPLE else DEMO_STAFF
    staff = get_user_model().objects.filter(username=known, is_staff=True, is_active=True).first()
    if staff is not None:  # without the demo, the admin asks for a name and a password
        login(request, staff, backend="django.contrib.auth.backends.ModelBackend")
    return redirect(reverse("admin:index"))


def _expect_development() -> None:
    if not settings.DEBUG:
        raise Http404


def _beside(base_url: str, path: str) -> str:
    """`path` on the simulator behind `base_url`; empty when that is not on this machine, so the real one is never linked."""
    parts = urlsplit(base_url)
    return f"{parts.scheme}://{parts.netloc}{path}" if parts.hostname in LOOPBACK else ""
