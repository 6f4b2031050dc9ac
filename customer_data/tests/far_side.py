"""The other side of a gateway's wire, as the contract's tests drive it: each gateway writes its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from customer_data.status import Status


@dataclass(frozen=True)
class Notification:
    """A notification as it crosses the wire."""

    body: bytes
    headers: Mapping[str, str]


class FarSide(ABC):
    """The gateway's side of the wire, as these tests drive it. Each trouble strikes the next request only."""

    words: Mapping[str, Status]
    """Every status word the gateway has for a payment, with ours."""

    paid_word: str
    """The one that says the money is in."""

    secrets: frozenset[str]
    """What no error may repeat: keys, tokens, expected signatures."""

    otp: str = ""
    """The right one-time code, where a method takes one."""

    @abstractmethod
    def say(self, reference: str, word: str) -> None:
        """Answer `word`, known or not, whenever asked about this charge."""

    @abstractmethod
    def say_amount(self, reference: str, amount: Decimal) -> None:
        """Answer that `amount` was paid."""

    @abstractmethod
    def charges_of(self, reference: str) -> int:
        """How many charges this reference has made there."""

    @abstractmethod
    def refuse_next_connection(self) -> None:
        """The next request meets a closed door: nothing arrives."""

    @abstractmethod
    def lose_next_reply(self) -> None:
        """The next request is carried out, and the connection breaks before the answer."""

    @abstractmethod
    def hang_next_reply(self) -> None:
        """The next request is carried out, and nothing is said within the gateway's time limit."""

    def refunds_of(self, refund_reference: str) -> Decimal:
        """How much money this refund has moved there, in all. Only where the gateway can refund."""
        raise NotImplementedError

    def notification(self, reference: str) -> Notification:
        """What the gateway sends about this charge now. Only where it sends notifications."""
        raise NotImplementedError

    def forged_notification(self, reference: str) -> Notification:
        """The same from somebody who lacks the key. Only where notifications are proven."""
        raise NotImplementedError
