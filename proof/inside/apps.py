"""Django's entry: everything is put in place when a process starts."""

from django.apps import AppConfig


class InsideConfig(AppConfig):
    name = "proof.inside"
    label = "proof_inside"
