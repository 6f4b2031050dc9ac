"""The trail of a payment: one row for every move and every answer worth keeping. Written once, never changed."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q

from customer_data.status import Status


class PaymentEvent(models.Model):
    """What happened, who did it and why. `from_status` equals `to_status` where something was noted and nothing moved."""

    payment = models.ForeignKey("customer_data.Payment", on_delete=models.PROTECT, related_name="events")
    from_status = models.CharField(max_length=16, blank=True)
    to_status = models.CharField(max_length=16, choices=Status.choices)
    source = models.CharField(max_length=32, help_text="The door it came through: flow, api, admin, sweep, gateway, command.")
    actor = models.CharField(max_length=150, blank=True, help_text="The member of staff, where there is one.")
    reason = models.CharField(max_length=500, blank=True)
    details = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("id",)
        constraints = (models.CheckConstraint(condition=Q(to_status__in=Status.values), name="event_to_status_is_known"),)
        indexes = (models.Index(fields=["to_status", "created_at"], name="event_by_status_and_time"),)
        triggers = (pgtrigger.Protect(name="events_are_append_only", operation=pgtrigger.Update | pgtrigger.Delete),)

    def __str__(self) -> str:
        return f"{self.from_status or 'new'} → {self.to_status} ({self.source})"

    @property
    def is_move(self) -> bool:
        return self.from_status != self.to_status
