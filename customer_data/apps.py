"""Customers, bookings, payments and the gateway contract."""

from typing import Any

from celery.signals import before_task_publish, task_postrun, task_prerun
from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate

from customer_data import correlation, who


class CustomerDataConfig(AppConfig):
    name = "customer_data"
    verbose_name = "Customers and payments"

    def ready(self) -> None:
        """Connected before the other parts' receivers: they find the receipt when they tell people of the money."""
        from customer_data.services import (  # noqa: PLC0415  models are not there any sooner
            flag_surprises,
            follow_dispute,
            issue_when_paid,
            settle_seats,
            settle_when_refunded,
        )
        from customer_data.signals import payment_moved, payment_moving  # noqa: PLC0415

        payment_moved.connect(issue_when_paid, dispatch_uid="receipts")
        payment_moving.connect(flag_surprises, dispatch_uid="surprises")
        payment_moving.connect(settle_seats, dispatch_uid="seats")
        payment_moving.connect(follow_dispute, dispatch_uid="disputes")
        payment_moving.connect(settle_when_refunded, dispatch_uid="refunds")
        connection_created.connect(who.sign_statements, dispatch_uid="who acts")
        task_prerun.connect(who.begin_task, dispatch_uid="who acts")
        task_postrun.connect(who.end_task, dispatch_uid="who acts")
        before_task_publish.connect(correlation.hand_on, dispatch_uid="correlation")
        task_prerun.connect(correlation.begin_task, dispatch_uid="correlation")
        task_postrun.connect(correlation.end_task, dispatch_uid="correlation")
        post_migrate.connect(_record_changes, sender=self, dispatch_uid="record of changes")


def _record_changes(**_: Any) -> None:
    """After the migrations of all apps: every recorded table is there by then."""
    from customer_data.recording import put_triggers_in_place  # noqa: PLC0415  models are not there any sooner

    put_triggers_in_place()
