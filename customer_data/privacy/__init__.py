"""Personal data of one customer: whose it is, and how it goes while the books stay."""

from customer_data.privacy.emptying import Emptied
from customer_data.privacy.erasing import Part, erase
from customer_data.privacy.known import ERASED, Known, known_of
from customer_data.privacy.refusals import CannotErase, why_not

__all__ = ["ERASED", "CannotErase", "Emptied", "Known", "Part", "erase", "known_of", "why_not"]
