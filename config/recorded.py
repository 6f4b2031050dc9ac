"""Which rows the record of changes keeps: all that are money or settings. A new model is added to one of the two lists."""

from customer_data.recorded import Recorded

_CLOCKS = ("next_check_at", "checked_at", "checks_made", "updated_at")
_ADDRESSES = ("gateway_data", "poll_url", "redirect_url", "return_url", "authorization_code")

RECORDED = {
    # Money
    "customer_data.Booking": Recorded(left_out=("updated_at",)),
    "customer_data.Customer": Recorded(),
    "customer_data.Payment": Recorded(left_out=_CLOCKS, as_digest=_ADDRESSES),
    "customer_data.Refund": Recorded(left_out=("next_check_at",)),
    "customer_data.Dispute": Recorded(),
    "customer_data.Proof": Recorded(),
    "customer_data.ProofFile": Recorded(),
    "customer_data.Transfer": Recorded(),
    "customer_data.ReceiptSeries": Recorded(),
    "customer_data.Receipt": Recorded(),
    "customer_data.NonReceiptLetter": Recorded(),
    "customer_data.Concern": Recorded(),
    "desk.StatementFile": Recorded(),
    "desk.StatementLine": Recorded(),
    "desk.ClosedDay": Recorded(),
    # Settings
    "customer_data.MethodSwitch": Recorded(left_out=("updated_at",)),
    "customer_data.AmountLimit": Recorded(left_out=("updated_at",)),
    "customer_data.AttemptLimit": Recorded(left_out=("updated_at",)),
    "customer_data.Denial": Recorded(left_out=("refusals", "last_refused_at")),
    "customer_data.GatewayPause": Recorded(),
    "customer_data.Tour": Recorded(),
    "customer_data.Departure": Recorded(),
    "desk.StatementSource": Recorded(),
    "offline_payments.PlaceToPay": Recorded(),
    "paynow_integration.PaynowConfig": Recorded(left_out=("updated_at",)),
    "flows.WhatsAppFlow": Recorded(
        left_out=("updated_at", "state_at_meta", "health", "health_at", "synced_at", "preview_url", "preview_expires_at"),
        as_digest=("flow_json",),
    ),
    "flows.WhatsAppTemplate": Recorded(left_out=("updated_at",)),
    "flows.ReviewedLanguage": Recorded(),
    # Who may do what
    "auth.User": Recorded(left_out=("last_login",), as_digest=("password",)),
    "auth.Group": Recorded(),
    "auth.User_groups": Recorded(belongs_to=("auth.User", "user_id")),
    "auth.User_user_permissions": Recorded(belongs_to=("auth.User", "user_id")),
    "auth.Group_permissions": Recorded(belongs_to=("auth.Group", "group_id")),
    "desk.Role": Recorded(),
    "desk.Authenticator": Recorded(left_out=("last_step",)),
    "desk.RecoveryCode": Recorded(as_digest=("digest",)),
    "rest_framework_api_key.APIKey": Recorded(as_digest=("hashed_key",)),
}

NOT_RECORDED = {
    "admin.LogEntry": "Django's own trail.",
    "auth.Permission": "Made by migrations from the code.",
    "axes.AccessAttempt": "Failed sign-ins, counted.",
    "axes.AccessAttemptExpiration": "Failed sign-ins, counted.",
    "axes.AccessFailureLog": "A trail of its own: failed sign-ins.",
    "axes.AccessLog": "A trail of its own: sign-ins.",
    "config.Heartbeat": "That the clock runs.",
    "contenttypes.ContentType": "Made by migrations from the code.",
    "customer_data.Change": "The record itself, chained and sealed.",
    "customer_data.IdempotentRequest": "An answer kept for a repeated request.",
    "customer_data.PaymentEvent": "A trail of its own, append-only, checked against the payments by check_ledger.",
    "customer_data.PollBudget": "How often gateways may be asked.",
    "customer_data.Seal": "Chained by itself.",
    "customer_data.SeatHold": "Seats, not money: they come and go by the clock, and check_ledger compares them with what was paid.",
    "customer_data.UsedForm": "That a form was sent.",
    "desk.DayFigures": "Counted from payments at any time.",
    "desk.DayForms": "Counted from forms at any time.",
    "desk.Export": "A list that somebody asked for; made from what is recorded.",
    "desk.ExportPart": "A list that somebody asked for; made from what is recorded.",
    "desk.FiguresProgress": "How far the counting has come.",
    "flows.Conversation": "Where a talk stands.",
    "flows.FlowSession": "What one message lets a customer open, for a while.",
    "flows.IncomingMessage": "A trail of its own: what customers wrote.",
    "flows.Message": "A trail of its own: what customers were told.",
    "flows.SentFile": "A trail of its own: what customers sent.",
    "flows.Update": "A trail of its own: what WhatsApp told us.",
    "paynow_integration.PaynowNotification": "A trail of its own: status updates as they arrived.",
    "sessions.Session": "That somebody is signed in.",
}
