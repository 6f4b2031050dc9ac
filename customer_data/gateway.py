"""The contract between the core and every payment gateway.

A gateway translates: configuration, clock and HTTP client go in, values come out. It writes no rows, sees no request
object and decides nothing about money. Code and templates branch on `Capabilities` and on `PromptKind`, never on a name.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cache

from django.conf import settings
from django.utils.module_loading import import_string

from customer_data.schedule import EXPIRE_AFTER
from customer_data.status import Reason, Status


# --- Errors: each says what the caller can do next ------------------------------------------------
class GatewayError(Exception):
    """Something between us and the gateway. The message is a sentence for staff; it holds no secret."""


class GatewayUnavailable(GatewayError):
    """Certainly not sent (no connection was made): sending again is safe."""


class OutcomeUnknown(GatewayError):
    """Sent, and no readable answer came back: ask, never send again."""


class GatewayRefused(GatewayError):
    """The gateway said no; nothing was charged. `reason` says why, in our words."""

    def __init__(self, sentence: str, *, reason: Reason = Reason.OTHER) -> None:
        super().__init__(sentence)
        self.reason = reason


class Misconfigured(GatewayError):
    """Our keys or settings are wrong: the payment fails, and staff are told. Only people switch a way to pay off."""


class NotGenuine(GatewayError):
    """A notification whose proof does not hold."""


class NotUnderstood(GatewayError):
    """A word or shape we have no translation for. It moves no money."""


class NotSupported(GatewayError):
    """The gateway has no such capability; asking is a programming error."""


# --- What the customer must do next ---------------------------------------------------------------
class PromptKind(StrEnum):
    APPROVE_ON_PHONE = "approve_on_phone"
    ENTER_CODE = "enter_code"
    TYPE_OTP = "type_otp"
    OPEN_PAGE = "open_page"
    PAY_INTO = "pay_into"
    SUBMIT_PROOF = "submit_proof"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Ticket:
    """What a gateway needs to find a payment again. Opaque to the core, which stores it and hands it back."""

    poll_url: str = ""
    account: str = ""
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Prompt:
    """The customer's next step, as the gateway gave it."""

    kind: PromptKind
    ticket: Ticket
    instructions: str = ""
    code: str = ""
    url: str = ""
    fields: tuple[tuple[str, str], ...] = ()  # a form to post to `url`, in this order, where the page needs one
    expires_at: datetime | None = None
    gateway_reference: str = ""


# --- What goes in, what comes out -----------------------------------------------------------------
@dataclass(frozen=True)
class Charge:
    """What we ask a gateway for. `reference` is new for every attempt and finds the payment again after a lost answer."""

    reference: str
    amount: Decimal
    currency: str
    method: str
    account: str
    description: str
    phone: str = ""  # E.164; the gateway writes it in its own form
    email: str = ""
    return_url: str = ""
    notify_url: str = ""
    expires_at: datetime | None = None


@dataclass(frozen=True)
class Report:
    """What the gateway says is true now. Only a report moves money.

    `amount` None: the gateway cannot say (M-Pesa's query). `currency` empty: it follows from `account`.
    `final`: the gateway will never say anything else about this payment by itself.
    """

    reference: str
    status: Status
    gateway_status: str
    amount: Decimal | None
    account: str
    currency: str = ""
    gateway_reference: str = ""
    reason: Reason | None = None
    ticket: Ticket | None = None  # learned while asking, where the first answer was lost
    final: bool = False


class RefundOutcome(StrEnum):
    """What became of a refund at the gateway, in our words."""

    UNDER_WAY = "under_way"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True)
class RefundReport:
    """What the gateway says is true of one refund. `amount` None: it cannot say. `why`: a sentence for staff, where it refused."""

    refund_reference: str
    outcome: RefundOutcome
    gateway_status: str
    amount: Decimal | None
    gateway_reference: str = ""
    why: str = ""


@dataclass(frozen=True)
class Notice:
    """What rang the bell: it says where to look, never what is true. `account` is the one whose proof held."""

    reference: str
    account: str
    facts: Mapping[str, str] = field(default_factory=dict)


class Disposition(StrEnum):
    """What became of a notification; the gateway's `reply` turns it into its own manners."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    UNKNOWN_REFERENCE = "unknown_reference"
    REJECTED = "rejected"
    TRY_AGAIN = "try_again"


@dataclass(frozen=True)
class NotifierReply:
    status: int
    body: str = ""
    content_type: str = "text/plain"


@dataclass(frozen=True)
class Account:
    """The merchant's account that a charge in one currency goes to."""

    id: str
    currency: str
    is_test: bool


# --- What a gateway can do ------------------------------------------------------------------------
class Trust(StrEnum):
    """How far a notification may be trusted by itself. Paid is never taken from one: this only decides who may ring."""

    PROVEN = "proven"
    SHARED_SECRET = "shared_secret"  # noqa: S105  the name of a kind of trust
    HINT = "hint"
    NONE = "none"


@dataclass(frozen=True)
class Method:
    """One way to pay. `name` is the stored `payment_method`; `choice` is what forms and the API call it."""

    name: str
    choice: str
    label: str
    prompt: PromptKind
    needs_phone: bool = False
    needs_email: bool = False
    currencies: frozenset[str] = frozenset()  # empty: every currency of the gateway
    phone_prefixes: tuple[str, ...] = ()  # national, such as "077"; empty: any operator
    test_phones: frozenset[str] = frozenset()  # national; accepted for this method while the account is a test one
    in_forms: bool = True  # offered in the payment form and taken by the API; False: only in the chat and by staff
    is_counted: bool = False  # money that staff count in their hands, so no slip has to be handed in with it


@dataclass(frozen=True)
class Capabilities:
    """What the core and every screen branch on. Amounts are in units of the currency they stand under."""

    methods: tuple[Method, ...]
    currencies: frozenset[str]
    least: Mapping[str, Decimal] = field(default_factory=dict)
    most: Mapping[str, Decimal] = field(default_factory=dict)
    amount_step: Decimal = Decimal("0.01")
    notify_trust: Trust = Trust.NONE
    notifies_failure: bool = False
    can_fetch: bool = True
    can_cancel: bool = False
    can_refund: bool = False  # then `refund` and `fetch_refund` both work
    can_list_recent: bool = False
    polls_per_minute: int = 120
    is_reviewed: bool = False  # it is in our own house: a person decides, asking costs nothing, and starting twice charges nobody
    waits: timedelta = EXPIRE_AFTER  # how long an open payment is waited for

    def methods_in(self, currency: str) -> tuple[Method, ...]:
        """The ways to pay in `currency`."""
        if currency not in self.currencies:
            return ()
        return tuple(method for method in self.methods if not method.currencies or currency in method.currencies)


class Gateway(ABC):
    """One payment gateway. `name` is the key in `settings.PAYMENT_GATEWAYS` and the prefix of its methods' names."""

    name: str
    label: str

    @abstractmethod
    def capabilities(self) -> Capabilities: ...

    @property
    def is_in_forms(self) -> bool:
        """Whether the payment form and the API offer any of its ways to pay."""
        return any(method.in_forms for method in self.capabilities().methods)

    @abstractmethod
    def account_for(self, currency: str) -> Account:
        """The account a new charge in `currency` goes to. Raises Misconfigured when there is none."""

    @abstractmethod
    def start(self, charge: Charge) -> Prompt:
        """Begin. May move money: the core calls it once per payment.

        Raises GatewayUnavailable, OutcomeUnknown, GatewayRefused, Misconfigured.
        """

    @abstractmethod
    def fetch(self, ticket: Ticket, reference: str) -> Report | None:
        """Ask. Safe to repeat. None: the gateway has never heard of it.

        Raises GatewayUnavailable, OutcomeUnknown, Misconfigured, NotUnderstood.
        """

    def read_once(self) -> AbstractContextManager[None]:
        """For the time of one call of ours its configuration is read once, and so cannot change between two looks at it."""
        return nullcontext()

    def is_ready(self, method: Method, currency: str) -> bool:
        """Whether this way to pay can be taken in `currency` now, beyond there being an account."""
        return True

    def read(self, body: bytes, headers: Mapping[str, str]) -> list[Notice]:
        """Hear: prove the raw bytes genuine and say what they are about. Raises NotGenuine, NotUnderstood."""
        raise NotSupported(f"{self.label} sends no notifications.")

    def reply(self, disposition: Disposition) -> NotifierReply:
        """What the notifier is told."""
        raise NotSupported(f"{self.label} sends no notifications.")

    def submit_otp(self, ticket: Ticket, reference: str, otp: str) -> Report:
        """Hand over the customer's one-time code. Each call may use up one of few attempts.

        Raises as `start`; GatewayRefused with WRONG_CODE lets the customer type again.
        """
        raise NotSupported(f"{self.label} takes no one-time codes.")

    def cancel(self, ticket: Ticket, reference: str) -> Report:
        raise NotSupported(f"{self.label} cannot cancel a payment.")

    def refund(self, ticket: Ticket, reference: str, amount: Decimal, refund_reference: str) -> RefundReport:
        """Send `amount` of a payment back. Moves money at most once for each `refund_reference`: the same one again only asks.

        Raises as `start`. GatewayRefused: nothing goes back. After OutcomeUnknown the core asks by `fetch_refund` and, where that
        has never heard of it, calls this again under the same `refund_reference`; a gateway that has no key of its own for that
        looks through its refunds of the payment first.
        """
        raise NotSupported(f"{self.label} cannot refund a payment.")

    def fetch_refund(self, ticket: Ticket, reference: str, refund_reference: str) -> RefundReport | None:
        """Ask how a refund stands. Safe to repeat. None: the gateway has never heard of it. Raises as `fetch`."""
        raise NotSupported(f"{self.label} cannot refund a payment.")

    def recent(self, since: datetime) -> list[Report]:
        raise NotSupported(f"{self.label} cannot list payments.")


# --- Finding one ----------------------------------------------------------------------------------
@cache
def gateway_named(name: str) -> Gateway:
    """The gateway plugged in under `name`. Raises NotSupported."""
    try:
        dotted_path = settings.PAYMENT_GATEWAYS[name]
    except KeyError:
        raise NotSupported(f"No payment gateway is called {name!r}.") from None
    gateway: Gateway = import_string(dotted_path)()
    return gateway


def gateways() -> list[Gateway]:
    """Every gateway that is plugged in, in the order of the settings."""
    return [gateway_named(name) for name in settings.PAYMENT_GATEWAYS]


def find_method(payment_method: str) -> tuple[Gateway, Method]:
    """The gateway and method of a stored `payment_method`. Raises NotSupported: nothing is ever chosen by default."""
    for gateway in gateways():
        for method in gateway.capabilities().methods:
            if method.name == payment_method:
                return gateway, method
    raise NotSupported(f"There is no way to pay called {payment_method!r}.")
