"""`make run`: web, worker, clock and both simulators on one machine, started and stopped together."""

import fcntl
import signal
import socket
import sys
from pathlib import Path
from types import FrameType
from typing import IO, Any, NoReturn
from urllib.error import HTTPError
from urllib.request import urlopen

from django.conf import settings
from django.core.management import get_commands
from django.core.management.base import BaseCommand
from django.db import connection

from config import embedded
from config.addresses import HOST, local_environment, paynow_url, wanted_port, web_url
from config.embedded_place import EmbeddedPostgresFailed
from config.models import Heartbeat
from config.supervisor import Program, ProgramEnded, Supervisor, bury_orphans
from flows.crypto import public_key_pem
from flows.keys import private_keys

READY_SECONDS = 90.0
PYTHON = sys.executable
PROGRAMS = Path(sys.executable).parent


class Command(BaseCommand):
    help = "Serves web, worker, clock and both simulators on this machine until Ctrl-C. For development and demonstration."
    requires_system_checks = ()  # the programs it starts do them

    def handle(self, *args: Any, **options: Any) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _interrupt_once)
        port = _free_ports()
        turn = _only_one()
        supervisor = Supervisor(settings.BASE_DIR)
        sentence = None
        try:
            _start_database()
            _prepare(supervisor, port)
            _serve(supervisor, port)
        except KeyboardInterrupt:
            print("\nStopping ...", flush=True)
        except (ProgramEnded, EmbeddedPostgresFailed) as end:
            sentence = str(end)
        finally:
            supervisor.stop()
            embedded.leave_all()
            bury_orphans()
            turn.close()
        if sentence:
            _refuse(sentence)
        print("Everything has stopped.", flush=True)


def _interrupt_once(number: int, frame: FrameType | None) -> NoReturn:
    """The first Ctrl-C or SIGTERM stops everything; while it does, more of them change nothing."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt


def _free_ports() -> int:
    """The port of the web process; the simulators take the two above it."""
    port = wanted_port()
    for each in (port, port + 1, port + 2):
        with socket.socket() as door:
            door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                door.bind((HOST, each))
            except OSError as error:
                _refuse(f"Port {each} cannot be used ({error.strerror}). Free it, or choose another: make run PORT={port + 100}")
    return port


def _only_one() -> IO[str]:
    settings.LOCAL_DIR.mkdir(parents=True, exist_ok=True)
    turn: IO[str] = (settings.LOCAL_DIR / "run.lock").open("a")
    try:
        fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        _refuse("It is already running from this folder. Use that one, or stop it first.")
    return turn


def _start_database() -> None:
    if not settings.DATABASE_URL:
        print("Starting PostgreSQL ...", flush=True)
        embedded.join(settings.LOCAL_DIR)


def _prepare(supervisor: Supervisor, port: int) -> None:
    commands = [["migrate", "--no-input", "--verbosity", "0"]]
    if "load_demo" in get_commands():
        commands.append(["load_demo"])
    for command in commands:
        print(f"Running {command[0]} ...", flush=True)
        program = Program(command[0], [PYTHON, "manage.py", *command], local_environment(port))
        if code := supervisor.finish(program):
            raise ProgramEnded(f"{command[0]} ended with exit code {code}; what it said is above.")
    Heartbeat.objects.all().delete()  # those of the last run prove nothing
    connection.close()


def _serve(supervisor: Supervisor, port: int) -> None:
    for program in _programs(port):
        supervisor.start(program)
    print("Waiting until web, worker, clock and simulators answer ...", flush=True)
    if not supervisor.run_until(lambda: _all_answer(port), timeout_seconds=READY_SECONDS, pause_seconds=0.3):
        raise ProgramEnded(f"Not everything answers within {READY_SECONDS:.0f} seconds: {_readiness(port)}")
    print(_welcome(port), flush=True)
    supervisor.run()


def _programs(port: int) -> list[Program]:
    celery = [str(PROGRAMS / "celery"), "--quiet", "--app", "config"]
    threads = ["--blocking-threads", "16", "--backpressure", "64", "--no-ws"]
    granian = [str(PROGRAMS / "granian"), "--interface", "wsgi", "--host", HOST, "--port", str(port), *threads]
    commands = {
        "web": [*granian, "config.wsgi:application"],
        "worker": [*celery, "worker", "--pool", "threads", "--concurrency", "4", "--without-heartbeat"],
        "clock": [*celery, "beat"],
        "paynow": [PYTHON, "-m", "paynow_integration.simulator", "--port", str(port + 1), "--by-hand"],
        "phone": [PYTHON, "-m", "flows.simulator", "--port", str(port + 2), *_what_the_phone_knows(port)],
    }
    environment = local_environment(port) | {"FLOW_PUBLIC_KEY": public_key_pem(private_keys()[0])}
    return [Program(name, command, environment) for name, command in commands.items()]


def _what_the_phone_knows(port: int) -> list[str]:
    return ["--app-url", web_url(port), "--paynow-url", paynow_url(port), "--business-name", settings.BUSINESS_NAME]


def _all_answer(port: int) -> bool:
    try:
        urlopen(f"http://{HOST}:{port}/healthz", timeout=2).close()
        urlopen(f"http://{HOST}:{port}/readyz", timeout=5).close()
        for simulator in (port + 1, port + 2):
            socket.create_connection((HOST, simulator), timeout=2).close()
    except OSError:  # refused, or not ready: urllib's errors are of this kind
        return False
    return True


def _readiness(port: int) -> str:
    try:
        with urlopen(f"http://{HOST}:{port}/readyz", timeout=5):
            return "a simulator is silent."
    except HTTPError as answer:
        return answer.read().decode(errors="replace")
    except OSError as error:
        return f"the web process: {error}"


def _welcome(port: int) -> str:
    lines = [
        "",
        "Paydesk is running. Open this page first:",
        f"  http://{HOST}:{port}/",
        "",
        f"  Be a customer  http://{HOST}:{port + 2}/phone    a phone in the browser",
        f"  Be staff       http://{HOST}:{port}/admin/   user admin, password paydesk-demo",
        f"  Be Paynow      http://{HOST}:{port + 1}/         a simulator: no money moves",
        f"  Read the API   http://{HOST}:{port}/crm-api/docs/",
        "  `make demo` in another terminal lets a customer pay. Ctrl-C stops everything.",
        "",
    ]
    return "\n".join(lines)


def _refuse(sentence: str) -> NoReturn:
    sys.exit(f"make run: {sentence}")
