"""How often, and for how much, somebody has tried to pay lately, and whether anything forbids one more try: one question.

Whoever asks holds a lock of the number and of the customer until the end of the transaction, so that two who open a payment at
the same instant are counted one after the other. Taken after the booking's lock, and before those of limits and seats.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from customer_data.models import AttemptLimit, Booking


@dataclass(frozen=True)
class Attempt:
    """What is about to be opened. `phone` in E.164 or empty; `payer_id` of another customer who pays."""

    booking: Booking
    amount: Decimal
    phone: str = ""
    email: str = ""
    payer_id: int | None = None
    is_test: bool = False

    @property
    def customer_id(self) -> int:
        """Who tries."""
        return self.payer_id or self.booking.customer_id


@dataclass(frozen=True)
class TooOften:
    """A limit that one more try would break."""

    per: str
    hours: int

    @property
    def sentence(self) -> str:
        """What the customer is told."""
        what = "This number has been" if self.per == AttemptLimit.Per.PHONE else "You have"
        tried = "asked to pay" if self.per == AttemptLimit.Per.PHONE else "tried to pay"
        when = "Wait an hour and try again" if self.hours == AttemptLimit.Within.HOUR else "Try again tomorrow"
        return f"{what} {tried} as often as we allow for now. {when}, or write to us in the chat and a person will help you."


@dataclass(frozen=True)
class Standing:
    """What is known before a payment is opened: who denies it, which limit of attempts it breaks, and our limits on amounts."""

    denial_id: int | None
    too_often: TooOften | None
    limit_id: int | None
    least_per_payment: Decimal | None
    most_per_payment: Decimal | None
    most_per_customer_a_day: Decimal | None
    most_a_day: Decimal | None


def look(attempt: Attempt) -> Standing:
    """Everything that may forbid this attempt, in one question: every payment asks it. Test money breaks no limit of attempts.

    Inside the transaction that opens the payment.
    """
    customer = attempt.booking.customer
    facts: dict[str, Any] = {
        "currency": attempt.booking.currency,
        "amount": attempt.amount,
        "phone": attempt.phone,
        "phones": [phone for phone in {attempt.phone, customer.phone, f"+{customer.wa_id or ''}"} if len(phone) > 1],
        "emails": [email.lower() for email in {attempt.email, customer.email} if email],
        "customer": attempt.customer_id,
        "customers": [attempt.customer_id, customer.pk],
        "is_test": attempt.is_test,
        "counted": sorted({f"customer {attempt.customer_id}", f"phone {attempt.phone}"} - {"phone "}),
    }
    with connection.cursor() as cursor:
        cursor.execute(_ONE_AFTER_THE_OTHER + _LOOK, facts)
        cursor.nextset()
        denial, per, hours, *limits = _only_row(cursor.fetchone())
    return Standing(denial, TooOften(per, hours) if per else None, *limits)


def _only_row(row: tuple[Any, ...] | None) -> tuple[Any, ...]:
    assert row is not None  # noqa: S101  there is one row of ones
    return row


# A statement of its own, in the same question: the next one then sees what was committed while this one waited. In one order
# everywhere, so that no two wait for each other.
_ONE_AFTER_THE_OTHER = "SELECT pg_advisory_xact_lock(7206001, hashtext(one)) FROM unnest(%(counted)s::text[]) AS one;"

# Written out, because an ORM needs longer to compose this than PostgreSQL to answer it. Attempts of the last day are found by two
# indexes, of the phone and of the customer's bookings; whatever became of them, each has bothered somebody.
_LOOK = """
WITH tried AS (
    SELECT payment.created_at, payment.amount, payment.currency, payment.status, 'phone' AS per
      FROM customer_data_payment payment
     WHERE payment.phone = %(phone)s AND payment.phone <> '' AND NOT payment.is_test
       AND payment.created_at > now() - interval '24 hours'
    UNION ALL
    SELECT payment.created_at, payment.amount, payment.currency, payment.status, 'customer'
      FROM customer_data_payment payment JOIN customer_data_booking booking ON booking.id = payment.booking_id
     WHERE booking.customer_id = %(customer)s AND payment.payer_id IS NULL AND NOT payment.is_test
       AND payment.created_at > now() - interval '24 hours'
    UNION ALL
    SELECT payment.created_at, payment.amount, payment.currency, payment.status, 'customer'
      FROM customer_data_payment payment
     WHERE payment.payer_id = %(customer)s AND NOT payment.is_test AND payment.created_at > now() - interval '24 hours'
), counted AS (
    SELECT attempts.id, attempts.per, attempts.hours, count(tried.per) AS times,
           coalesce(sum(tried.amount) FILTER (WHERE tried.currency = %(currency)s), 0) + %(amount)s AS amount,
           count(*) FILTER (WHERE tried.status IN ('failed', 'cancelled', 'expired') AND tried.created_at > coalesce(
               (SELECT max(paid.created_at) FROM tried paid
                 WHERE paid.per = attempts.per AND paid.status IN ('successful', 'disputed', 'refunded')),
               '-infinity')) AS unpaid_in_a_row
      FROM customer_data_attemptlimit attempts
      LEFT JOIN tried ON tried.per = attempts.per AND tried.created_at > now() - attempts.hours * interval '1 hour'
     WHERE NOT %(is_test)s
     GROUP BY attempts.id
), too_often AS (
    SELECT counted.per, counted.hours
      FROM counted JOIN customer_data_attemptlimit most ON most.id = counted.id
     WHERE counted.times >= most.most_attempts
        OR counted.unpaid_in_a_row >= most.most_unpaid_in_a_row
        OR counted.amount > CASE %(currency)s WHEN 'USD' THEN most.most_usd ELSE most.most_zwg END
     ORDER BY counted.hours DESC, counted.per
     LIMIT 1
), denial AS (
    SELECT min(denied.id) AS id
      FROM customer_data_denial denied
     WHERE denied.lifted_at IS NULL AND (denied.ends_at IS NULL OR denied.ends_at > now())
       AND (denied.value = ANY(%(phones)s::text[]) AND denied.kind = 'phone'
            OR denied.value = %(phone)s AND denied.value <> '' AND denied.kind = 'wallet'
            OR denied.value = ANY(%(emails)s::text[]) AND denied.kind = 'email'
            OR denied.customer_id = ANY(%(customers)s::bigint[]))
)
SELECT denial.id, too_often.per, too_often.hours,
       amounts.id, amounts.least_per_payment, amounts.most_per_payment, amounts.most_per_customer_a_day, amounts.most_a_day
  FROM denial
  LEFT JOIN too_often ON true
  LEFT JOIN customer_data_amountlimit amounts ON amounts.currency = %(currency)s
"""
