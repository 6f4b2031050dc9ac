"""Who may do what: the table of groups, and that giving it out again surprises nobody."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command

from customer_data.tests import make
from desk.models import Role
from desk.models.role import give_roles
from desk.roles import ACCOUNTANT, CASHIER, MOVES_MONEY, OWNER, ROLES, SUPERVISOR

pytestmark = pytest.mark.django_db

OURS = ("customer_data", "desk", "flows", "offline_payments", "paynow_integration")

# What people ask about, in the order C S A O: who may?
WHO_MAY = {
    "customer_data.view_payment": "CSAO",
    "customer_data.ask_gateway": "CS-O",
    "customer_data.send_request_again": "CS-O",
    "customer_data.submit_proof": "CS-O",
    "customer_data.review_proof": "-S-O",
    "customer_data.request_refund": "CS-O",
    "customer_data.approve_refund": "-S-O",
    "customer_data.pay_refund": "--AO",
    "customer_data.stop_waiting": "-S-O",
    "customer_data.move_payment": "-S-O",
    "customer_data.write_letter": "-S-O",
    "customer_data.cancel_booking": "-S-O",
    "customer_data.answer_dispute": "-S-O",
    "customer_data.solve_concern": "-S-O",
    "customer_data.change_booking": "-S-O",
    "customer_data.pause_gateway": "---O",
    "customer_data.change_methodswitch": "---O",
    "customer_data.change_amountlimit": "---O",
    "customer_data.change_attemptlimit": "---O",
    "customer_data.view_denial": "CSAO",
    "customer_data.change_denial": "-S-O",
    "desk.import_statement": "--AO",
    "desk.close_day": "--AO",
    "desk.add_export": "--AO",
    "flows.view_conversation": "CS-O",
    "flows.change_conversation": "CS-O",
    "flows.change_whatsapptemplate": "---O",
    "paynow_integration.change_paynowconfig": "---O",
    "auth.change_user": "---O",
    "auth.change_group": "---O",
    "rest_framework_api_key.add_apikey": "---O",
}


def member_of(group: str) -> Any:
    user: Any = make.staff(f"of-{group}")
    user.groups.add(Group.objects.get(name=group))
    return user


@pytest.mark.parametrize(("permission", "who"), WHO_MAY.items())
def test_each_group_may_do_what_the_table_says_and_no_more(permission: str, who: str) -> None:
    may = [group[0] if member_of(group).has_perm(permission) else "-" for group in (CASHIER, SUPERVISOR, ACCOUNTANT, OWNER)]
    assert "".join(may) == who


def test_every_permission_of_the_table_exists() -> None:
    named = {f"{each.content_type.app_label}.{each.codename}" for each in Permission.objects.select_related("content_type")}
    assert not {name for wanted in (*ROLES.values(), MOVES_MONEY) for name in wanted} - named


def test_every_action_of_ours_belongs_to_a_group() -> None:
    declared = {f"{model._meta.app_label}.{code}" for model in apps.get_models() for code, _ in model._meta.permissions}
    own = {name for name in declared if name.startswith(OURS)}
    assert len(own) > 10
    assert not own - frozenset().union(*ROLES.values())


def test_nobody_is_given_the_deletion_of_money() -> None:
    kept = ("payment", "paymentevent", "receipt", "refund", "transfer", "booking", "customer", "proof", "closedday")
    assert not {f"customer_data.delete_{model}" for model in kept} & frozenset().union(*ROLES.values())


def test_who_only_looks_moves_no_money_and_every_other_group_signs_in_with_a_second_step() -> None:
    assert not ROLES[CASHIER] & MOVES_MONEY
    assert all(ROLES[group] & MOVES_MONEY for group in (SUPERVISOR, ACCOUNTANT, OWNER))


def test_what_an_owner_changed_in_a_group_stays_so() -> None:
    group = Group.objects.get(name=CASHIER)
    taken = Permission.objects.get(codename="request_refund")
    added = Permission.objects.get(codename="write_letter")
    group.permissions.remove(taken)
    group.permissions.add(added)
    call_command("migrate", verbosity=0)
    assert not group.permissions.filter(pk=taken.pk).exists()
    assert group.permissions.filter(pk=added.pk).exists()


def test_a_permission_that_comes_later_is_given_once() -> None:
    role, group = Role.objects.get(pk=CASHIER), Group.objects.get(name=CASHIER)
    later = Permission.objects.get(codename="ask_gateway")
    group.permissions.remove(later)
    Role.objects.filter(pk=CASHIER).update(given=[name for name in role.given if not name.endswith("ask_gateway")])
    give_roles(apps)
    assert group.permissions.filter(pk=later.pk).exists()
    assert Role.objects.get(pk=CASHIER).given == role.given


def test_a_group_that_was_deleted_or_renamed_does_not_come_back() -> None:
    Group.objects.get(name=CASHIER).delete()
    Group.objects.filter(name=SUPERVISOR).update(name="Floor lead")
    give_roles(apps)
    assert set(Group.objects.values_list("name", flat=True)) == {"Floor lead", ACCOUNTANT, OWNER}
