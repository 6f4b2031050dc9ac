"""What each kind of answer tells a browser, and the cookies of production."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project_settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import reverse

from config.check import PRODUCTION
from config.headers import EVERYWHERE, NOTHING, PDF, PLAIN, STAFF
from config.tests.processes import PROGRAMS, ROOT
from customer_data.services import issue_receipt
from customer_data.tests import make
from customer_data.tests.desk import owner
from customer_data.tests.shop import new_shop

pytestmark = pytest.mark.django_db


def pages() -> dict[str, tuple[Any, str]]:
    """An answer of every kind, and the policy it should have."""
    staff, anybody = owner(), Client(raise_request_exception=False)
    payment = make.payment("successful")
    receipt = issue_receipt(payment)
    shop = new_shop("paynow")
    return {
        "a page of staff": (staff.get(reverse("admin:index")), STAFF),
        "a list": (staff.get(reverse("admin:customer_data_payment_changelist")), STAFF),
        "a row": (staff.get(reverse("admin:customer_data_payment_change", args=(payment.pk,))), STAFF),
        "the page of signing in": (anybody.get(reverse("admin:login")), STAFF),
        "a page that is not there": (staff.get("/admin/nowhere/"), STAFF),
        "leading on to signing in": (anybody.get(reverse("admin:index")), STAFF),
        "a refusal of the card rule": (staff.get(reverse("admin:index"), q="4111111111111111"), STAFF),
        "the description of the API": (anybody.get(reverse("docs")), STAFF),
        "the script of that page": (anybody.get(reverse("docs"), {"script": ""}), NOTHING),
        "the schema": (anybody.get(reverse("schema")), NOTHING),
        "an answer of the API": (shop.status(payment.pk), NOTHING),
        "a refusal of the API": (anybody.get("/crm-api/payments/x/"), NOTHING),
        "an answer to Paynow": (anybody.post(reverse("paynow-notify")), NOTHING),
        "an answer to Meta": (anybody.post(reverse("whatsapp-webhook")), PLAIN),
        "an answer to a form": (anybody.post(reverse("payment-flow")), PLAIN),
        "the page that payers come back to": (anybody.get(reverse("paynow-return")), ""),
        "nothing there": (anybody.get("/nowhere/"), PLAIN),
        "healthz": (anybody.get("/healthz"), NOTHING),
        "a receipt": (staff.get(reverse("admin:customer_data_receipt_pdf", args=(receipt.pk,))), PDF),
    }


def test_every_kind_of_answer_has_the_headers_of_its_kind() -> None:
    for name, (answer, policy) in pages().items():
        told = answer["Content-Security-Policy"]
        assert "'unsafe-eval'" not in told, name
        assert re.search(r"script-src[^;]*'unsafe-inline'", told) is None, name
        assert "default-src 'none'" in told, name
        assert "frame-ancestors 'none'" in told, name
        assert "base-uri 'none'" in told, name
        assert policy in ("", told), f"{name}: {told}"
        for header, value in EVERYWHERE.items():
            assert answer[header] in (value, "no-referrer"), f"{name}: {header}"


def test_no_page_of_ours_has_a_script_in_its_text_or_in_an_attribute() -> None:
    """Templates, and what Python writes."""
    files = [*ROOT.glob("templates/**/*.html"), *ROOT.glob("*/admin/**/*.py"), *ROOT.glob("*/templates/**/*.html")]
    inline = re.compile(r"<script(?![^>]*\bsrc=)|\son(?:click|submit|change|load|error|input)=|javascript:", re.IGNORECASE)
    assert [str(file) for file in files if inline.search(file.read_text())] == []
    assert len(files) > 60


def test_what_the_admins_look_runs_is_the_build_without_eval() -> None:
    found = finders.find("unfold/js/alpine/alpine.js")
    assert found is not None
    assert str(found).startswith(str(ROOT / "static"))
    text = (ROOT / "static/unfold/js/alpine/alpine.js").read_text()
    assert "CSP Parser Error" in text
    assert "new AsyncFunction" not in text


def test_downloads_are_files_and_never_pages() -> None:
    staff = owner()
    receipt = issue_receipt(make.payment("successful"))
    answer = staff.get(reverse("admin:customer_data_receipt_pdf", args=(receipt.pk,)))
    assert answer["Content-Type"] == "application/pdf"
    assert re.match(r'(inline|attachment); filename="[\w.-]+"$', answer["Content-Disposition"])


def test_the_session_is_in_no_script_and_goes_to_no_other_site() -> None:
    get_user_model().objects.create_superuser("boss", password="a-long-password-of-the-boss")
    answer = Client().post(reverse("admin:login"), {"username": "boss", "password": "a-long-password-of-the-boss"})
    session, token = answer.cookies[project_settings.SESSION_COOKIE_NAME], answer.cookies[project_settings.CSRF_COOKIE_NAME]
    for cookie in (session, token):
        assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (True, "Lax", "/", "")


ASKED = """
from django.conf import settings as s
print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE, s.SECURE_SSL_REDIRECT,
      s.SECURE_HSTS_SECONDS, s.SECURE_HSTS_INCLUDE_SUBDOMAINS, s.DEBUG)
"""


def test_in_production_cookies_and_addresses_are_for_tls_and_this_host_only() -> None:
    command: list[str | Path] = [PROGRAMS / "python", "manage.py", "shell", "--no-imports", "-c", ASKED]
    environment = {name: value for name, value in os.environ.items() if name not in ("DEBUG", "DJANGO_SETTINGS_MODULE")}
    done = subprocess.run(command, cwd=ROOT, env=environment | PRODUCTION, capture_output=True, text=True, check=True)  # noqa: S603
    said = done.stdout.split()
    assert said == ["__Host-sessionid", "__Host-csrftoken", "True", "True", "True", "31536000", "True", "False"]
