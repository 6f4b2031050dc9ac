"""Reads the units of `deploy/systemd` and says what systemd would run, on this machine and with this run's folders.

Only what those units use is understood; anything else is refused, so that a new line in a unit is never silently left out.
"""

import re
import shlex
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

UNITS = Path(__file__).resolve().parents[2] / "deploy" / "systemd"

UNDERSTOOD = frozenset(
    [
        "Type",
        "WorkingDirectory",
        "Environment",
        "EnvironmentFile",
        "ExecStart",
        "StateDirectory",
        "RuntimeDirectory",
        "CacheDirectory",
        "Restart",
        "RestartSec",
        "TimeoutStopSec",
        "KillSignal",
        "KillMode",
        "User",
        "Group",
        "UMask",
    ]
)
"""User, Group and the rest of the last line are systemd's to keep: a run is one user's, in folders of its own."""

ONLY_FENCES = re.compile(
    r"(Protect|Private|Restrict|NoNewPrivileges|CapabilityBoundingSet|AmbientCapabilities|SystemCall|LockPersonality"
    r"|MemoryDenyWriteExecute|MemoryHigh|MemoryMax|TasksMax|LimitNOFILE|ReadWritePaths|ReadOnlyPaths|DevicePolicy|KeyringMode|RemoveIPC"
    r"|ProcSubset|StandardOutput|StandardError|SyslogIdentifier|StateDirectoryMode|RuntimeDirectoryMode|RuntimeDirectoryPreserve|OOMScoreAdjust|OOMPolicy|Nice|CPUWeight"
    r"|StartLimit|RestartSteps|RestartMaxDelaySec|SendSIGKILL|TimeoutStartSec|IPAddress)\w*"
)
"""They only forbid or limit what a process may do; leaving them out starts the same program."""

SYSTEMD_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"


class NotUnderstood(Exception):
    """A unit says something that this module does not know; the sentence names it."""


@dataclass(frozen=True)
class Places:
    """Where the folders of a real machine are in this run."""

    project: Path  # /srv/paydesk
    programs: Path  # /srv/paydesk/.venv/bin
    environment_file: Path  # /etc/paydesk/paydesk.env
    state: Path  # /var/lib/paydesk

    def of(self, text: str) -> str:
        """`text` with the paths of a real machine replaced by this run's."""
        for theirs, ours in {
            "/srv/paydesk/.venv/bin": self.programs,
            "/srv/paydesk": self.project,
            "/etc/paydesk/paydesk.env": self.environment_file,
            "/var/lib/paydesk": self.state,
            "/run/paydesk": self.state / "run",
            "/var/cache/paydesk": self.state / "cache",
        }.items():
            text = text.replace(theirs, str(ours))
        return text


@dataclass(frozen=True)
class Unit:
    """One service of ours, ready to be started. `restart_seconds`: None when systemd would leave it dead."""

    name: str
    command: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str] = field(repr=False)
    restart_seconds: float | None
    stop_seconds: float


def wanted_services() -> list[str]:
    """The services that `paydesk.target` starts, with their instances: `paydesk-web@8001.service`, …"""
    wants = [value for name, value in _lines(UNITS / "paydesk.target", section="Unit") if name == "Wants"]
    return [service for line in wants for service in line.split()]


def read_unit(service: str, places: Places) -> Unit:
    """What systemd would run for `service`, such as `paydesk-web@8001.service`. Raises NotUnderstood."""
    prefix, at, instance = service.removesuffix(".service").partition("@")
    file = UNITS / f"{prefix}{at}.service"
    said: dict[str, list[str]] = {}
    for name, value in _lines(file, section="Service"):
        if name not in UNDERSTOOD and not ONLY_FENCES.fullmatch(name):
            raise NotUnderstood(f"{file.name} says {name}={value}, which the proof does not understand. Teach it: {__name__}.")
        said.setdefault(name, []).append(places.of(_specified(value, instance)))
    return Unit(
        name=f"{prefix}{at}{instance}",
        command=tuple(shlex.split(_one(said, "ExecStart", file))),
        folder=Path(_one(said, "WorkingDirectory", file)),
        environment=_environment(said, places),
        restart_seconds=_restart_seconds(said, file),
        stop_seconds=_seconds(said.get("TimeoutStopSec", ["90"])[-1]),
    )


def write_environment_file(path: Path, values: Mapping[str, str]) -> None:
    """`NAME="value"` lines that systemd reads the same way; for this user alone."""
    path.touch(mode=0o600)
    lines = []
    for name, value in values.items():
        if "\n" in value:
            raise ValueError(f"{name} has a line break: an environment file cannot hold it.")
        escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("`", "\\`")
        lines.append(f'{name}="{escaped}"')
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def read_environment_file(path: Path) -> dict[str, str]:
    """What systemd makes of the file."""
    lines = (line.strip() for line in path.read_text(encoding="utf-8").splitlines())
    pairs = (line.partition("=") for line in lines if line and line[0] not in "#;")
    return {name.strip(): _unquoted(value.strip()) for name, _, value in pairs}


# --- Lines ----------------------------------------------------------------------------------------
def _lines(file: Path, *, section: str) -> list[tuple[str, str]]:
    found, current = [], ""
    for line in file.read_text(encoding="utf-8").replace("\\\n", " ").splitlines():
        text = line.strip()
        if not text or text[0] in "#;":
            continue
        if text.startswith("["):
            current = text.strip("[]")
        elif current == section:
            name, _, value = text.partition("=")
            found.append((name.strip(), value.strip()))
    return found


def _specified(value: str, instance: str) -> str:
    """Specifiers filled in: the instance, the host's name, a percent sign."""
    known = {"%i": instance, "%I": instance, "%H": socket.gethostname(), "%%": "%"}
    for specifier in re.findall(r"%.", value):
        if specifier not in known:
            raise NotUnderstood(f"The specifier {specifier} in {value!r} is not understood.")
    return re.sub(r"%.", lambda match: known[match[0]], value)


def _one(said: Mapping[str, list[str]], name: str, file: Path) -> str:
    match said.get(name, []):
        case [value] if value and value[0] not in "-@:+!|":
            return value
    raise NotUnderstood(f"{file.name} must say {name}= once, without a prefix.")


def _environment(said: Mapping[str, list[str]], places: Places) -> dict[str, str]:
    """As systemd: a clean one, then Environment=, then the files, which win."""
    values = {"PATH": SYSTEMD_PATH, "HOME": str(places.state), "LANG": "C.UTF-8"}
    if "StateDirectory" in said:
        values["STATE_DIRECTORY"] = str(places.state)
    for line in said.get("Environment", []):
        values |= dict(pair.split("=", 1) for pair in shlex.split(line))
    for line in said.get("EnvironmentFile", []):
        values |= read_environment_file(Path(line.removeprefix("-")))
    return values


def _restart_seconds(said: Mapping[str, list[str]], file: Path) -> float | None:
    match said.get("Restart", ["no"])[-1]:
        case "no":
            return None
        case "always" | "on-failure" | "on-abnormal" | "on-abort":  # SIGKILL is all of these
            return _seconds(said.get("RestartSec", ["100ms"])[-1])
        case word:
            raise NotUnderstood(f"{file.name} says Restart={word}, which is not understood.")


def _seconds(text: str) -> float:
    match = re.fullmatch(r"([0-9.]+)\s*(ms|s|sec|min|m)?", text)
    if match is None:
        raise NotUnderstood(f"{text!r} is not a time that is understood.")
    return float(match[1]) * {"ms": 0.001, "m": 60, "min": 60}.get(match[2] or "s", 1)


def _unquoted(value: str) -> str:
    if len(value) >= 2 and value[0] == value[-1] == '"':
        return re.sub(r"\\([\\\"$`])", r"\1", value[1:-1])
    return value.strip("'")
