"""One talk with one customer: where it stands, and what the customer wrote."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F

from customer_data.models import Customer


class Conversation(models.Model):
    """The talk with one customer. Its row is the lock under which one message after another is answered."""

    customer = models.OneToOneField(Customer, on_delete=models.PROTECT, related_name="conversation")
    step = models.CharField(max_length=64, blank=True, help_text="Name of the step of flows/definitions/booking_flow.py.")
    answers = models.JSONField(default=dict, blank=True, help_text="What the customer has chosen so far.")
    trail = models.JSONField(default=list, blank=True, help_text="The steps before this one, for *back*.")
    language = models.CharField(max_length=2, default="en", help_text="en, sn or nd.")
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The person who answers.",
    )
    wants_person_since = models.DateTimeField(
        null=True, blank=True, help_text="The customer asked for a person; the machine is quiet."
    )
    muted_at = models.DateTimeField(null=True, blank=True, help_text="The customer wrote STOP: no reminders.")
    notice_given_at = models.DateTimeField(
        null=True, blank=True, help_text="When they were first told what is done with their data, and where to read about it."
    )
    last_heard_at = models.DateTimeField(
        null=True, blank=True, help_text="When the customer last wrote; the 24-hour window counts from it."
    )
    nudged_at = models.DateTimeField(
        null=True, blank=True, help_text="When we last spoke up by ourselves about an unfinished booking."
    )
    pair_spent_until = models.DateTimeField(
        null=True, blank=True, help_text="Up to when WhatsApp's rate for this customer is used up."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = (
            models.Index(fields=["-wants_person_since"], name="conversation_wants_person"),
            models.Index(fields=["last_heard_at"], name="conversation_last_heard"),
            # The order of the staff's list: who waits for a person longest, then who was heard last.
            models.Index(
                F("wants_person_since").asc(nulls_last=True),
                F("last_heard_at").desc(nulls_last=True),
                F("id").desc(),
                name="conversation_list",
            ),
        )

    def __str__(self) -> str:
        return str(self.customer)


class IncomingMessage(models.Model):
    """What a customer wrote, for the people who read the talk. Written when it is answered, in the same transaction."""

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="incoming_messages")
    wamid = models.CharField(max_length=255, unique=True)
    kind = models.CharField(max_length=32)
    text = models.TextField(blank=True, help_text="The words, or the title of the button.")
    media_id = models.CharField(max_length=255, blank=True)
    sent_at = models.DateTimeField(help_text="When the customer sent it, says WhatsApp.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = (models.Index(fields=["customer", "-id"], name="incoming_of_customer"),)

    def __str__(self) -> str:
        return f"{self.customer}: {self.text[:40] or self.kind}"


class ReviewedLanguage(models.Model):
    """A language besides English is spoken once a native speaker has read every sentence of it and is named here."""

    code = models.CharField(max_length=2, unique=True, choices=[("sn", "Shona"), ("nd", "Ndebele")])
    reviewer = models.CharField(max_length=200, blank=True, help_text="Empty: the language is off.")
    reviewed_on = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return self.get_code_display()
