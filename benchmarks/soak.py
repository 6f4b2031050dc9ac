"""Memory: each process over an hour's work of the whole house, on the compressed clock of `make prove`."""

import json
import subprocess
import sys

from benchmarks.figures import Figure, Report
from benchmarks.place import LOCAL, ROOT

MOST_GROWTH = 1.15


def memory_over_an_hour(report: Report) -> None:
    """As many beats of the clock as an hour has and 600 payments, nothing broken: memory late in the hour beside early in it."""
    result = LOCAL / "soak.json"
    command = [sys.executable, "-m", "proof.soak", "--result", str(result)]
    subprocess.run(command, cwd=ROOT, check=True)  # noqa: S603
    facts = json.loads(result.read_text())
    for memory in facts["memories"]:
        growth = memory["late"] / memory["early"]
        shown, beside = f"{memory['late']:.0f} MiB at the end", f"{memory['early']:.0f} MiB after a fifth of the hour"
        target = f"≤ {MOST_GROWTH}"
        report.add(Figure(f"Memory of {memory['name']}", shown, beside, f"{growth:.2f}", target, growth <= MOST_GROWTH))
    share = facts["paid"] / facts["payments"]
    report.add(
        Figure("Payments in that hour", f"{facts['paid']} paid", f"{facts['payments']} begun", f"{share:.2f}", "all", share == 1)
    )
