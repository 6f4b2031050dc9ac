"""How often we may ask a gateway, shared by every process."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models, transaction
from django.db.models import F, Value
from django.db.models.functions import Greatest


class PollBudget(models.Model):
    """A leaky bucket in one row: `spent_until` is the moment up to which the asking allowed per minute is used up."""

    gateway = models.CharField(max_length=32, unique=True)
    spent_until = models.DateTimeField()

    BURST = timedelta(seconds=30)

    def __str__(self) -> str:
        return self.gateway

    @classmethod
    def locked(cls, gateway: str, *, now: datetime) -> PollBudget:
        """The gateway's budget, locked until the end of the transaction. Take it, spend it, let go: never over the network."""
        PollBudget.objects.bulk_create([PollBudget(gateway=gateway, spent_until=now)], ignore_conflicts=True)
        return PollBudget.objects.select_for_update().get(gateway=gateway)

    @classmethod
    def take_one(cls, gateway: str, *, per_minute: int, now: datetime) -> bool:
        """Whether one question may be asked now; if so, it is counted."""
        cost = timedelta(minutes=1) / per_minute
        has_room = PollBudget.objects.filter(gateway=gateway, spent_until__lte=now + cls.BURST - cost)
        spent_until = Greatest(F("spent_until"), Value(now, models.DateTimeField())) + cost
        if cost <= cls.BURST and has_room.update(spent_until=spent_until):
            return True
        with transaction.atomic():  # spent, or never asked before
            budget = cls.locked(gateway, now=now)
            if not budget.available(per_minute=per_minute, now=now):
                return False
            budget.spend(1, per_minute=per_minute, now=now)
        return True

    def available(self, *, per_minute: int, now: datetime) -> int:
        """How many questions may be asked now: `per_minute` in the long run, half of that at once."""
        return max(0, (now + self.BURST - max(self.spent_until, now)) // (timedelta(minutes=1) / per_minute))

    def spend(self, count: int, *, per_minute: int, now: datetime) -> None:
        self.spent_until = max(self.spent_until, now) + count * (timedelta(minutes=1) / per_minute)
        self.save(update_fields=["spent_until"])
