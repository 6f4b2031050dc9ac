"""Personal data in the whole house: what is kept and why, taking it away, and erasing it."""

from desk.privacy.erasing import erase_customer
from desk.privacy.naming import customer_named

__all__ = ["customer_named", "erase_customer"]
