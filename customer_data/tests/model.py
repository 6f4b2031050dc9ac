"""The world of the model: a gateway with its own truth, a clock that moves when told, and what must hold of the books."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from customer_data.gateway import GatewayRefused
from customer_data.models import Booking, Payment, Refund, RefundStatus
from customer_data.status import MONEY_IN, NEEDS_PROOF, OPEN, UNPAID_ENDS, Status
from customer_data.tests.drawer import Drawer, Slip
from customer_data.tests.drawer_gateway import STATUS_OF

ZERO = Decimal("0.00")

GATEWAY_MAY_GO = {
    "waiting": {"paid", "no", "withdrawn", "held", "returned"},
    "no": {"paid"},
    "withdrawn": {"paid"},
    "paid": {"held", "returned"},
    "held": {"paid", "returned"},
    "returned": set(),
}
"""What a gateway can truly do with a charge. Whatever else it says is a mistake of its."""


# --- What must hold -------------------------------------------------------------------------------
def what_must_hold(books: Books) -> Iterator[tuple[str, bool]]:
    """The whole model. Each line must be true after every step, whatever the steps were."""
    for payment in books.payments:
        yield "A payment is charged at most once.", books.charges_of(payment) <= 1
        yield "Money is in only where the gateway took it.", payment.status not in NEEDS_PROOF or books.was_taken(payment)
        yield "Good never becomes bad, and an end stays an end but for late money.", books.went_well(payment)
        yield "What is open is due.", payment.status not in OPEN or payment.next_check_at is not None
        yield "The trail replays to the status.", books.trail_of(payment) == payment.status
        yield "Refunds never exceed what was received.", books.spoken_for(payment) <= payment.amount
        yield "No more goes back than came.", books.given_back(payment) <= payment.amount
    for booking in books.bookings:
        yield "At most one payment of a booking is open.", len(books.open_payments_of(booking)) <= 1
        yield "Paid on a booking is what came in less what went back.", booking.amount_paid == books.received_for(booking)
    for refund in books.refunds:
        yield "Who asks for a refund never approves it.", refund.approved_by_id != refund.requested_by_id


def what_must_hold_in_the_end(books: Books) -> Iterator[tuple[str, bool]]:
    """Once the gateway has been asked about everything, our books say what its books say."""
    for payment in books.payments:
        yield "Every payment stands as its gateway says.", books.agrees(payment)
    for booking in books.bookings:
        yield "Paid is what the gateways took less what they gave back.", booking.amount_paid == books.truly_kept_for(booking)
    for refund in books.refunds:
        yield "A refund that failed gave nothing back.", refund.status != RefundStatus.FAILED or books.moved_by(refund) == ZERO


# --- Our books beside the gateway's ---------------------------------------------------------------
@dataclass
class Books:
    """Both sides as they are now. `before` is how each payment stood at the last look."""

    drawer: PaperlessDrawer
    before: dict[str, str] = field(default_factory=dict)

    def look(self) -> None:
        """Read everything again."""
        self.before = {payment.reference: payment.status for payment in getattr(self, "payments", [])}
        self.bookings = list(Booking.objects.all())
        self.payments = list(Payment.objects.prefetch_related("events").order_by("created_at"))
        self.refunds = list(Refund.objects.all())

    # Ours
    def went_well(self, payment: Payment) -> bool:
        was, now = self.before.get(payment.reference, ""), payment.status
        if was in NEEDS_PROOF:
            return now in NEEDS_PROOF and (was != Status.REFUNDED or now == was)
        return was not in UNPAID_ENDS or now == was or now in NEEDS_PROOF

    def trail_of(self, payment: Payment) -> str:
        """Where the moves lead, each from where the last one ended; `broken` when they do not."""
        stands = ""
        for event in sorted(payment.events.all(), key=lambda event: event.pk):
            if event.is_move:
                if event.from_status != stands:
                    return "broken"
                stands = event.to_status
        return stands

    def open_payments_of(self, booking: Booking) -> list[Payment]:
        return [payment for payment in self.payments if payment.booking_id == booking.pk and payment.status in OPEN]

    def spoken_for(self, payment: Payment) -> Decimal:
        of_it = [refund for refund in self.refunds if refund.payment_id == payment.pk]
        return sum((refund.amount for refund in of_it if refund.status != RefundStatus.FAILED), ZERO)

    def received_for(self, booking: Booking) -> Decimal:
        here = [payment for payment in self.payments if payment.booking_id == booking.pk and payment.status in MONEY_IN]
        back = [refund.amount for refund in self.refunds if refund.payment_id in {each.pk for each in here} and _is_done(refund)]
        return sum((payment.amount for payment in here), ZERO) - sum(back, ZERO)

    # The gateway's
    def charges_of(self, payment: Payment) -> int:
        return self.drawer.arrivals(payment.reference)

    def was_taken(self, payment: Payment) -> bool:
        return payment.reference in self.drawer.ever_taken

    def given_back(self, payment: Payment) -> Decimal:
        return self.drawer.given_back(payment.reference)

    def moved_by(self, refund: Refund) -> Decimal:
        slip = self.drawer.slip(refund.reference)
        return Decimal(slip["amount"]) if slip is not None and slip["word"] == "returned" else ZERO

    def agrees(self, payment: Payment) -> bool:
        slip = self.drawer.slip(payment.reference)
        says = None if slip is None else STATUS_OF[slip["word"]]
        if says in NEEDS_PROOF:
            return payment.status == says
        return payment.status in OPEN or payment.status in UNPAID_ENDS

    def truly_kept_for(self, booking: Booking) -> Decimal:
        return sum((self.truly_kept(payment) for payment in self.payments if payment.booking_id == booking.pk), ZERO)

    def truly_kept(self, payment: Payment) -> Decimal:
        """What the gateway has of the customer's money now."""
        slip = self.drawer.slip(payment.reference)
        if slip is None or slip["word"] not in ("paid", "held"):
            return ZERO
        return Decimal(slip["amount"]) - self.given_back(payment)


def _is_done(refund: Refund) -> bool:
    return refund.status == RefundStatus.DONE


# --- The far side ---------------------------------------------------------------------------------
@dataclass
class PaperlessDrawer(Drawer):
    """The drawer without its folder, for speed, and with the manners of a real gateway: it gives back only what it has."""

    slips: dict[str, Slip] = field(default_factory=dict)
    ever_taken: set[str] = field(default_factory=set)

    def slip(self, reference: str) -> Slip | None:
        found = self.slips.get(reference)
        return None if found is None else dict(found)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        yield

    def _write(self, slip: Slip) -> None:
        self.slips[slip["reference"]] = dict(slip)
        if slip["word"] in ("paid", "held", "returned") and "payment" not in slip:
            self.ever_taken.add(slip["reference"])

    def decide(self, reference: str, word: str) -> None:
        """The gateway's truth about a charge changes, if it can change so."""
        slip = self.slip(reference)
        if slip is not None and word in GATEWAY_MAY_GO[slip["word"]] and not (word == "returned" and self._refunds_of(reference)):
            self.say(reference, word)

    def pay(self, reference: str) -> None:
        slip = self.slip(reference)
        if slip is None or slip["word"] not in ("waiting", "paid"):
            raise GatewayRefused("This charge is closed.")
        super().pay(reference)

    def give_back(self, reference: str, amount: str, refund_reference: str) -> Slip:
        charge = self.slip(reference)
        if self.slip(refund_reference) is None:
            spoken_for = sum((Decimal(slip["amount"]) for slip in self._refunds_of(reference)), ZERO)
            if charge is None or charge["word"] != "paid" or spoken_for + Decimal(amount) > Decimal(charge["amount"]):
                raise GatewayRefused("There is not so much to give back.")
        slip = super().give_back(reference, amount, refund_reference)
        self._close_when_empty(reference)
        return slip

    def end_refund(self, refund_reference: str, word: str) -> None:
        """A refund that was under way there comes to its end."""
        slip = self.slip(refund_reference)
        if slip is not None and slip["word"] == "returning":
            self.say(refund_reference, word)
            self._close_when_empty(slip["payment"])

    def given_back(self, reference: str) -> Decimal:
        of_it = [Decimal(slip["amount"]) for slip in self._refunds_of(reference) if slip["word"] == "returned"]
        return sum(of_it, ZERO)

    def _refunds_of(self, reference: str) -> list[Slip]:
        return [slip for slip in self.slips.values() if slip.get("payment") == reference and slip["word"] != "kept"]

    def _close_when_empty(self, reference: str) -> None:
        charge = self.slips[reference]
        if self.given_back(reference) == Decimal(charge["amount"]):
            self.say(reference, "returned")


# --- Time -----------------------------------------------------------------------------------------
class Clock:
    """Stands still but for a moment at each look, so that nothing is ever at the same time; moves when told."""

    def __init__(self) -> None:
        self._now = timezone.now()

    def now(self) -> datetime:
        self._now += timedelta(milliseconds=1)
        return self._now

    def let_pass(self, time: timedelta) -> None:
        self._now += time
