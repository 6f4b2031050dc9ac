"""What staff read about changes: who, when, why, from what to what, in words; and never a secret."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customer_data.models import Booking, Change
from customer_data.status import Status
from customer_data.tests import make
from customer_data.tests.desk import desk, list_of, page_of
from customer_data.who import acting

pytestmark = pytest.mark.django_db


def test_a_rows_page_says_who_changed_what_from_what_to_what_and_why() -> None:
    booking = make.booking("231.00")
    with acting("rudo", "Two travellers fewer"):
        booking.total_amount = Decimal("115.50")
        booking.save(update_fields=["total_amount"])
    page = desk("view_booking", "view_change").page(booking)
    assert "rudo Changed Total amount: US$ 231.00 → US$ 115.50 Two travellers fewer" in page


def test_who_may_not_see_changes_sees_none() -> None:
    booking = make.booking()
    assert "Record of changes" not in desk("view_booking").page(booking)
    assert desk("view_booking").get(list_of(Change)).status_code == 403


def test_the_newest_comes_first_and_words_are_those_of_the_page() -> None:
    payment = make.payment(Status.SUCCESSFUL)
    page = desk("view_payment", "view_change").page(payment)
    record = page[page.index("Record of changes") :]
    assert record.index("Waiting for the customer → Successful" if "Waiting for the customer" in record else "→") < record.index(
        "Made"
    )


def test_a_users_page_shows_groups_that_were_given_and_taken() -> None:
    user, group = User.objects.create_user("tendai"), Group.objects.create(name="Drivers")
    with acting("owner", "He drives now"):
        user.groups.add(group)
        user.groups.remove(group)
    page = desk("view_user", "view_change").page(user)
    assert "owner Group of a user · deleted User: tendai Group: Drivers He drives now" in page
    assert "owner Group of a user · made User: tendai Group: Drivers He drives now" in page


def test_all_changes_are_listed_and_found_by_who_what_day_and_reference() -> None:
    with acting("chipo"):
        booking, other = make.booking(title="Hwange"), make.booking(title="Mana Pools")
    accountant = desk("view_change")
    assert "Hwange" in accountant.listed(Change, q=booking.booking_reference)
    assert "Mana Pools" not in accountant.listed(Change, q=booking.booking_reference)
    assert "Mana Pools" in accountant.listed(Change, q="chipo")
    assert "Mana Pools" not in accountant.listed(Change, q="nobody")
    assert other.title not in accountant.listed(Change, table="customer_data_payment")
    assert other.title not in accountant.listed(Change, at_from="2031-01-01")
    assert other.title in accountant.listed(Change, table="customer_data_booking", at_to="2031-01-01")


def test_one_change_has_a_page_that_cannot_be_written() -> None:
    make.booking(title="Hwange")
    entry = Change.objects.filter(table_name="customer_data_booking").latest("id")
    accountant = desk("view_change", "change_change", "delete_change")
    assert "Not yet: the clock seals every minute" in accountant.page(entry)
    assert accountant.web.post(page_of(entry), {"who": "nobody"}).status_code == 403
    assert accountant.web.post(f"{page_of(entry)}../delete/").status_code == 403


@pytest.mark.parametrize("where", ["the list", "a page"])
def test_the_number_of_queries_is_constant(where: str) -> None:
    reader = desk("view_change", "view_booking")
    booking = make.booking()
    users = [make.staff(f"staff-of-{number}") for number in range(20)]

    def change(by: list[Any]) -> None:
        for user in by:
            with acting(user.username):
                Booking.objects.filter(pk=booking.pk).update(cancelled_by=user, title=user.username)

    def look() -> Any:
        return reader.get(list_of(Change), table="customer_data_booking") if where == "the list" else reader.get(page_of(booking))

    counts = []
    for some in (users[:2], users[2:]):
        change(some)
        look()
        counts.append(_queries(look))
    assert counts[0] == counts[1]


def _queries(look: Callable[[], Any]) -> int:
    with CaptureQueriesContext(connection) as asked:
        assert look().status_code == 200
    return len(asked)
