"""Django's PostgreSQL backend that starts the embedded server with the first connection."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config import embedded
from config.embedded_place import EmbeddedPostgresFailed
from config.postgres import base


class DatabaseWrapper(base.DatabaseWrapper):
    """As Django's, but where the server is follows from `settings.LOCAL_DIR`."""

    def get_connection_params(self) -> dict[str, Any]:
        """Where to connect; the server runs once this returns. Raises ImproperlyConfigured with a sentence if it cannot."""
        try:
            address = embedded.join(settings.LOCAL_DIR)
        except EmbeddedPostgresFailed as failure:
            raise ImproperlyConfigured(str(failure)) from failure
        parameters: dict[str, Any] = super().get_connection_params()
        return parameters | {"host": address.host, "port": address.port, "user": address.user}
