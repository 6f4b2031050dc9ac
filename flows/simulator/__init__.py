"""Meta's side of the wire, for development and tests: `Phone`, `GraphSimulator`, or `python -m flows.simulator`.

Built from Meta's documentation and the behaviour of its shipped client; real phones may differ. Nobody gets a message here.
"""

from flows.simulator.business import Business
from flows.simulator.graph import GraphSimulator
from flows.simulator.limits import Limits
from flows.simulator.phone import CannotTap, Phone, Shown, post_to
from flows.simulator.phone_book import ChatPhone
from flows.simulator.records import FlowRecord, SentMessage, Template
from flows.simulator.screen_text import print_screen
from flows.simulator.server import Fault, FaultKind

__all__ = [
    "Business",
    "CannotTap",
    "ChatPhone",
    "Fault",
    "FaultKind",
    "FlowRecord",
    "GraphSimulator",
    "Limits",
    "Phone",
    "SentMessage",
    "Shown",
    "Template",
    "post_to",
    "print_screen",
]
