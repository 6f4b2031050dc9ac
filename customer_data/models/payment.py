"""One attempt to be paid. Its status is written by `move_to` alone, and the database refuses what must not be."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pgtrigger
from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils import timezone

from customer_data import correlation
from customer_data.card_numbers import without_card_numbers
from customer_data.gateway import PromptKind, Ticket
from customer_data.models.booking import Booking, Customer
from customer_data.models.concern import Concern
from customer_data.models.event import PaymentEvent
from customer_data.models.finding import ends_index
from customer_data.models.moves import legal_moves_only
from customer_data.models.statements import insert_beside_sql, insert_sql, is_written, run, update_sql
from customer_data.money import CENT, Currency, show_amount
from customer_data.references import new_reference
from customer_data.sealed import SealedTextField
from customer_data.signals import payment_moved, payment_moving
from customer_data.status import MOVES, NEEDS_PROOF, OPEN, Reason, Status, may_move

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager

    from customer_data.models.letter import NonReceiptLetter


logger = logging.getLogger(__name__)


class IllegalMove(Exception):
    """The table of moves does not have it; nothing was changed."""


class _OnAnotherBooking(Exception):
    """It was moved to another booking since it was read: that one's lock is needed, and that one's totals change."""


# The row is looked at again once its booking's lock is had: whoever held that may have moved it.
_LOCK_AND_WRITE = """
    WITH locked AS MATERIALIZED (SELECT id FROM customer_data_booking WHERE id = %s FOR UPDATE),
        moved AS ({update} AND booking_id = (SELECT id FROM locked) RETURNING id)
    {note} RETURNING id"""
_WRITE = "WITH moved AS ({update} RETURNING id) {note} RETURNING id"

_SENTENCES = re.compile(r"(?<=[.!?])\s+")
_ABOUT_A_PAGE = re.compile(r"\bclick\b", re.IGNORECASE)


def _only_beside_a_transfer() -> pgtrigger.Trigger:
    """Money counts for another booking only beside a row that says who moved it, when and why."""
    return pgtrigger.Trigger(
        name="booking_changes_by_transfer",
        operation=pgtrigger.UpdateOf("booking_id"),
        when=pgtrigger.Before,
        condition=pgtrigger.Condition("OLD.booking_id IS DISTINCT FROM NEW.booking_id"),
        declare=[("was", "bigint"), ("becomes", "bigint")],
        func="""
            SELECT from_booking_id, to_booking_id INTO was, becomes FROM customer_data_transfer
                WHERE payment_id = OLD.id ORDER BY id DESC LIMIT 1;
            IF was IS DISTINCT FROM OLD.booking_id OR becomes IS DISTINCT FROM NEW.booking_id THEN
                RAISE EXCEPTION 'payment % is moved to another booking by a transfer only', OLD.reference
                    USING ERRCODE = 'check_violation';
            END IF;
            RETURN NEW;
        """,
    )


class Payment(models.Model):
    """What the customer was asked for, how, and how it stands."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reference = models.CharField(max_length=32, unique=True, default=new_reference, editable=False)
    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="payments")
    amount = models.DecimalField(max_digits=12, decimal_places=2, validators=[MinValueValidator(CENT)])
    currency = models.CharField(max_length=3, choices=Currency.choices, default=Currency.USD)
    payment_method = models.CharField(max_length=32)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.CREATED, editable=False)
    reason_code = models.CharField(
        "reason", max_length=32, choices=Reason.choices, blank=True, help_text="Why it ended, or what is wrong now."
    )
    phone = models.CharField(max_length=32, blank=True, help_text="The wallet to debit.")
    email = models.EmailField(blank=True)
    payer = models.ForeignKey(
        Customer,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Who pays, when it is not the customer who booked; the receipt goes to both.",
    )
    is_test = models.BooleanField(default=False, help_text="Test money: in no takings.")

    gateway = models.CharField(max_length=32, blank=True)
    account = models.CharField(max_length=64, blank=True, help_text="The merchant's account at the gateway that it was sent under.")
    gateway_reference = models.CharField(max_length=128, blank=True)
    gateway_status = models.CharField(max_length=64, blank=True, help_text="The gateway's own word.")
    gateway_data = models.JSONField(default=dict, blank=True, help_text="What the gateway needs to find it again; not for people.")
    poll_url = models.TextField(blank=True, help_text="Where the gateway answers for this payment. Kept on the server.")

    prompt = models.CharField(max_length=32, choices=[(kind.value, kind.value) for kind in PromptKind], blank=True)
    redirect_url = models.TextField(blank=True)
    return_url = models.TextField(blank=True)
    instructions = models.TextField(blank=True)
    authorization_code = models.CharField(max_length=64, blank=True)
    authorization_expires = models.DateTimeField(null=True, blank=True)
    otp = SealedTextField(
        blank=True, default="", editable=False, help_text="A one-time code on its way to the gateway; gone once handed over."
    )
    otp_tries = models.PositiveSmallIntegerField("codes typed", default=0, db_default=0, editable=False)

    unsent = models.BooleanField(default=False, help_text="The last try certainly never left us: it may be sent again.")
    sends_made = models.PositiveSmallIntegerField(default=0)
    checks_made = models.PositiveIntegerField(default=0)
    not_found = models.PositiveSmallIntegerField(default=0, help_text="How often in a row the gateway had never heard of it.")
    is_final = models.BooleanField(default=False, help_text="The gateway will say nothing else about it.")
    checked_at = models.DateTimeField(null=True, blank=True)
    next_check_at = models.DateTimeField(null=True, blank=True, help_text="When something is due to be done about it.")

    correlation_id = models.CharField(
        max_length=correlation.LENGTH,
        blank=True,
        default=correlation.current_id,
        db_default="",
        editable=False,
        help_text="The thread of events it belongs to: its lines in the log have this id.",
    )
    notes = models.TextField(blank=True)
    approved_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    processed_at = models.DateTimeField(null=True, blank=True, help_text="When it came to its first end.")
    reported_at = models.DateTimeField(null=True, blank=True, help_text="When the gateway last said how it stands.")
    ipn_received_at = models.DateTimeField(null=True, blank=True)

    if TYPE_CHECKING:
        events: RelatedManager[PaymentEvent]
        concerns: RelatedManager[Concern]
        letters: RelatedManager[NonReceiptLetter]

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_amount_is_positive"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="payment_status_is_known"),
            models.CheckConstraint(condition=Q(currency__in=Currency.values), name="payment_currency_is_known"),
            models.UniqueConstraint(fields=["booking"], condition=Q(status__in=sorted(OPEN)), name="one_open_payment_per_booking"),
            models.CheckConstraint(
                condition=~Q(status__in=sorted(NEEDS_PROOF))
                | Q(approved_by__isnull=False)
                | (Q(reported_at__isnull=False) & ~Q(gateway_status="")),
                name="payment_success_needs_a_report_or_an_approver",
            ),
        )
        indexes = (
            models.Index(fields=["next_check_at"], condition=Q(next_check_at__isnull=False), name="payment_what_is_due"),
            models.Index(
                fields=["next_check_at"],
                condition=Q(status=Status.CREATED) | Q(status=Status.SENDING, unsent=True),
                name="payment_what_is_unsent",
            ),
            models.Index(fields=["-created_at"], name="payment_newest_first"),
            models.Index(fields=["gateway_reference"], condition=~Q(gateway_reference=""), name="payment_gateway_reference"),
            ends_index("phone", "payment_phone_ends", condition=~Q(phone="")),
            models.Index(fields=["phone", "created_at"], condition=~Q(phone=""), name="payment_attempts_of_a_phone"),
            models.Index(Upper("email"), name="payment_email", condition=~Q(email="")),
        )
        triggers = (
            legal_moves_only("legal_moves_only", "payment", MOVES),
            pgtrigger.ReadOnly(
                name="what_was_asked_stays",
                fields=[
                    "id",
                    "reference",
                    "amount",
                    "currency",
                    "payment_method",
                    "gateway",
                    "account",
                    "is_test",
                    "created_at",
                ],
            ),
            _only_beside_a_transfer(),
            pgtrigger.Protect(name="payments_are_kept", operation=pgtrigger.Delete),
        )
        permissions = (
            ("ask_gateway", "Can ask the gateway how a payment stands"),
            ("send_request_again", "Can send a payment request again"),
            ("stop_waiting", "Can stop waiting for a payment"),
            ("move_payment", "Can move a payment to another booking"),
        )

    def __str__(self) -> str:
        return f"{self.reference} · {self.amount_shown} · {self.get_status_display()}"

    @property
    def amount_shown(self) -> str:
        return show_amount(self.amount, self.currency)

    @property
    def instructions_in_chat(self) -> str:
        """What the gateway says to do, without its sentences about buttons of its own page: nobody finds those in the chat."""
        return " ".join(sentence for sentence in _SENTENCES.split(self.instructions) if not _ABOUT_A_PAGE.search(sentence))

    @property
    def door(self) -> str:
        """Through which door it was asked for: the source of the first line of its trail, which may be selected with it."""
        known: str | None = getattr(self, "asked_through", None)
        if known is None:
            known = self.events.filter(from_status="").order_by("pk").values_list("source", flat=True).first()
        return known or ""

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def is_paid(self) -> bool:
        return self.status == Status.SUCCESSFUL

    @property
    def ticket(self) -> Ticket:
        """What the gateway needs to find this payment again."""
        return Ticket(poll_url=self.poll_url, account=self.account, details=self.gateway_data)

    def move_to(
        self, status: str, *, source: str, actor: str = "", reason: str = "", details: Mapping[str, Any] | None = None, **facts: Any
    ) -> PaymentEvent | None:
        """Move to `status` and write `facts`, the event and the booking's totals with it, in one transaction.

        None when another process moved it first: nothing was written, and this object is stale.
        `payment_moved` is sent after commit. Raises IllegalMove.
        """
        if not may_move(self.status, status):
            raise IllegalMove(f"Payment {self.reference} cannot go from {self.status} to {status}.")
        facts_of_event = {"source": source, "actor": actor, "reason": reason, "details": details}
        try:
            return self._move(status, facts, facts_of_event)
        except _OnAnotherBooking:  # the first booking's lock is given back by now
            self.refresh_from_db(fields=["booking"])
            return self.move_to(status, source=source, actor=actor, reason=reason, details=details, **facts)

    def _move(self, status: str, facts: Mapping[str, Any], facts_of_event: dict[str, Any]) -> PaymentEvent | None:
        if {self.status, status} <= OPEN:  # nothing that its booking counts, or that seats hang on
            event = self._move_row(status, facts, facts_of_event)
            return event and self._tell_after_commit(event)
        with transaction.atomic():
            # The booking's lock first, always: two payments of one booking then add up one after the other.
            booking = Booking.objects.select_for_update().get(pk=self.booking_id)
            was, event = self.status, self._move_row(status, facts, facts_of_event)
            if event is None:
                return None
            if {was, status} & NEEDS_PROOF:
                booking.recount()
            payment_moving.send(type(self), payment=self, was=was, booking=booking)
            return self._tell_after_commit(event)

    def _move_row(self, status: str, facts: Mapping[str, Any], facts_of_event: dict[str, Any]) -> PaymentEvent | None:
        event = self._event(self.status, status, **facts_of_event)
        if not self._write(event, facts):
            return None
        self.status = status
        for name, value in facts.items():
            setattr(self, name, value)
        return event

    def _tell_after_commit(self, event: PaymentEvent) -> PaymentEvent:
        transaction.on_commit(lambda: self._tell(event))
        return event

    def _tell(self, event: PaymentEvent) -> None:
        """In the payment's own thread of events, whoever moved it."""
        with correlation.thread(self.correlation_id or correlation.thread_here()):
            facts = {"was": event.from_status, "now": event.to_status, "source": event.source}
            correlation.step(logger, "payment moved", payment=self.reference, **facts)
            payment_moved.send_robust(type(self), payment=self, event=event)

    def open(self, *, source: str, actor: str = "", details: Mapping[str, Any] | None = None) -> PaymentEvent:
        """Write a new payment and the first line of its trail, in one statement."""
        event = self._event("", self.status, source=source, actor=actor, reason="", details=details)
        insert, params = insert_sql(self)
        note, note_params = insert_beside_sql(event, beside="made")
        ((key,),) = run(f"WITH made AS ({insert} RETURNING id) {note} RETURNING id", [*params, *note_params])
        is_written(self, self.pk)
        is_written(event, key)
        return event

    def note(self, *, source: str, actor: str = "", reason: str = "", details: Mapping[str, Any] | None = None) -> PaymentEvent:
        """Leave a line in the trail without moving."""
        return self._note(self.status, self.status, source=source, actor=actor, reason=reason, details=details)

    def _write(self, event: PaymentEvent, facts: Mapping[str, Any]) -> bool:
        """Update the row and write `event`, in one statement, only while status and booking are still the ones we know."""
        now, stays_open = timezone.now(), {event.from_status, event.to_status} <= OPEN
        if event.to_status not in OPEN:
            facts = {"processed_at": self.processed_at or now, **facts}
        rows = Payment.objects.filter(pk=self.pk, status=self.status)
        update, params = update_sql(rows.filter(booking=self.booking_id), status=event.to_status, updated_at=now, **facts)
        note, note_params = insert_beside_sql(event, beside="moved")
        statement = (_LOCK_AND_WRITE if stays_open else _WRITE).format(update=update, note=note)
        written = run(statement, [*([self.booking_id] if stays_open else []), *params, *note_params])
        if not written and rows.exists():
            raise _OnAnotherBooking
        for (key,) in written:
            is_written(event, key)
        return bool(written)

    def _note(self, from_status: str, to_status: str, **fields: Any) -> PaymentEvent:
        event = self._event(from_status, to_status, **fields)
        event.save(force_insert=True)
        return event

    def _event(self, from_status: str, to_status: str, **fields: Any) -> PaymentEvent:
        fields["reason"] = without_card_numbers(fields["reason"])[:500]
        fields["details"] = dict(fields["details"] or {})
        return PaymentEvent(payment=self, from_status=from_status, to_status=to_status, **fields)
