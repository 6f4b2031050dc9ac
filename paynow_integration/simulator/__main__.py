"""`python -m paynow_integration.simulator --port 8001`: Paynow on this machine, in real time, until Ctrl-C or SIGTERM."""

import argparse
import signal
import sys

from paynow_integration.simulator.server import PaynowSimulator

_STOPS = {signal.SIGTERM, signal.SIGINT}


def main() -> int:
    """Serve until told to stop; 1 when the port is taken."""
    options = _options()
    simulator = PaynowSimulator(host=options.host, port=options.port, public_url=options.public_url)
    simulator.manners.resend_seconds = options.resend_seconds
    simulator.manners.by_hand = options.by_hand
    simulator.manners.refuses_known_traces = not options.takes_every_trace
    # Blocked in every thread and waited for here: a handler would not run when another thread receives the signal.
    signal.pthread_sigmask(signal.SIG_BLOCK, _STOPS)
    try:
        simulator.start()
    except OSError as failure:
        print(f"Port {options.port} cannot be used ({failure.strerror}). Choose another with --port.", file=sys.stderr)
        return 1
    print(f"listening on {simulator.url}", flush=True)
    signal.sigwait(_STOPS)
    simulator.stop()
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="paynow_integration.simulator", description="Paynow's side of the wire. No money moves.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--public-url", default="", help="where browsers reach this server, if not at its own address")
    parser.add_argument("--resend-seconds", type=float, default=30, help="between two attempts to deliver one status update")
    parser.add_argument(
        "--by-hand", action="store_true", help="test mode takes every number; who is no test number waits for your decision"
    )
    parser.add_argument(
        "--takes-every-trace", action="store_true", help="the same request twice is two charges: Paynow promises nothing else"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
