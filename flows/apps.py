"""WhatsApp: the payment Flow and what we say in the chat."""

from django.apps import AppConfig


class FlowsConfig(AppConfig):
    name = "flows"
    verbose_name = "WhatsApp"

    def ready(self) -> None:
        from flows import receivers  # noqa: F401, PLC0415  connects the receivers
