"""One customer's whole life with us, for tests: a talk, bookings, payments, also for others, slips, refunds, a letter."""

from __future__ import annotations

import base64
import json
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.utils import timezone

from customer_data import services
from customer_data.ledger import violations
from customer_data.models import Booking, Concern, ConcernKind, Customer, IdempotentRequest, Payment, Tour
from customer_data.sealing import seal_changes
from customer_data.services import letters, proofs, transfers
from customer_data.services.receipts import issue_receipt
from customer_data.status import Status
from customer_data.tests import make, money_back
from customer_data.tests.files import slip
from customer_data.who import acting
from desk.models import Export, ExportPart, StatementLine
from desk.tests.statements import bank_lines, bank_row
from flows import inbox
from flows.models import FlowSession, Message
from flows.tests.calls import call, message, status
from flows.webhook import read_updates
from paynow_integration.models import PaynowNotification

NAME, OLD_NAME, NUMBER, EMAIL = "Chipo Ndlovu", "Chipo Zvobgo", "263772345678", "chipo.ndlovu@example.org"
WALLET, BSUID = "+263783334444", "ZW.99887766554433221100"
VALUES = (NAME, OLD_NAME, NUMBER, NUMBER[3:], EMAIL, WALLET[1:], WALLET[4:], BSUID, "Ndlovu", "Zvobgo")
"""By each of these she can be found."""

PAYNOW = {"gateway": "paynow", "payment_method": "paynow_ecocash", "account": "1201"}


def wamid(number: int) -> str:
    """As WhatsApp makes them: the number is in it."""
    return f"wamid.{base64.b64encode(f'{NUMBER}-{number}'.encode()).decode()}"


WAMIDS = tuple(wamid(number) for number in range(1, 9))


def whole_life() -> Customer:
    """Chipo, with everything that can be kept about a customer. All of it has come to its end."""
    chipo = make.customer(name=OLD_NAME, wa_id=NUMBER, phone=f"+{NUMBER}", email=EMAIL, bsuid=BSUID)
    chipo.name = NAME
    chipo.save(update_fields=["name"])
    _talk(chipo)
    paid = _own_trip(chipo)
    _given_back(chipo, paid)
    _slips(chipo)
    _wrong_debit(chipo)
    _paid_by_farai(chipo)
    _pays_for_farai(chipo)
    _copies(chipo, paid)
    _everything_has_ended()
    seal_changes()
    return chipo


def _talk(chipo: Customer) -> None:
    said = (message(wamid(1), "Hi, I am Chipo"), message(wamid(2), f"call me on 0{NUMBER[3:]}"))
    contact = {"profile": {"name": NAME}, "wa_id": NUMBER}
    for one in said:
        for update in inbox.store(read_updates(json.dumps(call(one | {"from": NUMBER}, contacts=(contact,))).encode())):
            inbox.handle(update)
    for number, row in enumerate(Message.objects.filter(customer=chipo).order_by("pk"), start=3):
        Message.objects.filter(pk=row.pk).update(status="sent", wamid=wamid(min(number, 8)), next_try_at=None)
    for update in inbox.store(read_updates(json.dumps(call(statuses=(status(wamid(3), "delivered"),))).encode())):
        inbox.handle(update)


def _own_trip(chipo: Customer) -> Payment:
    tour = Tour.objects.create(name="Chipo Falls", price="231.00")
    departure = tour.departures.create(starts_on=date.today() - timedelta(days=9), seats=8)  # noqa: DTZ011
    trip = make.booking(customer=chipo, title=f"Falls for {NAME}", departure=departure, travellers=2)
    paid = make.payment(
        Status.SUCCESSFUL, booking=trip, phone=WALLET, email=EMAIL, instructions=f"Approve on {WALLET}.", gateway=""
    )
    issue_receipt(paid)
    session = _session(chipo, trip, paid)
    FlowSession.objects.filter(pk=session.pk).update(typed={"phone": f"0{NUMBER[3:]}", "name": NAME}, wamid=wamid(4))
    PaynowNotification.objects.create(
        body=f"reference={paid.reference}&phone={WALLET}", fingerprint="0" * 64, size=9, payment=paid, reference=paid.reference
    )
    paid.note(source="admin", actor="tendai", reason=f"{NAME} rang from {WALLET}.")
    other = make.booking(customer=chipo, total="231.00")
    transfers.transfer_payment(paid, other, reason="Chipo meant the other trip", user=make.staff("mover"))
    paid.refresh_from_db()
    return paid


def _session(chipo: Customer, trip: Booking, paid: Payment) -> FlowSession:
    return FlowSession.objects.create(
        customer=chipo, booking=trip, payment=paid, token="a token", token_hash="1" * 64, expires_at=timezone.now()
    )


def _given_back(chipo: Customer, paid: Payment) -> None:
    asked = services.request_refund(paid, amount=Decimal("31.00"), reason=f"{NAME} asked", user=make.staff("asker"))
    money_back.pay_back(services.approve_refund(asked, user=make.staff("agreer")))
    Concern.raise_about_customer(chipo, ConcernKind.WANTS_PERSON, f"{NAME} asks for a person in the chat.", number=NUMBER)


def _slips(chipo: Customer) -> None:
    trip = make.booking(customer=chipo)
    handed = proofs.hand_in(booking=trip, customer=chipo, content=slip(), text=f"from {NAME}", wamid=wamid(5))
    proofs.reject(handed, reason="Chipo sent the wrong slip", user=_person("checker"))


def _wrong_debit(chipo: Customer) -> None:
    through = {} if "drawer" in settings.PAYMENT_GATEWAYS else PAYNOW
    lost = make.payment(Status.EXPIRED, booking=make.booking(customer=chipo), phone=WALLET, email=EMAIL, **through)
    Payment.objects.filter(pk=lost.pk).update(gateway_status="Cancelled", reported_at=timezone.now(), checked_at=timezone.now())
    lost.refresh_from_db()
    letters.write_letter(lost, approval_code="", reason="Chipo's wallet asks for it", user=make.staff("writer", first_name="T"))


def _paid_by_farai(chipo: Customer) -> None:
    farai = make.customer(name="Farai Dube", wa_id="263719998887", email="farai@example.org")
    paid = make.payment(Status.SUCCESSFUL, booking=make.booking(customer=chipo), payer=farai, phone=farai.phone, email=farai.email)
    issue_receipt(paid)
    Message.objects.create(customer=farai, key="told-farai", body=f"{NAME} asks you to pay.", content={"body": f"For {NAME}"})


def _pays_for_farai(chipo: Customer) -> None:
    farai = Customer.objects.get(name="Farai Dube")
    paid = make.payment(Status.SUCCESSFUL, booking=make.booking(customer=farai), payer=chipo, phone=f"+{NUMBER}", email=EMAIL)
    issue_receipt(paid)


def _copies(chipo: Customer, paid: Payment) -> None:
    owner = _person("owner-of-lists")
    export = Export.objects.create(what="payments", format="csv", filters={"q": [f"0{NUMBER[3:]}"]}, requested_by=owner)
    ExportPart.objects.create(export=export, number=0, content=NAME.encode())
    IdempotentRequest.objects.create(caller="k", key="1", request_hash="2", answer={"reference": paid.reference, "message": WALLET})
    line = bank_lines(bank_row("231.00", f"TRF {NAME}"))[0]
    StatementLine.objects.filter(pk=line.pk).update(status="matched", payment=paid, why=f"{NAME}'s")
    with acting("tendai", f"{NAME} wrote a letter"):
        Booking.objects.filter(customer=chipo).update(cancel_reason=f"{NAME} is ill")
    LogEntry.objects.create(
        user=owner,
        content_type=ContentType.objects.get_for_model(Customer),
        object_id=str(chipo.pk),
        object_repr=NAME,
        action_flag=CHANGE,
        change_message=f"Phone of {NAME} is {WALLET}.",
    )


def _everything_has_ended() -> None:
    Payment.objects.update(next_check_at=None)
    Message.objects.update(next_try_at=None)
    solver = make.staff("solver")
    Concern.objects.filter(solved_at__isnull=True).update(solved_at=timezone.now(), solved_by=solver, solution=f"Rang {NAME}.")


def _person(name: str) -> Any:
    return make.staff(name)


# --- Looking everywhere ---------------------------------------------------------------------------
def found_anywhere(*values: str) -> dict[str, str]:
    """Where in any text or JSON column of any table one of the values stands: `table.column` → the value, in any case."""
    found = {}
    for table, column in _text_columns():
        shown = f'"{column}"::text'
        with connection.cursor() as cursor:
            for value in values:
                cursor.execute(f'SELECT 1 FROM "{table}" WHERE {shown} ILIKE %s LIMIT 1', [f"%{value}%"])  # noqa: S608
                if cursor.fetchone():
                    found[f"{table}.{column}"] = value
    return found


def _text_columns() -> Any:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.table_name, c.column_name FROM information_schema.columns c
               JOIN information_schema.tables t USING (table_schema, table_name)
               WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
                   AND c.data_type IN ('text', 'character varying', 'json', 'jsonb', 'character', 'ARRAY', 'inet')"""
        )
        return cursor.fetchall()


def what_is_wrong() -> list[str]:
    return [f"{violation.invariant}: {violation.sentence}" for violation in violations()]


def the_books() -> dict[str, Any]:
    """Every amount, reference, status, number and date of money in the database."""
    tables = {
        "customer_data_payment": "id, reference, booking_id, amount, currency, status, gateway_reference, created_at",
        "customer_data_paymentevent": "id, payment_id, from_status, to_status, source, actor, created_at",
        "customer_data_booking": "id, booking_reference, total_amount, amount_paid, payment_status, currency, created_at",
        "customer_data_refund": "id, reference, amount, status, requested_by_id, approved_by_id, proof_of_payment, done_at",
        "customer_data_receipt": "id, series, number, payment_id, issued_at",
        "customer_data_nonreceiptletter": "id, number, payment_id, approval_code",
        "customer_data_transfer": "id, payment_id, from_booking_id, to_booking_id, made_at",
        "customer_data_proof": "id, status, fingerprint, claimed_amount, received_amount, received_reference, decided_at",
        "desk_statementline": "id, day, amount, reference, status, payment_id",
        "desk_dayfigures": "day, currency, payment_method, opened, successful, taken, returned",
        "desk_dayforms": "day, flow_name, sent, opened, submitted, asked, paid",
    }
    books = {}
    with connection.cursor() as cursor:
        for table, columns in tables.items():
            cursor.execute(f"SELECT {columns} FROM {table} ORDER BY 1, 2, 3")  # noqa: S608
            books[table] = cursor.fetchall()
    return books
