"""What every field of every model is: personal, of staff, secret, of the books, or none of these. Values only.

A test holds this against the models: a new field is put here, or the house does not pass. Names as the model has them.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fields:
    """Names, with spaces between. `personal`: says something about a customer, or may, because people type it. `staff`: about a
    member of staff. `keys`: opens something. `books`: amounts, references, dates and numbers that stay for good. `other`: the rest.
    """

    personal: str = ""
    staff: str = ""
    keys: str = ""
    books: str = ""
    other: str = ""

    @property
    def all(self) -> list[str]:
        return " ".join((self.personal, self.staff, self.keys, self.books, self.other)).split()

    @property
    def personal_ones(self) -> list[str]:
        return self.personal.split()


FIELDS: dict[str, Fields] = {
    # The core
    "customer_data.Customer": Fields(personal="name wa_id bsuid phone email", other="id created_at"),
    "customer_data.Booking": Fields(
        personal="customer title cancel_reason",
        staff="cancelled_by",
        books="booking_reference total_amount currency deposit_percent departure travellers amount_paid payment_status is_test "
        "cancelled_at created_at",
        other="id updated_at",
    ),
    "customer_data.Payment": Fields(
        personal="phone email payer gateway_data redirect_url return_url instructions authorization_code notes",
        staff="approved_by",
        keys="otp poll_url",
        books="id reference booking amount currency payment_method status reason_code is_test gateway account gateway_reference "
        "gateway_status created_at sent_at processed_at reported_at",
        other="prompt authorization_expires unsent otp_tries sends_made checks_made not_found is_final checked_at "
        "next_check_at correlation_id updated_at ipn_received_at",
    ),
    "customer_data.PaymentEvent": Fields(
        personal="reason details", staff="actor", books="payment from_status to_status source created_at", other="id"
    ),
    "customer_data.Refund": Fields(
        personal="reason failure",
        staff="requested_by approved_by sent_by done_by",
        books="reference payment amount currency way status is_test requested_at approved_at sent_at done_at proof_of_payment "
        "gateway_reference gateway_status failed_at moved_at",
        other="id next_check_at",
    ),
    "customer_data.Dispute": Fields(
        personal="answer", staff="answered_by", books="payment status opened_at deadline answered_at closed_at", other="id"
    ),
    "customer_data.Transfer": Fields(
        personal="reason", staff="made_by", books="payment from_booking to_booking made_at", other="id"
    ),
    "customer_data.Receipt": Fields(personal="facts", books="payment series number issued_at", other="id"),
    "customer_data.ReceiptSeries": Fields(books="name last_number", other="id"),
    "customer_data.NonReceiptLetter": Fields(
        personal="facts reason", staff="written_by", books="payment number approval_code written_at", other="id"
    ),
    "customer_data.Proof": Fields(
        personal="customer wamid text likeness findings decision",
        staff="submitted_by decided_by",
        books="kind booking payment fingerprint claimed_amount claimed_currency claimed_reference claimed_on submitted_at status "
        "decided_at received_amount received_reference settled",
        other="id",
    ),
    "customer_data.ProofFile": Fields(personal="content preview", other="id proof media_type size"),
    "customer_data.Concern": Fields(
        personal="customer sentence details solution",
        staff="taken_by solved_by",
        books="kind payment proof created_at solved_at",
        other="id taken_at",
    ),
    "customer_data.Denial": Fields(
        personal="value customer reason lifted_why",
        staff="added_by lifted_by",
        other="id kind added_at ends_at lifted_at refusals last_refused_at",
    ),
    "customer_data.SeatHold": Fields(
        personal="customer",
        books="departure booking seats price currency deposit_percent",
        other="id expires_at released_at created_at",
    ),
    "customer_data.Change": Fields(
        personal="before after why",
        staff="who",
        books="table_name row_id number operation database_user transaction at previous hash",
        other="id",
    ),
    "customer_data.Seal": Fields(
        books="number last_id to_transaction begins_anew floor_id entries digest previous hash key_name mac sealed_at"
    ),
    "customer_data.Erasure": Fields(staff="made_by", books="customer reason made_at rows entries digest key_name code", other="id"),
    "customer_data.ErasedEntry": Fields(books="entry erasure was now", other="id"),
    "customer_data.IdempotentRequest": Fields(personal="answer", other="id caller key request_hash status_code created_at"),
    "customer_data.UsedForm": Fields(other="key used_at"),
    "customer_data.PollBudget": Fields(other="id gateway spent_until"),
    "customer_data.MethodSwitch": Fields(other="id payment_method is_off off_until told updated_at"),
    "customer_data.AmountLimit": Fields(
        other="id currency least_per_payment most_per_payment most_per_customer_a_day most_a_day updated_at"
    ),
    "customer_data.AttemptLimit": Fields(other="id per hours most_attempts most_unpaid_in_a_row most_usd most_zwg updated_at"),
    "customer_data.GatewayPause": Fields(staff="paused_by", other="id gateway is_paused told paused_at reason"),
    "customer_data.Tour": Fields(
        other="id name summary details price currency deposit_percent most_travellers is_offered position"
    ),
    "customer_data.Departure": Fields(other="id tour starts_on seats is_open"),
    # The chat
    "flows.Conversation": Fields(
        personal="customer step answers trail language wants_person_since muted_at notice_given_at last_heard_at nudged_at",
        staff="taken_by",
        other="id pair_spent_until created_at updated_at",
    ),
    "flows.IncomingMessage": Fields(personal="customer wamid kind text media_id sent_at", other="id created_at"),
    "flows.Message": Fields(
        personal="customer key content body wamid last_error delivered_at read_at",
        other="id event kind status correlation_id attempts error_code created_at next_try_at sent_at",
    ),
    "flows.SentFile": Fields(
        personal="customer wamid media_id caption", other="id booking outcome next_try_at attempts last_error created_at"
    ),
    "flows.FlowSession": Fields(
        personal="customer typed wamid",
        keys="token_hash token",
        other="id flow_name booking payment correlation_id created_at expires_at opened_at spent_at",
    ),
    "flows.Update": Fields(personal="key body sender", other="id kind received_at handled_at attempts next_try_at last_error"),
    "flows.ReviewedLanguage": Fields(staff="reviewer", other="id code reviewed_on"),
    "flows.WhatsAppFlow": Fields(
        other="id name flow_id status sync_status flow_json last_error problems state_at_meta preview_url preview_expires_at "
        "health health_at synced_at created_at updated_at"
    ),
    "flows.WhatsAppTemplate": Fields(other="id purpose name language status body parameters updated_at"),
    # Gateways
    "paynow_integration.PaynowNotification": Fields(
        personal="body detail", books="payment reference", other="id received_at remote_address fingerprint size outcome claims"
    ),
    "paynow_integration.PaynowConfig": Fields(
        staff="merchant_email",
        keys="integration_key",
        other="id name currency integration_id api_base_url test_mode is_active created_at updated_at",
    ),
    "offline_payments.PlaceToPay": Fields(other="id way currency name account_name account_number branch more is_test is_active"),
    # The desk
    "desk.StatementLine": Fields(
        personal="words why",
        staff="decided_by",
        books="source file line_number fingerprint day amount fee currency reference their_reference their_status is_money status "
        "payment refund settled_by decided_at",
        other="id",
    ),
    "desk.StatementFile": Fields(
        personal="content bad_rows",
        staff="uploaded_by",
        books="source file_name fingerprint uploaded_at imported_at lines_new lines_known",
        other="id handed_over_at problem",
    ),
    "desk.StatementSource": Fields(other="id name kind currency columns date_format decimal_mark created_at"),
    "desk.ClosedDay": Fields(staff="closed_by", books="day currency figures note closed_at", other="id"),
    "desk.Export": Fields(
        personal="filters",
        staff="requested_by",
        other="id what format status rows_done rows_expected size problem requested_at claimed_until ready_at",
    ),
    "desk.ExportPart": Fields(personal="content", other="id export number"),
    "desk.DayFigures": Fields(
        books="day currency payment_method is_test opened successful ended_unpaid taken returned seconds_to_paid",
        other="id made_at",
    ),
    "desk.DayForms": Fields(books="day flow_name is_test sent opened submitted asked paid", other="id made_at"),
    "desk.FiguresProgress": Fields(other="id seen_until next_until next_transaction made_at"),
    "desk.Role": Fields(other="name group given"),
    "desk.Authenticator": Fields(
        staff="user name",
        keys="secret",
        other="id confirmed throttling_failure_timestamp throttling_failure_count last_step made_at",
    ),
    "desk.RecoveryCode": Fields(keys="digest", other="id authenticator used_at"),
    # Signing in, and Django's own
    "auth.User": Fields(
        staff="username first_name last_name email last_login",
        keys="password",
        other="id is_superuser is_staff is_active date_joined",
    ),
    "auth.User_groups": Fields(staff="user", other="id group"),
    "auth.User_user_permissions": Fields(staff="user", other="id permission"),
    "auth.Group": Fields(other="id name"),
    "auth.Group_permissions": Fields(other="id group permission"),
    "auth.Permission": Fields(other="id name content_type codename"),
    "admin.LogEntry": Fields(
        personal="object_repr change_message", staff="user", other="id action_time content_type object_id action_flag"
    ),
    "axes.AccessAttempt": Fields(
        staff="user_agent ip_address username http_accept get_data post_data",
        other="id path_info attempt_time failures_since_start",
    ),
    "axes.AccessAttemptExpiration": Fields(other="access_attempt expires_at"),
    "axes.AccessLog": Fields(
        staff="user_agent ip_address username http_accept", keys="session_hash", other="id path_info attempt_time logout_time"
    ),
    "axes.AccessFailureLog": Fields(
        staff="user_agent ip_address username http_accept", other="id path_info attempt_time locked_out"
    ),
    "rest_framework_api_key.APIKey": Fields(keys="prefix hashed_key", other="id created name revoked expiry_date"),
    "sessions.Session": Fields(staff="session_data", keys="session_key", other="expire_date"),
    "contenttypes.ContentType": Fields(other="id app_label model"),
    "config.Heartbeat": Fields(other="name beaten_at"),
}
