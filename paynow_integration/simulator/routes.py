"""Which address does what: Paynow's own endpoints, the page where a customer pays, the control desk."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

from paynow_integration.simulator import control, pages, wire
from paynow_integration.simulator.faults import Struck
from paynow_integration.simulator.office import NotPossible
from paynow_integration.simulator.records import Transaction
from paynow_integration.simulator.replies import error_reply
from paynow_integration.simulator.validation import Refused

if TYPE_CHECKING:
    from paynow_integration.simulator.server import PaynowSimulator

_CALLS = {
    "/interface/initiatetransaction": "initiate",
    "/interface/remotetransaction": "express",
    "/interface/trace": "trace",
    "/interface/initiatetickettransaction": "ticket",
    "/interface/checkpayment": "poll",
    "/interface/remoteotp": "otp",
}
_PAGE = "/payment/confirmpayment/"
_CONTROL = "/simulator"
_PATIENCE_SECONDS = 3  # with a merchant who does not answer the update


@dataclass(frozen=True)
class Request:
    method: str
    target: str
    body: bytes
    content_type: str
    base_url: str

    @property
    def path(self) -> str:
        """Without a final slash; Paynow's paths have no case."""
        return urlsplit(self.target).path.rstrip("/")

    def query(self, name: str) -> str:
        for key, values in parse_qs(urlsplit(self.target).query).items():
            if key.lower() == name:
                return values[0]
        return ""


@dataclass(frozen=True)
class Answer:
    """What to send, unless the faults in `struck` send something else."""

    body: bytes
    status: int = 200
    content_type: str = "text/plain; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()
    struck: Struck = field(default_factory=Struck)


def answer(simulator: PaynowSimulator, request: Request) -> Answer:
    """The answer to any request; nothing raises."""
    path = request.path.lower()
    if (call := _CALLS.get(path)) is not None:
        return _paynow(simulator, request, call)
    if path.startswith(_PAGE):
        return _page(simulator, request)
    if path == "" and request.method == "GET":
        return _html(pages.home(simulator))
    if path == _CONTROL or path.startswith(f"{_CONTROL}/"):
        reply = control.answer(simulator, request.method, request.path[len(_CONTROL) :], request.target, request.body)
        return _controlled(request, reply)
    return Answer(b"Not found", status=404)


# --- Paynow's endpoints ---------------------------------------------------------------------------
def _paynow(simulator: PaynowSimulator, request: Request, call: str) -> Answer:
    if request.method != "POST" and call != "poll":
        return Answer(b"The resource cannot be found.", status=404)
    office = simulator.office
    office.calls[call] += 1
    pairs = wire.decode(request.body, request.content_type)
    reference, phone = office.subject(call, pairs, request.query("guid"))
    struck = simulator.faults.take(call, reference=reference, phone=phone)
    if "down" in struck:
        return Answer(b"Service Unavailable", status=int(struck.value("down", "503")))
    if "error" in struck:
        return Answer(error_reply(struck.value("error", "Failed to initiate transaction, please try later")))
    try:
        body = _work(simulator, request, call, pairs, struck)
    except Refused as refused:
        body = error_reply(str(refused))
    return Answer(body, struck=struck)


def _work(simulator: PaynowSimulator, request: Request, call: str, pairs: wire.Pairs, struck: Struck) -> bytes:
    office, guid = simulator.office, request.query("guid")
    if call in ("initiate", "express"):
        return office.begin(call, pairs, request.base_url, simulator.public_url or request.base_url, struck)
    if call == "trace":
        return office.trace(pairs, struck)
    if call == "poll":
        return office.poll(guid, struck)
    if call == "otp":
        return office.take_otp(guid, pairs, struck)
    raise Refused("Ticket transactions are not enabled for this integration")  # assumed


# --- The page where a customer pays ---------------------------------------------------------------
def _page(simulator: PaynowSimulator, request: Request) -> Answer:
    number = unquote(request.path[len(_PAGE) :]).split("/", maxsplit=1)[0]
    try:
        transaction = simulator.office.find(number)
    except NotPossible:
        return _html(pages.message("This transaction does not exist."), status=404)
    if transaction.paynow_reference != number:
        return _html(pages.message("This transaction does not exist."), status=404)
    if request.method == "POST":
        return _submit_page(simulator, transaction, dict(wire.decode(request.body, request.content_type)))
    return _html(pages.confirm(transaction))


def _submit_page(simulator: PaynowSimulator, transaction: Transaction, form: dict[str, str]) -> Answer:
    """First the update to the merchant, then the browser back to him, as Paynow does it."""
    if not transaction.is_open:
        return _see(transaction.return_url)
    if pages.turns_away(transaction) and form.get("action") == "pay":
        return _html(pages.message(pages.IN_TESTING), status=403)
    if form.get("action") == "pay":
        transaction.prompts += 1
    words = {"pay": simulator.manners.money_word, "fail": "Failed"}
    try:
        update = simulator.office.move(transaction, words.get(form.get("action", ""), "Cancelled"))
    except NotPossible:  # paid or cancelled in another window meanwhile
        return _see(transaction.return_url)
    if update is not None:
        update.was_tried.wait(_PATIENCE_SECONDS)
    return _see(transaction.return_url)


# --- Forms of answers -----------------------------------------------------------------------------
def _controlled(request: Request, reply: control.Reply) -> Answer:
    """A person's form goes back to the list; a program gets JSON."""
    if request.content_type.startswith("application/x-www-form-urlencoded") and reply.status < 400:
        return _see("/")
    return Answer(reply.body, status=reply.status, content_type="application/json")


def _html(page: str, status: int = 200) -> Answer:
    return Answer(page.encode(), status=status, content_type="text/html; charset=utf-8")


def _see(url: str) -> Answer:
    location = "".join(character for character in url if character.isprintable() and character != " ")
    return Answer(b"", status=303, headers=(("Location", location),))
