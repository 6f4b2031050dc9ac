"""The health check of the web container: exits 0 when `/healthz` answers. Asks under a name that ALLOWED_HOSTS has."""

import http.client
import os
import sys

PORT = 8000
SECONDS = 2


def main() -> int:
    """1 when nothing answers in time, or not with 200."""
    host = os.environ.get("ALLOWED_HOSTS", "").split(",")[0].strip() or "localhost"
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=SECONDS)
    try:
        connection.request("GET", "/healthz", headers={"Host": host})
        return 0 if connection.getresponse().status == http.HTTPStatus.OK else 1
    except OSError:
        return 1
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
