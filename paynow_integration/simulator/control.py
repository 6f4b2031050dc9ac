"""The control desk over HTTP, under `/simulator`: JSON in and out, for tests and benchmarks in another process."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from paynow_integration.simulator.clock import DrivenClock
from paynow_integration.simulator.faults import FAULTS
from paynow_integration.simulator.office import NotPossible
from paynow_integration.simulator.records import Integration, Manners, Transaction, Update, Wallet

if TYPE_CHECKING:
    from paynow_integration.simulator.server import PaynowSimulator

_MOVES = {
    "approve": "",
    "decline": "",
    "deliver": "Delivered",
    "await-delivery": "Awaiting Delivery",
    "dispute": "Disputed",
    "refund": "Refunded",
    "cancel": "Cancelled",
    "fail": "Failed",
}
_BEHAVIOURS = ("approve", "decline", "ignore", "insufficient")


@dataclass(frozen=True)
class Reply:
    body: bytes
    status: int = 200


def answer(simulator: PaynowSimulator, method: str, path: str, target: str, body: bytes) -> Reply:
    """`path` is what follows `/simulator`. Nothing raises: a mistake is a 4xx with a sentence."""
    try:
        values = dict(parse_qsl(urlsplit(target).query)) | _values(body)
        result = _route(simulator, method, [unquote(part) for part in path.split("/") if part], values)
    except NotPossible as failure:
        return _json({"error": str(failure)}, status=409)
    except (ValueError, TypeError, KeyError) as failure:
        return _json({"error": f"{type(failure).__name__}: {failure}"}, status=400)
    return _json({"error": "There is nothing here."}, status=404) if result is None else _json(result)


def _route(simulator: PaynowSimulator, method: str, parts: list[str], values: dict[str, Any]) -> Any:
    """What was asked for; None when there is no such thing."""
    if len(parts) == 1 and (action := _DESK.get((method, parts[0]))) is not None:
        return action(simulator, values)
    match method, parts:
        case "GET", ["transactions", name]:
            return show_transaction(simulator.office.find(name))
        case "POST", ["transactions", name, "resend"]:
            simulator.resend_update(name)
            return {"ok": True}
        case "POST", ["transactions", name, word] if word in _MOVES:
            return _move(simulator, name, word)
        case "POST", [word] if word in _MOVES:
            return {"transactions": [_move(simulator, str(name), word) for name in values["references"]]}
    return None


def _list(simulator: PaynowSimulator, values: dict[str, Any]) -> Any:
    found = simulator.transactions(reference=str(values.get("reference", "")), trace=str(values.get("merchanttrace", "")))
    newest = found[-int(values.get("limit", 1000)) :]
    return {"count": len(found), "transactions": [show_transaction(each) for each in newest]}


def _move(simulator: PaynowSimulator, name: str, action: str) -> Any:
    if action == "approve":
        return show_transaction(simulator.approve(name))
    if action == "decline":
        return show_transaction(simulator.decline(name))
    return show_transaction(simulator.move(name, _MOVES[action]))


def _set_wallet(simulator: PaynowSimulator, values: dict[str, Any]) -> Any:
    """One wallet, or many at once as `wallets`."""
    for each in values.get("wallets", [values]):
        if each["behaviour"] not in _BEHAVIOURS:
            raise ValueError(f"behaviour is one of {', '.join(_BEHAVIOURS)}")
        simulator.office.wallets[str(each["phone"])] = Wallet(each["behaviour"], float(each.get("after_seconds", 0)))
    return {"ok": True}


def _integrations(simulator: PaynowSimulator, values: dict[str, Any]) -> Any:
    return {
        "integrations": [
            {"id": each.id, "currency": each.currency, "live": each.live, "methods": sorted(each.methods)}
            for each in simulator.office.integrations.values()
        ]
    }


def _add_integration(simulator: PaynowSimulator, values: dict[str, Any]) -> Any:
    lists = {"merchant_emails": tuple(values["merchant_emails"])} if "merchant_emails" in values else {}
    methods = {"methods": frozenset(values["methods"])} if "methods" in values else {}
    simulator.add_integration(Integration(**{**values, **lists, **methods, "id": str(values["id"])}))
    return _integrations(simulator, {})


def _manners(simulator: PaynowSimulator, values: dict[str, Any]) -> Any:
    """Only known names, each in the type it has."""
    known = {each.name for each in fields(Manners)}
    if not set(values) <= known:
        raise ValueError(f"There is nothing called {', '.join(sorted(set(values) - known))}.")
    for name, value in values.items():
        setattr(simulator.manners, name, type(getattr(simulator.manners, name))(_untyped(value)))
    return {name: getattr(simulator.manners, name) for name in sorted(known)}


def _untyped(value: Any) -> Any:
    """A checkbox of a form says on or nothing."""
    return value not in ("", "off", "false", "0") if value in ("on", "off", "true", "false") else value


def _faults(simulator: PaynowSimulator, values: dict[str, Any]) -> Any:
    return {"on": simulator.faults.all(), "known": FAULTS}


def _struck(simulator: PaynowSimulator, values: dict[str, Any]) -> Any:
    return {"struck": list(simulator.faults.history)}


def _add_fault(simulator: PaynowSimulator, values: dict[str, Any]) -> Any:
    times = values.pop("times", None)
    simulator.fault(**values, times=int(times) if times else None)
    return _faults(simulator, {})


def _clear_faults(simulator: PaynowSimulator, values: dict[str, Any]) -> Any:
    simulator.clear_faults()
    return _faults(simulator, {})


def _refuse(simulator: PaynowSimulator, values: dict[str, Any]) -> Any:
    """Refuse connections for some seconds, beginning just after this answer has left."""
    simulator.clock.call_later(0.1, simulator.refuse_connections)
    simulator.clock.call_later(0.1 + float(values["seconds"]), simulator.accept_connections)
    return {"ok": True}


def _advance(simulator: PaynowSimulator, values: dict[str, Any]) -> Any:
    if not isinstance(simulator.clock, DrivenClock):
        raise NotPossible("This simulator runs in real time.")
    simulator.clock.advance(float(values["advance"]))
    return {"now": simulator.clock.now()}


def _updates(simulator: PaynowSimulator, values: dict[str, Any]) -> Any:
    """All, or with `waiting` only those that are neither taken nor given up."""
    found = simulator.updates(str(values.get("reference", "")))
    if values.get("waiting"):
        found = [each for each in found if not each.dropped and not each.is_delivered and not simulator.is_given_up(each)]
    return {"updates": [_show_update(each) for each in found]}


def _reset(simulator: PaynowSimulator, values: dict[str, Any]) -> Any:
    simulator.reset()
    return {"ok": True}


def _health(simulator: PaynowSimulator, values: dict[str, Any]) -> Any:
    return {"ok": True}


def _calls(simulator: PaynowSimulator, values: dict[str, Any]) -> Any:
    return dict(simulator.office.calls)


def show_transaction(transaction: Transaction) -> dict[str, Any]:
    """For people and tests; without keys."""
    return {
        "guid": transaction.guid,
        "paynow_reference": transaction.paynow_reference,
        "integration": transaction.integration.id,
        "currency": transaction.integration.currency,
        "merchant": transaction.integration.name,
        "created_at": transaction.created_at,
        "reference": transaction.reference,
        "merchanttrace": transaction.merchant_trace,
        "amount": f"{transaction.amount:.2f}",
        "method": transaction.method,
        "phone": transaction.phone,
        "status": transaction.status,
        "prompts": transaction.prompts,
        "code": transaction.code,
        "poll_url": transaction.poll_url,
        "history": [[at, word] for at, word in transaction.history],
    }


def _show_update(update: Update) -> dict[str, Any]:
    return {
        "reference": update.transaction.reference,
        "status": update.word,
        "body": update.body.decode("ascii"),
        "answers": update.answers,
        "answered_at": update.answered_at,
        "dropped": update.dropped,
        "delivered": update.is_delivered,
    }


def _values(body: bytes) -> dict[str, Any]:
    text = body.decode("utf-8")
    if not text.lstrip().startswith("{"):
        return dict(parse_qsl(text))
    values = json.loads(text)
    if not isinstance(values, dict):
        raise TypeError("an object is expected")
    return values


def _json(value: Any, status: int = 200) -> Reply:
    return Reply(json.dumps(value).encode(), status)


_DESK: dict[tuple[str, str], Callable[[PaynowSimulator, dict[str, Any]], Any]] = {
    ("GET", "health"): _health,
    ("GET", "calls"): _calls,
    ("GET", "transactions"): _list,
    ("GET", "updates"): _updates,
    ("GET", "integrations"): _integrations,
    ("POST", "integrations"): _add_integration,
    ("POST", "wallets"): _set_wallet,
    ("GET", "manners"): _manners,
    ("POST", "manners"): _manners,
    ("GET", "faults"): _faults,
    ("POST", "faults"): _add_fault,
    ("GET", "struck"): _struck,
    ("DELETE", "faults"): _clear_faults,
    ("POST", "clear-faults"): _clear_faults,
    ("POST", "refuse-connections"): _refuse,
    ("POST", "clock"): _advance,
    ("POST", "reset"): _reset,
}
