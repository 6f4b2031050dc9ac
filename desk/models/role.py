"""Which permissions a group was given by us: each once, so that what an owner takes away stays away."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group
from django.db import models, transaction

from desk.roles import ROLES


class Role(models.Model):
    """A group that we made. `given`: names of permissions, such as `customer_data.view_payment`, that it once got from us."""

    name = models.CharField(max_length=150, primary_key=True)
    group = models.OneToOneField(Group, null=True, on_delete=models.SET_NULL, related_name="+")
    given = models.JSONField(default=list)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.name


def give_roles(apps: Any) -> None:
    """Make the groups of `desk.roles`, and give each what it did not get before.

    Safe to run again: a permission that an owner took out of a group stays out, one that they added stays in, a group that
    they deleted or renamed is not made again. `apps` is Django's registry, or the one of a migration.
    """
    role_model, group_model = apps.get_model("desk", "Role"), apps.get_model("auth", "Group")
    ids = {
        f"{permission.content_type.app_label}.{permission.codename}": permission.pk
        for permission in apps.get_model("auth", "Permission").objects.select_related("content_type")
    }
    with transaction.atomic():
        for name, wanted in ROLES.items():
            role = role_model.objects.filter(pk=name).first()
            if role is None:
                role = role_model.objects.create(name=name, group=group_model.objects.get_or_create(name=name)[0])
            _give(role, sorted(each for each in wanted if each in ids and each not in role.given), ids)


def _give(role: Any, new: list[str], ids: dict[str, int]) -> None:
    if new and role.group is not None:
        role.group.permissions.add(*(ids[name] for name in new))
    if new:
        role.given = sorted([*role.given, *new])
        role.save(update_fields=["given"])
