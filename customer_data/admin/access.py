"""Who may come in: staff, groups, and the API keys of other systems. Django's own pages in the look of the rest."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.http import HttpRequest
from rest_framework_api_key.admin import APIKeyModelAdmin
from rest_framework_api_key.models import APIKey
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from customer_data.admin.desk import Desk

for _model in (User, Group, APIKey):
    admin.site.unregister(_model)


@admin.register(User)
class UserAdmin(DjangoUserAdmin, Desk):  # type: ignore[type-arg]  # not subscriptable at run time
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    add_fieldsets = DjangoUserAdmin.add_fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Only superusers make superusers."""
        return super().get_readonly_fields(request, obj) if _is_super(request) else ("is_superuser", "last_login", "date_joined")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody below them gives a superuser a new password, and comes in as them."""
        return super().has_change_permission(request, obj) and (_is_super(request) or not (obj and obj.is_superuser))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Who has acted here stays in the books: they are made inactive instead."""
        return False


def _is_super(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_superuser", False))


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, Desk):
    pass


@admin.register(APIKey)
class APIKeyAdmin(APIKeyModelAdmin, Desk):
    search_help_text = "Name, first characters"
