"""The page a card payer comes back to: it shows what we know, believes nothing it is told, and asks nobody."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Page, sync_playwright

from customer_data.models import Payment
from paynow_integration.tests.till import PAID, WAITING, Till

PAGE = "/crm-api/paynow/return/"
SCRIPT = '"><script>document.title="stolen"</script><img src=x onerror=alert(1)>'


def visit(till: Till, query: dict[str, str]) -> Any:
    return till.web.get(PAGE, query)


def heading(response: Any) -> str:
    text = response.content.decode()
    return unescape(text[text.index("<h1") :].split(">", 1)[1].split("</h1>")[0]).strip()


def test_paynow_is_told_to_send_the_payer_back_to_this_page(till: Till) -> None:
    payment = till.charge("card")

    return_url = till.paynow.transactions(reference=payment.reference)[0].return_url

    assert return_url.endswith(f"{PAGE}?reference={payment.reference}")


@pytest.mark.parametrize(
    ("word", "shown"),
    [
        ("Paid", "Paid. Thank you."),
        ("Awaiting Delivery", "Paid. Thank you."),
        ("Cancelled", "Not paid"),
        ("Failed", "Not paid"),
        ("Refunded", "Refunded"),
        ("Disputed", "Disputed"),
    ],
)
def test_an_end_is_shown_and_looked_at_no_more(till: Till, word: str, shown: str) -> None:
    payment = till.charge("card")
    till.paynow.move(payment.reference, word)
    till.ring(till.update(payment))

    response = visit(till, {"reference": payment.reference})

    assert response.status_code == 200
    assert heading(response) == shown
    assert "Refresh" not in response
    assert "US$ 10.00" in response.content.decode()
    assert payment.booking.booking_reference in response.content.decode()


@pytest.mark.parametrize("stage", ["created", "sending", "pending"])
def test_while_the_answer_is_awaited_the_page_says_so_and_looks_again(till: Till, stage: str) -> None:
    if stage == "sending":
        till.paynow.fault("reset", on="initiate")
    payment = till.open("card") if stage == "created" else till.charge("card")
    assert till.stands(payment)[0] == stage

    response = visit(till, {"reference": payment.reference})

    assert heading(response) == "We are waiting for the answer"
    assert response["Refresh"] == "4"
    assert "Do not pay twice" in response.content.decode()


def test_a_page_left_open_for_long_looks_less_often(till: Till) -> None:
    payment = till.charge("card")
    later = timezone.now() + timedelta(minutes=16)

    assert refreshes_after(till, payment, now=later) == "30"


def refreshes_after(till: Till, payment: Payment, *, now: Any) -> str:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(timezone, "now", lambda: now)
        return str(visit(till, {"reference": payment.reference})["Refresh"])


def test_the_page_never_asks_paynow(till: Till) -> None:
    payment = till.charge("card")
    till.paynow.approve(payment.reference)
    calls = dict(till.paynow.office.calls)

    for _ in range(5):
        visit(till, {"reference": payment.reference})

    assert dict(till.paynow.office.calls) == calls
    assert till.stands(payment) == WAITING


@pytest.mark.parametrize("claim", [{"status": "Paid"}, {"status": "paid", "amount": "0.01"}, {"hash": "A" * 128, "pollurl": "x"}])
def test_a_claim_in_the_address_changes_nothing(till: Till, claim: dict[str, str]) -> None:
    payment = till.charge("card")

    response = visit(till, {"reference": payment.reference, **claim})

    assert heading(response) == "We are waiting for the answer"
    assert till.stands(payment) == WAITING


@pytest.mark.parametrize(
    "reference",
    [
        "",
        "0000000000A",
        "BK0000000000A",
        "../../etc/passwd",
        "' OR 1=1 --",
        "\x00",
        "ß" * 11,
        "A" * 10_000,
        SCRIPT,
        "K7Q2",
        "👍" * 11,
    ],
)
def test_an_unknown_reference_gets_a_sentence_and_nothing_of_it_back(till: Till, reference: str) -> None:
    till.charge("card")

    response = visit(till, {"reference": reference, "status": SCRIPT})

    assert response.status_code == 404
    assert heading(response) == "We cannot find this payment"
    assert "script" not in response.content.decode()
    assert reference == "" or reference not in response.content.decode()
    assert "Refresh" not in response


def test_a_reference_typed_by_hand_is_forgiven(till: Till) -> None:
    payment = till.charge("card")
    typed = f" {payment.reference[:5].lower()}-{payment.reference[5:]} "

    assert visit(till, {"reference": typed}).status_code == 200


def test_a_title_with_markup_is_shown_as_text(till: Till) -> None:
    payment = till.charge("card")
    payment.booking.title = SCRIPT
    payment.booking.save(update_fields=["title"])

    page = visit(till, {"reference": payment.reference}).content.decode()

    assert "<script>" not in page
    assert SCRIPT in unescape(page)


@pytest.mark.parametrize("known", [True, False])
def test_the_page_may_load_run_and_send_nothing_and_is_kept_by_nobody(till: Till, known: bool) -> None:
    payment = till.charge("card")

    response = visit(till, {"reference": payment.reference if known else "nonsense"})

    policy = response["Content-Security-Policy"]
    for rule in ("default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"):
        assert rule in policy
    assert "script-src" not in policy
    assert "no-store" in response["Cache-Control"]
    assert response.cookies == {}


def test_a_head_request_is_answered_like_get_without_a_body(till: Till) -> None:
    payment = till.charge("card")

    response = till.web.head(PAGE, {"reference": payment.reference})

    assert (response.status_code, response.content, response["Refresh"]) == (200, b"", "4")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_the_page_takes_no_orders(till: Till, method: str) -> None:
    assert till.web.generic(method, PAGE).status_code in (403, 405)


def test_a_test_payment_is_marked(till: Till) -> None:
    payment = till.charge("card")

    assert "This is a test. No money moves." in visit(till, {"reference": payment.reference}).content.decode()


# --- In a browser ---------------------------------------------------------------------------------
@pytest.fixture
def phone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    # Playwright runs an event loop in this thread; the tests' own queries are no part of it.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=[*options, "--no-first-run"])
        yield browser.new_page(viewport={"width": 360, "height": 640})
        browser.close()


@pytest.mark.browser
def test_the_payers_phone_shows_paid_by_itself(open_till: Till, live_server: Any, phone: Page) -> None:
    payment = open_till.charge("card")
    phone.goto(f"{live_server.url}{PAGE}?reference={payment.reference}&status=Paid")
    assert phone.get_by_role("heading").inner_text() == "We are waiting for the answer"

    open_till.paynow.approve(payment.reference)
    phone.get_by_text("Paid. Thank you.").wait_for(timeout=15_000)

    assert open_till.stands(payment) == PAID
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.browser
def test_markup_in_the_address_and_in_the_title_runs_nowhere(open_till: Till, live_server: Any, phone: Page) -> None:
    payment = open_till.charge("card")
    payment.booking.title = SCRIPT
    payment.booking.save(update_fields=["title"])
    phone.on("dialog", lambda dialog: pytest.fail("a script ran"))

    phone.goto(f"{live_server.url}{PAGE}?reference={payment.reference}&status={SCRIPT}")
    assert phone.title() == "Waiting for your payment"
    phone.goto(f"{live_server.url}{PAGE}?reference={SCRIPT}")
    assert phone.title() == "Payment not found"
