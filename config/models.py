"""The signs of life of the processes that answer no requests."""

from datetime import timedelta

from django.db import models
from django.utils import timezone


class Heartbeat(models.Model):
    """When a kind of process (`worker`, `clock`) last showed that it does its work."""

    name = models.CharField(max_length=20, primary_key=True)
    beaten_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}: {self.beaten_at:%Y-%m-%d %H:%M:%S}"


def beat(name: str) -> None:
    """Record that `name` is alive now."""
    Heartbeat.objects.update_or_create(name=name, defaults={"beaten_at": timezone.now()})


def silence_of(name: str) -> timedelta | None:
    """How long `name` has been silent; None if it was never heard."""
    beaten_at = Heartbeat.objects.filter(name=name).values_list("beaten_at", flat=True).first()
    return None if beaten_at is None else timezone.now() - beaten_at
