"""WhatsApp: the payment Flow and what we say in the chat."""

from django.apps import AppConfig
from django.core.exceptions import ImproperlyConfigured


class FlowsConfig(AppConfig):
    name = "flows"
    verbose_name = "WhatsApp"

    def ready(self) -> None:
        from flows import receivers  # noqa: F401, PLC0415  connects the receivers
        from flows.conversation import start_checks  # noqa: F401, PLC0415  a conversation with a hole in it is found at the start
        from flows.keys import private_keys  # noqa: PLC0415  Django's apps are loaded by now

        try:
            private_keys()  # a key that cannot be read stops the start, not the first customer
        except ValueError as error:
            raise ImproperlyConfigured(f"WHATSAPP_FLOW_PRIVATE_KEY: {error}") from None
