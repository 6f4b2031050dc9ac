"""The part of the contract about notifications: proven, and about the right payment."""

import pytest

from customer_data.gateway import Charge, Disposition, Gateway, NotGenuine, NotSupported, NotUnderstood, Trust
from customer_data.tests.charges import ChargeMaker
from customer_data.tests.far_side import FarSide, Notification


class HearingContract(ChargeMaker):
    def test_a_notification_says_which_payment_to_look_at(self, gateway: Gateway, far_side: FarSide) -> None:
        if gateway.capabilities().notify_trust == Trust.NONE:
            with pytest.raises(NotSupported):
                gateway.read(b"", {})
            return
        charge, heard = self._notified(gateway, far_side)
        [notice] = gateway.read(heard.body, heard.headers)
        assert (notice.reference, notice.account) == (charge.reference, charge.account)

    def test_a_flipped_byte_never_rings_for_another_payment(self, gateway: Gateway, far_side: FarSide) -> None:
        if gateway.capabilities().notify_trust != Trust.PROVEN:
            return
        charge, heard = self._notified(gateway, far_side)
        for position in range(len(heard.body)):
            try:
                notices = gateway.read(_flipped(heard.body, position), heard.headers)
            except (NotGenuine, NotUnderstood):
                continue
            # Some proofs do not cover the names of fields; then nothing, or the same payment, is named.
            assert {notice.reference for notice in notices} <= {charge.reference, ""}

    def test_a_flipped_byte_of_the_reference_is_not_genuine(self, gateway: Gateway, far_side: FarSide) -> None:
        if gateway.capabilities().notify_trust != Trust.PROVEN:
            return
        charge, heard = self._notified(gateway, far_side)
        start = heard.body.index(charge.reference.encode())
        for position in range(start, start + len(charge.reference)):
            with pytest.raises(NotGenuine):
                gateway.read(_flipped(heard.body, position), heard.headers)

    def test_a_forged_notification_is_not_genuine(self, gateway: Gateway, far_side: FarSide) -> None:
        if gateway.capabilities().notify_trust not in (Trust.PROVEN, Trust.SHARED_SECRET):
            return
        charge, _ = self._notified(gateway, far_side)
        forged = far_side.forged_notification(charge.reference)
        with pytest.raises(NotGenuine):
            gateway.read(forged.body, forged.headers)

    def test_the_notifier_is_told_what_became_of_it(self, gateway: Gateway) -> None:
        if gateway.capabilities().notify_trust == Trust.NONE:
            with pytest.raises(NotSupported):
                gateway.reply(Disposition.ACCEPTED)
            return
        for disposition in Disposition:
            assert 200 <= gateway.reply(disposition).status <= 599, disposition
        assert gateway.reply(Disposition.ACCEPTED).status < 300
        assert gateway.reply(Disposition.TRY_AGAIN).status >= 500

    def _notified(self, gateway: Gateway, far_side: FarSide) -> tuple[Charge, Notification]:
        charge = self.charge(gateway)
        gateway.start(charge)
        far_side.say(charge.reference, far_side.paid_word)
        return charge, far_side.notification(charge.reference)


def _flipped(body: bytes, position: int) -> bytes:
    return body[:position] + bytes([body[position] ^ 1]) + body[position + 1 :]
