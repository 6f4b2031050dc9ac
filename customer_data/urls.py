"""Addresses of this part, under `/crm-api/`."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
