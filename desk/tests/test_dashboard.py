"""*Today*: what stands on the first page, for whom, and that it costs the same whatever has happened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customer_data.models import Booking, Concern, ConcernKind, GatewayPause, Payment
from customer_data.status import Status
from customer_data.tests import make
from customer_data.tests.desk import Desk, desk, owner, readable
from desk.figures import make_forms, update_figures
from desk.models import FiguresProgress
from desk.tests import days
from flows import tokens
from flows.models import FlowSession, WhatsAppFlow

pytestmark = pytest.mark.django_db

HOME = "/admin/"


def home(who: Desk) -> str:
    response = who.get(HOME)
    assert response.status_code == 200
    return readable(response)


def paid(amount: str, *, ago: timedelta = timedelta(0), **fields: Any) -> Payment:
    """A payment that came in some time ago, half a minute after it was asked for."""
    at = timezone.now() - ago
    booking = fields.pop("booking", None) or make.booking("9000.00", currency=fields.pop("currency", "USD"))
    return days.lived(booking, at - timedelta(seconds=30), (Status.SUCCESSFUL, at), amount=Decimal(amount), **fields)


def ended(status: str, **fields: Any) -> Payment:
    now = timezone.now()
    return days.lived(make.booking("9000.00"), now - timedelta(minutes=3), (status, now), **fields)


# --- Money ----------------------------------------------------------------------------------------
def test_takings_of_today_are_net_of_refunds_and_by_currency() -> None:
    paid("100.00")
    paid("20.50")
    paid("2600.00", currency="ZWG")
    days.refund(paid("50.00"), "30.00", timezone.now())
    update_figures()
    page = home(owner())
    assert "Taken today US$ 140.50 3 payments, after US$ 30.00 went back" in page
    assert "Taken today ZiG 2,600.00 1 payment" in page
    assert "2,740" not in page  # what they would be together


def test_test_money_is_in_no_total_and_says_that_it_is_test() -> None:
    paid("100.00")
    paid("7.77", is_test=True)
    update_figures()
    page = home(owner())
    assert "Taken today US$ 100.00 1 payment" in page
    assert "107.77" not in page
    assert "Test money Test Not real, and in none of the figures above." in page
    assert "US$ 7.77" in page.partition("Test money")[2]


def test_a_way_to_pay_has_its_share_its_success_and_its_times() -> None:
    paid("100.00", payment_method="drawer_wallet")
    paid("100.00", payment_method="drawer_wallet")
    ended(Status.FAILED, payment_method="drawer_wallet")
    update_figures()
    page = home(owner())
    attempts = page.partition("How attempts to pay end")[2]
    assert "66 % 2 of 3" in attempts
    assert "31 s" in attempts.partition("2 of 3")[2][:40] or "30 s" in attempts.partition("2 of 3")[2][:40]


def test_who_may_not_see_payments_sees_no_takings() -> None:
    paid("123.45")
    update_figures()
    page = home(desk("view_concern", "view_flowsession"))
    assert "123.45" not in page
    assert "Taken today" not in page
    assert "Needs a person" in page
    assert "123.45" not in home(desk("view_dayfigures"))
    assert "Taken today US$ 123.45" in home(desk("view_payment", "view_dayfigures"))


def test_who_may_see_payments_only_sees_what_is_under_way_and_no_takings() -> None:
    paid("123.45")
    update_figures()
    page = home(desk("view_payment"))
    assert "Waiting to be paid" in page
    assert "123.45" not in page


def test_who_may_see_nothing_of_it_finds_the_way_to_other_pages() -> None:
    page = home(desk("view_tour"))
    assert "Choose where to go" in page
    assert "Tours" in page


def test_figures_that_are_not_kept_up_to_date_say_so() -> None:
    update_figures()
    assert "Figures as of" in home(owner())
    FiguresProgress.objects.update(made_at=timezone.now() - timedelta(minutes=3))
    assert "worker or clock may be down" in home(owner())


def test_a_figure_leads_to_the_payments_behind_it() -> None:
    counted = paid("11.00", ago=timedelta(0))
    yesterday = paid("12.00", ago=timedelta(days=1))
    other = paid("2600.00", currency="ZWG")
    update_figures()
    cashier = owner()
    link = cashier.get(HOME).context["today"].takings[0].today.link
    listed = readable(cashier.web.get(link))
    assert counted.reference in listed
    assert yesterday.reference not in listed
    assert other.reference not in listed


# --- What waits -----------------------------------------------------------------------------------
def test_payments_under_way_are_counted_by_age_and_lead_to_their_list() -> None:
    now = timezone.now()
    young, old = (days.lived(make.booking(), now - age) for age in (timedelta(seconds=20), timedelta(hours=3)))
    days.lived(make.booking(), now, is_test=True)
    cashier = owner()
    pending = cashier.get(HOME).context["today"].pending
    assert [(age.label, age.count) for age in pending.ages if age.count] == [("Under 2 minutes", 1), ("1 to 6 hours", 1)]
    assert pending.count == 2
    listed = readable(cashier.web.get(next(age.link for age in pending.ages if age.label == "1 to 6 hours")))
    assert old.reference in listed
    assert young.reference not in listed


def test_the_oldest_open_matters_stand_on_the_page() -> None:
    payment = paid("10.00")
    Concern.raise_about(payment, ConcernKind.MISMATCH, "The gateway says US$ 1.00, we asked for US$ 10.00.")
    Concern.raise_about(payment, ConcernKind.LATE_MONEY, "Solved long ago.")
    Concern.objects.filter(kind=ConcernKind.LATE_MONEY).update(solved_at=timezone.now())
    page = home(owner())
    assert "The gateway says US$ 1.00, we asked for US$ 10.00." in page
    assert "Solved long ago." not in page


def test_badges_say_what_waits_and_stop_at_99() -> None:
    for _ in range(101):
        Concern.raise_about_customer(make.customer(), ConcernKind.WANTS_PERSON, "Asks for a person.")
    page = owner().get(HOME).content.decode()
    assert "99+" in page
    assert "101" not in readable_badges(page)


def readable_badges(page: str) -> str:
    return page.partition('id="nav-sidebar-apps"')[2].partition("</nav>")[0]


# --- Forms in the chat ----------------------------------------------------------------------------
def test_it_shows_where_customers_drop_out_of_the_form() -> None:
    booking = make.booking("90.00")
    sent = [tokens.issue(booking)[1] for _ in range(4)]
    now = timezone.now()
    FlowSession.objects.filter(pk__in=[each.pk for each in sent[:3]]).update(opened_at=now)
    for session, payment in zip(sent, (paid("9.00"), ended(Status.FAILED)), strict=False):
        Payment.objects.filter(pk=payment.pk).update(prompt="approve_on_phone")
        FlowSession.objects.filter(pk=session.pk).update(payment=payment)
    make_forms(timezone.localdate())
    page = home(owner()).partition("Where customers drop out")[2]
    assert "Form sent 4" in page
    assert "Opened 3 75 %, 1 lost" in page
    assert "Sent back 2 50 %, 1 lost" in page
    assert "Asked on the phone 2 50 %" in page
    assert "Paid 1 25 %, 1 lost" in page


# --- Health ---------------------------------------------------------------------------------------
def test_troubles_of_gateways_and_flows_are_seen() -> None:
    GatewayPause.objects.create(gateway="paynow", is_paused=True, reason="Paynow is being moved.")
    health = {
        "FLOW_STATUS_CHANGE": {"value": "THROTTLED", "message": "Throttled because of errors.", "at": timezone.now().isoformat()}
    }
    WhatsAppFlow.objects.update_or_create(name="payment_whatsapp_flow", defaults={"status": "THROTTLED", "health": health})
    page = home(owner())
    assert "Takes no new payments: Paynow is being moved." in page
    assert "Throttled because of errors." in page


def test_payments_that_failed_because_of_the_gateway_are_counted() -> None:
    ended(Status.FAILED, gateway="paynow", reason_code="gateway_down")
    ended(Status.FAILED, gateway="paynow", reason_code="insufficient_funds")
    assert "1 payment failed because of it in the last hour." in home(owner())


# --- What it costs --------------------------------------------------------------------------------
def test_the_page_asks_the_same_questions_at_any_size() -> None:
    staff = owner()
    happen(2)
    staff.get(HOME)
    few = questions(lambda: staff.get(HOME))
    happen(25)
    assert questions(lambda: staff.get(HOME)) == few <= 45


def happen(count: int) -> None:
    for number in range(count):
        payment = paid("10.00", ago=timedelta(days=number % 3), gateway="paynow")
        days.refund(payment, "1.00", timezone.now())
        days.lived(make.booking(), timezone.now() - timedelta(minutes=number))
        Concern.raise_about(payment, ConcernKind.OVERPAID, "Too much.")
        tokens.issue(Booking.objects.latest("pk"))
    update_figures()
    make_forms(timezone.localdate())


def questions(act: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as asked:
        act()
    return len(asked)


# --- The way to other pages -----------------------------------------------------------------------
def test_the_sidebar_shows_what_one_may_open_and_nothing_that_is_not_there() -> None:
    links = sidebar(desk("view_payment", "view_refund"))
    assert "/admin/customer_data/payment/" in links
    assert "/admin/customer_data/booking/" not in links
    assert "" not in links


def test_every_line_of_the_sidebar_leads_somewhere() -> None:
    staff = owner()
    links = sidebar(staff)
    assert len(links) > 25
    assert {link: staff.get(link).status_code for link in links if staff.get(link).status_code != 200} == {}


def sidebar(who: Desk) -> list[str]:
    """The addresses in the sidebar, in order."""
    groups = who.get(HOME).context["sidebar_navigation"]
    return [str(item["link"]) for group in groups for item in group["items"] if item["has_permission"]]
