"""Personal data in the whole house: what is kept and why, taking it away, and erasing it."""

from desk.privacy.erasing import erase_customer
from desk.privacy.naming import customer_named
from desk.privacy.package import ABOUT_A_CUSTOMER, MAY_EXPORT_CUSTOMER, pieces_of, write_package

__all__ = ["ABOUT_A_CUSTOMER", "MAY_EXPORT_CUSTOMER", "customer_named", "erase_customer", "pieces_of", "write_package"]
