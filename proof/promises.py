"""What a run must keep, by the name of the function in `verdict.py` that looks. Pure."""

PROMISED: dict[str, str] = {
    "one_charge_for_each_payment": "At most one charge at the gateway for each payment",
    "one_payment_for_each_tap": "One payment for each form that was sent off, however often it was tapped",
    "money_is_the_same_on_both_sides": "Money at the gateway is money in the ledger, to the cent",
    "both_sides_say_the_same": "Every payment stands as it stands at the gateway",
    "a_button_works_once": "A button that two members of staff press at once works once",
    "every_payment_has_an_end": "No payment is without an end after the schedule has run out",
    "the_ledger_is_clean": "`check_ledger` finds nothing",
    "receipts_have_no_gap": "Receipts are numbered without a gap, one for each payment that came in",
    "everyone_is_told_once": "Every customer is told exactly once of each move",
    "one_answer_for_each_message": "One answer to each message, however often WhatsApp delivers it",
    "people_hear_of_odd_answers": "A person hears of every answer of the gateway that is not about what we asked",
    "nobody_gave_up": "Every customer got an answer",
    "no_error_for_what_could_be_stored": "No 5xx to Meta or Paynow for what could have been stored",
    "nothing_that_was_taken_is_missing": "Everything that was answered with 200 is in the tables",
    "forgeries_change_nothing": "Forged status updates are refused and change nothing",
    "nothing_is_left_waiting": "No message and no update is left waiting or was given up",
    "nothing_is_held": "No lock and no transaction is held",
    "nothing_secret_can_be_read": "No key, token, raw body or whole phone number stands in a log, no secret in an open column",
}
