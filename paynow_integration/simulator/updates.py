"""Status updates to the merchant's result address: one for each change, sent again up to ten times on an HTTP error."""

import threading
from collections import deque

import urllib3

from paynow_integration.simulator.clock import Clock
from paynow_integration.simulator.faults import FaultBoard, Struck
from paynow_integration.simulator.records import Manners, Transaction, Update
from paynow_integration.simulator.replies import compose, status_fields

_HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}
_KEPT = 50_000


class Updates:
    """Sends updates on the clock. A lost connection is sent again like an error status (assumed)."""

    def __init__(self, clock: Clock, manners: Manners, faults: FaultBoard) -> None:
        self.sent: deque[Update] = deque(maxlen=_KEPT)
        self._clock = clock
        self._manners = manners
        self._faults = faults
        self._held: dict[str, list[Update]] = {}
        self._lock = threading.Lock()
        self._http = urllib3.PoolManager(maxsize=32, num_pools=8)

    def announce(self, transaction: Transaction, word: str) -> Update:
        """Send `word`, the new status of `transaction`, as soon as the clock does its jobs."""
        struck = self._faults.take("update", reference=transaction.reference, phone=transaction.phone)
        body = compose(status_fields(transaction, word, self._manners), transaction.integration.key, struck)
        update = Update(transaction, word, body, dropped="drop_update" in struck)
        self.sent.append(update)
        if update.dropped:
            update.was_tried.set()
        else:
            self._queue(update, struck)
        return update

    def resend(self, update: Update) -> None:
        """Send an update that was sent before once more, as it was."""
        self._clock.call_later(0, lambda: self._deliver(update))

    def release(self) -> None:
        """Send what is held back."""
        with self._lock:
            held, self._held = [update for batch in self._held.values() for update in batch], {}
        if held:
            self._clock.call_later(0, lambda: self._deliver_all(held))

    def forget(self) -> None:
        with self._lock:
            self.sent.clear()
            self._held.clear()

    def close(self) -> None:
        self._http.clear()

    def _queue(self, update: Update, struck: Struck) -> None:
        guid = update.transaction.guid
        with self._lock:
            if "hold_update" in struck:
                self._held.setdefault(guid, []).append(update)
                return
            batch = [update, *self._held.pop(guid, [])]
        if "duplicate_update" in struck:
            batch.insert(0, update)
        seconds = float(struck.value("delay_update", "5")) if "delay_update" in struck else 0
        self._clock.call_later(seconds, lambda: self._deliver_all(batch))

    def _deliver_all(self, batch: list[Update]) -> None:
        for update in batch:
            self._deliver(update)

    def _deliver(self, update: Update) -> None:
        answer = self._post(update)
        update.answered_at.append(self._clock.now())
        update.answers.append(answer)
        update.was_tried.set()
        if not 200 <= answer < 400 and len(update.answers) <= self._manners.most_resends:
            self._clock.call_later(self._manners.resend_seconds, lambda: self._deliver(update))

    def _post(self, update: Update) -> int:
        try:
            response = self._http.request(
                "POST",
                update.transaction.result_url,
                body=update.body,
                headers=_HEADERS,
                timeout=self._manners.post_timeout_seconds,
                retries=False,
                redirect=False,
            )
        except (urllib3.exceptions.HTTPError, OSError, ValueError):
            return 0
        return response.status
