"""`make check` asks whether something installed is known to be unsafe, and that every requirement names exactly one version.

To whom: PyPI's advisories, else OSV's, through pip-audit. Where neither can be reached that is said, and nothing fails for it.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FILES = ("requirements.txt", "requirements-dev.txt")
SOURCES = ("pypi", "osv")
LONGEST_SECONDS = 60

_EXACT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[a-z,]+\])?==[0-9][A-Za-z0-9.]*(?:\s*;.*)?")


def main() -> None:
    loose = [f"{file}: {line}" for file in FILES for line in not_exact((ROOT / file).read_text())]
    if loose:
        sys.exit("Not pinned to one version: " + "; ".join(loose))
    for source in SOURCES:
        answer = _ask(source)
        known = read_findings(answer)
        if known is not None:
            _report(source, known)
            return
    print("No source of advisories can be reached from here; nothing was looked up. Run `make check` where one can be.")


def not_exact(requirements: str) -> list[str]:
    """The lines that leave a choice of versions."""
    lines = (line.strip() for line in requirements.splitlines())
    return [line for line in lines if line and not line.startswith(("#", "-r ")) and not _EXACT.fullmatch(line)]


def read_findings(answer: str) -> list[str] | None:
    """What pip-audit found, one sentence each; None when its source said nothing about anything."""
    try:
        looked_up = [each for each in json.loads(answer)["dependencies"] if "skip_reason" not in each]
    except (ValueError, KeyError, TypeError):
        return None
    if not looked_up:
        return None
    return [
        f"{each['name']} {each['version']}: {found['id']}, mended in {', '.join(found['fix_versions']) or 'no version yet'}"
        for each in looked_up
        for found in each["vulns"]
    ]


def _ask(source: str) -> str:
    command = [
        str(Path(sys.executable).parent / "pip-audit"),
        "--format=json",
        "--progress-spinner=off",
        "--no-deps",
        "--disable-pip",
    ]
    command += ["--timeout=5", f"--vulnerability-service={source}", *(f"--requirement={file}" for file in FILES)]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LONGEST_SECONDS, check=False)  # noqa: S603
    except (subprocess.TimeoutExpired, OSError):
        return ""
    return done.stdout


def _report(source: str, findings: list[str]) -> None:
    if findings:
        sys.exit(f"Known to be unsafe, says {source}:\n  " + "\n  ".join(findings))
    print(f"Nothing installed is known to be unsafe, says {source}.")


if __name__ == "__main__":
    main()
