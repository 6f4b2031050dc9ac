"""PaynowClient: the only way to Paynow, and a drop-in for the official SDK whose unsafe parts it replaces."""

import logging
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import paynow
import requests

from customer_data import correlation
from customer_data.gateway import GatewayError, NotUnderstood, OutcomeUnknown
from paynow_integration import transport
from paynow_integration.addresses import PAYNOW, is_own_url, is_payer_url, normal_base_url
from paynow_integration.hashing import clean_key, is_genuine, sign
from paynow_integration.messages import (
    NOT_FOUND,
    OK,
    ChargeRequest,
    Message,
    Pairs,
    encode,
    parse,
    read_expiry,
    write_charge,
    write_otp,
    write_trace,
)
from paynow_integration.refusals import charge_error, otp_error, question_error
from paynow_integration.sdk import BadHash, ForgedUpdate, InitResponse, Payment, StatusResponse, read_update, to_money
from paynow_integration.transport import CHARGE, QUESTION, Limits

WEB_PATH = "/interface/initiatetransaction"
EXPRESS_PATH = "/interface/remotetransaction"
TRACE_PATH = "/interface/trace"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reply:
    """Paynow has begun: what the customer does next, and where to ask. Texts that were not given are empty."""

    message: Message = field(repr=False)
    poll_url: str = field(repr=False)  # needs no credentials, so it is a secret
    browser_url: str = field(default="", repr=False)
    instructions: str = ""
    paynow_reference: str = ""  # opaque; may be absent, may hold a comma
    authorization_code: str = field(default="", repr=False)  # InnBucks
    authorization_expires: datetime | None = None
    otp_reference: str = ""  # O'mari: shown beside the code that the customer receives
    otp_url: str = field(default="", repr=False)


class PaynowClient(paynow.Paynow):  # type: ignore[misc]
    """One Paynow integration (one ID and key per currency). Safe to share between threads.

    `initiate`, `express`, `trace`, `poll` and `submit_otp` raise the errors of `customer_data.gateway`; every reply but
    an error must carry a valid signature. The SDK's own verbs stand on them.
    """

    def __init__(
        self,
        integration_id: str | int,
        integration_key: str,
        return_url: str = "",
        result_url: str = "",
        *,
        base_url: str = PAYNOW,
        session: requests.Session | None = None,
        charge_limits: Limits = CHARGE,
        question_limits: Limits = QUESTION,
    ) -> None:
        """`base_url` may be any address of Paynow's (see `normal_base_url`). Raises ValueError when it is none.

        Without a `session` of its own it uses the pooled connections of this process.
        """
        super().__init__(str(integration_id).strip(), clean_key(integration_key), return_url or "", result_url or "")
        self.base_url = normal_base_url(base_url)
        self.URL_INITIATE_TRANSACTION = self.base_url + WEB_PATH
        self.URL_INITIATE_MOBILE_TRANSACTION = self.base_url + EXPRESS_PATH
        self.URL_TRACE = self.base_url + TRACE_PATH
        self._session = session
        self._charge_limits, self._question_limits = charge_limits, question_limits

    def __repr__(self) -> str:
        return f"PaynowClient({self.integration_id!r}, base_url={self.base_url!r})"

    # --- What the gateway calls -------------------------------------------------------------------
    def initiate(self, request: ChargeRequest) -> Reply:
        """Begin a payment on Paynow's page.

        Raises GatewayUnavailable (certainly not sent), OutcomeUnknown (ask with `trace`), GatewayRefused, Misconfigured.
        """
        reply = self._begun(self._begin(self.URL_INITIATE_TRANSACTION, request))
        if not is_payer_url(reply.browser_url, self.base_url):
            raise OutcomeUnknown("Paynow gave no page of its own for the customer to pay on.")
        return reply

    def express(self, request: ChargeRequest) -> Reply:
        """Begin a payment on the customer's phone, with `request.method`. Raises as `initiate`."""
        return self._begun(self._begin(self.URL_INITIATE_MOBILE_TRANSACTION, request))

    def trace(self, merchant_trace: str) -> Message | None:
        """How the request stands that carried `merchant_trace`; None: Paynow has not seen it (yet).

        Raises GatewayUnavailable, OutcomeUnknown, Misconfigured. An error of Paynow's does not mean "not found".
        """
        question = write_trace(integration_id=self.integration_id, merchant_trace=merchant_trace)
        message = self._ask(self.URL_TRACE, sign(question, self.integration_key), self._question_limits)
        if message.is_error:
            raise question_error(message)
        return None if message.word == NOT_FOUND else message

    def poll(self, poll_url: str) -> Message:
        """How the payment stands, asked at the address that was given at its start.

        Raises GatewayUnavailable, OutcomeUnknown, Misconfigured, and NotUnderstood for an address that is not Paynow's.
        """
        message = self._ask(self._own(poll_url), (), self._question_limits)
        if message.is_error:
            raise question_error(message)
        return message

    def submit_otp(self, otp_url: str, otp: str) -> Message:
        """Hand over an O'mari one-time code; how the payment stands then. Five wrong codes cancel it.

        Raises as `express`; GatewayRefused only for a wrong code.
        """
        answer = write_otp(integration_id=self.integration_id, otp=otp)
        message = self._ask(self._own(otp_url), sign(answer, self.integration_key), self._charge_limits)
        if message.is_error:
            raise otp_error(message)
        return message

    def own_poll_url(self, message: Message) -> str:
        """The poll address in a proven message, if it is one we may ask at; else empty."""
        return message.get("pollurl") if is_own_url(message.get("pollurl"), self.base_url) else ""

    # --- The official SDK's verbs -----------------------------------------------------------------
    def create_payment(self, reference: str, auth_email: str | None = "") -> Payment:
        """An empty cart. `auth_email` is required for mobile payments."""
        return Payment(reference, auth_email)

    def send(self, payment: Payment) -> InitResponse:
        """Begin the payment on Paynow's page. Look at `success`, then `redirect_url` and `poll_url`, or `error`.

        Raises ValueError for a total that is not above zero, GatewayUnavailable and OutcomeUnknown (then `trace` with
        `payment.merchant_trace`).
        """
        return InitResponse(self._begin(self.URL_INITIATE_TRANSACTION, self._request_of(payment)))

    def send_mobile(self, payment: Payment, phone: str, method: str) -> InitResponse:
        """Begin the payment on the customer's phone. Raises as `send`, and ValueError without an e-mail address."""
        if not payment.auth_email:
            raise ValueError("Auth email is required for mobile transactions: pass it as the second argument of create_payment.")
        request = self._request_of(payment, phone=str(phone), method=str(method))
        return InitResponse(self._begin(self.URL_INITIATE_MOBILE_TRANSACTION, request))

    def check_transaction_status(self, poll_url: str) -> StatusResponse:
        """How the transaction stands, its signature checked. Raises as `poll`, but an error of Paynow's is a status."""
        return StatusResponse(self._ask(self._own(poll_url), (), self._question_limits))

    def process_status_update(self, data: bytes | str | Mapping[str, object]) -> StatusResponse:
        """A status update that was posted to us: its raw body, or the fields in their order.

        Raises ForgedUpdate, NotUnderstood. Even a genuine one may be a replay: confirm with `check_transaction_status`.
        """
        message = read_update(data)
        if not is_genuine(message.pairs, self.integration_key):
            raise ForgedUpdate("The status update is not signed with the key of this integration.")
        return StatusResponse(message)

    # --- Below both -------------------------------------------------------------------------------
    def _request_of(self, payment: Payment, *, phone: str = "", method: str = "") -> ChargeRequest:
        total = to_money(payment.total())
        if total <= 0:
            raise ValueError("The total of a transaction must be above zero.")
        payment.merchant_trace = uuid.uuid4().hex
        return ChargeRequest(
            reference=str(payment.reference),
            amount=total,
            description=payment.info(),
            return_url=self.return_url or "",
            result_url=self.result_url or "",
            merchant_trace=payment.merchant_trace,
            email=payment.auth_email or "",
            phone=phone,
            method=method,
        )

    def _begin(self, url: str, request: ChargeRequest) -> Message:
        pairs = write_charge(request, integration_id=self.integration_id)
        return self._ask(url, sign(pairs, self.integration_key), self._charge_limits)

    def _begun(self, message: Message) -> Reply:
        if message.is_error:
            raise charge_error(message)
        poll_url = self.own_poll_url(message)
        if message.word != OK or not poll_url:
            raise OutcomeUnknown("Paynow's answer does not say where to ask about the payment.")
        otp_url = message.get("remoteotpurl")
        if otp_url and not is_own_url(otp_url, self.base_url):
            raise OutcomeUnknown("Paynow's answer sends the one-time code somewhere else.")
        return Reply(
            message=message,
            poll_url=poll_url,
            browser_url=message.get("browserurl"),
            instructions=message.get("instructions"),
            paynow_reference=message.get("paynowreference"),
            authorization_code=message.get("authorizationcode"),
            authorization_expires=read_expiry(message.get("authorizationexpires")),
            otp_reference=message.get("otpreference"),
            otp_url=otp_url,
        )

    def _own(self, url: str) -> str:
        if not is_own_url(url, self.base_url):
            raise NotUnderstood("That is not an address of Paynow; it was not called.")
        return url

    def _ask(self, url: str, pairs: Pairs, limits: Limits) -> Message:
        """One exchange: an error message, or one whose signature holds. Never logs what it carries."""
        began = time.monotonic()
        outcome = "answered"
        try:
            return self._proven(transport.post(self._session or transport.shared_session(), url, encode(pairs), limits=limits))
        except GatewayError as failure:
            outcome = type(failure).__name__
            raise
        finally:
            facts = {"gateway": "paynow", "account": self.integration_id, "call": _call_of(url), "outcome": outcome}
            correlation.step(logger, "gateway called", **facts, ms=round((time.monotonic() - began) * 1000))

    def _proven(self, body: bytes) -> Message:
        try:
            message = parse(body)
        except NotUnderstood as failure:
            raise OutcomeUnknown(f"Paynow's answer could not be read: {failure}") from None
        if message.is_error or is_genuine(message.pairs, self.integration_key):
            return message
        raise BadHash("Paynow's answer is not signed with the key of this integration.")


def _call_of(url: str) -> str:
    """The name of a call for the log: the end of its path, without the secret that may follow."""
    return url.partition("?")[0].rstrip("/").rpartition("/")[2]
