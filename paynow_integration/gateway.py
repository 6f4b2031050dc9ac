"""Paynow behind the gateway contract: charges go in, prompts and reports come out."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import replace

from django.conf import settings

from customer_data.gateway import (
    Account,
    Capabilities,
    Charge,
    Disposition,
    Gateway,
    Method,
    Misconfigured,
    NotGenuine,
    Notice,
    NotifierReply,
    NotSupported,
    OutcomeUnknown,
    Prompt,
    PromptKind,
    Report,
    Ticket,
    Trust,
)
from customer_data.money import Currency
from paynow_integration.client import PaynowClient, Reply
from paynow_integration.hashing import is_genuine
from paynow_integration.integrations import Integration, all_integrations, integration_for, integration_with, rows_read_once
from paynow_integration.messages import ChargeRequest, Message, innbucks_links, parse, read_report
from paynow_integration.transport import CHARGE, QUESTION

TEST_PHONES = frozenset({"0771111111", "0772222222", "0773333333", "0774444444"})
"""Paynow's published test wallets, for EcoCash and OneMoney (https://developers.paynow.co.zw/docs/test_mode.html)."""

# InnBucks and O'mari belong to no operator; a landline has no wallet.
_ANY_OPERATOR = ("071", "073", "077", "078", "079")


def _wallet(choice: str, label: str, prompt: PromptKind, prefixes: tuple[str, ...], *currencies: str) -> Method:
    """A wallet: Paynow wants the number to debit and, on every express checkout, an e-mail address."""
    return Method(
        name=f"paynow_{choice}",
        choice=choice,
        label=label,
        prompt=prompt,
        needs_phone=True,
        needs_email=True,
        currencies=frozenset(currencies),
        phone_prefixes=prefixes,
        test_phones=TEST_PHONES,
    )


METHODS = (
    _wallet("ecocash", "EcoCash", PromptKind.APPROVE_ON_PHONE, ("077", "078")),
    _wallet("onemoney", "OneMoney", PromptKind.APPROVE_ON_PHONE, ("071",)),
    # Paynow's own shop plugin offers InnBucks for US dollars only.
    _wallet("innbucks", "InnBucks", PromptKind.ENTER_CODE, _ANY_OPERATOR, Currency.USD),
    _wallet("omari", "O'mari", PromptKind.TYPE_OTP, _ANY_OPERATOR),
    Method(name="paynow_card", choice="card", label="Card", prompt=PromptKind.OPEN_PAGE),
)

_LONGEST_CODE = 64
_LONGEST_REFERENCE = 128
_REPLIES = {
    Disposition.ACCEPTED: NotifierReply(200, "OK"),
    Disposition.DUPLICATE: NotifierReply(200, "OK"),
    Disposition.UNKNOWN_REFERENCE: NotifierReply(404, "No such payment"),
    Disposition.REJECTED: NotifierReply(400, "Not a genuine status update"),
    # Paynow sends again, up to ten times, only when it is told of an error.
    Disposition.TRY_AGAIN: NotifierReply(503, "Try again"),
}


class PaynowGateway(Gateway):
    """Paynow Zimbabwe: EcoCash, OneMoney, InnBucks, O'mari on the phone, cards on Paynow's page."""

    name = "paynow"
    label = "Paynow"
    charge_limits = CHARGE
    question_limits = QUESTION

    def capabilities(self) -> Capabilities:
        return Capabilities(
            methods=METHODS,
            currencies=frozenset(Currency.values),
            notify_trust=Trust.PROVEN,
            notifies_failure=True,
            polls_per_minute=settings.PAYNOW_POLLS_PER_MINUTE,
        )

    def account_for(self, currency: str) -> Account:
        return integration_for(currency).account

    def read_once(self) -> AbstractContextManager[None]:
        return rows_read_once()

    def start(self, charge: Charge) -> Prompt:
        integration = integration_with(charge.account)
        method = _method_named(charge.method)
        client = self._client_of(integration)
        request = _request(charge, method, integration)
        reply = client.express(request) if request.method else client.initiate(request)
        return _prompt(method, reply, integration)

    def fetch(self, ticket: Ticket, reference: str) -> Report | None:
        integration = integration_with(ticket.account)
        client = self._client_of(integration)
        message = client.poll(ticket.poll_url) if ticket.poll_url else client.trace(reference)
        if message is None:
            return None
        return _report(message, integration, client)

    def read(self, body: bytes, headers: Mapping[str, str]) -> list[Notice]:
        message = parse(body)
        for integration in all_integrations():
            if is_genuine(message.pairs, integration.key):
                facts = {"status": message.get("status"), "paynowreference": message.get("paynowreference")}
                return [Notice(reference=message.get("reference"), account=integration.id, facts=facts)]
        raise NotGenuine("It is not signed with the key of any of our integrations.")

    def reply(self, disposition: Disposition) -> NotifierReply:
        return _REPLIES[disposition]

    def submit_otp(self, ticket: Ticket, reference: str, otp: str) -> Report:
        integration = integration_with(ticket.account)
        client = self._client_of(integration)
        message = client.submit_otp(ticket.details.get("otp_url", ""), otp)
        return _report(message, integration, client)

    def _client_of(self, integration: Integration) -> PaynowClient:
        """Raises Misconfigured."""
        try:
            return PaynowClient(
                integration.id,
                integration.key,
                base_url=integration.base_url,
                charge_limits=self.charge_limits,
                question_limits=self.question_limits,
            )
        except ValueError as error:
            raise Misconfigured(f"The API address of the Paynow configuration {integration.id} cannot be used. {error}") from None


def _method_named(name: str) -> Method:
    for method in METHODS:
        if method.name == name:
            return method
    raise NotSupported(f"Paynow has no method called {name!r}.")


def _request(charge: Charge, method: Method, integration: Integration) -> ChargeRequest:
    """The charge in Paynow's terms. Our reference is the trace too: new for every attempt, and found again by it.

    Raises Misconfigured: in test mode Paynow takes no wallet's payment without a merchant's login.
    """
    email = integration.payer_email(charge.email)
    if method.needs_email and integration.is_test and not email:
        sentence = f"The Paynow configuration {integration.id} is in test mode and has no merchant login e-mail. Enter it."
        raise Misconfigured(sentence)
    return ChargeRequest(
        reference=charge.reference,
        amount=charge.amount,
        description=charge.description,
        return_url=charge.return_url,
        result_url=charge.notify_url,
        merchant_trace=charge.reference,
        email=email,
        phone=charge.phone,
        method="" if method.prompt == PromptKind.OPEN_PAGE else method.choice,
    )


def _prompt(method: Method, reply: Reply, integration: Integration) -> Prompt:
    """The customer's next step. Raises OutcomeUnknown when the answer holds none: the payment exists, so we ask about it."""
    code = reply.authorization_code[:_LONGEST_CODE]
    if (method.prompt == PromptKind.ENTER_CODE and not code) or (method.prompt == PromptKind.TYPE_OTP and not reply.otp_url):
        raise OutcomeUnknown("Paynow's answer lacks what the customer needs to pay.")
    details = {"otp_url": reply.otp_url, "otp_reference": reply.otp_reference}
    if code:
        details["link"], details["older_link"] = innbucks_links(code)
    return Prompt(
        kind=method.prompt,
        ticket=Ticket(poll_url=reply.poll_url, account=integration.id, details={k: v for k, v in details.items() if v}),
        instructions=reply.instructions or _INSTRUCTIONS[method.choice].format(otp_reference=reply.otp_reference).strip(),
        code=code,
        url=reply.browser_url or details.get("link", ""),
        expires_at=reply.authorization_expires,
        gateway_reference=reply.paynow_reference[:_LONGEST_REFERENCE],
    )


_INSTRUCTIONS = {
    "ecocash": "Approve the request on your phone with your EcoCash PIN. No request? Dial *151*2*7# and enter your PIN.",
    "onemoney": "Approve the request on your phone with your OneMoney PIN.",
    "innbucks": "Open the InnBucks app, choose to pay with a code, and approve it there.",
    "omari": "Type the code that O'mari sent you by SMS. {otp_reference}",
    "card": "Open the payment page and enter your card there.",
}


def _report(message: Message, integration: Integration, client: PaynowClient) -> Report:
    """The proven message as a report, with the poll address where the first answer was lost."""
    report = read_report(message, account=integration.id, currency=integration.currency)
    poll_url = client.own_poll_url(message)
    return replace(
        report,
        gateway_reference=report.gateway_reference[:_LONGEST_REFERENCE],
        ticket=Ticket(poll_url=poll_url, account=integration.id) if poll_url else None,
    )
