"""Addresses of the second step, under `/admin/second-step/`."""

from django.urls import path

from desk.sign_in.pages import codes, set_up, verify

urlpatterns = [
    path("", verify, name="second-step"),
    path("set-up/", set_up, name="second-step-set-up"),
    path("codes/", codes, name="second-step-codes"),
]
