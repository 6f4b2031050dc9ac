"""Named points at which a process of ours can be made to kill itself: before or after a function of ours, named from outside.

They lie at every place between *row written, gateway called, reply stored, effects sent*.
"""

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from proof.inside import arming
from proof.inside.patching import replace


@dataclass(frozen=True)
class Point:
    """`when`: before or after the call of `function`. `says`: what has been done by then, and what has not."""

    name: str
    function: str
    when: str
    says: str


POINTS: tuple[Point, ...] = (
    # --- A payment is opened and sent
    Point("opened", "customer_data.tasks.send_payment.delay", "before", "The payment is committed; its task is not queued."),
    Point("queued", "customer_data.tasks.send_payment.delay", "after", "The task is queued; the customer has no answer."),
    Point("claimed-to-send", "paynow_integration.gateway.PaynowGateway.start", "before", "Sending is committed; nothing was sent."),
    Point(
        "charge-answered",
        "paynow_integration.gateway.PaynowGateway.start",
        "after",
        "The gateway has the charge; its answer is not stored.",
    ),
    Point(
        "charge-stored",
        "customer_data.services.sending.record_prompt",
        "after",
        "The gateway's answer is stored; the task is not done.",
    ),
    # --- A payment moves
    Point(
        "inside-a-move",
        "customer_data.models.booking.Booking.recount",
        "before",
        "Row and trail are written, the booking's totals are not; no commit.",
    ),
    Point("moved", "customer_data.signals.payment_moved.send_robust", "before", "The move is committed; no receipt, no message."),
    Point(
        "receipt-issued",
        "customer_data.services.receipts.issue_receipt",
        "after",
        "The receipt is written; the customer was not told.",
    ),
    Point(
        "receipt-numbered",
        "customer_data.services.receipts.facts_of",
        "after",
        "The receipt's series is locked; the receipt is not written.",
    ),
    Point(
        "message-written",
        "flows.telling.write_messages",
        "after",
        "The message about the move is committed; its task is not queued.",
    ),
    # --- A notification comes
    Point("notification-kept", "paynow_integration.notifications.keep", "after", "The bytes are stored; they are not judged."),
    Point("notification-judged", "paynow_integration.gateway.PaynowGateway.read", "after", "It is proven; nothing was made due."),
    Point("notification-rung", "customer_data.services.checking.ring", "after", "The payment is due; the question is not queued."),
    Point("notification-settled", "paynow_integration.notifications.judge", "after", "All is stored; Paynow has no answer."),
    # --- The gateway is asked
    Point("due-claimed", "customer_data.sweep._claim", "after", "The sweep has claimed what is due; it is not handed out."),
    Point(
        "claimed-to-ask", "paynow_integration.gateway.PaynowGateway.fetch", "before", "The question is claimed; it was not asked."
    ),
    Point(
        "gateway-said",
        "paynow_integration.gateway.PaynowGateway.fetch",
        "after",
        "The gateway has answered; its report is not recorded.",
    ),
    Point(
        "report-recorded",
        "customer_data.services.reporting.record_report",
        "after",
        "The report is recorded; the next question is not planned.",
    ),
    Point(
        "code-taken",
        "paynow_integration.gateway.PaynowGateway.submit_otp",
        "before",
        "The one-time code left our row; it was not handed over.",
    ),
    Point(
        "code-handed-over",
        "paynow_integration.gateway.PaynowGateway.submit_otp",
        "after",
        "The gateway has the code; its answer is not recorded.",
    ),
    # --- A customer writes
    Point("update-stored", "flows.inbox.store", "after", "WhatsApp's update is stored; its task is not queued."),
    Point("update-half-handled", "flows.conversation.answer", "before", "The message is written down, not answered; no commit."),
    Point("update-answered", "flows.conversation.answer", "after", "The answer is queued; no commit."),
    Point(
        "update-handled", "flows.inbox._try_one", "after", "The update is handled and committed; its answers are not handed out."
    ),
    # --- A customer is told
    Point("message-claimed", "flows.whatsapp.WhatsAppClient.send", "before", "The message is claimed; it was not sent."),
    Point("message-sent", "flows.whatsapp.WhatsAppClient.send", "after", "WhatsApp has the message; it is not marked as sent."),
    Point("message-marked", "flows.outcomes.accepted", "after", "It is marked; the customer's next one was not looked for."),
    # --- Money goes back
    Point(
        "refund-moving",
        "customer_data.services.refund_steps.gone_back",
        "before",
        "The refund is settled, the payment is not; no commit.",
    ),
    Point("refund-moved", "customer_data.signals.refund_moved.send_robust", "before", "The refund is committed; nobody was told."),
)


def put_in_place() -> None:
    """Only where a folder of the run is named."""
    folder = os.environ.get(arming.FOLDER, "")
    if folder:
        for point in POINTS:
            replace(point.function, functools.partial(_with_point, point, Path(folder)))


def _with_point(point: Point, folder: Path, original: Callable[..., Any]) -> Callable[..., Any]:
    note_once = functools.cache(lambda: arming.note_passing(folder, point.name))

    def come_by() -> None:
        note_once()
        arming.pass_by(folder, point.name)

    @functools.wraps(original)
    def before(*arguments: Any, **named: Any) -> Any:
        come_by()
        return original(*arguments, **named)

    @functools.wraps(original)
    def after(*arguments: Any, **named: Any) -> Any:
        result = original(*arguments, **named)
        come_by()
        return result

    return before if point.when == "before" else after
