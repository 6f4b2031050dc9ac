"""Why personal data is kept, how long, who sees it and where it goes: for every kind of row that holds any. Values only.

`docs/personal-data.md` shows this as a table; tests hold it against the models, the timetable and what an erasure does.
"""

from __future__ import annotations

from dataclasses import dataclass

BOOKS = "with the books"
"""As long as the books are kept; what names a customer goes at once when the customer is erased."""

META, PAYNOW, WALLET = "Meta", "Paynow", "the wallet"
NOWHERE = "nowhere"


@dataclass(frozen=True)
class Purpose:
    """`days`: the name in `KEEP_DAYS` by which it goes; empty: `how_long` says it in words. `erased`: what an erasure does."""

    why: str
    sees: str
    goes_to: str
    erased: str
    days: str = ""
    how_long: str = BOOKS


PURPOSES: dict[str, Purpose] = {
    "customer_data.Customer": Purpose(
        "To answer in the chat, to ask for the payment, to write the receipt",
        "all staff",
        "Meta (number), Paynow (phone, e-mail)",
        "emptied",
    ),
    "customer_data.Booking": Purpose("What was sold, to whom", "all staff", "Paynow (the reference)", "their values taken out"),
    "customer_data.Payment": Purpose(
        "Which wallet is asked, and what the payer is told to do; a dispute or a wrong debit is settled with it",
        "all staff",
        "Paynow and through it the wallet or card company",
        "emptied; of others who paid for them only their values are taken out",
    ),
    "customer_data.PaymentEvent": Purpose("What happened to the money, by whom", "all staff", NOWHERE, "their values taken out"),
    "customer_data.Refund": Purpose(
        "Why money goes back", "all staff", "Paynow or the wallet, where it pays back", "their values taken out"
    ),
    "customer_data.Dispute": Purpose(
        "What was answered to the gateway", "all staff", "staff type it at the gateway", "their values taken out"
    ),
    "customer_data.Transfer": Purpose("Why money counts for another booking", "all staff", NOWHERE, "their values taken out"),
    "customer_data.Receipt": Purpose(
        "Proof for the customer of what was paid", "all staff", "Meta (as a PDF to the customer)", "names taken out"
    ),
    "customer_data.NonReceiptLetter": Purpose(
        "So that a wallet gives a wrong debit back", "all staff", "Meta (as a PDF), the wallet", "names taken out"
    ),
    "customer_data.Proof": Purpose(
        "To find a transfer or cash at the bank", "all staff", NOWHERE, "emptied; the amounts and references stay"
    ),
    "customer_data.ProofFile": Purpose("To find a transfer at the bank", "all staff", NOWHERE, "deleted", days="SLIPS"),
    "customer_data.Concern": Purpose("What a person must look at", "all staff", NOWHERE, "their values taken out"),
    "customer_data.Denial": Purpose(
        "To keep a number, wallet or address out that cheated or was abused",
        "supervisor, owner",
        NOWHERE,
        "what holds stays; reasons of what is over lose their values",
        how_long="until somebody takes it off",
    ),
    "customer_data.SeatHold": Purpose("Whose seats are whose", "all staff", NOWHERE, "points to a customer without a name"),
    "customer_data.Change": Purpose(
        "Who changed what, from what to what", "supervisor, accountant, owner", NOWHERE, "their values taken out"
    ),
    "customer_data.IdempotentRequest": Purpose(
        "So that a repeated API request is done once", "nobody", NOWHERE, "deleted", days="API_ANSWERS"
    ),
    "flows.Conversation": Purpose(
        "Where the talk stands; that STOP was said", "cashier, supervisor, owner", NOWHERE, "deleted", days="DRAFTS"
    ),
    "flows.IncomingMessage": Purpose(
        "What the customer asked for", "cashier, supervisor, owner", "it came from Meta", "deleted", days="TALKS"
    ),
    "flows.Message": Purpose("What the customer was told", "cashier, supervisor, owner", "Meta", "emptied", days="TALKS"),
    "flows.SentFile": Purpose(
        "To fetch a slip from the chat", "cashier, supervisor, owner", "it came from Meta", "deleted", days="TALKS"
    ),
    "flows.FlowSession": Purpose(
        "What was typed in a form, to show it again", "cashier, supervisor, owner", "Meta", "emptied", days="FORMS"
    ),
    "flows.Update": Purpose(
        "What WhatsApp handed over, so that none is lost or done twice",
        "nobody (sealed)",
        "it came from Meta",
        "deleted",
        days="UPDATES",
    ),
    "paynow_integration.PaynowNotification": Purpose(
        "What Paynow said, for disputes", "supervisor, accountant, owner", "it came from Paynow", "emptied", days="NOTIFICATIONS"
    ),
    "desk.StatementLine": Purpose(
        "To match the bank's lines with payments", "accountant, owner", NOWHERE, "their values taken out where matched"
    ),
    "desk.StatementFile": Purpose(
        "The bank's own file, behind the lines",
        "accountant, owner",
        NOWHERE,
        "kept: a document of the books, of many customers at once",
    ),
    "desk.Export": Purpose("Who took which list away", "who asked", NOWHERE, "their values taken out", days="EXPORTS"),
    "desk.ExportPart": Purpose("The file, until it is fetched", "who asked", "who fetched it", "deleted", how_long="7 days"),
    "admin.LogEntry": Purpose(
        "What staff did on a page", "staff who see the row; owner", NOWHERE, "their values taken out", days="ADMIN_LOG"
    ),
}


KEPT_ON_ERASURE: dict[str, str] = {
    "customer_data.Booking.customer": "Points to the customer without a name.",
    "customer_data.Payment.payer": "Points to the customer without a name.",
    "customer_data.Proof.customer": "Points to the customer without a name.",
    "customer_data.Concern.customer": "Points to the customer without a name.",
    "customer_data.Denial.customer": "Points to the customer without a name.",
    "customer_data.Denial.value": "What holds keeps a number out: that is its purpose, and its reason must carry it.",
    "customer_data.SeatHold.customer": "Points to the customer without a name.",
    "flows.Message.customer": "Points to the customer without a name.",
    "flows.Message.delivered_at": "When something that is empty now was delivered.",
    "flows.Message.read_at": "When something that is empty now was read.",
    "flows.FlowSession.customer": "Points to the customer without a name.",
    "desk.StatementFile.content": "The bank's file, compressed: accounting records are kept.",
    "desk.StatementFile.bad_rows": "Rows of the bank's file that could not be read: accounting records are kept.",
}
"""Personal fields that an erasure leaves, and why."""
