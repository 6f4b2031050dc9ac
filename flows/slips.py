"""Files that customers sent, fetched by a task and kept as proofs: each once, told once, found again when a worker died."""

import logging
from datetime import timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from customer_data import correlation
from customer_data.models import Concern, ConcernKind, Proof
from customer_data.services.proofs import NotAProof, hand_in
from flows import media, outbox
from flows.models import SentFile
from flows.outgoing import Text
from flows.payment_news import language_of
from flows.proof_words import received
from flows.sentences import say

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=2)
"""So long a worker has the file for itself: longer than fetching can take. Dies it, the next one takes it then."""

TRY_AGAIN_AFTER = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 3600))
MOST_TRIES = len(TRY_AGAIN_AFTER) + 1
MOST_DUE = 200


def due_files() -> list[int]:
    """Ids of the files that should be fetched now."""
    due = SentFile.objects.filter(next_try_at__lte=timezone.now())
    return list(due.order_by("next_try_at").values_list("pk", flat=True)[:MOST_DUE])


def keep_file(sent_file_id: int) -> None:
    """Fetch the file and keep it as a proof, unless that is done or another worker is at it. Safe to repeat, safe to kill."""
    sent = _claim(sent_file_id)
    if sent is None:
        return
    with correlation.thread(correlation.id_of(f"message:{sent.wamid}")):
        _keep(sent)


def _keep(sent: SentFile) -> None:
    if sent.attempts > MOST_TRIES:  # whoever tried last did not live to say what happened
        _give_up(sent, "Nobody came to the end of keeping it.")
        return
    try:
        content = media.fetch(sent.media_id)
    except media.NotFetched as problem:
        _try_later(sent, str(problem))
    except media.FileGone as problem:
        _end(sent, SentFile.Outcome.GONE, _words(sent, "proof_gone"), error=str(problem))
    except media.FileTooLarge as problem:
        _end(sent, SentFile.Outcome.NO_PROOF, _words(sent, "proof_too_large"), error=str(problem))
    else:
        _hand_in(sent, content)


def _claim(sent_file_id: int) -> SentFile | None:
    """The file for us alone, for a while. None: it is not due, or another worker has it."""
    now = timezone.now()
    due = SentFile.objects.filter(pk=sent_file_id, next_try_at__lte=now)
    if not due.update(next_try_at=now + LEASE, attempts=F("attempts") + 1):
        return None
    return SentFile.objects.select_related("customer").get(pk=sent_file_id)


def _hand_in(sent: SentFile, content: bytes) -> None:
    """The proof, what the customer hears of it and that the file is done with become true together, or not at all."""
    with transaction.atomic():
        locked = _locked(sent)
        if locked is None:
            return
        try:
            with transaction.atomic():
                proof = hand_in(
                    booking=locked.booking, customer=sent.customer, content=content, text=locked.caption, wamid=locked.wamid
                )
        except NotAProof as problem:
            _end(sent, SentFile.Outcome.NO_PROOF, _words(sent, "proof_refused", problem=str(problem)), error=str(problem))
            return
        _tell_received(locked, proof)


def _tell_received(sent: SentFile, proof: Proof) -> None:
    SentFile.objects.filter(pk=sent.pk).update(outcome=SentFile.Outcome.KEPT, next_try_at=None, last_error="")
    told = received(proof, sent.customer, language=language_of(sent.customer))
    outbox.write(sent.customer, told, key=f"file-{sent.pk}-end")


def _locked(sent: SentFile) -> SentFile | None:
    """The row for the end of this transaction; None when another worker has done it."""
    waiting = SentFile.objects.select_for_update(of=("self",)).select_related("customer", "booking__customer")
    return waiting.filter(pk=sent.pk, outcome=SentFile.Outcome.WAITING).first()


def _try_later(sent: SentFile, problem: str) -> None:
    if sent.attempts >= MOST_TRIES:
        _give_up(sent, problem)
        return
    logger.warning("File %s of a customer could not be fetched: %s", sent.pk, problem)
    wait = TRY_AGAIN_AFTER[sent.attempts - 1]
    with transaction.atomic():
        SentFile.objects.filter(pk=sent.pk).update(next_try_at=timezone.now() + wait, last_error=problem[:500])
        if sent.attempts == 1:
            outbox.write(sent.customer, Text(_words(sent, "proof_on_its_way")), key=f"file-{sent.pk}-waits")


def _give_up(sent: SentFile, problem: str) -> None:
    """The customer is asked to send it again, and a person is told: it may have been the proof of a payment."""
    sentence = f"{sent.customer} sent a photo or PDF that could not be fetched from WhatsApp. Ask for it another way."
    _end(sent, SentFile.Outcome.GIVEN_UP, _words(sent, "proof_not_fetched"), error=problem)
    Concern.raise_about_customer(sent.customer, ConcernKind.UNMATCHED_PROOF, sentence, wamid=sent.wamid, problem=problem[:300])


def _end(sent: SentFile, outcome: SentFile.Outcome, words: str, *, error: str) -> None:
    with transaction.atomic():
        waiting = SentFile.objects.filter(pk=sent.pk, outcome=SentFile.Outcome.WAITING)
        if waiting.update(outcome=outcome, next_try_at=None, last_error=error[:500]):
            outbox.write(sent.customer, Text(words), key=f"file-{sent.pk}-end")


def _words(sent: SentFile, name: str, **facts: str) -> str:
    return say(f"pay/{name}", language=language_of(sent.customer), **facts)
