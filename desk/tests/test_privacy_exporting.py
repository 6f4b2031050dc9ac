"""Everything about one customer as a file: all that is kept, nobody else's data, and who took it away and why is kept."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from customer_data.models import Customer, Erasure
from customer_data.tests import make
from customer_data.tests.conftest import drawer
from customer_data.tests.desk import Desk, desk, page_of
from desk import exporting
from desk.models import Export, ExportPart
from desk.tests.lives import EMAIL, NAME, NUMBER, OLD_NAME, WALLET, whole_life

__all__ = ["drawer"]

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("drawer")]

KEEPER = ("view_customer", "export_customer", "erase_customer", "view_export", "view_erasure")


def taken_away(who: Desk, customer: Customer) -> Export:
    who.press(customer, "take-away", reason="Asked by letter of 3 May")
    export = Export.objects.latest("pk")
    exporting.make(export.pk)
    export.refresh_from_db()
    return export


def package_of(who: Desk, customer: Customer) -> ZipFile:
    response: Any = who.get(reverse("admin:desk_export_file", args=(taken_away(who, customer).pk,)))
    return ZipFile(io.BytesIO(b"".join(response.streaming_content)))


def test_all_that_is_kept_is_in_it_for_people_and_for_programs() -> None:
    package = package_of(desk(*KEEPER), whole_life())
    page, data = package.read("read-me-first.html").decode(), package.read("data.json").decode()
    for value in (NAME, OLD_NAME, NUMBER, EMAIL, WALLET, "call me on", "R-000001", "US$ 231.00"):
        assert value in page, value
        assert value in data, value
    sections = json.loads(data)
    assert {title for title, rows in sections.items() if rows} >= {
        "Who they are",
        "Bookings",
        "Payments",
        "Refunds",
        "Receipts and letters",
        "Slips and forwarded messages",
        "What they wrote",
        "What they were told",
        "Forms",
        "What the gateway told us",
        "What WhatsApp handed over",
        "Matters that a person looked at",
        "Lines of our bank statements",
    }
    (picture,) = [name for name in package.namelist() if name.startswith("slips/")]
    assert package.read(picture)[:3] == b"\xff\xd8\xff"


def test_nobody_elses_data_is_in_it() -> None:
    """Farai paid for her, she paid for Farai, and messages name both."""
    package = package_of(desk(*KEEPER), whole_life())
    for name in ("read-me-first.html", "data.json"):
        text = package.read(name).decode()
        for value in ("Farai", "Dube", "263719998887", "719998887", "farai@example.org"):
            assert value not in text, (name, value)


def test_what_somebody_else_is_called_is_no_part_of_the_page_even_as_markup() -> None:
    customer = make.customer(name="<script>alert(1)</script>")
    page = package_of(desk(*KEEPER), customer).read("read-me-first.html").decode()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_who_took_it_away_and_why_is_kept() -> None:
    who, customer = desk(*KEEPER), make.customer()
    export = taken_away(who, customer)
    assert (export.requested_by, export.filters["why"]) == (who.user, ["Asked by letter of 3 May"])
    history = who.get(reverse("admin:customer_data_customer_history", args=(customer.pk,))).content.decode()
    assert "Asked by letter of 3 May" in history


def test_without_the_permission_there_is_no_button_and_no_file() -> None:
    customer = make.customer()
    who = desk("view_customer", "change_customer", "view_export", "add_export")
    assert "Export all about them" not in who.page(customer)
    assert who.press(customer, "take-away", reason="Curious").status_code == 403
    assert who.press(customer, "erase", reason="Curious").status_code == 403
    assert not Export.objects.exists()
    assert not Erasure.objects.exists()


def test_who_lost_the_permission_meanwhile_gets_nothing() -> None:
    who, customer = desk(*KEEPER), make.customer()
    who.press(customer, "take-away", reason="Asked by letter")
    who.user.user_permissions.clear()
    export = Export.objects.get()
    exporting.make(export.pk)
    export.refresh_from_db()
    assert export.status == "failed"
    assert not ExportPart.objects.exists()


def test_it_is_made_anew_when_a_worker_dies(monkeypatch: pytest.MonkeyPatch) -> None:
    who, customer = desk(*KEEPER), make.customer()
    who.press(customer, "take-away", reason="Asked by letter")
    export = Export.objects.get()
    Export.objects.update(status="running", claimed_until=None)
    ExportPart.objects.create(export=export, number=0, content=b"half a file")
    exporting.make(export.pk)
    assert ZipFile(io.BytesIO(bytes(ExportPart.objects.get().content))).testzip() is None


def test_the_command_writes_it_and_who_and_why_is_kept(tmp_path: Path) -> None:
    chipo, path = whole_life(), tmp_path / "chipo.zip"
    with pytest.raises(CommandError, match="Nobody on staff"):
        call_command("export_customer", f"0{NUMBER[3:]}", "--to", path, "--by", "nobody", "--reason", "Asked")
    make.staff("keeper")
    call_command("export_customer", f"0{NUMBER[3:]}", "--to", path, "--by", "keeper", "--reason", "Asked by letter")
    assert json.loads(ZipFile(path).read("data.json"))["customer"] == chipo.pk
    assert Export.objects.latest("pk").filters["why"] == ["Asked by letter"]
    with pytest.raises(CommandError, match="there already"):
        call_command("export_customer", f"0{NUMBER[3:]}", "--to", path, "--by", "keeper", "--reason", "Asked")


# --- Erasing by the button --------------------------------------------------------------------------
def test_the_button_erases_and_the_log_does_not_name_them() -> None:
    chipo, who = whole_life(), desk(*KEEPER)
    response = who.press(chipo, "erase", reason=f"{NAME} asked at the desk")
    assert any(sentence.startswith("Erased.") for sentence in who.told(response))
    page = who.page(chipo)
    assert f"Erased customer {chipo.pk}" in page
    assert "What named this customer is gone for good." in page
    assert "Ndlovu" not in page
    assert "Ndlovu" not in who.get(reverse("admin:customer_data_customer_history", args=(chipo.pk,))).content.decode()
    assert "(erased) asked at the desk" in who.listed(Erasure)


def test_what_is_in_the_way_is_said_and_nothing_is_lost() -> None:
    payment, who = make.payment("pending"), desk(*KEEPER)
    response = who.press(payment.booking.customer, "erase", reason="Asked at the desk")
    assert who.told(response) == [
        f"Nothing was erased. A payment is open: {payment.reference}. Wait until it has ended, or stop waiting for it."
    ]
    assert "Asked at the desk" in who.get(page_of(payment.booking.customer)).content.decode()


def test_nobody_gives_an_erased_customer_a_name_again() -> None:
    customer, who = make.customer(), desk(*KEEPER, "change_customer")
    who.press(customer, "erase", reason="Asked at the desk")
    assert who.web.post(page_of(customer), {"name": "Rudo Moyo"}).status_code == 403
    customer.refresh_from_db()
    assert customer.name == f"Erased customer {customer.pk}"
