"""Meta's side of the wire, for development and tests: `Phone`, `GraphSimulator`, or `python -m flows.simulator`.

Built from Meta's documentation and the behaviour of its shipped client; real phones may differ. Nobody gets a message here.
"""

from flows.simulator.graph import GraphSimulator
from flows.simulator.phone import CannotTap, Phone, Shown, post_to
from flows.simulator.records import FlowRecord, SentMessage
from flows.simulator.screen_text import print_screen
from flows.simulator.server import Fault, FaultKind

__all__ = [
    "CannotTap",
    "Fault",
    "FaultKind",
    "FlowRecord",
    "GraphSimulator",
    "Phone",
    "SentMessage",
    "Shown",
    "post_to",
    "print_screen",
]
