"""What a named action of the conversation answers. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from flows.outgoing import Outgoing


@dataclass(frozen=True)
class Reply:
    """Messages for the customer, in this order, and the step the conversation goes to; empty: it stays where it is."""

    messages: tuple[Outgoing, ...] = ()
    go_to: str = ""
