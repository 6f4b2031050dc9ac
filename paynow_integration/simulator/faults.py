"""Switches for everything that can go wrong at Paynow's end or on the way."""

import threading
from collections import deque
from dataclasses import asdict, dataclass, replace

_KEPT = 100_000
CALLS = ("initiate", "express", "trace", "poll", "otp", "update")

# name -> what happens. "Instead of the reply" faults strike after the work is done, so that a trace finds the payment.
FAULTS: dict[str, str] = {
    "hang": "instead of the reply: nothing, the connection stays open",
    "html": "instead of the reply: a web page with status 200",
    "http_error": "instead of the reply: an HTTP status (value, 503 unless given)",
    "redirect": "instead of the reply: a redirect to `value`",
    "empty": "instead of the reply: an empty body",
    "half_reply": "half of the reply, then the connection closes",
    "reset": "instead of the reply: the connection is reset",
    "drip": "the reply a byte at a time, `value` seconds apart",
    "down": "nothing is done; HTTP status (value, 503 unless given)",
    "error": "nothing is done; status=Error with the text `value`",
    "capitalised_keys": "names as in older documentation: Status, PollUrl",
    "no_paynowreference": "paynowreference is missing",
    "comma_paynowreference": "paynowreference as in 12,345,678",
    "extra_field": "an unknown field, signed",
    "blank_field": "a known field without a value, signed",
    "no_hash": "the hash is stripped",
    "forged_hash": "the hash is made with another key",
    "unknown_status": "a status word nobody knows (value)",
    "wrong_amount": "another amount (value, 0.01 unless given), signed",
    "wrong_reference": "another reference (value), signed",
    "foreign_pollurl": "a poll address on another host (value), signed",
    "drop_update": "the update is never sent",
    "duplicate_update": "the update is sent twice",
    "hold_update": "the update is held back until after the next one",
    "delay_update": "the update is sent `value` seconds later (5 unless given)",
    "sent_update": "an update also that the prompt went out",
    "early_update": "the payment is approved, and its update sent, before the initiate or express reply",
}


@dataclass(frozen=True)
class Fault:
    """One switch. `on` is a call or `any`; `times` None means until cleared; blank `reference` and `phone` match all."""

    name: str
    on: str = "any"
    times: int | None = None
    reference: str = ""
    phone: str = ""
    value: str = ""

    def __post_init__(self) -> None:
        if self.name not in FAULTS:
            raise ValueError(f"There is no fault called {self.name!r}.")
        if self.on not in (*CALLS, "any"):
            raise ValueError(f"There is no call named {self.on!r}.")
        if self.times is not None and self.times < 1:
            raise ValueError("A fault strikes at least once.")

    def strikes(self, call: str, reference: str, phone: str) -> bool:
        return self.on in (call, "any") and self.reference in ("", reference) and self.phone in ("", phone)


class Struck(dict[str, Fault]):
    """The faults that strike one call, by name."""

    def value(self, name: str, default: str) -> str:
        return self[name].value or default


class FaultBoard:
    """The switches that are on."""

    def __init__(self) -> None:
        self.history: deque[tuple[str, str, str]] = deque(maxlen=_KEPT)
        """What struck: the fault, the call, and the reference it was about."""
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()

    def all(self) -> list[dict[str, object]]:
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def take(self, call: str, *, reference: str = "", phone: str = "") -> Struck:
        """The faults that strike this call, each used up once."""
        struck = Struck()
        if not self._faults:
            return struck
        with self._lock:
            kept: list[Fault] = []
            for fault in self._faults:
                if fault.name in struck or not fault.strikes(call, reference, phone):
                    kept.append(fault)
                    continue
                struck[fault.name] = fault
                self.history.append((fault.name, call, reference))
                kept += _used_once(fault)
            self._faults = kept
        return struck


def _used_once(fault: Fault) -> list[Fault]:
    if fault.times is None:
        return [fault]
    return [replace(fault, times=fault.times - 1)] if fault.times > 1 else []
