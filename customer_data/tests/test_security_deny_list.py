"""The deny list at the desk: who puts whom on it, what is recorded, and what the customer's page shows."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from customer_data.models import AttemptLimit, Change, Denial, DenialKind
from customer_data.tests import make
from customer_data.tests.desk import Desk, desk, list_of, page_of, press_of

pytestmark = pytest.mark.django_db

ADD = "admin:customer_data_denial_add"


def supervisor() -> Desk:
    return desk("view_denial", "add_denial", "change_denial", "view_customer", "change_customer")


def add(staff: Desk, kind: str, value: str = "", **fields: str) -> Denial | None:
    typed = {"kind": kind, "value": value, "reason": "Chargebacks", "ends_at_0": "", "ends_at_1": "", **fields}
    staff.web.post(reverse(ADD), typed)
    return Denial.objects.order_by("-pk").first()


def test_a_number_goes_on_the_list_as_it_is_looked_for_with_who_and_why() -> None:
    staff = supervisor()
    entry = add(staff, "wallet", "0771 234 567")
    assert entry is not None
    assert (entry.value, entry.reason, entry.added_by) == ("+263771234567", "Chargebacks", staff.user)
    change = Change.objects.filter(table_name="customer_data_denial").latest("pk")
    assert change.who == staff.user.username
    assert "0771234567" in staff.page(entry)
    assert "0771234567" in staff.listed(Denial, q="+263 77 123 4567")


@pytest.mark.parametrize(
    ("kind", "value", "more", "sentence"),
    [
        ("phone", "12", {}, "not a phone number"),
        ("email", "nobody", {}, "not an e-mail address"),
        ("customer", "", {}, "Choose a customer"),
        ("phone", "0771234567", {"ends_at_0": "2020-01-31", "ends_at_1": "12:00"}, "This moment is over"),
        ("phone", "0771234567", {"reason": ""}, "required"),
    ],
)
def test_what_names_nobody_or_says_no_reason_is_not_kept(kind: str, value: str, more: dict[str, str], sentence: str) -> None:
    typed = {"kind": kind, "value": value, "reason": "Chargebacks", "ends_at_0": "", "ends_at_1": "", **more}
    page = supervisor().web.post(reverse(ADD), typed)
    assert page.status_code == 200
    assert sentence in page.content.decode()
    assert not Denial.objects.exists()


def test_the_same_does_not_stand_on_it_twice_but_again_once_it_has_ended() -> None:
    staff = supervisor()
    first = add(staff, "email", "bad@example.com")
    add(staff, "email", "BAD@example.com")
    assert Denial.objects.count() == 1
    Denial.objects.update(ends_at=timezone.now() - timedelta(minutes=1))
    again = add(staff, "email", "bad@example.com")
    assert again != first


def test_a_customer_is_put_on_it_and_taken_off_from_their_page() -> None:
    staff, customer = supervisor(), make.customer()
    staff.press(customer, "deny", reason="Charged back twice", days="30")
    entry = Denial.objects.get()
    assert (entry.kind, entry.customer, entry.added_by) == (DenialKind.CUSTOMER, customer, staff.user)
    assert entry.ends_at is not None
    page = staff.page(customer)
    assert "Refused" in page
    assert "Charged back twice" in page
    staff.press(entry, "take-off", reason="It was their brother")
    entry.refresh_from_db()
    assert (entry.lifted_by, entry.lifted_why) == (staff.user, "It was their brother")
    assert "Taken off the list" in staff.page(customer)


def test_the_page_of_a_customer_shows_entries_of_their_number_and_address() -> None:
    staff = supervisor()
    customer = make.customer(phone="+263771234567", email="bad@example.com")
    add(staff, "wallet", "0771234567")
    add(staff, "email", "bad@example.com")
    assert staff.page(customer).count("Chargebacks") == 2


def test_nothing_of_an_entry_is_edited_afterwards() -> None:
    staff = supervisor()
    entry = add(staff, "wallet", "0771234567")
    assert entry is not None
    staff.web.post(page_of(entry), {"kind": "wallet", "value": "0772222222", "reason": "Other"})
    entry.refresh_from_db()
    assert (entry.value, entry.reason) == ("+263771234567", "Chargebacks")


def test_who_may_only_look_puts_nobody_on_it() -> None:
    viewer, customer = desk("view_denial", "view_customer"), make.customer()
    assert viewer.web.post(reverse(ADD), {"kind": "phone", "value": "0771234567", "reason": "x"}).status_code == 403
    assert viewer.web.post(press_of(customer, "deny"), {"reason": "because", "days": ""}).status_code == 403
    assert not Denial.objects.exists()
    assert "Put on the deny list" not in viewer.page(customer)
    assert viewer.get(list_of(Denial)).status_code == 200


def test_limits_on_attempts_are_set_on_their_page() -> None:
    owner = desk("view_attemptlimit", "add_attemptlimit", "change_attemptlimit")
    AttemptLimit.objects.all().delete()
    typed = {"per": "phone", "hours": "1", "most_attempts": "3", "most_unpaid_in_a_row": "", "most_usd": "500.00", "most_zwg": ""}
    owner.web.post(reverse("admin:customer_data_attemptlimit_add"), typed)
    limit = AttemptLimit.objects.get()
    assert (limit.per, limit.hours, limit.most_attempts, str(limit.most_usd)) == ("phone", 1, 3, "500.00")
    assert "Phone number that pays within an hour" in owner.listed(AttemptLimit)
