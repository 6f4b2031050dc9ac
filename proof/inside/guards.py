"""The guards that a control run goes without: what each is there for, what must happen in the run, and what then must be found.

Pure: the driver of a run reads it. What is put in a guard's place stands in `without.py`.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass

WITHOUT = "PROOF_WITHOUT"
"""Environment variable with the names of the guards that are taken away. Only the settings of the proof know it."""


@dataclass(frozen=True)
class Guard:
    """One guard. `statements` take away, in the run's own database, what the database repeats of it."""

    name: str
    guards: str
    instead: str
    needs: str
    found_as: str
    statements: tuple[str, ...] = ()


def taken_away() -> list[str]:
    """The names of the guards that this process goes without."""
    return [name for name in os.environ.get(WITHOUT, "").split(",") if name]


_NO_TABLE_OF_MOVES = (
    "DO $$ DECLARE found text; BEGIN"
    " FOR found IN SELECT tgname FROM pg_trigger WHERE tgrelid = 'customer_data_payment'::regclass AND tgname LIKE '%legal_moves%'"
    " LOOP EXECUTE format('DROP TRIGGER %I ON customer_data_payment', found); END LOOP; END $$"
)

_ALL = (
    Guard(
        name="lost-answer",
        guards="A lost answer to a charge is unknown, not failed: from there we only ask.",
        instead="A charge whose answer was lost is sent again.",
        needs="replies to charges that are lost after the charge was taken",
        found_as="two charges of one payment at the gateway",
    ),
    Guard(
        name="send-claim",
        guards="Sending is claimed by one guarded update that is committed before the gateway is called.",
        instead="Whoever is told to send sends, as long as the payment is open.",
        needs="send tasks that are delivered twice: workers killed before they acknowledge, a sweep beside a slow queue",
        found_as="two charges of one payment at the gateway",
    ),
    Guard(
        name="guarded-move",
        guards="A status moves only from the one that was read; the table of moves is repeated by a trigger.",
        instead="The status is written over whatever it has become meanwhile, a moment later. The trigger is dropped.",
        needs="staff who stop waiting while the money comes, answers that are recorded by two workers at once",
        found_as="money at the gateway that is not in the ledger, or a trail that does not join up",
        statements=(_NO_TABLE_OF_MOVES,),
    ),
    Guard(
        name="one-open-payment",
        guards="A booking has at most one open payment; a second tap finds the first one's.",
        instead="Every tap opens a payment of its own. The constraint is dropped.",
        needs="customers who tap twice",
        found_as="more charges of one booking than the customer asked for",
        statements=("DROP INDEX one_open_payment_per_booking",),
    ),
    Guard(
        name="doorbell",
        guards="A status update moves nothing: the gateway is asked.",
        instead="The words of a genuine update are recorded as they stand, and nobody is asked.",
        needs="genuine updates that are old by then: sent again, or late, after the payment has moved on (disputed, refunded)",
        found_as="a payment that stands otherwise with us than at the gateway",
    ),
    Guard(
        name="signature",
        guards="A status update is proven with the key of its integration before anything is done about it.",
        instead="Whatever names a reference is taken as genuine.",
        needs="forged updates about payments that are there",
        found_as="a forged update that was answered as if it were genuine",
    ),
    Guard(
        name="amount",
        guards="Reference, amount, currency and account of the gateway's answer must be ours, or nothing moves.",
        instead="Whatever the gateway answers is recorded.",
        needs="answers to questions with another amount or another reference",
        found_as="no person told of an answer that was not about what we asked",
    ),
    Guard(
        name="told-once",
        guards="A message has a key that is written once, and a move that has its message is not looked at again.",
        instead="Each look at a move writes its messages anew.",
        needs="nothing but the clock",
        found_as="a customer who was told twice of one move",
    ),
    Guard(
        name="lost-message",
        guards="A message whose answer was lost waits for WhatsApp's status update before it is sent again.",
        instead="It is sent again at once.",
        needs="answers of WhatsApp that are lost after it took the message",
        found_as="a customer who was told twice of one move",
    ),
    Guard(
        name="heard-once",
        guards="An update of WhatsApp's is kept under its id and handled once, however often it is delivered.",
        instead="Each delivery is a message of its own.",
        needs="messages of customers that WhatsApp delivers again",
        found_as="two answers to one message of a customer",
    ),
    Guard(
        name="sweep",
        guards="The clock finds what a dead process or a lost task left.",
        instead="Nobody looks.",
        needs="workers that are killed, a Redis that is emptied, updates that are dropped",
        found_as="a payment without a final state after the schedule has run out",
    ),
    Guard(
        name="late-money",
        guards="A payment that we closed is still asked about, and late money counts.",
        instead="What is closed stays closed. The trigger needs no change: it allows more.",
        needs="customers who approve after the payment expired or another method was chosen",
        found_as="money at the gateway that is not in the ledger",
    ),
)

GUARDS: Mapping[str, Guard] = {guard.name: guard for guard in _ALL}
