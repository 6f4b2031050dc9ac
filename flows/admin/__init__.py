"""WhatsApp in the admin: our Flows at Meta, who was sent one, and every message to a customer."""

from flows.admin import flows, messages, sessions

__all__ = ["flows", "messages", "sessions"]
