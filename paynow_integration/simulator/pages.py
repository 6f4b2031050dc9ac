"""The simulator's pages: the list for people who play the customer, and Paynow's page for card payments."""

from __future__ import annotations

import time
from html import escape
from typing import TYPE_CHECKING

from paynow_integration.simulator.faults import CALLS, FAULTS
from paynow_integration.simulator.records import Transaction

if TYPE_CHECKING:
    from paynow_integration.simulator.server import PaynowSimulator

_NEWEST = 100
IN_TESTING = "This merchant account is still in testing and cannot accept payments at this time."
_STYLE = """
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .45rem .6rem; border-bottom: 1px solid #8884; }
td.amount { text-align: right; white-space: nowrap; }
form { display: inline; } fieldset { border: 1px solid #8886; border-radius: .5rem; margin: 1.5rem 0; }
button, select, input { font: inherit; padding: .25rem .7rem; border-radius: .4rem; border: 1px solid #8888; }
button.yes { background: #157347; color: #fff; border-color: #157347; }
.quiet { opacity: .7; }
main.card { max-width: 28rem; margin: 3rem auto; padding: 1.5rem; border: 1px solid #8886; border-radius: .8rem; }
main.card button { width: 100%; padding: .6rem; margin-top: .6rem; }
"""
_REFRESH = """
<script>
setInterval(async () => {
  const page = new DOMParser().parseFromString(await (await fetch("/")).text(), "text/html");
  document.querySelector("#list").replaceWith(page.querySelector("#list"));
}, 2000);
</script>
"""


def home(simulator: PaynowSimulator) -> str:
    """Transactions with the customer's buttons, newest first, and the switches."""
    newest = simulator.transactions()[-_NEWEST:][::-1]
    rows = "".join(_row(each) for each in newest) or '<tr><td colspan="7" class="quiet">No transactions yet.</td></tr>'
    body = f"""
<h1>Paynow simulator</h1>
<p class="quiet">No money moves here. Approve or decline as the customer would.</p>
<table id="list"><thead><tr><th>Time</th><th>Reference</th><th>Method</th><th>Phone</th><th>Amount</th><th>Status</th><th></th></tr>
</thead><tbody>{rows}</tbody></table>
{_fault_form(simulator)}{_manners_form(simulator)}"""
    return _document("Paynow simulator", body + _REFRESH)


def confirm(transaction: Transaction) -> str:
    """Paynow's page for one payment. A test integration shows the choice that Paynow documents for it."""
    name, amount = escape(transaction.integration.name), _amount(transaction)
    if not transaction.is_open:
        return message(f"This transaction is {escape(transaction.status)}.", transaction.return_url)
    if turns_away(transaction):
        return message(IN_TESTING, transaction.return_url)
    choice = (
        '<label><input type="radio" name="how" value="visa" checked> Visa / Mastercard</label>'
        if transaction.integration.live
        else '<label><input type="radio" name="how" value="faked" checked> [TESTING: Faked Success]</label>'
    )
    body = f"""<main class="card"><h1>{name}</h1>
<p>{escape(transaction.description) or "Payment"}<br>Reference {escape(transaction.reference)}</p><p><strong>{amount}</strong></p>
<form method="post">{choice}
<button class="yes" name="action" value="pay">Make Payment</button>
<button name="action" value="fail">Card declined</button>
<button name="action" value="cancel">Cancel</button></form></main>"""
    return _document("Confirm payment", body)


def turns_away(transaction: Transaction) -> bool:
    """In test mode only the merchant himself may pay: `authemail` is one of his, or was left out."""
    emails = {email.lower() for email in transaction.integration.merchant_emails}
    return not transaction.integration.live and transaction.email.lower() not in {"", *emails}


def message(text: str, back: str = "") -> str:
    """A page with one sentence; `text` is safe or has been made so."""
    link = f'<p><a href="{escape(back)}">Back to the merchant</a></p>' if back else ""
    return _document("Paynow simulator", f'<main class="card"><p>{text}</p>{link}</main>')


def _row(transaction: Transaction) -> str:
    cells = (
        time.strftime("%H:%M:%S", time.localtime(transaction.created_at)),
        escape(transaction.reference),
        escape(transaction.method),
        escape(transaction.phone),
    )
    buttons = _button(transaction, "approve", "Approve", "yes") + _button(transaction, "decline", "Decline")
    if transaction.status == "Awaiting Delivery":
        buttons = _button(transaction, "deliver", "Deliver")
    elif not transaction.is_open:
        buttons = _button(transaction, "resend", "Send update again")
    status = f"<strong>{transaction.status}</strong>" if transaction.is_open else escape(transaction.status)
    plain = "".join(f"<td>{cell}</td>" for cell in cells)
    return f'<tr>{plain}<td class="amount">{_amount(transaction)}</td><td>{status}</td><td>{buttons}</td></tr>'


def _button(transaction: Transaction, action: str, label: str, kind: str = "") -> str:
    url = f"/simulator/transactions/{transaction.guid}/{action}"
    return f'<form method="post" action="{url}"><button class="{kind}">{label}</button></form> '


def _fault_form(simulator: PaynowSimulator) -> str:
    faults = "".join(f'<option value="{name}">{name}: {escape(what)}</option>' for name, what in FAULTS.items())
    calls = "".join(f"<option>{call}</option>" for call in ("any", *CALLS))
    on = ", ".join(f"{fault['name']} on {fault['on']}" for fault in simulator.faults.all()) or "none"
    return f"""<fieldset><legend>What goes wrong</legend><form method="post" action="/simulator/faults">
<select name="name">{faults}</select> on <select name="on">{calls}</select>
<input name="times" type="number" min="1" value="1" style="width:5rem"> times <button>Switch on</button></form>
<form method="post" action="/simulator/clear-faults"><button>Clear all</button></form>
<p class="quiet">On: {escape(on)}</p></fieldset>"""


def _manners_form(simulator: PaynowSimulator) -> str:
    manners = simulator.manners
    return f"""<fieldset><legend>Paynow's words</legend><form method="post" action="/simulator/manners">
Money in is {_choice("money_word", manners.money_word, ("Paid", "Awaiting Delivery"))}
and a refusal is {_choice("refusal_word", manners.refusal_word, ("Cancelled", "Failed"))} <button>Set</button></form></fieldset>"""


def _choice(name: str, chosen: str, words: tuple[str, ...]) -> str:
    options = "".join(f"<option{' selected' if word == chosen else ''}>{word}</option>" for word in words)
    return f'<select name="{name}">{options}</select>'


def _amount(transaction: Transaction) -> str:
    return f"{escape(transaction.integration.currency)} {transaction.amount:,.2f}"


def _document(title: str, body: str) -> str:
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>{body}</body></html>"
    )
