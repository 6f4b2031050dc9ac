"""Flows at Meta, sessions, the talk with each customer, what they wrote and what we tell them."""

from flows.models.conversation import Conversation, IncomingMessage, ReviewedLanguage
from flows.models.flow import FlowSession, WhatsAppFlow
from flows.models.message import Message, WhatsAppTemplate
from flows.models.sent_file import SentFile
from flows.models.update import Update

__all__ = [
    "Conversation",
    "FlowSession",
    "IncomingMessage",
    "Message",
    "ReviewedLanguage",
    "SentFile",
    "Update",
    "WhatsAppFlow",
    "WhatsAppTemplate",
]
