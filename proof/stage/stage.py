"""The whole house as separate processes, ready to be set on fire."""

from __future__ import annotations

import shutil
import socket
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from urllib.error import HTTPError
from urllib.request import urlopen

from proof.inside import arming
from proof.inside.guards import GUARDS
from proof.stage import surroundings, units
from proof.stage.database import ROOT, Postgres
from proof.stage.programs import Program, Programs
from proof.stage.redis import Redis

READY_SECONDS = 300.0
HOST = "127.0.0.1"
POSTMEN = ("--postmen", "6", "--longest-gap", "3")
"""Meta brings webhooks at the same time, and in a compressed run its growing gaps are compressed, too."""


class NotReady(Exception):
    """The house does not answer in time; the sentence says which part and where its log is."""


class Stage:
    """Real PostgreSQL and Redis, both simulators, two web processes behind a front door, three workers and the clock.

    `name`: its folder below `.local/proof`. `without`: names of guards that are taken away (`proof.inside.guards`).
    `speed`: 1 runs the compressed timetable of `proof.inside.clock`; 0.5 takes twice as long, for a slow machine.
    Nothing is left running when it ends, also when this process is killed.
    """

    def __init__(self, name: str = "run", *, without: Sequence[str] = (), speed: float = 1.0) -> None:
        unknown = sorted(set(without) - GUARDS.keys())
        if unknown:
            raise ValueError(f"There is no guard called {', '.join(unknown)}.")
        self.folder = ROOT / ".local" / "proof" / name
        self.logs = self.folder / "logs"
        """One log for each process; it goes on when the process is started again."""
        self._without, self._speed = tuple(without), speed
        self._points = self.folder / "points"

    # --- Its life ---------------------------------------------------------------------------------
    def __enter__(self) -> Stage:
        self._clear()
        self._programs = Programs()
        try:
            self._lay_out()
            self._start_engines()
            self._start_house()
            self._wait_until_ready()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._programs.end()
        if hasattr(self, "_postgres"):
            self._postgres.remove()

    # --- Where things are -------------------------------------------------------------------------
    @property
    def web_urls(self) -> list[str]:
        """Of each web process by itself."""
        return [f"http://{HOST}:{port}" for port in self._ports["web"]]

    @property
    def site_url(self) -> str:
        """The front door: what Paynow, Meta and customers call. It picks a web process that lives."""
        return f"http://{HOST}:{self._ports['site'][0]}"

    @property
    def paynow_url(self) -> str:
        return f"http://{HOST}:{self._ports['paynow'][0]}"

    @property
    def phone_url(self) -> str:
        """Meta's simulator."""
        return f"http://{HOST}:{self._ports['phone'][0]}"

    @property
    def environment(self) -> Mapping[str, str]:
        """What our processes know, but without points at which to die: safe for the driver, which may use Django with it."""
        return {name: value for name, value in self._environment.items() if name != arming.FOLDER}

    # --- What can be done to it -------------------------------------------------------------------
    def kill(self, name: str) -> bool:
        """SIGKILL to a process and all it started; its unit says when it starts again. False: it was dead already."""
        return self._programs.kill(name)

    def names(self, kind: str | None = None) -> list[str]:
        """Of the processes: kinds are web, worker, clock, paynow, phone, redis, postgres."""
        return self._programs.names(kind)

    def process_ids(self) -> dict[str, int]:
        """Of those that live now."""
        return self._programs.process_ids()

    def restarts(self) -> dict[str, int]:
        """How often each process was started again."""
        return self._programs.restarts()

    def memory(self) -> dict[str, float]:
        """MiB that each process and what it started holds now."""
        return self._programs.memory()

    def arm(self, point: str, times: int = 1) -> None:
        """The next `times` processes that reach this point kill themselves there."""
        arming.arm(self._points, point, times)

    def points_hit(self) -> dict[str, int]:
        """At which points how many processes killed themselves."""
        return arming.hits(self._points)

    def points_passed(self) -> set[str]:
        """The points that processes came to, whether or not they were armed."""
        return arming.passed(self._points)

    def stop_redis(self) -> None:
        self._redis.stop()

    def start_redis(self, *, empty: bool = True) -> None:
        self._redis.start(empty=empty)

    def restart_postgres(self, *, immediate: bool = True) -> None:
        """`immediate`: as a power cut."""
        self._postgres.restart(immediate=immediate)

    # --- Setting it up ----------------------------------------------------------------------------
    def _clear(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        for folder in (self.logs, self._points, self.folder / "state"):
            folder.mkdir(parents=True)

    def _lay_out(self) -> None:
        self._wanted = units.wanted_services()
        webs = sum(service.startswith("paydesk-web@") for service in self._wanted)
        ports = surroundings.free_ports(webs + 5)
        self._ports = {
            "web": ports[5:],
            "site": ports[:1],
            "paynow": ports[1:2],
            "phone": ports[2:3],
            "redis": ports[3:4],
            "postgres": ports[4:5],
        }

    def _start_engines(self) -> None:
        self._postgres = Postgres(self.folder, self._programs, port=self._ports["postgres"][0], log=self.logs / "postgres.log")
        self._redis = Redis(self.folder / "redis", self._programs, port=self._ports["redis"][0], log=self.logs / "redis.log")
        self._postgres.start()
        for guard in self._without:
            for statement in GUARDS[guard].statements:
                self._postgres.execute(statement)
        self._redis.start(empty=True)

    def _start_house(self) -> None:
        places = units.Places(
            project=ROOT,
            programs=Path(sys.executable).parent,
            environment_file=self.folder / "paydesk.env",
            state=self.folder / "state",
        )
        self._environment = self._settings()
        units.write_environment_file(places.environment_file, self._environment)
        self._start_simulators()
        for service in self._services():
            self._start_unit(units.read_unit(service, places))

    def _settings(self) -> dict[str, str]:
        return {
            **surroundings.settings(
                local_dir=self.folder / "state",
                site_url=self.site_url,
                paynow_url=self.paynow_url,
                phone_url=self.phone_url,
                database_url=self._postgres.url,
                redis_url=self._redis.url,
            ),
            "PROOF_WITHOUT": ",".join(self._without),
            "PROOF_SPEED": str(self._speed),
            arming.FOLDER: str(self._points),
        }

    def _services(self) -> list[str]:
        """As the target has them, the web processes on ports that are free here."""
        ports = iter(self._ports["web"])
        return [f"paydesk-web@{next(ports)}.service" if each.startswith("paydesk-web@") else each for each in self._wanted]

    def _start_unit(self, unit: units.Unit) -> None:
        kind = unit.name.removeprefix("paydesk-").partition("@")[0]
        number = len(self._programs.names(kind)) + 1
        name = kind if kind == "clock" else f"{kind}{number}"
        restart = None if unit.restart_seconds is None else unit.restart_seconds * surroundings.RESTART_SHARE / self._speed
        self._programs.start(
            Program(name, kind, unit.command, unit.environment, unit.folder, self.logs / f"{name}.log", restart_seconds=restart)
        )

    def _start_simulators(self) -> None:
        paynow, phone, site = (str(self._ports[name][0]) for name in ("paynow", "phone", "site"))
        commands = {
            "paynow": ["paynow_integration.simulator", "--port", paynow, "--resend-seconds", "1", "--takes-every-trace"],
            "phone": ["flows.simulator", "--port", phone, "--app-url", self.site_url, "--paynow-url", self.paynow_url, *POSTMEN],
            "site": ["proof.stage.front_door", "--port", site, *map(str, self._ports["web"])],
        }
        environment = surroundings.for_simulators(self._environment)
        for name, command in commands.items():
            self._programs.start(
                Program(name, name, [sys.executable, "-m", *command], environment, ROOT, self.logs / f"{name}.log")
            )

    # --- Readiness --------------------------------------------------------------------------------
    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + READY_SECONDS
        said = ""
        while said != "ok":
            said = self._unready()
            if time.monotonic() > deadline:
                raise NotReady(f"Not everything answers within {READY_SECONDS:.0f} seconds: {said} See {self.logs}.")
            time.sleep(0.1)

    def _unready(self) -> str:
        """`ok`, or what is missing."""
        dead = sorted(set(self.names()) - self.process_ids().keys())
        if dead:
            return f"{', '.join(dead)} ended."
        try:
            for url in self.web_urls:
                urlopen(f"{url}/readyz", timeout=5).close()  # noqa: S310
            for url in (self.paynow_url, self.phone_url):
                socket.create_connection((HOST, int(url.rpartition(":")[2])), timeout=2).close()
        except HTTPError as answer:
            return answer.read().decode(errors="replace")
        except OSError as error:
            return str(error)
        return "ok"
