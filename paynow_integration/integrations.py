"""Finding the Paynow integration to use: rows of the admin first, the environment's one while there is none for its currency."""

from dataclasses import dataclass, field

from django.conf import settings

from customer_data.gateway import Account, Misconfigured
from paynow_integration.addresses import normal_base_url
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
    config = PaynowConfig.objects.filter(currency=currency, is_active=True).first()
    found = _from_row(config) if config else _from_environment()
    if found is None or found.currency != currency:
        raise Misconfigured(f"There is no active Paynow configuration for {currency}. Add one in the admin.")
    return found


def integration_with(integration_id: str) -> Integration:
    """The integration a payment was sent under, active or not: its updates are signed with its key. Raises Misconfigured."""
    for integration in all_integrations():
        if integration.id == integration_id:
            return integration
    raise Misconfigured(f"The Paynow configuration with ID {integration_id} is gone. Payments were sent under it: add it again.")


def all_integrations() -> list[Integration]:
    """Every integration whose updates may still arrive, active ones first."""
    rows = [_from_row(config) for config in PaynowConfig.objects.order_by("-is_active", "-updated_at")]
    own = _from_environment()
    return [*rows, own] if own and own.id not in {row.id for row in rows} else rows


def _from_row(config: PaynowConfig) -> Integration:
    return Integration(
        id=config.integration_id,
        currency=config.currency,
        base_url=config.api_base_url,
        is_test=config.test_mode,
        merchant_email=config.merchant_email,
        key=config.integration_key,
    )


def _from_environment() -> Integration | None:
    if not settings.PAYNOW_INTEGRATION_ID or not settings.PAYNOW_INTEGRATION_KEY:
        return None
    return Integration(
        id=settings.PAYNOW_INTEGRATION_ID,
        currency=settings.PAYNOW_CURRENCY,
        base_url=normal_base_url(settings.PAYNOW_BASE_URL),
        is_test=bool(settings.PAYNOW_TEST_EMAIL),
        merchant_email=settings.PAYNOW_TEST_EMAIL,
        key=clean_key(settings.PAYNOW_INTEGRATION_KEY),
    )
