"""Requests of the API that must not be done twice."""

from __future__ import annotations

from django.db import models


class IdempotentRequest(models.Model):
    """What an API key asked for under one `Idempotency-Key`, and what it was answered."""

    caller = models.CharField(max_length=150, help_text="Id of the API key.")
    key = models.CharField(max_length=255)
    request_hash = models.CharField(max_length=64)
    status_code = models.PositiveSmallIntegerField(null=True, blank=True)
    answer = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["caller", "key"], name="idempotency_key_once_per_caller"),)

    def __str__(self) -> str:
        return f"{self.caller}: {self.key}"
