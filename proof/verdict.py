"""Whether everything that was promised held, asked of both sides of the wire after the schedule has run out."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db import connection

from customer_data.ledger import violations
from customer_data.models import Concern, Payment, Receipt, RefundStatus
from customer_data.status import NEEDS_PROOF, OPEN, Status
from flows.models import Message, Update
from paynow_integration.models import Outcome, PaynowNotification
from proof.evidence import Evidence
from proof.leaks import nothing_secret_can_be_read
from proof.plan import End, Forgery
from proof.telling import messages_that_should_be

MOST_SENTENCES = 12
ODD = ("wrong_amount", "wrong_reference")


@dataclass(frozen=True)
class Finding:
    """One thing that is not as promised. `promise` is the name of its function here."""

    promise: str
    sentence: str


def judge(evidence: Evidence) -> list[Finding]:
    """Nothing when every promise held."""
    return [Finding(look.__name__, sentence) for look in LOOKS for sentence in look(evidence)]


# --- Money ----------------------------------------------------------------------------------------
def one_charge_for_each_payment(evidence: Evidence) -> Iterator[str]:
    counted = Counter(charge.reference for charge in evidence.books.charges)
    for reference, count in counted.items():
        if count > 1:
            yield f"The gateway has {count} charges for payment {reference}."
    for charge in evidence.books.charges:
        if charge.prompts > 1:
            yield f"The customer was asked {charge.prompts} times for payment {charge.reference}."


def one_payment_for_each_tap(evidence: Evidence) -> Iterator[str]:
    counted: Counter[str] = Counter()
    for reference in Payment.objects.values_list("booking__booking_reference", flat=True):
        counted[reference] += 1
    for story in evidence.stories:
        changed = story.journey.end in (End.CHANGED, End.CHANGED_AND_PAID)
        count = counted[story.booked.booking_reference]
        if count > 1 + changed:
            yield f"Booking {story.booked.booking_reference} has {count} payments; its customer asked for {1 + changed}."


def money_is_the_same_on_both_sides(evidence: Evidence) -> Iterator[str]:
    ours = {
        payment.reference: payment
        for payment in Payment.objects.filter(status__in=NEEDS_PROOF).exclude(gateway="offline").iterator()
    }
    theirs = {charge.reference: charge for charge in evidence.books.paid}
    for currency in ("USD", "ZWG"):
        at_gateway = sum((each.amount for each in evidence.books.paid if each.currency == currency), Decimal(0))
        in_ledger = sum((each.amount for each in ours.values() if each.currency == currency), Decimal(0))
        if at_gateway != in_ledger:
            yield f"The gateway took {currency} {at_gateway:.2f}; the ledger says {currency} {in_ledger:.2f}."
    for reference in sorted(theirs.keys() - ours.keys()):
        yield f"The gateway has {theirs[reference].amount} for payment {reference}; the ledger has nothing."
    for reference in sorted(ours.keys() - theirs.keys()):
        yield f"The ledger has {ours[reference].amount} for payment {reference}; the gateway has nothing."
    for reference in sorted(ours.keys() & theirs.keys()):
        if (ours[reference].amount, ours[reference].currency) != (theirs[reference].amount, theirs[reference].currency):
            yield f"Payment {reference} is of {ours[reference].amount_shown}; the gateway took {theirs[reference].amount}."


def both_sides_say_the_same(evidence: Evidence) -> Iterator[str]:
    """After everything: disputed and refunded too. What we gave back by hand the gateway does not know."""
    by_hand = set(Payment.objects.filter(refunds__status=RefundStatus.DONE).values_list("reference", flat=True))
    standing = {"Disputed": Status.DISPUTED, "Refunded": Status.REFUNDED}
    found = dict(Payment.objects.values_list("reference", "status"))
    for charge in evidence.books.paid:
        expected = standing.get(charge.status, Status.SUCCESSFUL)
        ours = found.get(charge.reference, "nothing")
        if ours != expected and not (ours == Status.REFUNDED and charge.reference in by_hand):
            yield f"Payment {charge.reference} is {ours} with us and {charge.status} at the gateway."


def a_button_works_once(evidence: Evidence) -> Iterator[str]:
    """Of a refund that two asked for: one was made, of just the payment's amount."""
    for reference in evidence.refunded:
        payment = Payment.objects.get(reference=reference)
        going = payment.refunds.exclude(status=RefundStatus.FAILED)
        amount = sum((refund.amount for refund in going), Decimal(0))
        if going.count() != 1 or amount != payment.amount:
            yield f"Payment {reference} of {payment.amount_shown} has {going.count()} refunds of {amount} in all."


def every_payment_has_an_end(evidence: Evidence) -> Iterator[str]:
    for reference, status in Payment.objects.filter(status__in=OPEN).values_list("reference", "status"):
        yield f"Payment {reference} is still {status}."
    yield from evidence.unsettled


def the_ledger_is_clean(_evidence: Evidence) -> Iterator[str]:
    for violation in violations():
        yield f"{violation.invariant}: {violation.sentence}"


def receipts_have_no_gap(_evidence: Evidence) -> Iterator[str]:
    numbers: defaultdict[str, list[int]] = defaultdict(list)
    for series, number in Receipt.objects.values_list("series", "number").order_by("number"):
        numbers[str(series)].append(number)
    for series, given in numbers.items():
        if given != list(range(1, len(given) + 1)):
            yield f"The receipts of series {series} are not numbered from 1 to {len(given)}."
    for reference in Payment.objects.filter(status__in=NEEDS_PROOF, receipt__isnull=True).values_list("reference", flat=True):
        yield f"Payment {reference} came in and has no receipt."


# --- Customers ------------------------------------------------------------------------------------
def everyone_is_told_once(evidence: Evidence) -> Iterator[str]:
    for due in messages_that_should_be():
        words = [each for each in evidence.books.told.get(due.number, ()) if due.fits(each)]
        if not due.least <= len(words) <= due.most:
            expected = str(due.least) if due.least == due.most else f"{due.least} or {due.most}"
            yield f"The customer of {due.about} got {len(words)} messages that say {due.says}; {expected} should have come."
    for told in evidence.books.told.values():
        marks = Counter(each.mark for each in told if each.mark)
        for mark, count in marks.items():
            if count > 1:
                yield f"WhatsApp got {mark} {count} times."


def one_answer_for_each_message(evidence: Evidence) -> Iterator[str]:
    """Who asked for a form in the chat got one, however often WhatsApp delivered the message."""
    for story in evidence.stories:
        if story.journey.by_chat and not story.gave_up:
            told = evidence.books.told.get(story.booked.number, ())
            forms = sum(each.opens_form and story.booked.booking_reference in each.words for each in told)
            if forms != 1:
                yield f"The customer of booking {story.booked.booking_reference} asked for one form and got {forms}."


def people_hear_of_odd_answers(evidence: Evidence) -> Iterator[str]:
    """An answer with another amount or reference. A process that is killed just then takes the answer with it."""
    odd = {reference for name, call, reference in evidence.books.struck if name in ODD and call in ("poll", "trace")}
    told = set(Concern.objects.filter(payment__reference__in=odd).values_list("payment__reference", flat=True))
    untold = sorted(odd - told)
    if len(untold) > evidence.killed:
        yield f"Of {len(odd)} payments with an answer that was not about them nobody was told of {', '.join(untold)}."


def nobody_gave_up(evidence: Evidence) -> Iterator[str]:
    for story in evidence.stories:
        if story.gave_up:
            yield f"The customer of booking {story.booked.booking_reference} {story.gave_up}."


# --- What was answered ----------------------------------------------------------------------------
def no_error_for_what_could_be_stored(evidence: Evidence) -> Iterator[str]:
    for failure in evidence.failures:
        if not evidence.was_database_away(failure.at):
            yield f"{failure.to} was answered {failure.status} while the database was there."


def nothing_that_was_taken_is_missing(evidence: Evidence) -> Iterator[str]:
    kept = set(Update.objects.values_list("key", flat=True))
    for key in {*map(_key_of, evidence.books.webhooks_taken), *(f"message:{wamid}" for wamid in evidence.customer_webhooks_taken)}:
        if key and key not in kept:
            yield f"WhatsApp's update {key} was answered with 200 and is not in the tables."
    fingerprints = set(PaynowNotification.objects.values_list("fingerprint", flat=True))
    for delivery in evidence.books.deliveries:
        if 200 in delivery.answers and hashlib.sha256(delivery.body).hexdigest() not in fingerprints:
            yield f"Paynow's update of payment {delivery.reference} was answered with 200 and is not in the tables."


def forgeries_change_nothing(evidence: Evidence) -> Iterator[str]:
    genuine_again = (Forgery.REPLAYED, Forgery.SHIFTED)
    for forged in evidence.forged:
        if forged.kind not in genuine_again and 200 in forged.answers:
            yield f"An update of payment {forged.reference}, {forged.kind}, was answered as if it were genuine."
    waiting = PaynowNotification.objects.filter(outcome=Outcome.RECEIVED).count()
    if waiting:
        yield f"{waiting} status updates were never judged."


# --- What is left behind --------------------------------------------------------------------------
def nothing_is_left_waiting(_evidence: Evidence) -> Iterator[str]:
    for model, name in ((Message, "messages"), (Update, "updates of WhatsApp")):
        count = model.objects.filter(next_try_at__isnull=False).count()
        if count:
            yield f"{count} {name} still wait."
    failed = Message.objects.filter(status=Message.Status.FAILED)
    for number, reason in failed.values_list("pk", "last_error")[:MOST_SENTENCES]:
        yield f"Message {number} was given up: {reason}"


def nothing_is_held(_evidence: Evidence) -> Iterator[str]:
    """In this database: what is done in others of the same server is none of ours."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FILTER (WHERE state LIKE 'idle in transaction%' AND now() - state_change > interval '5 s'),
                      count(*) FILTER (WHERE wait_event_type = 'Lock')
               FROM pg_stat_activity WHERE datname = current_database()"""
        )
        idle, waiting = cursor.fetchone()
    if idle:
        yield f"{idle} transactions are open and idle."
    if waiting:
        yield f"{waiting} locks are waited for."


LOOKS: Sequence[Callable[[Evidence], Iterator[str]]] = (
    one_charge_for_each_payment,
    one_payment_for_each_tap,
    money_is_the_same_on_both_sides,
    both_sides_say_the_same,
    a_button_works_once,
    every_payment_has_an_end,
    the_ledger_is_clean,
    receipts_have_no_gap,
    everyone_is_told_once,
    one_answer_for_each_message,
    people_hear_of_odd_answers,
    nobody_gave_up,
    no_error_for_what_could_be_stored,
    nothing_that_was_taken_is_missing,
    forgeries_change_nothing,
    nothing_is_left_waiting,
    nothing_is_held,
    nothing_secret_can_be_read,
)
"""In the order of `promises.PROMISED`, which says each in words."""


def _key_of(webhook: str) -> str:
    """As our inbox calls the one update in it."""
    value = json.loads(webhook)["entry"][0]["changes"][0]["value"]
    for status in value.get("statuses", ()):
        return f"status:{status['id']}:{status['status']}"
    for message in value.get("messages", ()):
        return f"message:{message['id']}"
    return ""
