"""What the queue says about each kind of matter, and the buttons that it offers beside it."""

from customer_data.admin.advice import ADVICE
from customer_data.admin.page import buttons_of
from customer_data.models import ConcernKind, Payment, Proof


def test_every_kind_of_matter_says_what_to_do() -> None:
    assert set(ADVICE) == {str(kind) for kind in ConcernKind}


def test_every_button_that_is_advised_is_on_the_page_of_a_payment_or_a_proof() -> None:
    there = {button.name for model in (Payment, Proof) for button in buttons_of(model)}
    assert {name for advice in ADVICE.values() for name in advice.buttons} <= there
