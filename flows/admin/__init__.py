"""WhatsApp in the admin: our Flows at Meta, who was sent one, and every message to a customer."""

from flows.admin import conversations, flow_health, flows, languages, messages, sessions, talk_panels, templates, timeline

__all__ = ["conversations", "flow_health", "flows", "languages", "messages", "sessions", "talk_panels", "templates", "timeline"]
