"""The README of the official SDK 1.0.8, run as it stands: by the unmodified SDK, and by our drop-in for it."""

from collections.abc import Callable, Iterator
from typing import Any

import paynow
import pytest

from paynow_integration.client import PaynowClient
from paynow_integration.simulator import DrivenClock, Integration, PaynowSimulator
from paynow_integration.tests.merchant import KEY, MerchantServer
from paynow_integration.transport import new_session

# The simulated merchant logs in with the address that the README uses.
README_MERCHANT = Integration("1201", KEY, merchant_emails=("test@example.com",))
Maker = Callable[..., Any]


@pytest.fixture(params=["official SDK", "drop-in"])
def make_paynow(request: pytest.FixtureRequest, simulator: PaynowSimulator) -> Iterator[Maker]:
    """`Paynow(...)` of the README: the SDK's own class with only its two addresses changed, or ours."""
    simulator.add_integration(README_MERCHANT)
    if request.param == "drop-in":
        with new_session() as session:
            yield lambda *arguments: PaynowClient(*arguments, base_url=simulator.url, session=session)
        return

    class Paynow(paynow.Paynow):  # type: ignore[misc]
        URL_INITIATE_TRANSACTION = f"{simulator.url}/interface/initiatetransaction"
        URL_INITIATE_MOBILE_TRANSACTION = f"{simulator.url}/interface/remotetransaction"

    yield Paynow


@pytest.fixture
def readme(make_paynow: Maker, merchant: MerchantServer) -> Any:
    return make_paynow("1201", KEY, "https://example.com/paynow/return", merchant.url)


def test_the_quick_start_opens_a_page_and_sees_the_money(readme: Any, simulator: PaynowSimulator) -> None:
    payment = readme.create_payment("Order", "test@example.com")
    payment.add("Bananas", 2.50)
    payment.add("Apples", 3.40)
    response = readme.send(payment)
    assert response.success
    assert response.has_redirect
    assert response.redirect_url.startswith(f"{simulator.url}/Payment/ConfirmPayment/")
    assert not readme.check_transaction_status(response.poll_url).paid
    simulator.approve("Order")
    status = readme.check_transaction_status(response.poll_url)
    assert status.paid
    assert status.status == "paid"
    assert str(status.amount) in ("5.9", "5.90")


def test_the_quick_start_for_mobile_money_sees_the_money(readme: Any, clock: DrivenClock) -> None:
    payment = readme.create_payment("Order", "test@example.com")
    payment.add("Payment for stuff", 1)
    response = readme.send_mobile(payment, "0772222222", "ecocash")
    assert response.success
    assert response.data["instructions"].startswith("Dial *151*2*4#")
    clock.advance(29)
    assert readme.check_transaction_status(response.poll_url).status == "sent"
    clock.advance(1)
    assert readme.check_transaction_status(response.poll_url).paid


@pytest.mark.parametrize("method", ["ecocash", "onemoney"])
def test_the_number_that_declines_is_not_paid(readme: Any, clock: DrivenClock, method: str) -> None:
    payment = readme.create_payment("Order", "test@example.com")
    payment.add("Payment for stuff", 1)
    response = readme.send_mobile(payment, "0773333333", method)
    clock.advance(30)
    status = readme.check_transaction_status(response.poll_url)
    assert (status.paid, status.status) == (False, "cancelled")


def test_the_number_without_money_is_refused_at_once(readme: Any) -> None:
    payment = readme.create_payment("Order", "test@example.com")
    payment.add("Payment for stuff", 1)
    assert not readme.send_mobile(payment, "0774444444", "ecocash").success


def test_a_forged_answer_raises_the_same_error(readme: Any, simulator: PaynowSimulator) -> None:
    payment = readme.create_payment("Order", "test@example.com")
    payment.add("Payment for stuff", 1)
    simulator.fault("forged_hash")
    with pytest.raises(paynow.HashMismatchException):
        readme.send(payment)
