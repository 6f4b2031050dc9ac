"""The charges with which a gateway is tried."""

from decimal import Decimal

from customer_data.gateway import Charge, Gateway, Method
from customer_data.money import CENT
from customer_data.references import new_reference


class ChargeMaker:
    """Makes charges that any gateway should take. A gateway's tests may override both."""

    def phone_for(self, method: Method) -> str:
        """The number that pays by `method`."""
        number = min(method.test_phones, default="") or f"{(*method.phone_prefixes, '077')[0]}1234567"
        return f"+263{number[1:]}" if method.needs_phone else ""

    def charge(self, gateway: Gateway, method: Method | None = None, *, currency: str = "") -> Charge:
        """What the core would ask for."""
        capabilities = gateway.capabilities()
        method = method or capabilities.methods[0]
        currency = currency or min(method.currencies or capabilities.currencies)
        return Charge(
            reference=new_reference(),
            amount=max(Decimal("12.50"), capabilities.least.get(currency, CENT)),
            currency=currency,
            method=method.name,
            account=gateway.account_for(currency).id,
            description="BK0123456789A Victoria Falls & more",
            phone=self.phone_for(method),
            email="rudo@example.com",
            return_url="https://shop.example/return?reference=1",
            notify_url="https://shop.example/notify",
        )
