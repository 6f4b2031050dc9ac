"""What a dying worker does: opens one payment and sends it, as far as the point at which it is to be killed."""

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from customer_data import services
from customer_data.doors import send_soon
from customer_data.gateway import Charge, Prompt
from customer_data.models import Booking
from customer_data.tests import till
from customer_data.tests.drawer import Drawer
from customer_data.tests.drawer_gateway import DrawerGateway


def _go_on() -> None: ...


class DyingGateway(DrawerGateway):
    after_the_answer: ClassVar[Callable[[], None]] = staticmethod(_go_on)

    def start(self, charge: Charge) -> Prompt:
        prompt = super().start(charge)
        type(self).after_the_answer()
        return prompt


def work(point: str, booking_id: int, folder: Path, *, stop: Callable[[], None]) -> None:
    drawer = Drawer.in_use = Drawer(folder)
    if point == "claimed":
        drawer.before_arrival = lambda charge: stop()
    if point == "arrived":
        drawer.after_arrival = lambda charge: stop()
    if point == "answered":
        DyingGateway.after_the_answer = staticmethod(stop)
    payment = till.ask_for(Booking.objects.get(pk=booking_id))
    if point == "created":
        stop()
    if point == "handed over":
        send_soon(payment)
    else:
        services.send_payment(payment.reference)
