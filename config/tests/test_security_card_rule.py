"""A card number is typed at every door there is; afterwards it stands in no table, sealed or not, and in no line of the log."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook

from config.logs import PrivateFormatter
from config.tests.chat import Chat
from customer_data.card_numbers import MARK, NEVER_SEND_ONE
from customer_data.models import Concern, ConcernKind, Customer, Payment
from customer_data.sealed import SealedTextField
from customer_data.tests import make
from customer_data.tests.desk import owner, page_of, press_of
from customer_data.tests.shop import new_shop
from desk.importing import CannotImport, import_file, keep_file
from desk.importing.storing import content_of
from desk.tests.statements import csv_of, source
from flows.models import Conversation, FlowSession, IncomingMessage
from flows.tests.calls import call, message, post
from paynow_integration.models import PaynowNotification

VISA, GROUPED = "4111111111111111", "4111 1111 1111 1111"
WRITTEN = (VISA, GROUPED, "4111-1111-1111-1111", urlencode({"": GROUPED})[1:], "".join(f"%{ord(digit):x}" for digit in VISA))

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def log(settings: Any) -> Iterator[io.StringIO]:
    """Everything that is logged, as the settings write it."""
    written, root = io.StringIO(), logging.getLogger()
    handler = logging.StreamHandler(written)
    made = settings.LOGGING["formatters"]["line"]
    handler.setFormatter(PrivateFormatter(made["format"], style=made["style"]))
    root.addHandler(handler)
    yield written
    root.removeHandler(handler)


def stands_in() -> list[str]:
    """Every table, and every sealed field, in which the number stands in any of its spellings."""
    found = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            spelled = " OR ".join(["rows::text LIKE %s"] * len(WRITTEN))
            cursor.execute(f'SELECT count(*) FROM "{table}" rows WHERE {spelled}', [f"%{each}%" for each in WRITTEN])  # noqa: S608
            if cursor.fetchone()[0]:
                found.append(table)
    for model in apps.get_models():
        sealed = [field.attname for field in model._meta.concrete_fields if isinstance(field, SealedTextField)]
        opened = model._default_manager.values_list(*sealed) if sealed else ()
        found += [model._meta.label for row in opened if any(each in str(value) for value in row for each in WRITTEN)]
    return found


def test_control_where_it_stands_it_is_found() -> None:
    PaynowNotification.objects.create(body=f"note={VISA}", fingerprint="", size=1)
    Customer.objects.create(name=f"Rudo {GROUPED}")
    assert set(stands_in()) >= {"customer_data_customer", "paynow_integration.PaynowNotification"}


def test_typed_in_the_chat_it_is_taken_out_and_the_customer_is_told(chat: Chat, log: io.StringIO) -> None:
    assert post(call(message("wamid.1", text=f"Here is my card {GROUPED} 12/27 123"))).status_code == 200
    assert post(call({**message("wamid.2"), "type": "image", "image": {"id": "1", "caption": VISA}})).status_code == 200
    chat.tasks.work()
    kept = IncomingMessage.objects.get(wamid="wamid.1")
    assert kept.text.startswith(f"Here is my card {MARK}1111]")
    told = [sent.body["text"]["body"] for sent in chat.graph.messages if "text" in sent.body]
    assert any("never send a card number" in words for words in told)
    assert stands_in() == []
    assert not any(each in log.getvalue() for each in WRITTEN)


@pytest.mark.parametrize("field", ["phone", "email"])
def test_typed_into_the_form_the_field_is_asked_for_again(chat: Chat, log: io.StringIO, field: str) -> None:
    booking = chat.booking()
    phone = chat.invite(booking)
    phone.open()
    typed = {"payment_method": "ecocash", "amount_option": "full", "phone": "0771111111", "email": "rudo@example.com"}
    phone.submit(**typed | {field: f"{VISA}@example.com" if field == "email" else VISA})
    chat.tasks.work()
    assert FlowSession.objects.exists()
    assert stands_in() == []
    assert not any(each in log.getvalue() for each in WRITTEN)


def test_sent_to_the_api_it_is_refused(chat: Chat, log: io.StringIO) -> None:
    cache.clear()
    shop, booking = new_shop("paynow"), make.booking()
    for changes in ({"phone": VISA}, {"customer_email": f"{VISA}@example.com"}, {"return_url": f"https://x.example/?c={VISA}"}):
        answer = shop.start(booking, **changes)
        assert answer.status_code == 422
        assert answer.json()["error"] == {"code": "card_number", "message": NEVER_SEND_ONE}
    escaped = json.dumps({"phone": "x"}).replace("x", "".join(f"\\u00{ord(digit):x}" for digit in VISA))
    assert shop.post(escaped).status_code == 422
    assert shop.post({"booking_reference": booking.booking_reference}, idempotency_key=VISA).status_code == 400
    assert stands_in() == []
    assert not any(each in log.getvalue() for each in WRITTEN)


def test_typed_by_staff_it_is_refused_whatever_the_page(log: io.StringIO) -> None:
    staff, payment = owner(), make.payment("pending")
    Concern.raise_about(payment, ConcernKind.STUCK, "No answer.")
    talk = Conversation.objects.create(customer=payment.booking.customer)
    pages = {
        press_of(payment, "stop"): {"reason": f"Card {GROUPED}"},
        press_of(Concern.objects.get(), "solve"): {"reason": VISA},
        page_of(payment.booking.customer): {"name": f"Rudo {VISA}", "phone": "", "wa_id": ""},
        reverse("admin:flows_conversation_reply", args=(talk.pk,)): {"words": f"Is it {VISA}?"},
        reverse("admin:customer_data_denial_add"): {"kind": "email", "value": f"{VISA}@example.com", "reason": "x"},
        reverse("admin:login"): {"username": VISA, "password": "x"},
    }
    for address, typed in pages.items():
        answer = staff.web.post(address, typed)
        assert answer.status_code == 422, address
        assert VISA not in answer.content.decode()
    assert staff.get(reverse("admin:customer_data_payment_changelist"), q=GROUPED).status_code == 422
    named = SimpleUploadedFile(f"slip {VISA}.pdf", b"%PDF-1.4")
    assert staff.web.post(reverse("admin:desk_matching_import"), {"file": named}).status_code == 422
    assert stands_in() == []
    assert not any(each in log.getvalue() for each in WRITTEN)


def test_a_password_may_be_anything() -> None:
    assert Client().post(reverse("admin:login"), {"username": "boss", "password": VISA}).status_code == 200


@pytest.mark.parametrize("note", [VISA, GROUPED])
def test_in_a_status_update_it_is_not_kept(paynow: Any, log: io.StringIO, note: str) -> None:
    body = f"reference=ABC&status=Paid&note={note.replace(' ', '+')}&hash=00"
    answer = Client().post("/crm-api/paynow/ipn/", body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 400
    assert MARK[1:12].replace(" ", "+") in PaynowNotification.objects.get().body
    assert stands_in() == []
    assert not any(each in log.getvalue() for each in WRITTEN)


def test_in_a_statement_it_is_taken_out_of_the_lines_and_of_the_file() -> None:
    rows = [("21/11/2026", f"CARD {GROUPED} RUDO", "ref1", "", "20.00", "1"), ("21/11/2026", "B", VISA, "", f"x{VISA}", "1")]
    content = csv_of(rows, headings=("Date", "Details", "Ref", "Debit", "Credit", "Balance"))
    bank = source("bank")
    file, _ = keep_file(bank, SimpleUploadedFile("bank.csv", content), owner().user)
    assert VISA.encode() not in content_of(file)
    done = import_file(file)
    assert (done.lines_new, len(done.bad_rows)) == (1, 1)
    assert stands_in() == []


def test_a_workbook_that_holds_one_is_not_taken() -> None:
    book = Workbook()
    book.active.append(("Date", "Details"))
    book.active.append(("21/11/2026", f"CARD {GROUPED}"))
    content = io.BytesIO()
    book.save(content)
    with pytest.raises(CannotImport, match="as CSV"):
        keep_file(source("bank"), SimpleUploadedFile("bank.xlsx", content.getvalue()), owner().user)


def test_in_a_gateways_words_it_is_taken_out() -> None:
    payment = make.payment("pending")
    payment.note(source="test", reason=f"Declined for card {VISA}")
    assert Payment.objects.filter(events__reason__contains=MARK).exists()
    assert stands_in() == []


def test_in_a_line_of_the_log_it_is_taken_out(log: io.StringIO) -> None:
    logging.getLogger("flows").error("Refused: %s and %s", VISA, GROUPED)
    assert log.getvalue().count(MARK) == 2
    assert not any(each in log.getvalue() for each in WRITTEN)
