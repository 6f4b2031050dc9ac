"""Finding the Paynow integration to use: rows of the admin first, the environment's one while there is none for its currency."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from django.conf import settings
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from customer_data.gateway import Account, Misconfigured
from customer_data.models.prepared import Prepared
from customer_data.sealed import CannotOpen, unseal
from paynow_integration.hashing import clean_key
from paynow_integration.models import PaynowConfig


@dataclass(frozen=True)
class Integration:
    """One integration, ready for use."""

    id: str
    currency: str
    base_url: str
    is_test: bool
    merchant_email: str
    key: str = field(repr=False)

    @property
    def account(self) -> Account:
        return Account(id=self.id, currency=self.currency, is_test=self.is_test)

    def payer_email(self, customer_email: str) -> str:
        """The `authemail` to send. In test mode Paynow wants a merchant's login; otherwise it is the customer's own or none."""
        return self.merchant_email if self.is_test else customer_email


def integration_for(currency: str) -> Integration:
    """The integration that new payments in `currency` go to. Raises Misconfigured."""
    config = next((row for row in _rows() if row.currency == currency and row.is_active), None)
    found = _opened(config) if config else _from_environment()
    if found is None or found.currency != currency:
        raise Misconfigured(f"There is no active Paynow configuration for {currency}. Add one in the admin.")
    return found


def integration_with(integration_id: str) -> Integration:
    """The integration a payment was sent under, active or not: its updates are signed with its key. Raises Misconfigured."""
    config = next((row for row in _rows() if row.integration_id == integration_id), None)
    found = _opened(config) if config else _from_environment()
    if found is None or found.id != integration_id:
        raise Misconfigured(
            f"The Paynow configuration with ID {integration_id} is gone; payments were sent under it. Add it again."
        )
    return found


def all_integrations() -> Iterator[Integration]:
    """Every integration whose updates may still arrive, active ones first.

    One whose key cannot be opened does not silence the others. It raises Misconfigured, but only after all of them.
    """
    closed: Misconfigured | None = None
    own = _from_environment()
    for config in _rows():
        try:
            yield _opened(config)
        except Misconfigured as error:
            closed = error
    if own:
        yield own
    if closed:
        raise closed


_read: ContextVar[list[PaynowConfig] | None] = ContextVar("rows that were read", default=None)


@contextmanager
def rows_read_once() -> Iterator[None]:
    """Inside the block every look at the rows is the same one."""
    before = _read.set(_read_rows())
    try:
        yield
    finally:
        _read.reset(before)


def _rows() -> list[PaynowConfig]:
    """All of them, active ones first: there are a few."""
    kept = _read.get()
    return _read_rows() if kept is None else kept


def _read_rows() -> list[PaynowConfig]:
    return _ROWS.all()


def _sealed_rows() -> QuerySet[PaynowConfig]:
    """With their keys still sealed, as `sealed_key`: a key that cannot be opened then fails alone."""
    rows = PaynowConfig.objects.defer("integration_key").annotate(sealed_key=Cast("integration_key", TextField()))
    return rows.order_by("-is_active", "-updated_at", "-pk")


_ROWS = Prepared(_sealed_rows)


def _opened(config: PaynowConfig) -> Integration:
    """Raises Misconfigured."""
    try:
        key = unseal(config.sealed_key)  # type: ignore[attr-defined]  # annotated by `_rows`
    except CannotOpen as error:
        raise Misconfigured(f"The key of the Paynow configuration {config.name}: {error}") from None
    return Integration(
        id=config.integration_id,
        currency=config.currency,
        base_url=config.api_base_url,
        is_test=config.test_mode,
        merchant_email=config.merchant_email,
        key=key,
    )


def _from_environment() -> Integration | None:
    if not settings.PAYNOW_INTEGRATION_ID or not settings.PAYNOW_INTEGRATION_KEY:
        return None
    return Integration(
        id=settings.PAYNOW_INTEGRATION_ID.strip(),
        currency=settings.PAYNOW_CURRENCY.strip().upper(),
        base_url=settings.PAYNOW_BASE_URL,
        is_test=bool(settings.PAYNOW_TEST_EMAIL),
        merchant_email=settings.PAYNOW_TEST_EMAIL,
        key=clean_key(settings.PAYNOW_INTEGRATION_KEY),
    )
