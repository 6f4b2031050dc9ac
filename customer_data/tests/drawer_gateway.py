"""A tiny, complete gateway over the drawer: the core is tested with it, and a new gateway can be read beside it."""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from urllib.parse import parse_qs

from django.utils import timezone

from customer_data.gateway import (
    Account,
    Capabilities,
    Charge,
    Disposition,
    Gateway,
    GatewayRefused,
    GatewayUnavailable,
    Method,
    Misconfigured,
    NotGenuine,
    Notice,
    NotifierReply,
    NotUnderstood,
    OutcomeUnknown,
    Prompt,
    PromptKind,
    RefundOutcome,
    RefundReport,
    Report,
    Ticket,
    Trust,
)
from customer_data.money import NotAnAmount, parse_amount
from customer_data.status import Reason, Status
from customer_data.tests.drawer import OTP, Drawer, Lost, Refused, Slip, signature

STATUS_OF = {
    "waiting": Status.PENDING,
    "paid": Status.SUCCESSFUL,
    "no": Status.FAILED,
    "withdrawn": Status.CANCELLED,
    "held": Status.DISPUTED,
    "returned": Status.REFUNDED,
}
OUTCOME_OF = {"returning": RefundOutcome.UNDER_WAY, "returned": RefundOutcome.DONE, "kept": RefundOutcome.REFUSED}
FINAL = frozenset({"paid", "no", "withdrawn", "returned"})
TEST_PHONES = frozenset({"0711111111"})

METHODS = (
    Method(
        "drawer_wallet",
        "wallet",
        "Wallet",
        PromptKind.APPROVE_ON_PHONE,
        needs_phone=True,
        needs_email=True,
        phone_prefixes=("077", "078"),
        test_phones=TEST_PHONES,
    ),
    Method("drawer_purse", "purse", "Purse", PromptKind.APPROVE_ON_PHONE, needs_phone=True, phone_prefixes=("071",)),
    Method("drawer_code", "code", "Code", PromptKind.ENTER_CODE, currencies=frozenset({"USD"})),
    Method("drawer_otp", "otp", "One-time code", PromptKind.TYPE_OTP, needs_phone=True),
    Method("drawer_page", "page", "Page", PromptKind.OPEN_PAGE),
)

_REPLIES = {
    Disposition.ACCEPTED: NotifierReply(200),
    Disposition.DUPLICATE: NotifierReply(200),
    Disposition.UNKNOWN_REFERENCE: NotifierReply(404),
    Disposition.REJECTED: NotifierReply(400),
    Disposition.TRY_AGAIN: NotifierReply(503),
}


class DrawerGateway(Gateway):
    name = "drawer"
    label = "Drawer"

    def capabilities(self) -> Capabilities:
        return Capabilities(
            methods=METHODS,
            currencies=frozenset({"USD", "ZWG"}),
            least={"USD": Decimal("1.00")},
            most={"USD": Decimal("5000.00")},
            notify_trust=Trust.PROVEN,
            notifies_failure=True,
            can_cancel=True,
            can_refund=True,
            polls_per_minute=Drawer.in_use.polls_per_minute,
        )

    def account_for(self, currency: str) -> Account:
        try:
            return Drawer.in_use.accounts[currency]
        except KeyError:
            raise Misconfigured(f"The drawer has no till for {currency}.") from None

    def start(self, charge: Charge) -> Prompt:
        with _errors_translated(), Drawer.in_use.request() as trouble:
            if trouble == "decline":
                raise GatewayRefused("Not enough money in the wallet.", reason=Reason.INSUFFICIENT_FUNDS)
            if trouble == "misconfigured":
                raise Misconfigured("The drawer does not know our till.")
            Drawer.in_use.put(charge)
            return _prompt(next(method for method in METHODS if method.name == charge.method), charge)

    def fetch(self, ticket: Ticket, reference: str) -> Report | None:
        drawer = Drawer.in_use
        drawer.questions.append(reference)
        with _errors_translated(), drawer.request() as trouble:
            drawer.on_question(reference)
            if trouble == "misconfigured":
                raise Misconfigured("The drawer does not know our till.")
            slip = drawer.slip(reference)
        return None if slip is None else _report(slip)

    def read(self, body: bytes, headers: Mapping[str, str]) -> list[Notice]:
        text, _, proof = body.decode("latin-1").rpartition("&signature=")
        if not hmac.compare_digest(signature(text).encode(), proof.encode("latin-1")):
            raise NotGenuine("The drawer did not sign this.")
        fields = parse_qs(text)
        return [Notice(reference=fields["reference"][0], account=fields["account"][0], facts={"word": fields["word"][0]})]

    def reply(self, disposition: Disposition) -> NotifierReply:
        return _REPLIES[disposition]

    def submit_otp(self, ticket: Ticket, reference: str, otp: str) -> Report:
        drawer = Drawer.in_use
        with _errors_translated(), drawer.request() as trouble:
            if trouble == "misconfigured":
                raise Misconfigured("The drawer does not know our till.")
            if trouble == "nonsense":
                raise NotUnderstood("The drawer mumbles.")
            drawer.otps.append(otp)
            if otp != OTP:
                raise GatewayRefused("That is not the code.", reason=Reason.WRONG_CODE)
            drawer.pay(reference)
        return _report(_slip(reference))

    def cancel(self, ticket: Ticket, reference: str) -> Report:
        return self._change(reference, "withdrawn")

    def refund(self, ticket: Ticket, reference: str, amount: Decimal, refund_reference: str) -> RefundReport:
        with _errors_translated(), Drawer.in_use.request() as trouble:
            if trouble == "decline":
                raise GatewayRefused("The drawer is empty.")
            if trouble == "misconfigured":
                raise Misconfigured("The drawer does not know our till.")
            slip = Drawer.in_use.give_back(reference, str(amount), refund_reference)
        return _refund_report(slip)

    def fetch_refund(self, ticket: Ticket, reference: str, refund_reference: str) -> RefundReport | None:
        drawer = Drawer.in_use
        drawer.questions.append(refund_reference)
        with _errors_translated(), drawer.request():
            slip = drawer.slip(refund_reference)
        return None if slip is None else _refund_report(slip)

    def _change(self, reference: str, word: str) -> Report:
        with _errors_translated(), Drawer.in_use.request():
            Drawer.in_use.say(reference, word)
        return _report(_slip(reference))


@contextmanager
def _errors_translated() -> Iterator[None]:
    try:
        yield
    except Refused:
        raise GatewayUnavailable("The drawer is locked.") from None
    except Lost:
        raise OutcomeUnknown("The drawer did not answer.") from None


def _prompt(method: Method, charge: Charge) -> Prompt:
    ticket = Ticket(poll_url=f"drawer://{charge.reference}", account=charge.account, details={"slip": charge.reference})
    prompt = Prompt(kind=method.prompt, ticket=ticket, instructions=f"Pay with {method.label}.")
    if method.prompt == PromptKind.ENTER_CODE:
        return replace(prompt, code="123456", expires_at=timezone.now() + timedelta(minutes=10))
    if method.prompt == PromptKind.OPEN_PAGE:
        return replace(prompt, url=f"https://drawer.example/{charge.reference}")
    return prompt


def _slip(reference: str) -> Slip:
    slip = Drawer.in_use.slip(reference)
    if slip is None:
        raise NotUnderstood("The drawer lost the slip.")
    return slip


def _refund_report(slip: Slip) -> RefundReport:
    try:
        outcome, amount = OUTCOME_OF[slip["word"]], parse_amount(slip["amount"])
    except (KeyError, NotAnAmount):
        raise NotUnderstood(f"The drawer said {slip['word'][:40]!r} and {slip['amount'][:40]!r} of a refund.") from None
    return RefundReport(
        refund_reference=slip["reference"],
        outcome=outcome,
        gateway_status=slip["word"],
        amount=amount,
        gateway_reference=f"D-{slip['reference']}",
        why="The drawer keeps the money." if outcome == RefundOutcome.REFUSED else "",
    )


def _report(slip: Slip) -> Report:
    try:
        status, amount = STATUS_OF[slip["word"]], parse_amount(slip["amount"])
    except (KeyError, NotAnAmount):
        raise NotUnderstood(f"The drawer said {slip['word'][:40]!r} and {slip['amount'][:40]!r}.") from None
    return Report(
        reference=slip["reference"],
        status=status,
        gateway_status=slip["word"],
        amount=amount,
        account=slip["account"],
        currency=slip.get("currency", ""),
        gateway_reference=f"D-{slip['reference']}",
        reason=Reason.DECLINED if status == Status.FAILED else None,
        ticket=Ticket(f"drawer://{slip['reference']}", slip["account"], {"slip": slip["reference"]}),
        final=slip["word"] in FINAL,
    )
