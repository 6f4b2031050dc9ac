"""What needs a person, customers, and who may come in."""

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

from customer_data.admin.advice import ADVICE
from customer_data.models import Concern, ConcernKind, Customer, Payment
from customer_data.tests import make
from customer_data.tests.desk import desk, list_of, page_of, press_of

pytestmark = pytest.mark.django_db


def a_payment() -> Payment:
    return make.payment("pending", gateway="paynow", payment_method="paynow_ecocash", account="1201")


# --- Needs a person -------------------------------------------------------------------------------
def test_what_is_solved_names_who_solved_it_and_leaves_the_list() -> None:
    payment = a_payment()
    Concern.raise_about(payment, ConcernKind.STUCK, "No answer for an hour.")
    concern = Concern.objects.get()
    solver = desk("view_concern", "solve_concern")
    assert "No answer for an hour." in solver.listed(Concern)
    solver.press(concern, "solve", reason="Called Paynow: it is in.")
    concern.refresh_from_db()
    event = payment.events.last()
    assert event is not None
    assert (concern.solved_by, concern.solved_at is None) == (solver.user, False)
    assert (event.actor, event.reason.startswith("Solved: ")) == (solver.user.username, True)
    assert concern.solution == "Called Paynow: it is in."
    assert "Called Paynow" in event.reason
    assert "No answer for an hour." not in solver.listed(Concern)
    assert f"Solved by {solver.user.username}" in solver.listed(Concern, solved="yes")


def test_a_matter_solved_twice_keeps_the_first_name() -> None:
    Concern.raise_about(a_payment(), ConcernKind.STUCK, "No answer.")
    concern = Concern.objects.get()
    first, second = desk("view_concern", "solve_concern"), desk("view_concern", "solve_concern")
    first.press(concern, "solve", reason="It is in.")
    assert "cannot be done" in second.told(second.press(concern, "solve", reason="It is not."))[0]
    concern.refresh_from_db()
    assert concern.solved_by == first.user


@pytest.mark.parametrize("reason", ["", " ", "\u2003\u200b", "ok"])
def test_nothing_is_solved_without_words(reason: str) -> None:
    Concern.raise_about(a_payment(), ConcernKind.STUCK, "No answer.")
    concern, solver = Concern.objects.get(), desk("view_concern", "solve_concern")
    assert "say why" in solver.told(solver.press(concern, "solve", reason=reason))[0]
    concern.refresh_from_db()
    assert concern.solved_at is None


def test_who_takes_a_matter_keeps_it_until_it_is_given_back() -> None:
    Concern.raise_about(a_payment(), ConcernKind.STUCK, "No answer.")
    concern, first, second = Concern.objects.get(), desk("view_concern", "solve_concern"), desk("view_concern", "solve_concern")
    first.press(concern, "take")
    assert "cannot be done" in second.told(second.press(concern, "take"))[0]
    assert f"Taken by {first.user.username}" in second.listed(Concern)
    assert "No answer." not in second.listed(Concern, taken="nobody")
    assert "No answer." in first.listed(Concern, taken="me")
    first.press(concern, "give-back")
    assert "No answer." in second.listed(Concern, taken="nobody")


def test_ticked_matters_are_taken_together() -> None:
    for _ in range(3):
        Concern.raise_about(a_payment(), ConcernKind.STUCK, "No answer.")
    ticked = [str(pk) for pk in Concern.objects.values_list("pk", flat=True)[:2]]
    solver, looker = desk("view_concern", "solve_concern"), desk("view_concern")
    looker.web.post(list_of(Concern), {"action": "take", "_selected_action": ticked})
    assert not Concern.objects.filter(taken_by__isnull=False).exists()
    response = solver.web.post(list_of(Concern), {"action": "take", "_selected_action": ticked})
    assert Concern.objects.filter(taken_by=solver.user).count() == 2
    assert solver.told(response) == ["It is yours. The others see that you look after it. (2 times)"]


@pytest.mark.parametrize("kind", ConcernKind.values)
def test_every_kind_of_matter_says_what_is_at_stake_and_what_to_do(kind: str) -> None:
    payment = a_payment()
    Concern.raise_about(payment, ConcernKind(kind), "It happened.")
    page = desk("view_concern", "solve_concern").page(Concern.objects.get())
    assert "It happened." in page
    assert "What to do: " in page
    assert kind in ADVICE


def test_a_matter_offers_the_buttons_of_its_payment_to_who_may_press_them() -> None:
    payment = a_payment()
    Concern.raise_about(payment, ConcernKind.STUCK, "No answer.")
    concern = Concern.objects.get()
    looker = desk("view_concern", "view_payment")
    solver = desk("view_concern", "view_payment", "change_payment", "ask_gateway", "stop_waiting")
    offered = [press_of(payment, "ask-again") in who.get(page_of(concern)).content.decode() for who in (looker, solver)]
    assert offered == [False, True]


def test_who_was_asked_about_what_is_gone_from_the_queue_once_solved() -> None:
    Concern.raise_about(a_payment(), ConcernKind.STUCK, "No answer.")
    payment = Payment.objects.get()
    concern, solver = Concern.objects.get(), desk("view_concern", "view_payment", "change_payment", "ask_gateway", "solve_concern")
    solver.press(concern, "solve", reason="Paid after all.")
    assert "Paid after all." in solver.page(concern)
    assert press_of(payment, "ask-again") not in solver.get(page_of(concern)).content.decode()


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
