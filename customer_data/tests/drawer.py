"""The far side of the smallest gateway there is: a drawer with one slip of paper per charge.

A real folder, so that what reached it is still there when the process that brought it was killed.
"""

from __future__ import annotations

import fcntl
import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar
from urllib.parse import urlencode

from customer_data.gateway import Account, Charge

KEY = "drawer-key-that-nobody-may-read"
FORGER = "another-key"
OTP = "012345"

Slip = dict[str, str]


class Refused(Exception):
    """No connection was made."""


class Lost(Exception):
    """The request may have arrived; the answer did not."""


def _nothing(charge: Charge) -> None: ...


def _accounts() -> dict[str, Account]:
    return {currency: Account(f"till-{currency.lower()}", currency, is_test=False) for currency in ("USD", "ZWG")}


@dataclass
class Drawer:
    """What a test arranges, and what it looks at afterwards. `next_trouble` strikes one request each, in order."""

    in_use: ClassVar[Drawer]

    folder: Path
    accounts: dict[str, Account] = field(default_factory=_accounts)
    polls_per_minute: int = 100_000
    next_trouble: list[str] = field(default_factory=list)  # refuse, lose, decline, misconfigured, nonsense
    before_arrival: Callable[[Charge], None] = _nothing
    after_arrival: Callable[[Charge], None] = _nothing
    on_question: Callable[[str], None] = lambda reference: None
    before_refund: Callable[[str], None] = lambda refund_reference: None
    after_refund: Callable[[str], None] = lambda refund_reference: None
    refund_word: str = "returned"  # what it says of a refund at once: returning, returned or kept
    questions: list[str] = field(default_factory=list)
    otps: list[str] = field(default_factory=list)

    # --- As the wire sees it ----------------------------------------------------------------------
    @contextmanager
    def request(self) -> Iterator[str]:
        """One request: refused before anything happens, or carried out and perhaps not answered."""
        trouble = self.next_trouble.pop(0) if self.next_trouble else ""
        if trouble == "refuse":
            raise Refused
        yield trouble
        if trouble == "lose":
            raise Lost

    def put(self, charge: Charge) -> None:
        self.before_arrival(charge)
        with self._alone():
            slip = self.slip(charge.reference) or {
                "reference": charge.reference,
                "amount": str(charge.amount),
                "account": charge.account,
                "word": "waiting",
                "arrivals": "0",
            }
            self._write(slip | {"arrivals": str(int(slip["arrivals"]) + 1)})
        self.after_arrival(charge)

    def give_back(self, reference: str, amount: str, refund_reference: str) -> Slip:
        """Money back under its own reference: the same one again only says how it stands."""
        self.before_refund(refund_reference)
        with self._alone():
            slip = self.slip(refund_reference)
            if slip is None:
                slip = {
                    "reference": refund_reference,
                    "payment": reference,
                    "amount": amount,
                    "word": self.refund_word,
                    "arrivals": "0",
                }
            slip |= {"arrivals": str(int(slip["arrivals"]) + 1)}
            self._write(slip)
        self.after_refund(refund_reference)
        return slip

    def slip(self, reference: str) -> Slip | None:
        path = self.folder / f"{reference}.json"
        return json.loads(path.read_text()) if path.exists() else None

    # --- As a test drives it ----------------------------------------------------------------------
    def say(self, reference: str, word: str, **changes: str) -> None:
        """From now on the drawer says `word` about this charge."""
        slip = self.slip(reference)
        if slip is None:
            raise AssertionError("There is no such slip in the drawer.")
        self._write(slip | {"word": word} | changes)

    def pay(self, reference: str) -> None:
        self.say(reference, "paid")

    def arrivals(self, reference: str) -> int:
        """How often we were asked for this money. More than once would be a double charge."""
        slip = self.slip(reference)
        return 0 if slip is None else int(slip["arrivals"])

    def notification(self, reference: str, *, key: str = KEY) -> bytes:
        """What the drawer calls out, signed."""
        slip = self.slip(reference) or {"account": "", "word": ""}
        body = urlencode({"reference": reference, "account": slip["account"], "word": slip["word"]})
        return f"{body}&signature={signature(body, key)}".encode()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One request at a time, whichever thread or process brings it: two arrivals at once are counted as two."""
        with (self.folder / "door").open("w") as door:
            fcntl.flock(door, fcntl.LOCK_EX)
            yield

    def _write(self, slip: Slip) -> None:
        draft = self.folder / f"{slip['reference']}.draft"
        draft.write_text(json.dumps(slip))
        draft.replace(self.folder / f"{slip['reference']}.json")


def signature(body: str, key: str = KEY) -> str:
    return hmac.digest(key.encode(), body.encode(), "sha256").hex()
