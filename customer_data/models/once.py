"""Forms of the staff's pages that have been used: a second click, or a way back in the browser, does nothing twice."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction


class UsedForm(models.Model):
    """One rendered form that was sent off. Each page gives its forms new keys."""

    key = models.UUIDField(primary_key=True)
    used_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = (models.Index(fields=["used_at"], name="used_form_age"),)

    def __str__(self) -> str:
        return str(self.key)

    @classmethod
    def use(cls, key: str) -> bool:
        """Whether this is the first use. A key that is none was not rendered by us and counts as used."""
        try:
            with transaction.atomic():
                cls.objects.create(key=key)
        except (IntegrityError, ValidationError):
            return False
        return True

    @classmethod
    def give_back(cls, key: str) -> None:
        """Nothing was done: the same form may be sent again."""
        cls.objects.filter(pk=key).delete()
