"""What stands in the log: what happened, never whose number it is or what somebody wrote."""

import logging
import sys
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from config.logs import PrivateFormatter, stream_for
from customer_data.models import Customer

NUMBER = "263771234567"


@pytest.fixture
def formatter(settings: Any) -> logging.Formatter:
    """As the settings make it."""
    made = settings.LOGGING["formatters"]["line"]
    assert made["()"] == f"{PrivateFormatter.__module__}.{PrivateFormatter.__qualname__}"
    return PrivateFormatter(made["format"], style=made["style"])


def line(formatter: logging.Formatter, words: str, *args: object, error: bool = False) -> str:
    what = sys.exc_info() if error else None
    return formatter.format(logging.LogRecord("flows", logging.ERROR, __file__, 1, words, args, what))


@pytest.mark.parametrize("number", [NUMBER, f"+{NUMBER}", "0771234567", "+447911123567"])
def test_a_phone_number_is_shown_by_its_last_digits(formatter: logging.Formatter, number: str) -> None:
    written = line(formatter, "Message 7 to %s was not sent.", number)
    assert "Message 7 to …567 was not sent." in written


@pytest.mark.parametrize(
    "words", ["Flow 1000000000000002 is well", "Payment 2637712345678901", "2026-11-21 10:30:58,190", "Booking BK0771234567AB"]
)
def test_what_is_no_phone_number_stays(formatter: logging.Formatter, words: str) -> None:
    assert words in line(formatter, words)


@pytest.mark.django_db
def test_a_row_that_the_database_refuses_is_not_read_out(formatter: logging.Formatter) -> None:
    Customer.objects.create(wa_id=NUMBER, name="Tariro Moyo")
    try:
        with transaction.atomic():
            Customer.objects.create(wa_id=NUMBER, name="Somebody Else")
    except IntegrityError:
        written = line(formatter, "It was not kept.", error=True)
    assert "duplicate key value" in written
    assert "DETAIL: not shown" in written
    assert NUMBER not in written


@pytest.mark.parametrize(
    ("program", "stream"),
    [
        (["/srv/paydesk/.venv/bin/granian", "config.wsgi:application"], "stdout"),
        (["/srv/paydesk/.venv/bin/celery", "--app", "config", "worker"], "stdout"),
        (["manage.py", "runserver", "--noreload"], "stdout"),
        (["/usr/lib/python3/site-packages/celery/__main__.py", "--app", "config", "beat"], "stdout"),
        (["./manage.py", "export_flow", "payment_whatsapp_flow"], "stderr"),
        (["somewhere/a_script.py"], "stderr"),
    ],
)
def test_processes_log_on_standard_output_and_commands_leave_it_to_what_they_were_asked_for(
    program: list[str], stream: str
) -> None:
    assert stream_for(program) == f"ext://sys.{stream}"
