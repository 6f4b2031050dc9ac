"""Which permissions a group was given by us: each once, so that what an owner takes away stays away."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.db import models


class Role(models.Model):
    """A group that we made. `given`: names of permissions, such as `customer_data.view_payment`, that it once got from us."""

    name = models.CharField(max_length=150, primary_key=True)
    group = models.OneToOneField(Group, null=True, on_delete=models.SET_NULL, related_name="+")
    given = models.JSONField(default=list)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.name
