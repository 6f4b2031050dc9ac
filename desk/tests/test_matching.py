"""Lines of statements against our books: what is certain is matched, what is likely is proposed, what differs is told."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from customer_data.models import Payment, Proof, Refund
from customer_data.tests import make
from customer_data.tests.races import at_once
from desk import matching
from desk.matching import NotMatched, match_days
from desk.matching.payouts import Waiting, find_group
from desk.models import LineStatus, StatementLine
from desk.tests.statements import bank_lines, bank_row, days_ago, paid, paynow_lines, paynow_row, staff, today, transferred

pytestmark = pytest.mark.django_db

MATCHED, PROPOSED, OPEN, ASIDE = LineStatus.MATCHED, LineStatus.PROPOSED, LineStatus.OPEN, LineStatus.SET_ASIDE


def matched(*, currency: str = "USD") -> None:
    match_days(days_ago(15), today(), currency)


def stands(line: StatementLine) -> tuple[str, Any, str]:
    line.refresh_from_db()
    return line.status, line.payment, line.why


# --- Paynow's lines -------------------------------------------------------------------------------
def test_a_line_with_our_reference_is_matched() -> None:
    payment = paid()
    [line] = paynow_lines(paynow_row(payment))
    matched()
    assert stands(line) == (MATCHED, payment, "By our reference.")


@pytest.mark.parametrize("written", ["Order {0}", "{0} / Moyo", "booking:{0}", "ref-{0}"])
def test_our_reference_is_found_among_other_words(written: str) -> None:
    payment = paid()
    [line] = paynow_lines(paynow_row(payment, reference=written.format(payment.reference.lower())))
    matched()
    assert stands(line)[:2] == (MATCHED, payment)


def test_a_line_with_paynows_reference_is_matched() -> None:
    payment = paid(gateway_reference="1234567")
    [line] = paynow_lines(paynow_row(amount="231.00", their_reference="1234567"))
    matched()
    assert stands(line) == (MATCHED, payment, "By Paynow's reference.")


def test_the_same_amount_on_the_same_day_is_proposed() -> None:
    payment = paid()
    [line] = paynow_lines(paynow_row(amount="231.00", their_reference="1"))
    matched()
    assert stands(line)[:2] == (PROPOSED, payment)


def test_of_several_payments_none_is_proposed() -> None:
    paid(), paid()
    [line] = paynow_lines(paynow_row(amount="231.00", their_reference="1"))
    matched()
    assert stands(line) == (OPEN, None, "2 payments of this amount on that day have no line: pick the right one.")


def test_a_payment_with_its_line_is_proposed_for_no_other() -> None:
    first, second = paid(), paid()
    [_, line] = paynow_lines(paynow_row(first), paynow_row(amount="231.00", their_reference="1"))
    matched()
    assert stands(line)[:2] == (PROPOSED, second)


def test_a_proposal_stays_when_matching_is_repeated() -> None:
    paid()
    [line] = paynow_lines(paynow_row(amount="231.00", their_reference="1"))
    matched()
    before = stands(line)
    matched()
    assert stands(line) == before


def test_another_amount_is_told_and_not_matched() -> None:
    payment = paid()
    [line] = paynow_lines(paynow_row(payment, amount="200.00"))
    matched()
    assert stands(line) == (PROPOSED, payment, "Paynow says US$ 200.00, we asked for US$ 231.00.")


def test_paid_at_paynow_and_failed_with_us_is_told_until_the_gateway_was_asked() -> None:
    payment = make.payment("failed", gateway="paynow", payment_method="paynow_ecocash")
    [line] = paynow_lines(paynow_row(payment))
    matched()
    assert stands(line) == (PROPOSED, payment, "Paynow says Paid, we say Failed. Ask the gateway again.")
    make.move(payment, "successful")
    matched()
    assert stands(line)[0] == MATCHED


def test_cancelled_at_paynow_and_paid_with_us_is_told() -> None:
    payment = paid()
    [line] = paynow_lines(paynow_row(payment, status="Cancelled"))
    matched()
    assert stands(line) == (PROPOSED, payment, "Paynow says Cancelled, we say Successful. Ask the gateway again.")


def test_what_both_call_failed_is_no_money_and_no_matter() -> None:
    payment = make.payment("failed", gateway="paynow", payment_method="paynow_ecocash")
    [line] = paynow_lines(paynow_row(payment, status="Failed"))
    matched()
    assert stands(line)[:2] == (ASIDE, payment)


def test_a_word_that_nobody_knows_is_told() -> None:
    payment = paid()
    [line] = paynow_lines(paynow_row(payment, status="Blessed"))
    matched()
    assert stands(line) == (PROPOSED, payment, "Paynow says 'Blessed', a word we do not know.")


def test_test_money_never_stands_for_real_money() -> None:
    payment = paid(is_test=True)
    [line, other] = paynow_lines(paynow_row(payment), paynow_row(amount="231.00", their_reference="1"))
    matched()
    assert stands(line)[:2] == (OPEN, None)
    assert stands(other)[:2] == (OPEN, None)
    with pytest.raises(NotMatched, match="test money"):
        matching.pick(line.pk, payment.reference, by=staff())


def test_the_same_payment_on_two_lines_is_told() -> None:
    payment = paid()
    [first, second] = paynow_lines(paynow_row(payment, their_reference="1"), paynow_row(payment, their_reference="2"))
    matched()
    assert (stands(first)[0], stands(second)[0]) == (MATCHED, PROPOSED)
    assert "perhaps the customer paid twice" in second.why
    with pytest.raises(NotMatched, match="paid twice"):
        matching.confirm(second.pk, by=staff())


def test_money_in_another_currency_is_left_alone() -> None:
    payment = paid(currency="ZWG")
    [line] = paynow_lines(paynow_row(payment, amount="231.00"))
    matched()
    assert stands(line) == (PROPOSED, payment, "Paynow's line is in USD, the payment in ZWG.")


# --- Pay-outs -------------------------------------------------------------------------------------
def at_paynow(*amounts: str, day: date, fee: str = "") -> list[tuple[object, ...]]:
    numbers = range(len(amounts))
    return [paynow_row(day=day, amount=amounts[n], fee=fee, their_reference=f"{day}{n}") for n in numbers]


def settled(line: StatementLine) -> set[Decimal]:
    return set(line.settles.values_list("amount", flat=True))


def test_a_pay_out_of_one_day_is_proposed() -> None:
    paynow_lines(*at_paynow("10.00", "20.00", day=days_ago(2)), *at_paynow("7.00", day=days_ago(1)))
    [line] = bank_lines(bank_row("30.00", "PAYNOW", day=days_ago(1)))
    matched()
    assert stands(line)[0] == PROPOSED
    assert settled(line) == {Decimal("10.00"), Decimal("20.00")}


def test_a_pay_out_after_fees_is_proposed_and_says_so() -> None:
    paynow_lines(*at_paynow("10.00", "20.00", day=days_ago(2), fee="0.50"))
    [line] = bank_lines(bank_row("29.00", day=days_ago(1)))
    matched()
    assert stands(line)[2].endswith("US$ 30.00, less fees of US$ 1.00.")


def test_confirmed_lines_are_in_no_other_pay_out() -> None:
    paynow_lines(*at_paynow("10.00", "20.00", day=days_ago(2)))
    [first] = bank_lines(bank_row("30.00", day=days_ago(1)))
    matched()
    matching.confirm(first.pk, by=staff())
    [second] = bank_lines(bank_row("30.00", "again", day=today()))
    matched()
    assert (stands(first)[0], stands(second)[0]) == (MATCHED, OPEN)


def test_a_pay_out_that_was_turned_down_is_not_proposed_again() -> None:
    paynow_lines(*at_paynow("10.00", "20.00", day=days_ago(2)))
    [line] = bank_lines(bank_row("30.00", day=days_ago(1)))
    matched()
    matching.turn_down(line.pk, by=staff())
    matched()
    assert (stands(line)[0], settled(line)) == (OPEN, set())


def test_days_are_picked_by_hand_with_a_reason_where_the_sum_differs() -> None:
    paynow_lines(*at_paynow("10.00", "20.00", day=days_ago(2)))
    [line] = bank_lines(bank_row("28.77", day=days_ago(1)))
    matched()
    with pytest.raises(NotMatched, match=r"come to US\$ 30\.00"):
        matching.pick_days(line.pk, days_ago(2), days_ago(2), by=staff())
    assert settled(line) == set()
    matching.pick_days(line.pk, days_ago(2), days_ago(2), by=staff(), reason="Chargeback fee kept back")
    assert (stands(line)[0], len(settled(line))) == (MATCHED, 2)


def waiting(*amounts: str, day: int = 1, is_card: bool = False, first: int = 0) -> list[Waiting]:
    zero = Decimal("0.00")
    return [
        Waiting(first + n, date(2026, 11, day), Decimal(amount), zero, is_card) for n, amount in enumerate(amounts)
    ]  # fmt: skip


def found(amount: str, lines: list[Waiting]) -> set[int] | None:
    group, _ = find_group(Decimal(amount), lines)
    return None if group is None else {line.line_id for line in group.lines}


def test_wallets_of_one_day_and_cards_of_another_make_one_pay_out() -> None:
    lines = (
        waiting("10.00", "20.00", day=5)
        + waiting("7.00", day=5, is_card=True, first=10)
        + waiting("90.00", day=3, is_card=True, first=20)
    )
    assert found("120.00", lines) == {0, 1, 20}


def test_a_line_after_the_cut_off_is_left_out() -> None:
    assert found("130.00", waiting("10.00", "20.00", "100.00", "41.00")) == {0, 1, 2}


def test_several_groups_of_one_sum_are_left_to_a_person() -> None:
    group, is_open = find_group(Decimal("10.00"), waiting("10.00", "10.00", "3.00"))
    assert (group, is_open) == (None, True)


def test_thousands_of_lines_are_searched_without_trying_all_subsets() -> None:
    lines = [
        line for day in range(1, 9) for line in waiting(*(f"{n}.{day:02d}" for n in range(1, 1000)), day=day, first=day * 1000)
    ]
    started = timezone.now()
    assert found("0.07", lines) is None
    assert timezone.now() - started < timedelta(seconds=10)


# --- Transfers and refunds ------------------------------------------------------------------------
def slip_of(payment: Payment, reference: str) -> None:
    """The approved proof under which the transfer was booked."""
    fields = {"kind": "picture", "booking": payment.booking, "status": "approved", "received_amount": payment.amount}
    checker = get_user_model().objects.create_user(f"checker-{payment.reference}")
    Proof.objects.create(**fields, received_reference=reference, settled=payment, decided_by=checker, decided_at=timezone.now())


def test_a_transfer_with_our_reference_is_matched() -> None:
    payment = transferred()
    [line] = bank_lines(bank_row("231.00", f"RTGS {payment.reference} MOYO"))
    matched()
    assert stands(line) == (MATCHED, payment, "By our reference.")


def test_a_transfer_is_matched_by_the_reference_on_the_approved_slip() -> None:
    payment = transferred()
    slip_of(payment, "FT26-325 8812")
    [line] = bank_lines(bank_row("231.00", "Inward", reference="FT263258812"))
    matched()
    assert stands(line) == (MATCHED, payment, "By the bank's reference on the approved slip.")


def test_another_amount_than_on_the_slip_is_told() -> None:
    payment = transferred()
    slip_of(payment, "FT8812")
    [line] = bank_lines(bank_row("200.00", "FT8812"))
    matched()
    assert stands(line) == (PROPOSED, payment, "The bank says US$ 200.00, the approved slip US$ 231.00.")


def test_a_transfer_of_the_same_amount_is_proposed() -> None:
    payment = transferred()
    [line] = bank_lines(bank_row("231.00", "CASH DEPOSIT"))
    matched()
    assert stands(line)[:2] == (PROPOSED, payment)


def test_money_at_the_bank_that_nobody_approved_asks_for_a_proof() -> None:
    payment = make.payment("pending", gateway="offline", payment_method="bank_transfer")
    [line] = bank_lines(bank_row("231.00", payment.reference))
    matched()
    assert "approve the customer's proof" in stands(line)[2]
    with pytest.raises(NotMatched, match="is pending in our books"):
        matching.confirm(line.pk, by=staff(), reason="I know it")


def refunded(payment: Payment, proof: str) -> Refund:
    """A refund that a person paid back now."""
    users = get_user_model().objects
    maker, checker = users.create_user(f"m{payment.reference}"), users.create_user(f"c{payment.reference}")
    refund = Refund.objects.create(
        payment=payment, amount=payment.amount, currency="USD", way="person", reason="x", requested_by=maker
    )
    for status in ("approved", "sent", "done"):
        Refund.objects.filter(pk=refund.pk).update(
            status=status, approved_by=checker, done_at=timezone.now(), proof_of_payment=proof
        )
    refund.refresh_from_db()
    return refund


def test_a_refund_is_matched_by_the_reference_under_which_it_was_paid() -> None:
    refund = refunded(paid(), "BT-77120")
    [line] = bank_lines(bank_row("-231.00", "TRF BT77120 MOYO"))
    matched()
    assert (stands(line)[0], line.refund) == (MATCHED, refund)


def test_a_refund_of_the_same_amount_is_proposed() -> None:
    refund = refunded(paid(), "")
    [line] = bank_lines(bank_row("-231.00", "TRANSFER"))
    matched()
    assert (stands(line)[0], line.refund) == (PROPOSED, refund)


# --- A person decides -----------------------------------------------------------------------------
def test_a_difference_is_confirmed_only_with_a_reason() -> None:
    payment = paid()
    [line] = paynow_lines(paynow_row(payment, amount="200.00"))
    matched()
    with pytest.raises(NotMatched, match="Say why it is right"):
        matching.confirm(line.pk, by=staff())
    matching.confirm(line.pk, by=staff(), reason="Voucher of 31 dollars")
    assert stands(line)[0] == MATCHED
    assert (line.decided_by, "Voucher" in line.why) == (staff(), True)


def test_what_was_turned_down_is_not_proposed_again_until_it_is_opened() -> None:
    paid()
    [line] = paynow_lines(paynow_row(amount="231.00", their_reference="1"))
    matched()
    matching.turn_down(line.pk, by=staff())
    matched()
    assert stands(line)[0] == OPEN
    matching.look_again(line.pk, by=staff())
    matched()
    assert stands(line)[0] == PROPOSED


def test_a_payment_is_picked_by_hand() -> None:
    payment = paid()
    [line] = paynow_lines(paynow_row(amount="230.00", their_reference="1"))
    matched()
    assert payment.reference in dict(matching.candidates(line))
    with pytest.raises(NotMatched, match="Say why they belong together"):
        matching.pick(line.pk, payment.reference, by=staff())
    matching.pick(line.pk, payment.reference, by=staff(), reason="One dollar of charges")
    assert stands(line)[:2] == (MATCHED, payment)


@pytest.mark.parametrize("reference", ["", "nothing", "' OR 1=1", "0" * 500])
def test_a_reference_that_nobody_has_is_told(reference: str) -> None:
    [line] = paynow_lines(paynow_row(amount="231.00", their_reference="1"))
    with pytest.raises(NotMatched, match="We know no payment or refund"):
        matching.pick(line.pk, reference, by=staff())


def test_a_fee_is_set_aside_and_can_be_opened_again() -> None:
    [line] = bank_lines(bank_row("-4.50", "MONTHLY FEE"))
    matching.set_aside(line.pk, "Bank fee", by=staff())
    matched()
    assert stands(line) == (ASIDE, None, "Bank fee")
    matching.look_again(line.pk, by=staff())
    assert stands(line)[0] == OPEN


@pytest.mark.django_db(transaction=True)
def test_two_accountants_at_one_line_decide_once() -> None:
    [line] = bank_lines(bank_row("-4.50", "MONTHLY FEE"))
    tendai, rudo = make.staff("tendai"), make.staff("rudo")
    outcomes = at_once(
        lambda: matching.set_aside(line.pk, "Bank fee", by=tendai), lambda: matching.set_aside(line.pk, "My own transfer", by=rudo)
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NotMatched", "str"]
    [refused] = [str(outcome) for outcome in outcomes if isinstance(outcome, NotMatched)]
    assert refused.startswith("This line is set aside already by ")


@pytest.mark.django_db(transaction=True)
def test_two_lines_picked_for_one_payment_at_once_match_once() -> None:
    payment = paid()
    one, two = paynow_lines(paynow_row(amount="231.00", their_reference="1"), paynow_row(amount="231.00", their_reference="2"))
    user = staff()
    outcomes = at_once(*(lambda key=line.pk: matching.pick(key, payment.reference, by=user) for line in (one, two)))
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NotMatched", "str"]
    assert StatementLine.objects.filter(payment=payment, status=MATCHED).count() == 1


def test_matching_asks_the_database_no_more_often_for_more_lines(django_assert_max_num_queries: Any) -> None:
    for count, most in ((5, 40), (60, 40)):
        paynow_lines(*(paynow_row(paid(), their_reference=f"{count}-{number}") for number in range(count)))
        with django_assert_max_num_queries(most):
            matched()
