"""The inbox of staff: who waits comes first, a person takes over, answers once, and hands back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from customer_data.models import Concern, ConcernKind, Customer
from customer_data.services.proofs import hand_in
from customer_data.tests import files
from customer_data.tests.desk import Desk, desk, list_of, page_of
from flows.models import Conversation, Message
from flows.tests.talks import Chatter

pytestmark = pytest.mark.django_db

PERMISSIONS = ("view_conversation", "change_conversation")


@pytest.fixture
def clerk() -> Desk:
    return desk(*PERMISSIONS, first_name="Rudo")


def talking(*, heard_hours_ago: float = 1, **fields: Any) -> Chatter:
    chatter = Chatter(name="Tariro Moyo")
    heard = timezone.now() - timedelta(hours=heard_hours_ago)
    Conversation.objects.filter(customer=chatter.customer).update(last_heard_at=heard, **fields)
    return chatter


def reply(clerk: Desk, chatter: Chatter, words: str, submission: str = "a1") -> Any:
    address = reverse("admin:flows_conversation_reply", args=(chatter.talk.pk,))
    return clerk.web.post(address, {"words": words, "submission": submission})


def replies_of(chatter: Chatter) -> list[str]:
    return list(
        Message.objects.filter(customer=chatter.customer, key__startswith="staff-").order_by("pk").values_list("body", flat=True)
    )


def test_who_waits_longest_for_a_person_is_listed_first(clerk: Desk) -> None:
    now = timezone.now()
    for name, waits in (("Fresh Talk", None), ("Waits Short", timedelta(minutes=2)), ("Waits Long", timedelta(hours=3))):
        chatter = talking(wants_person_since=now - waits if waits else None)
        Customer.objects.filter(pk=chatter.customer.pk).update(name=name)
    read = clerk.listed(Conversation)
    assert read.index("Waits Long") < read.index("Waits Short") < read.index("Fresh Talk")
    assert "Waits for a person: 3 hours" in read


def test_the_page_shows_both_sides_of_the_talk_with_what_became_of_it(clerk: Desk) -> None:
    chatter = talking()
    chatter.says("Hi")
    chatter.customer.incoming_messages.create(wamid="wamid.x", kind="text", text="Hi <b>there</b>", sent_at=timezone.now())
    Message.objects.filter(customer=chatter.customer).update(status="read")
    read = clerk.page(chatter.talk)
    assert "Hi <b>there</b>" in read
    assert "Read by the customer" in read


def test_what_a_customer_sent_as_a_proof_is_one_click_away_for_who_may_see_proofs(clerk: Desk) -> None:
    chatter = talking()
    chatter.customer.incoming_messages.create(wamid="wamid.slip", kind="image", sent_at=timezone.now())
    chatter.customer.incoming_messages.create(wamid="wamid.cat", kind="image", sent_at=timezone.now())
    proof = hand_in(booking=None, customer=chatter.customer, content=files.slip(), wamid="wamid.slip")
    address = page_of(proof)
    reviewer = desk(*PERMISSIONS, "view_proof")
    assert reviewer.get(page_of(chatter.talk)).content.decode().count("See it as a proof of payment") == 1
    assert address in reviewer.get(page_of(chatter.talk)).content.decode()
    assert address not in clerk.get(page_of(chatter.talk)).content.decode()


def test_a_reply_is_queued_and_takes_the_talk_over(clerk: Desk) -> None:
    chatter = talking(wants_person_since=timezone.now())
    reply(clerk, chatter, "Good morning, how can I help?")
    assert replies_of(chatter) == ["Good morning, how can I help?"]
    assert chatter.talk.taken_by == clerk.user


def test_a_double_click_sends_once(clerk: Desk) -> None:
    chatter = talking()
    reply(clerk, chatter, "Yes, we do", "one-form")
    reply(clerk, chatter, "Yes, we do", "one-form")
    reply(clerk, chatter, "And on Sundays too", "the-next-form")
    assert replies_of(chatter) == ["Yes, we do", "And on Sundays too"]


def test_after_24_hours_a_reply_is_refused_with_what_to_do(clerk: Desk) -> None:
    chatter = talking(heard_hours_ago=24.1)
    told = clerk.told(reply(clerk, chatter, "Still there?"))
    assert "more than 24 hours ago" in told[0]
    assert "Phone the customer" in told[0]
    assert replies_of(chatter) == []
    assert "Send on WhatsApp" not in clerk.page(chatter.talk)


def test_what_was_typed_is_not_lost_when_it_is_refused(clerk: Desk) -> None:
    chatter = talking()
    told = clerk.told(reply(clerk, chatter, "x" * 4097))
    assert "4096" in told[0]
    assert "x" * 4097 in clerk.page(chatter.talk)


def test_a_talk_another_person_has_is_not_answered_over_their_shoulder(clerk: Desk) -> None:
    other = desk(*PERMISSIONS)
    chatter = talking(taken_by=other.user)
    told = clerk.told(reply(clerk, chatter, "Hello"))
    assert f"{other.user.username} answers this customer" in told[0]
    assert replies_of(chatter) == []
    clerk.press(chatter.talk, "take-over")
    reply(clerk, chatter, "Hello", "a2")
    assert replies_of(chatter) == ["Hello"]


def test_while_a_person_answers_the_machine_is_quiet_and_after_handing_back_it_talks(clerk: Desk) -> None:
    chatter = talking(wants_person_since=timezone.now())
    clerk.press(chatter.talk, "take-over")
    assert chatter.says("When do we leave?") == []
    clerk.press(chatter.talk, "hand-back")
    assert "back with our booking service" in chatter.heard[-1].body
    assert chatter.says("Hi") != []


def test_handing_back_solves_the_matter_that_a_person_was_asked_for(clerk: Desk) -> None:
    chatter = talking(wants_person_since=timezone.now())
    Concern.raise_about_customer(chatter.customer, ConcernKind.WANTS_PERSON, "Asks for a person.")
    clerk.press(chatter.talk, "hand-back")
    solved = Concern.objects.get(customer=chatter.customer)
    assert solved.solved_at is not None
    assert solved.solved_by == clerk.user


def test_who_may_only_look_finds_no_way_to_write() -> None:
    onlooker, chatter = desk("view_conversation"), talking()
    read = onlooker.page(chatter.talk)
    assert "Send on WhatsApp" not in read
    assert "Take over" not in read
    assert reply(onlooker, chatter, "Hello").status_code == 403
    assert onlooker.press(chatter.talk, "take-over").status_code == 403
    assert replies_of(chatter) == []


def test_who_may_see_no_talks_sees_none() -> None:
    nobody, chatter = desk("view_payment"), talking()
    assert nobody.get(list_of(Conversation)).status_code == 403
    assert nobody.get(page_of(chatter.talk)).status_code == 403
