"""No page costs more questions when there is more: counted at two sizes, on every page that the benchmark measures."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks.pages import our_pages
from customer_data.models import Payment
from desk.large_data import Size, make_large_data

pytestmark = pytest.mark.django_db


def costs(browser: Client) -> dict[str, int]:
    """Questions to the database for each page; the first visit, which warms caches, is not counted."""
    counted = {}
    for name, address in our_pages():
        browser.get(address())
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(address()).status_code == 200, name
        counted[name] = len(queries)
    return counted


def test_every_page_asks_the_same_number_of_questions_at_two_sizes(admin_client: Client) -> None:
    make_large_data(Size(2_000))
    small = costs(admin_client)
    make_large_data(Size(4_000))
    assert Payment.objects.count() == 6_000
    assert costs(admin_client) == small
    assert len(small) >= 30
