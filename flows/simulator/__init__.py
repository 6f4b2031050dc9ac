"""Meta's side of the wire, for development and tests: `Phone`, `GraphSimulator`, or `python -m flows.simulator`.

`GraphSimulator(business=Business(url=…, app_secret=…))` tells an app over HTTP what its customers do. With `deliver=` in the
place of `url`, a function brings webhooks and Flow requests into Django's test client, whenever the test says `settle()`:

    tendai = meta.phones.open("0771234567", "Tendai")   # a ChatPhone: write, tap, send_media, read_all, items
    tendai.write("Hi")
    meta.settle()
    sheet = meta.desk.open(tendai, tendai.items[-1].id)  # the Flow of a message: open, submit, back, complete

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
