"""What needs a person, customers, and who may come in."""

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from customer_data.models import Concern, ConcernKind, Customer, Payment
from customer_data.tests import make
from customer_data.tests.desk import desk, list_of, page_of

pytestmark = pytest.mark.django_db


def a_payment() -> Payment:
    return make.payment("pending", gateway="paynow", payment_method="paynow_ecocash", account="1201")


# --- Needs a person -------------------------------------------------------------------------------
def test_what_is_solved_names_who_solved_it_and_leaves_the_list() -> None:
    payment = a_payment()
    Concern.raise_about(payment, ConcernKind.STUCK, "No answer for an hour.")
    concern = Concern.objects.get()
    solver = desk("view_concern", "change_concern")
    assert "No answer for an hour." in solver.listed(Concern)
    solver.press(concern, "solve")
    concern.refresh_from_db()
    event = payment.events.last()
    assert event is not None
    assert (concern.solved_by, concern.solved_at is None) == (solver.user, False)
    assert (event.actor, event.reason.startswith("Solved: ")) == (solver.user.username, True)
    assert "No answer for an hour." not in solver.listed(Concern)
    assert f"Solved by {solver.user.username}" in solver.listed(Concern, solved="yes")


def test_a_matter_solved_twice_keeps_the_first_name() -> None:
    Concern.raise_about(a_payment(), ConcernKind.STUCK, "No answer.")
    concern = Concern.objects.get()
    first, second = desk("change_concern"), desk("change_concern")
    first.press(concern, "solve")
    assert "cannot be done" in second.told(second.press(concern, "solve"))[0]
    concern.refresh_from_db()
    assert concern.solved_by == first.user


def test_ticked_matters_are_solved_together() -> None:
    for _ in range(3):
        Concern.raise_about(a_payment(), ConcernKind.STUCK, "No answer.")
    ticked = [str(pk) for pk in Concern.objects.values_list("pk", flat=True)[:2]]
    solver, looker = desk("change_concern"), desk("view_concern")
    looker.web.post(list_of(Concern), {"action": "solve", "_selected_action": ticked})
    assert not Concern.objects.filter(solved_at__isnull=False).exists()
    response = solver.web.post(list_of(Concern), {"action": "solve", "_selected_action": ticked})
    assert Concern.objects.filter(solved_by=solver.user).count() == 2
    assert solver.told(response) == ["Solved. Should the same happen again, it comes back as a new matter. (2 times)"]


# --- Customers and who may come in ----------------------------------------------------------------
def test_a_customers_numbers_are_kept_in_one_form() -> None:
    seller = desk("add_customer", "view_customer")
    form = {"name": "Rudo", "phone": "0771 234 567", "wa_id": "+263 77 123 4567", "email": "", "bsuid": ""}
    assert seller.web.post(f"{list_of(Customer)}add/", form).status_code == 302
    customer = Customer.objects.get()
    assert (customer.phone, customer.wa_id, customer.bsuid) == ("+263771234567", "263771234567", None)


def test_a_number_that_is_none_is_explained() -> None:
    seller = desk("add_customer")
    response = seller.web.post(f"{list_of(Customer)}add/", {"name": "Rudo", "phone": "12", "wa_id": "", "email": "", "bsuid": ""})
    assert "That is not a phone number. Write it like 0771234567." in response.content.decode()


def test_nobody_sees_anything_without_permission() -> None:
    payment = a_payment()
    nobody = desk()
    for address in (list_of(Payment), page_of(payment), list_of(Customer), list_of(Concern), list_of(get_user_model())):
        assert nobody.get(address).status_code == 403
        assert Client().get(address).status_code == 302
    assert "Payments" not in nobody.get("/admin/").content.decode()


def test_who_signs_in_at_the_door_itself_comes_to_the_first_page() -> None:
    make.staff("door", password="a-long-password")
    response = Client().post("/admin/login/", {"username": "door", "password": "a-long-password"})
    assert response.headers["Location"] == "/admin/"
