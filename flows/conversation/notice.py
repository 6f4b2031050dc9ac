"""What a customer is told once, before anything else: what is done with their data, and where to read about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from django.conf import settings
from django.utils import timezone

from flows.conversation.facts import Talking
from flows.outgoing import Outgoing, Text, TooLong


def with_notice(talking: Talking, messages: Sequence[Outgoing]) -> list[Outgoing]:
    """`messages`, with the notice before the first words that this customer ever hears. Without an address of one, as they are.

    The caller saves the conversation. Where the words leave no room, the notice is a message of its own.
    """
    talk = talking.conversation
    if not settings.PRIVACY_NOTICE_URL or talk.notice_given_at is not None or not messages:
        return list(messages)
    talk.notice_given_at = timezone.now()
    notice = talking.say("privacy_notice", url=settings.PRIVACY_NOTICE_URL)
    first, *following = messages
    try:
        return [replace(first, body=f"{notice}\n\n{first.body}"), *following]
    except TooLong:
        return [Text(notice), *messages]
