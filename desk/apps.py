"""The staff's desk: what people see and do across all parts."""

from typing import Any

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class DeskConfig(AppConfig):
    name = "desk"
    verbose_name = "Desk"

    def ready(self) -> None:
        """Permissions are made after migrations, app by app; this app is the last, so all of them are there by then."""
        post_migrate.connect(_give_roles, sender=self, dispatch_uid="roles")


def _give_roles(**migrated: Any) -> None:
    from desk.models.role import give_roles  # noqa: PLC0415  models are not there any sooner

    known = migrated.get("apps", apps)
    if "role" in known.all_models["desk"]:  # not so after going back to before there were any
        give_roles(known)
