"""The wallet on a customer's handset: the prompts of Paynow's simulator, over its HTTP only, and the owner's answer to them."""

import re
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import requests

from flows.simulator.graph_messages import Json
from flows.simulator.phone import CannotTap
from flows.simulator.phone_book import NotThere, digits_of

TIMEOUT_SECONDS = 10
MOST_PROMPTS = 20
WALLETS = {"ecocash": "EcoCash", "onemoney": "OneMoney", "innbucks": "InnBucks", "omari": "O'mari"}
KINDS = {"ecocash": "pin", "onemoney": "pin", "innbucks": "code", "omari": "otp"}
MOVES = {"approve": "approve", "decline": "decline", "insufficient": "fail"}
_STATES = {"Created": "open", "Sent": "open", "Paid": "approved", "Awaiting Delivery": "approved", "Delivered": "approved"}
_TEST_NUMBER = re.compile(r"077([1-4])\1{6}")
"""Paynow's test numbers, which answer by themselves: https://developers.paynow.co.zw/docs/test_mode.html"""


class Handset:
    """Asks Paynow's simulator at `url`. Everything raises OSError when it does not answer."""

    def __init__(self, url: str) -> None:
        self._url = url.rstrip("/")
        self._answers: dict[str, str] = {}

    def prompts(self, number: str, others: set[str]) -> list[Json]:
        """Newest first: for the wallet of this number, and for wallets whose number is no phone here (`others` are phones)."""
        if not self._url:
            return []
        found = self._call("GET", "transactions?limit=200")["transactions"]
        mine = [each for each in reversed(found) if each["method"] in WALLETS and self._is_for(each, number, others)][:MOST_PROMPTS]
        otp = str(self._call("GET", "manners")["otp"]) if any(each["method"] == "omari" for each in mine) else ""
        return [self._prompt(each, otp) for each in mine]

    def answer(self, reference: str, answer: str, *, code: str = "") -> None:
        """What the owner does with the prompt. Raises NotThere, ValueError, or CannotTap when it is over."""
        if answer not in (*MOVES, "ignore"):
            raise ValueError(f"answer is one of {', '.join((*MOVES, 'ignore'))}.")
        transaction = self._call("GET", f"transactions/{quote(reference, safe='')}")
        if answer != "ignore":
            self._move(transaction, answer, code)
        self._answers[reference] = answer

    def _move(self, transaction: Json, answer: str, code: str) -> None:
        if code and "".join(code.split()) != transaction["code"]:
            raise ValueError("The wallet does not know this code. Type it as it was given to you.")
        if transaction["method"] == "omari" and answer == "approve":
            raise ValueError("O'mari is approved by typing the code from the SMS in the form or in the chat.")
        try:
            self._call("POST", f"transactions/{transaction['guid']}/{MOVES[answer]}")
        except NotThere:
            raise CannotTap("This prompt is over.") from None

    def _is_for(self, transaction: Json, number: str, others: set[str]) -> bool:
        try:
            wallet = digits_of(transaction["phone"])
        except ValueError:
            return False
        return wallet == number or wallet not in others

    def _prompt(self, transaction: Json, otp: str) -> Json:
        method, reference = str(transaction["method"]), str(transaction["reference"])
        return {
            "reference": reference,
            "wallet": WALLETS[method],
            "number": digits_of(transaction["phone"]),
            "amount": f"{transaction['currency']} {transaction['amount']}",
            "merchant": transaction["merchant"],
            "kind": KINDS[method],
            "code": otp if method == "omari" else transaction["code"],
            "at": datetime.fromtimestamp(transaction["created_at"], UTC).isoformat(timespec="seconds"),
            "decides_itself": bool(_TEST_NUMBER.fullmatch(transaction["phone"])),
            "state": _state(str(transaction["status"]), self._answers.get(reference, "")),
        }

    def _call(self, method: str, path: str) -> Any:
        response = requests.request(method, f"{self._url}/simulator/{path}", json={}, timeout=TIMEOUT_SECONDS)
        if response.status_code == 409:
            raise NotThere(str(response.json().get("error", "")))
        response.raise_for_status()
        return response.json()


def _state(word: str, answer: str) -> str:
    """open, approved, declined, and by what the owner did: ignored, insufficient."""
    state = _STATES.get(word, "declined")
    by_answer = {("open", "ignore"): "ignored", ("declined", "insufficient"): "insufficient"}
    return by_answer.get((state, answer), state)
