"""The phone in the browser and Paynow's simulator are no part of what is served to the world."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.test import Client

ROOT = Path(__file__).parents[2]

IMPORT_ALL_OF_IT = """
import sys
import django
django.setup()
import config.celery, config.urls, config.wsgi
from django.contrib import admin
config.celery.app.loader.import_default_modules()
admin.autodiscover()
print([name for name in sys.modules if "simulator" in name.split(".") or name == "config.demo_customer"])
"""


def test_serving_and_working_load_no_simulator() -> None:
    nowhere = {"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", "DJANGO_SETTINGS_MODULE": "config.settings", "DEBUG": "1"}
    command = [sys.executable, "-c", IMPORT_ALL_OF_IT]
    told = subprocess.run(command, cwd=ROOT, env=os.environ | nowhere, capture_output=True, text=True, check=True)  # noqa: S603
    assert told.stdout.splitlines()[-1] == "[]"


PATHS = ["/phone", "/phone/api/phones", "/phone/static/main.js", "/simulator/messages", "/simulator/faults"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", PATHS)
def test_our_own_addresses_lead_to_none_of_their_pages(path: str) -> None:
    assert Client().get(path).status_code == 404
    assert Client().post(path, {"number": "263771234567"}, content_type="application/json").status_code == 404
