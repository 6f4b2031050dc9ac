"""Who may come in: staff, groups, and the API keys of other systems. Django's own pages in the look of the rest."""

from __future__ import annotations

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
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


@admin.register(Group)
class GroupAdmin(DjangoGroupAdmin, Desk):
    pass


@admin.register(APIKey)
class APIKeyAdmin(APIKeyModelAdmin, Desk):
    search_help_text = "Name, first characters"
