"""A worker is killed, for real, in the middle of a batch; the next one goes on, and nobody is answered twice or never."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter

import pytest
from django.db import connection

from flows.models import IncomingMessage, Message, Update
from flows.tests.calls import call, message, post

pytestmark = pytest.mark.django_db(transaction=True)

SENDERS, DIES_IN = 40, 20


def worker(dies_in: int, guard: str = "whole") -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "flows.tests.dying_inbox", str(dies_in), guard, str(connection.settings_dict["NAME"])]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | {"DEBUG": "1"})  # noqa: S603


def killed_in_the_middle(guard: str = "whole") -> None:
    with worker(DIES_IN, guard) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "here\n"
        process.kill()


def started_again() -> None:
    with worker(0) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "done\n"


def a_call_with_duplicates(*, messages: int) -> None:
    """Each message twice in one call, from forty customers."""
    many = [message(f"wamid.{at % messages}", "Hi", number=f"26377{at % messages % SENDERS:07d}") for at in range(2 * messages)]
    assert post(call(*many)).status_code == 200


def answers() -> Counter[str]:
    """How many messages each message of a customer was answered with."""
    keys = Message.objects.filter(key__startswith="reply-").values_list("key", flat=True)
    return Counter(key.rsplit("-", 1)[0] for key in keys)


def test_a_thousand_in_one_call_and_a_worker_killed_in_the_middle_each_message_is_answered_exactly_once() -> None:
    a_call_with_duplicates(messages=500)
    killed_in_the_middle()
    assert IncomingMessage.objects.count() == DIES_IN - 1
    assert len(answers()) == DIES_IN - 1
    started_again()
    assert answers() == {f"reply-wamid.{number}": 1 for number in range(500)}
    assert IncomingMessage.objects.count() == 500
    assert Update.objects.filter(handled_at__isnull=True).count() == 0


def test_control_a_message_noted_before_it_is_answered_is_never_answered() -> None:
    a_call_with_duplicates(messages=60)
    killed_in_the_middle("noted-first")
    started_again()
    assert len(answers()) == 60 - 1
