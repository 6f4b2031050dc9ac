"""Django's PostgreSQL backend. Before each request and task it looks whether the server has hung up, without asking it."""

import select

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):
    """As Django's; CONN_HEALTH_CHECKS costs a look at the socket instead of a `SELECT 1`."""

    def is_usable(self) -> bool:
        """A server that ends, or ends a connection, says so on it at once: where nothing waits to be read, nothing has ended.

        Whatever waits there, Django's own question decides. A line that died in silence neither way finds before its time is up.
        """
        if self.connection is None or self.connection.closed:
            return False
        poll = select.poll()
        poll.register(self.connection.fileno(), select.POLLIN)
        return not poll.poll(0) or bool(super().is_usable())
