"""`python -m flows.simulator --port 8002`: Meta's Graph API on this machine, until Ctrl-C or SIGTERM."""

import argparse
import signal
import sys
import threading

from flows.simulator.graph import GraphSimulator


def main() -> int:
    """Serve until told to stop; 1 when the port is taken."""
    options = _options()
    simulator = GraphSimulator(host=options.host, port=options.port)
    stopped = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())
    try:
        simulator.start()
    except OSError as failure:
        print(f"Port {options.port} cannot be used ({failure.strerror}). Choose another with --port.", file=sys.stderr)
        return 1
    print(f"listening on {simulator.url}", flush=True)
    stopped.wait()
    simulator.stop()
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="flows.simulator", description="Meta's Graph API. Nobody gets a message.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8002)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
