"""The buttons that messages about payments carry: what is tapped from anywhere, also months later. Pure."""

from flows.buttons import action_id
from flows.outgoing import Choice

# Names of actions; `flows.paying.ACTIONS` and the conversation have them.
TALK_TO_A_PERSON = "talk_to_person"
PAY_WHAT_IS_LEFT = "pay_what_is_left"
"""Of one booking. `pay_balance` is also a word that a customer writes, and then asks which booking."""


def i_have_paid(payment_reference: str) -> Choice:
    return Choice(action_id("i_have_paid", payment_reference), "I have paid")


def send_it_again(payment_reference: str) -> Choice:
    return Choice(action_id("send_prompt_again", payment_reference), "Send it again")


def use_another_wallet(booking_reference: str) -> Choice:
    return Choice(action_id("use_another_wallet", booking_reference), "Use another wallet")


def another_way(booking_reference: str) -> Choice:
    """The same where no wallet was chosen."""
    return Choice(action_id("use_another_wallet", booking_reference), "Another way to pay")


def try_again(payment_reference: str) -> Choice:
    return Choice(action_id("try_again", payment_reference), "Try again")


def pay_balance(booking_reference: str) -> Choice:
    return Choice(action_id(PAY_WHAT_IS_LEFT, booking_reference), "Pay balance")


def pay_next_share(booking_reference: str, shares: int) -> Choice:
    return Choice(action_id("pay_share", f"{booking_reference}/{shares}"), "Pay next share")


def receipt_again(payment_reference: str) -> Choice:
    return Choice(action_id("receipt_again", payment_reference), "Receipt")


def send_a_slip(booking_reference: str) -> Choice:
    return Choice(action_id("send_slip", booking_reference), "Send another slip")


def talk_to_a_person() -> Choice:
    return Choice(action_id(TALK_TO_A_PERSON), "Talk to a person")
