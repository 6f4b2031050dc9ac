"""Who sends status updates without end: junk is kept up to a limit, and no genuine update is ever lost to it."""

import pytest

from paynow_integration import views
from paynow_integration.models import PaynowNotification
from paynow_integration.tests.till import IPN, PAID, Till


def test_junk_is_kept_up_to_a_limit_and_a_genuine_update_is_always_heard(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "MOST_JUNK", 3)
    payment = till.charge()
    till.paynow.approve(payment.reference)
    junk = b"reference=ABC&status=Paid&hash=00"
    assert [till.ring(junk) for _ in range(5)] == [400, 400, 400, 429, 429]
    assert PaynowNotification.objects.count() == 3
    assert till.ring(till.update(payment)) == 200
    assert till.stands(payment) == PAID


def test_another_address_is_heard_as_before(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "MOST_JUNK", 1)
    assert [till.ring(b"x") for _ in range(2)] == [400, 429]
    answer = till.web.post(IPN, b"x", content_type="text/plain", REMOTE_ADDR="203.0.113.9")
    assert answer.status_code == 400


def test_whoever_writes_a_forwarded_address_is_counted_as_the_proxy_saw_them(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy of ours stands before this server: what a client writes there counts for nothing."""
    monkeypatch.setattr(views, "MOST_JUNK", 2)
    told = [till.ring(b"x", headers={"X-Forwarded-For": f"198.51.100.{number}"}) for number in range(4)]
    assert told == [400, 400, 429, 429]
