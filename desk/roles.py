"""Who may do what: the groups Cashier, Supervisor, Accountant and Owner, and which permissions move money. Values only.

A permission is named as Django does: `customer_data.approve_refund`. Nobody approves what they asked for themselves, whatever
their group: that rule is a constraint of the database.
"""

from __future__ import annotations

from itertools import chain

CASHIER, SUPERVISOR, ACCOUNTANT, OWNER = "Cashier", "Supervisor", "Accountant", "Owner"


def _may(verbs: str, app: str, models: str) -> frozenset[str]:
    """Django's own permissions: each of the verbs on each of the models."""
    return frozenset(f"{app}.{verb}_{model}" for verb in verbs.split() for model in models.split())


def _core(*names: str) -> frozenset[str]:
    return frozenset(f"customer_data.{name}" for name in names)


_SEES_BUSINESS = (
    _may("view", "customer_data", "booking customer payment paymentevent receipt refund transfer nonreceiptletter proof prooffile")
    | _may("view", "customer_data", "dispute concern tour departure seathold methodswitch gatewaypause amountlimit")
    | _may("view", "customer_data", "denial attemptlimit")
    | _may("view", "offline_payments", "placetopay")
)
_SEES_TALKS = _may("view", "flows", "conversation message incomingmessage sentfile flowsession")
_SEES_MONEY = (
    _may("view", "desk", "dayfigures statementsource statementfile statementline closedday export exportpart")
    | _may("add", "desk", "export")
    | _may("view", "paynow_integration", "paynownotification")
)

_CASHIER = (
    _SEES_BUSINESS
    | _SEES_TALKS
    | _core("ask_gateway", "send_request_again", "submit_proof", "request_refund")
    | _may("change", "flows", "conversation message")  # answers chats, and sends again what did not arrive
)
_SUPERVISOR = (
    _CASHIER
    | _core("approve_refund", "review_proof", "stop_waiting", "move_payment", "write_letter", "cancel_booking")
    | _core("answer_dispute", "solve_concern")
    | _may("change", "customer_data", "concern seathold payment")
    | _may("add change", "customer_data", "booking customer departure tour denial")
    | _may("change", "paynow_integration", "paynownotification")  # asks again about what Paynow told us
    | _may("view", "desk", "dayfigures")
    | _may("view", "customer_data", "change erasure")  # the record of who changed what, and of who was erased
    | _may("view", "paynow_integration", "paynownotification")
)
_ACCOUNTANT = (
    _SEES_BUSINESS
    | _SEES_MONEY
    | _core("pay_refund")
    | frozenset({"desk.import_statement", "desk.close_day"})
    | _may("view", "customer_data", "change erasure")
)
_OWNER = (
    _SUPERVISOR
    | _ACCOUNTANT
    | _core("pause_gateway", "export_customer", "erase_customer")
    | _may("add change", "customer_data", "methodswitch gatewaypause amountlimit attemptlimit")
    | _may("add change delete", "offline_payments", "placetopay")
    | _may("add change", "desk", "statementsource")
    | _may("view add change", "paynow_integration", "paynowconfig")
    | _may("view add change", "flows", "whatsappflow whatsapptemplate reviewedlanguage")
    | _may("view add change", "auth", "user")  # nobody is deleted: they stay in the books, and are made inactive
    | _may("view add change delete", "auth", "group")
    | _may("view add change delete", "rest_framework_api_key", "apikey")
    | _may("view", "admin", "logentry")
)

ROLES: dict[str, frozenset[str]] = {CASHIER: _CASHIER, SUPERVISOR: _SUPERVISOR, ACCOUNTANT: _ACCOUNTANT, OWNER: _OWNER}
"""The permissions that each of our groups is given."""

MOVES_MONEY: frozenset[str] = frozenset(
    chain(
        _core("approve_refund", "pay_refund", "review_proof", "move_payment", "stop_waiting", "cancel_booking", "pause_gateway"),
        _core("answer_dispute", "export_customer", "erase_customer"),  # all about a person leaves, or goes for good
        {"desk.import_statement", "desk.close_day"},
        _may("add change delete", "paynow_integration", "paynowconfig"),  # where customers' money goes
        _may("add change delete", "offline_payments", "placetopay"),
        _may("add change delete", "customer_data", "methodswitch amountlimit attemptlimit denial"),
        _may("add change", "customer_data", "booking tour"),  # what is owed
        _may("add change delete", "auth", "user group"),  # who may do all that
        _may("add change delete", "rest_framework_api_key", "apikey"),
    )
)
"""Whoever has one of these, by a group or alone, signs in with a second step. So do superusers."""
