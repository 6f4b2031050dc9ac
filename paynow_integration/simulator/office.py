"""Paynow's office: takes requests, asks the customer's wallet, changes statuses. Knows nothing of HTTP."""

import itertools
import threading
import uuid
from collections import Counter, defaultdict
from collections.abc import Mapping
from decimal import Decimal
from functools import partial

from paynow_integration.simulator.clock import Clock
from paynow_integration.simulator.faults import FaultBoard, Struck
from paynow_integration.simulator.records import (
    CARD_METHODS,
    DEFAULT_INTEGRATIONS,
    ORDINARY_WALLET,
    PATIENT_WALLET,
    TEST_PHONES,
    TEST_TOKENS,
    Integration,
    Manners,
    Transaction,
    Update,
    Wallet,
)
from paynow_integration.simulator.replies import compose, express_fields, not_found_reply, status_fields, web_fields
from paynow_integration.simulator.updates import Updates
from paynow_integration.simulator.validation import Refused, check_charge, fields_of, find_integration
from paynow_integration.simulator.wire import Pairs

# What may follow each word once money came in; anything may follow Created and Sent.
_AFTERWARDS = {
    "Paid": {"Disputed", "Refunded"},
    "Awaiting Delivery": {"Delivered", "Paid", "Disputed", "Refunded"},
    "Delivered": {"Paid", "Disputed", "Refunded"},
    "Disputed": {"Paid", "Refunded"},
}


class NotPossible(Exception):
    """The control desk asked for something that cannot be; the message says why."""


class Office:
    def __init__(self, clock: Clock, manners: Manners, faults: FaultBoard, updates: Updates) -> None:
        self.clock, self.manners, self.faults, self.updates = clock, manners, faults, updates
        self.integrations = {integration.id: integration for integration in DEFAULT_INTEGRATIONS}
        self.wallets: dict[str, Wallet] = {}
        self.calls: Counter[str] = Counter()
        self._lock = threading.RLock()
        self._numbers = itertools.count(10_000_001)
        self.forget_transactions()

    def forget_transactions(self) -> None:
        with self._lock:
            self._by_guid: dict[str, Transaction] = {}
            self._by_number: dict[str, Transaction] = {}
            self._by_reference: defaultdict[str, list[Transaction]] = defaultdict(list)
            self._by_trace: defaultdict[str, dict[str, Transaction]] = defaultdict(dict)

    # --- Requests from the merchant ---------------------------------------------------------------
    def begin(self, call: str, pairs: Pairs, base_url: str, public_url: str, struck: Struck) -> bytes:
        """Web initiate and express checkout. Raises Refused."""
        integration = find_integration(pairs, self.integrations)
        fields = fields_of(pairs)
        if call == "initiate":
            fields.pop("method", None)
        else:
            fields.setdefault("method", "")
        with self._lock:
            traces = self._by_trace[integration.id] if self.manners.refuses_known_traces else ()
            check_charge(fields, integration, traces, any_phone=self.manners.by_hand)
            wallet = self._wallet(fields, integration)
            if wallet.behaviour == "insufficient":
                raise Refused("Insufficient balance")
            transaction = self._open(fields, integration, base_url)
        if call == "express":
            self._ask_customer(transaction, wallet, announces_prompt="sent_update" in struck)
        if "early_update" in struck:
            self.move(transaction, self.manners.money_word)
        reply = web_fields(transaction, public_url) if call == "initiate" else express_fields(transaction)
        return compose(reply, integration.key, struck)

    def trace(self, pairs: Pairs, struck: Struck) -> bytes:
        """Raises Refused."""
        integration = find_integration(pairs, self.integrations)
        transaction = self._by_trace[integration.id].get(fields_of(pairs).get("merchanttrace", ""))
        return not_found_reply(integration.key) if transaction is None else self._status(transaction, struck)

    def poll(self, guid: str, struck: Struck) -> bytes:
        """Raises Refused."""
        transaction = self._by_guid.get(guid.lower())
        if transaction is None:
            raise Refused("Invalid guid")  # assumed
        return self._status(transaction, struck)

    def take_otp(self, guid: str, pairs: Pairs, struck: Struck) -> bytes:
        """O'mari's one-time code; the attempt after which the payment is cancelled still reads "Invalid OTP" (assumed)."""
        find_integration(pairs, self.integrations)
        transaction = self._by_guid.get(guid.lower())
        if transaction is None or not transaction.otp_reference:
            raise Refused("Invalid guid")  # assumed
        if not transaction.is_open:
            raise Refused("Transaction is no longer open")  # assumed
        if fields_of(pairs).get("otp") != self.manners.otp:
            self._count_wrong_otp(transaction)
            raise Refused("Invalid OTP")
        self._decide(transaction, self._wallet_of(transaction))
        return self._status(transaction, struck)

    def subject(self, call: str, pairs: Pairs, guid: str) -> tuple[str, str]:
        """The reference and phone that a call is about, for faults that strike only some."""
        fields = fields_of(pairs)
        transaction = self._by_guid.get(guid.lower())
        if call == "trace":
            transaction = self._by_trace[fields.get("id", "")].get(fields.get("merchanttrace", ""))
        if transaction is not None:
            return transaction.reference, transaction.phone
        return fields.get("reference", ""), fields.get("phone", "")

    # --- What happens to a transaction ------------------------------------------------------------
    def move(self, transaction: Transaction, word: str) -> Update | None:
        """Change the status and announce it. Raises NotPossible when the change cannot be."""
        with self._lock:
            if not transaction.is_open and word not in _AFTERWARDS.get(transaction.status, set()):
                raise NotPossible(f"A transaction that is {transaction.status} cannot become {word}.")
            self._note(transaction, word)
        return self._announce(transaction, word, is_news=word != "Sent" or self.manners.announce_sent)

    def find(self, name: str) -> Transaction:
        """By guid, Paynow reference, or the merchant's reference (its newest open one, else its newest). Raises NotPossible."""
        with self._lock:
            found = self._by_guid.get(name.lower()) or self._by_number.get(name)
            candidates = self._by_reference.get(name, [])
        if found is None and candidates:
            found = next((each for each in reversed(candidates) if each.is_open), candidates[-1])
        if found is None:
            raise NotPossible(f"There is no transaction {name!r}.")
        return found

    def transactions(self, *, reference: str = "", trace: str = "") -> list[Transaction]:
        """Oldest first; of one reference or one merchant trace where given."""
        with self._lock:
            chosen = self._by_reference.get(reference, []) if reference else self._by_guid.values()
            return [each for each in chosen if trace in ("", each.merchant_trace)]

    def _open(self, fields: Mapping[str, str], integration: Integration, base_url: str) -> Transaction:
        transaction = Transaction(
            guid=str(uuid.uuid4()),
            paynow_reference=str(next(self._numbers)),
            integration=integration,
            reference=fields["reference"],
            amount=Decimal(fields["amount"]),
            method=fields.get("method", "web").lower(),
            base_url=base_url,
            result_url=fields["resulturl"],
            return_url=fields["returnurl"],
            created_at=self.clock.now(),
            phone=fields.get("phone", ""),
            email=fields.get("authemail", ""),
            description=fields.get("additionalinfo", ""),
            merchant_trace=fields.get("merchanttrace", ""),
            tokenize=fields.get("tokenize", "").lower() == "true",
            token=fields.get("token", ""),
        )
        self._note(transaction, "Created")
        self._by_guid[transaction.guid] = self._by_number[transaction.paynow_reference] = transaction
        self._by_reference[transaction.reference].append(transaction)
        if transaction.merchant_trace:
            self._by_trace[integration.id][transaction.merchant_trace] = transaction
        return transaction

    def _ask_customer(self, transaction: Transaction, wallet: Wallet, *, announces_prompt: bool) -> None:
        transaction.prompts += 1
        if transaction.method == "innbucks":
            transaction.code = str(uuid.UUID(transaction.guid).int)[:9]
            transaction.code_expires_at = self.clock.now() + self.manners.code_lifetime_seconds
            self.clock.call_later(self.manners.code_lifetime_seconds, partial(self._move_if_open, transaction, "Cancelled"))
        elif transaction.method == "omari":
            transaction.otp_reference = transaction.guid[:6].upper()
            return  # nothing happens before the code is typed
        with self._lock:
            self._note(transaction, "Sent")
        self._announce(transaction, "Sent", is_news=self.manners.announce_sent or announces_prompt)
        if transaction.method == "innbucks" and transaction.integration.live and transaction.phone not in self.wallets:
            return  # a live code waits for somebody to approve it
        self._decide_later(transaction, wallet)

    def _decide_later(self, transaction: Transaction, wallet: Wallet) -> None:
        self.clock.call_later(wallet.after_seconds, partial(self._decide, transaction, wallet))

    def _decide(self, transaction: Transaction, wallet: Wallet) -> None:
        if wallet.behaviour == "approve":
            self._move_if_open(transaction, self.manners.money_word)
        elif wallet.behaviour == "decline":
            self._move_if_open(transaction, self.manners.refusal_word)

    def _count_wrong_otp(self, transaction: Transaction) -> None:
        with self._lock:
            transaction.otp_failures += 1
            is_last = transaction.otp_failures >= self.manners.otp_attempts
        if is_last:
            self._move_if_open(transaction, "Cancelled")

    def _move_if_open(self, transaction: Transaction, word: str) -> None:
        with self._lock:
            if not transaction.is_open:
                return
            self._note(transaction, word)
        self._announce(transaction, word, is_news=True)

    def _announce(self, transaction: Transaction, word: str, *, is_news: bool) -> Update | None:
        """Never under the lock: in a test the merchant's server is called from here, and may call us."""
        update = self.updates.announce(transaction, word) if is_news else None
        self.clock.do_due()
        return update

    def _note(self, transaction: Transaction, word: str) -> None:
        transaction.status = word
        transaction.history.append((self.clock.now(), word))

    def _wallet(self, fields: Mapping[str, str], integration: Integration) -> Wallet:
        """A wallet set by hand, else the documented test value, else one that pays after five seconds, or waits `by_hand`."""
        phone, token, method = fields.get("phone", ""), fields.get("token", ""), fields.get("method", "web").lower()
        if method == "web":
            return ORDINARY_WALLET
        if (chosen := self.wallets.get(token if method in CARD_METHODS else phone)) is not None:
            return chosen
        is_asked = method not in CARD_METHODS and method != "omari"  # who types O'mari's code has decided
        other = PATIENT_WALLET if self.manners.by_hand and is_asked else ORDINARY_WALLET
        return other if integration.live else TEST_TOKENS.get(method, TEST_PHONES).get(token or phone, other)

    def _wallet_of(self, transaction: Transaction) -> Wallet:
        fields = {"phone": transaction.phone, "token": transaction.token, "method": transaction.method}
        return self._wallet(fields, transaction.integration)

    def _status(self, transaction: Transaction, struck: Struck) -> bytes:
        return compose(status_fields(transaction, transaction.status, self.manners), transaction.integration.key, struck)
