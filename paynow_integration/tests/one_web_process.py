"""A web process of its own on the database that is named, for tests that kill it. Prints the port it listens on."""

import sys
from wsgiref.simple_server import make_server

from django.conf import settings
from django.core.wsgi import get_wsgi_application


def main(database: str) -> None:
    settings.DATABASES["default"]["NAME"] = database
    with make_server("127.0.0.1", 0, get_wsgi_application()) as server:
        print(server.server_port, flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1])
