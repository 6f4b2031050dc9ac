"""The Flow endpoint: against its peers, writing against reading, and while Paynow hangs."""

import base64
import shutil
import subprocess
import sys
from pathlib import Path
from statistics import median

import requests

from benchmarks import rows
from benchmarks.figures import Figure, Report
from benchmarks.load import Result, rounds, send_all
from benchmarks.place import HOST, PEERS, PROGRAMS, ROOT, free_port, program, web, worker

REQUESTS = 600
SLOW_RATE = 25.0


def against_peers(report: Report) -> None:
    """INIT on one process of ours and one of each peer, and the submitting exchange beside INIT."""
    tokens = rows.new_tokens(REQUESTS)
    answer = base64.b64encode(rows.answer_to(rows.init(tokens[0])).encode()).decode()
    ours, pywa, node = free_port(), free_port(), free_port()
    uvicorn: list[str | Path] = [PROGRAMS / "uvicorn", "benchmarks.pywa_peer:app", "--port", str(pywa), "--log-level", "error"]
    has_node = _install_node_peer()
    with web(ours), program(uvicorn, url=f"http://{HOST}:{pywa}/", PEER_ANSWER=answer):
        sides = {
            "ours": (ours, rows.sealed([rows.init(token) for token in tokens], ours)),
            "pywa": (pywa, rows.sealed([rows.init(token) for token in tokens], pywa, "/flow")),
        }
        if has_node:
            sides["node"] = (node, rows.sealed([rows.init(token) for token in tokens], node, "/flow"))
            with program(
                ["node", "server.js"], cwd=str(PEERS), url=f"http://{HOST}:{node}/", PEER_PORT=str(node), PEER_ANSWER=answer
            ):
                rates = _rates(sides)
        else:
            rates = _rates(sides)
        submits = [send_all(ours, rows.sealed([rows.submit(token) for token in rows.new_tokens(REQUESTS)], ours)) for _ in range(2)]
    for peer, name in (("pywa", "pywa on FastAPI, no database"), ("node", "Node crypto on Express, no database")):
        if peer in rates:
            ratio = rates["ours"] / rates[peer]
            shown = f"{rates[peer]:.0f}/s {name}"
            report.add(Figure("INIT, one process", f"{rates['ours']:.0f}/s", shown, f"{ratio:.2f}", "> 1", ratio > 1))
    written = median(result.rate for result in submits)
    ratio = written / rates["ours"]
    report.add(
        Figure("Submit (durable write)", f"{written:.0f}/s", f"{rates['ours']:.0f}/s INIT", f"{ratio:.2f}", "≥ 0.5", ratio >= 0.5)
    )


def while_paynow_hangs(report: Report) -> None:
    """Submits at a steady pace, with a worker that sends each to Paynow: healthy, and hanging."""
    ours, paynow = free_port(), free_port()
    simulator = [sys.executable, "-m", "paynow_integration.simulator", "--port", str(paynow)]
    latencies: dict[str, list[float]] = {"healthy": [], "hanging": []}
    with program(simulator, url=f"http://{HOST}:{paynow}/simulator/health"), web(ours), worker():
        rows.configure_paynow(f"http://{HOST}:{paynow}")
        send_all(ours, rows.sealed([rows.submit(token) for token in rows.new_tokens(50)], ours))
        for state in rounds("healthy", "hanging", times=2):
            _set_hanging(paynow, on=state == "hanging")
            payloads = [rows.submit(token) for token in rows.new_tokens(200)]
            latencies[state] += send_all(ours, rows.sealed(payloads, ours), per_second=SLOW_RATE).latencies
        _set_hanging(paynow, on=False)
    healthy, hanging = (Result(0, latencies[state], 0).percentile(99) for state in ("healthy", "hanging"))
    ratio = hanging / healthy
    report.add(
        Figure(
            "Flow p99 while Paynow hangs", f"{hanging:.1f} ms", f"{healthy:.1f} ms healthy", f"{ratio:.2f}", "≤ 1.2", ratio <= 1.2
        )
    )


def _rates(sides: dict[str, tuple[int, list[bytes]]]) -> dict[str, float]:
    for port, sealed in sides.values():
        send_all(port, sealed[:100])  # warm
    rates: dict[str, list[float]] = {name: [] for name in sides}
    for name in rounds(*sides, times=3):
        result = send_all(*sides[name])
        if result.bad:
            raise SystemExit(f"make bench: {name} refused {result.bad} requests.")
        rates[name].append(result.rate)
    return {name: median(values) for name, values in rates.items()}


def _set_hanging(port: int, *, on: bool) -> None:
    control = f"http://{HOST}:{port}/simulator"
    if on:
        requests.post(f"{control}/faults", json={"name": "hang"}, timeout=10).raise_for_status()
    else:
        requests.post(f"{control}/clear-faults", timeout=10).raise_for_status()


def _install_node_peer() -> bool:
    """Express, into `.local`. Without Node, or somewhere to get it from, that peer is left out and not in the table."""
    if shutil.which("npm") is None:
        print("  Node is not installed; its peer is left out.")
        return False
    shutil.copytree(ROOT / "benchmarks" / "node_peer", PEERS, dirs_exist_ok=True)
    command = [shutil.which("npm") or "npm", "install", "--no-audit", "--no-fund", "--loglevel", "error"]
    if subprocess.run(command, cwd=PEERS, check=False, stdout=subprocess.DEVNULL).returncode:  # noqa: S603
        print("  Express could not be installed; its peer is left out.")
        return False
    return True
