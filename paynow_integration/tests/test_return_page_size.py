"""The return page is small and loads nothing: most payers have little data, and many are on a bundle for WhatsApp alone."""

import re
from typing import Any

import pytest

from customer_data.models import Payment
from paynow_integration.tests.till import Till

PAGE = "/crm-api/paynow/return/"
MOST_BYTES = 60 * 1024


def page(till: Till, payment: Payment | None) -> bytes:
    response: Any = till.web.get(PAGE, {"reference": payment.reference if payment else "nonsense"})
    content: bytes = response.content
    return content


@pytest.mark.parametrize("word", ["", "Paid", "Cancelled", "Refunded", "Disputed"])
def test_the_page_is_under_60_kb_loads_nothing_and_sends_the_payer_back_to_the_chat(till: Till, word: str) -> None:
    payment = till.charge("card")
    if word:
        till.paynow.move(payment.reference, word)
        till.ring(till.update(payment))
    content = page(till, payment)
    assert len(content) < MOST_BYTES
    assert not re.search(rb"<(script|link|img|iframe|object|embed|video|audio)|@import|url\(|\ssrc=|https?://", content)
    assert "back to the chat" in content.decode()


def test_what_is_not_found_is_small_and_leads_back_too(till: Till) -> None:
    content = page(till, None)
    assert len(content) < MOST_BYTES
    assert "back to the chat" in content.decode()


def test_a_code_can_be_opened_in_its_app_and_only_a_code(till: Till) -> None:
    code, card = till.charge("innbucks"), till.charge("card")
    assert f'href="{code.redirect_url}"' in page(till, code).decode()
    assert code.redirect_url.startswith("com.innbucks.customer://")
    assert "href" not in page(till, card).decode()
