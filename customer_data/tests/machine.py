"""Every sequence of what customers, staff, workers and a gateway can do, over the real core on real PostgreSQL."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from decimal import ROUND_DOWN
from pathlib import Path
from typing import Any, ClassVar

from django.db import connection, transaction
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, multiple, precondition, rule

from customer_data import ledger, services
from customer_data.gateway import NotGenuine, gateway_named
from customer_data.models import Booking, Payment, Refund, RefundStatus
from customer_data.money import CENT
from customer_data.offer import CannotPay
from customer_data.services import CannotCancel, CannotRefund, CannotTransfer, NothingToAsk, NotSentAgain, NotStopped
from customer_data.tests import make, till
from customer_data.tests.drawer import FORGER, KEY, OTP, Drawer
from customer_data.tests.model import Books, Clock, PaperlessDrawer, what_must_hold, what_must_hold_in_the_end

BOOKINGS = st.integers(0, 2)
PEOPLE = st.integers(0, 2)
METHODS = st.sampled_from(["wallet", "purse", "code", "otp", "page"])
AMOUNTS = st.sampled_from(["full", "deposit", "balance"])
TROUBLES = st.sampled_from(["", "", "", "refuse", "lose", "misconfigured"])
LIES = st.sampled_from(
    [
        {"word": "paid", "amount": "0.01"},
        {"word": "paid", "amount": "100000.00"},
        {"word": "paid", "account": "till-zwg"},
        {"word": "paid", "currency": "ZWG"},
        {"word": "paid", "reference": "SOMEBODYELSE"},
        {"word": "Teleported"},
    ]
)
BAD_NEWS = st.sampled_from(["waiting", "no", "withdrawn"])


class Shop(RuleBasedStateMachine):
    """Three bookings, three members of staff, and a drawer. Each example is undone by a rollback."""

    clock: ClassVar[Clock]

    payments: Bundle[str] = Bundle("payments")
    refunds: Bundle[str] = Bundle("refunds")

    def __init__(self) -> None:
        super().__init__()
        self._undone = transaction.atomic()
        self._undone.__enter__()
        self.drawer = PaperlessDrawer(Path())
        Drawer.in_use = self.drawer
        self.people: list[Any] = [make.staff(name) for name in ("tendai", "chipo", "farai")]
        for total in ("231.00", "100.01", "40.00"):
            make.booking(total)
        self.books = self.new_books()
        self.steps = 0

    @initialize(target=payments, is_paid=st.booleans())
    def begin(self, is_paid: bool) -> Any:
        """Half of the sequences begin with money that came: otherwise few would come as far as a refund."""
        return self.begin_paid().reference if is_paid else multiple()

    def begin_paid(self) -> Payment:
        """A payment for one of the bookings that has no open one, asked for, approved and seen."""
        payment = till.charge(next(each for each in Booking.objects.order_by("pk") if not each.payments.exists()))
        self.drawer.pay(payment.reference)
        return till.check(payment)

    def new_books(self) -> Books:
        return Books(self.drawer)

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:  # else it has failed already
                self.all_has_been_said()
                assert [violation for violation in ledger.violations() if "receipt" not in violation.invariant] == []
        finally:
            transaction.set_rollback(True)
            self._undone.__exit__(None, None, None)

    # --- What must hold -----------------------------------------------------------------------------
    @invariant()
    def look_at_the_books(self) -> None:
        self._commit()
        self.steps += 1
        self.books.look()
        _expect(what_must_hold(self.books))

    def _commit(self) -> None:
        """What a commit would find out now."""
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")

    # --- The customer -------------------------------------------------------------------------------
    @rule(target=payments, booking=BOOKINGS, method=METHODS, amount=AMOUNTS, shares=st.sampled_from([1, 1, 1, 2, 3]))
    def the_customer_asks_to_pay(self, booking: int, method: str, amount: str, shares: int) -> Any:
        with suppress(CannotPay):
            return till.ask_for(self.booking(booking), method, amount, shares=shares).reference
        return multiple()

    @rule(payment=payments, otp=st.sampled_from([OTP, OTP, "9999"]), trouble=TROUBLES)
    def the_customer_types_a_code(self, payment: str, otp: str, trouble: str) -> None:
        with suppress(CannotPay):
            services.keep_otp(self.payment(payment), otp)
            with self.trouble(trouble if trouble != "misconfigured" else ""):
                services.submit_otp(payment, source="test")

    # --- The gateway --------------------------------------------------------------------------------
    @rule(payment=payments)
    def the_customer_approves(self, payment: str) -> None:
        self.drawer.decide(payment, "paid")

    @rule(payment=payments, word=st.sampled_from(["paid", "no", "withdrawn", "held", "returned"]))
    def the_gateway_decides(self, payment: str, word: str) -> None:
        self.drawer.decide(payment, word)

    @rule(payment=payments, lie=LIES)
    def the_gateway_talks_nonsense(self, payment: str, lie: dict[str, str]) -> None:
        self._say_once(payment, lie)

    @rule(payment=payments, word=BAD_NEWS)
    def the_gateway_takes_back_that_it_was_paid(self, payment: str, word: str) -> None:
        if (self.drawer.slip(payment) or {}).get("word") in ("paid", "held", "returned"):
            self._say_once(payment, {"word": word})

    def _say_once(self, payment: str, changes: dict[str, str]) -> None:
        truth = self.drawer.slip(payment)
        if truth is not None:
            self.drawer.slips[payment] = truth | changes
            till.check(self.payment(payment))
            self.drawer.slips[payment] = truth

    # --- Workers ------------------------------------------------------------------------------------
    @rule(payment=payments, trouble=st.sampled_from(["", "", "", "refuse", "lose", "decline", "misconfigured"]))
    def a_worker_sends(self, payment: str, trouble: str) -> None:
        with self.trouble(trouble):
            services.send_payment(payment, source="test")

    @rule(payment=payments, trouble=TROUBLES)
    def a_worker_asks(self, payment: str, trouble: str) -> None:
        with self.trouble(trouble):
            till.check(self.payment(payment))

    @rule(payment=payments, key=st.sampled_from([KEY, KEY, FORGER]), times=st.integers(1, 2))
    def the_bell_rings(self, payment: str, key: str, times: int) -> None:
        for _ in range(times if self.drawer.slip(payment) else 0):
            with suppress(NotGenuine):
                for notice in gateway_named("drawer").read(self.drawer.notification(payment, key=key), {}):
                    services.ring(notice.reference, account=notice.account)
            services.check_payment(payment, source="test")

    @rule(trouble=TROUBLES)
    def the_clock_beats(self, trouble: str) -> None:
        with self.trouble(trouble):
            till.clock_beats()
        for reference in services.due_refunds():
            services.send_refund(reference, source="sweep")

    @rule(minutes=st.sampled_from([1, 4, 12, 61, 60 * 25, 60 * 24 * 8]))
    def time_passes(self, minutes: int) -> None:
        self.clock.let_pass(timedelta(minutes=minutes))

    # --- Staff --------------------------------------------------------------------------------------
    @rule(payment=payments)
    def staff_stop_waiting(self, payment: str) -> None:
        with suppress(NotStopped):
            services.stop_waiting(self.payment(payment), user=self.people[0], reason="They pay in cash.")

    @rule(payment=payments)
    def staff_have_the_gateway_asked(self, payment: str) -> None:
        with suppress(NothingToAsk):
            services.ask_gateway(self.payment(payment), user=self.people[0])

    @rule(target=payments, payment=payments)
    def staff_ask_for_it_again(self, payment: str) -> Any:
        with suppress(NotSentAgain, CannotPay):
            again = services.send_request_again(self.payment(payment), user=self.people[0], reason="They asked for it.")
            return again.reference
        return multiple()

    @rule(payment=payments, booking=BOOKINGS)
    def staff_move_it_to_another_booking(self, payment: str, booking: int) -> None:
        with suppress(CannotTransfer):
            services.transfer_payment(
                self.payment(payment), self.booking(booking), reason="Paid for the other.", user=self.people[0]
            )

    @precondition(lambda self: self.steps > 8)
    @rule(booking=BOOKINGS)
    def staff_cancel_the_booking(self, booking: int) -> None:
        with suppress(CannotCancel):
            services.cancel_booking(self.booking(booking), reason="The road is closed.", user=self.people[0])

    # --- Money that goes back -----------------------------------------------------------------------
    @rule(target=refunds, payment=payments, part=st.sampled_from(["all", "half", "a cent", "too much"]), person=PEOPLE)
    def staff_ask_for_a_refund(self, payment: str, part: str, person: int) -> Any:
        paid = self.payment(payment)
        left = services.most_to_refund(paid)
        half = (left / 2).quantize(CENT, rounding=ROUND_DOWN)
        amount = {"all": left, "half": half, "a cent": CENT, "too much": left + CENT}[part]
        with suppress(CannotRefund):
            return services.request_refund(paid, amount=amount, reason="It rained.", user=self.people[person]).reference
        return multiple()

    @rule(refund=refunds, person=PEOPLE)
    def staff_approve_the_refund(self, refund: str, person: int) -> None:
        with suppress(CannotRefund):
            services.approve_refund(self.refund(refund), user=self.people[person])

    @rule(refund=refunds, person=PEOPLE)
    def staff_turn_the_refund_down(self, refund: str, person: int) -> None:
        with suppress(CannotRefund):
            services.turn_down_refund(self.refund(refund), reason="It did not rain.", user=self.people[person])

    @rule(refund=refunds, person=PEOPLE)
    def staff_take_the_refund_by_hand(self, refund: str, person: int) -> None:
        with suppress(CannotRefund):
            services.take_refund(self.refund(refund), user=self.people[person])

    @rule(refund=refunds, person=PEOPLE)
    def staff_pay_the_refund_by_hand(self, refund: str, person: int) -> None:
        with suppress(CannotRefund):
            services.record_paid_back(self.refund(refund), proof_of_payment=f"CO-{refund}", user=self.people[person])

    @rule(refund=refunds)
    def staff_could_not_pay_the_refund(self, refund: str) -> None:
        with suppress(CannotRefund):
            services.record_refund_failed(self.refund(refund), reason="The wallet is closed.", user=self.people[0])

    @rule(
        refund=refunds,
        trouble=st.sampled_from(["", "", "refuse", "lose", "decline", "misconfigured"]),
        word=st.sampled_from(["returned", "returned", "returning", "kept"]),
    )
    def a_worker_sends_the_refund(self, refund: str, trouble: str, word: str) -> None:
        self.drawer.refund_word = word
        with self.trouble(trouble):
            self._send(refund)

    @rule(refund=refunds, word=st.sampled_from(["returned", "kept"]))
    def the_gateway_ends_the_refund(self, refund: str, word: str) -> None:
        self.drawer.end_refund(refund, word)

    def _send(self, refund: str) -> None:
        Refund.objects.filter(reference=refund, next_check_at__isnull=False).update(next_check_at=self.clock.now())
        services.send_refund(refund, source="test")

    # --- In the end ---------------------------------------------------------------------------------
    @rule()
    def all_has_been_said(self) -> None:
        """Nothing is in trouble, and the gateway is asked about everything until nobody has news."""
        self.drawer.refund_word = "returned"
        for slip in list(self.drawer.slips.values()):
            self.drawer.end_refund(slip["reference"], "returned")
        for _ in range(3):
            self.clock.let_pass(timedelta(seconds=90))
            for payment in Payment.objects.filter(gateway="drawer"):
                services.ring(payment.reference, account=payment.account)
                services.check_payment(payment.reference, source="test")
            for refund in Refund.objects.filter(status__in=[RefundStatus.APPROVED, RefundStatus.SENT], way="gateway"):
                self._send(refund.reference)
        self._commit()
        self.books.look()
        _expect([*what_must_hold(self.books), *what_must_hold_in_the_end(self.books)])

    # --- Finding things -----------------------------------------------------------------------------
    def payment(self, reference: str) -> Payment:
        return Payment.objects.select_related("booking").get(reference=reference)

    def refund(self, reference: str) -> Refund:
        return Refund.objects.select_related("payment").get(reference=reference)

    def booking(self, number: int) -> Booking:
        return Booking.objects.order_by("pk")[number]

    @contextmanager
    def trouble(self, word: str) -> Iterator[None]:
        """The next request meets this."""
        self.drawer.next_trouble = [word] if word else []
        yield
        self.drawer.next_trouble = []


def _expect(lines: Iterable[tuple[str, bool]]) -> None:
    broken = [line for line, holds in lines if not holds]
    assert not broken, broken
