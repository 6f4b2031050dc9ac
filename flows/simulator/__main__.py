"""`python -m flows.simulator --port 8002`: Meta's Graph API and the phone in the browser on this machine, until Ctrl-C or SIGTERM.

The app's secret comes from WHATSAPP_APP_SECRET, and the PEM of the Flow key from FLOW_PUBLIC_KEY where no file is named: what
stands on a command line can be read by everybody on the machine.
"""

import argparse
import os
import signal
import sys
import threading
from pathlib import Path

from flows.simulator.business import Business, secret_from_environment
from flows.simulator.graph import GraphSimulator
from flows.simulator.limits import Limits
from flows.simulator.postman import gaps_up_to


def main() -> int:
    """Serve until told to stop; 1 when the port is taken or the key cannot be read."""
    options = _options()
    try:
        simulator = _simulator(options)
    except OSError as failure:
        print(f"The file {options.public_key} cannot be read ({failure.strerror}).", file=sys.stderr)
        return 1
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


def _simulator(options: argparse.Namespace) -> GraphSimulator:
    """Raises OSError when the file of the key cannot be read."""
    pem = Path(options.public_key).read_text(encoding="utf-8") if options.public_key else os.environ.get("FLOW_PUBLIC_KEY", "")
    business = Business(
        url=options.app_url,
        app_secret=secret_from_environment(),
        public_key=pem,
        name=options.business_name,
        paynow_url=options.paynow_url,
        phone_number_id=os.environ.get("WHATSAPP_PHONE_NUMBER_ID", "") or "100000000000001",
        account_id=os.environ.get("WHATSAPP_BUSINESS_ACCOUNT_ID", "") or "100000000000002",
    )
    limits = Limits(strict_windows=options.strict_windows, keep_pair_rate=options.keep_pair_rate)
    simulator = GraphSimulator(
        host=options.host,
        port=options.port,
        business=business,
        limits=limits,
        postmen=options.postmen,
        retry_gaps=gaps_up_to(options.longest_gap),
    )
    if options.app_url:
        simulator.publish_demo()
    return simulator


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="flows.simulator", description="Meta's Graph API. Nobody gets a message.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8002)
    parser.add_argument("--app-url", default="", help="where our app listens, or several with commas; its Flows are published then")
    parser.add_argument("--paynow-url", default="", help="Paynow's simulator, whose prompts appear on the phones")
    parser.add_argument("--public-key", default="", help="file with the PEM of the Flow key, until one is uploaded")
    parser.add_argument("--business-name", default="Example Safaris", help="what stands above the chat")
    parser.add_argument("--strict-windows", action="store_true", help="who never wrote gets templates only")
    parser.add_argument("--keep-pair-rate", action="store_true", help="one message in six seconds to the same customer")
    parser.add_argument("--postmen", type=int, default=1, help="webhooks that are on the way at the same time")
    parser.add_argument("--longest-gap", type=float, default=256, help="seconds between two attempts to bring a webhook, at most")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
