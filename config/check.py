"""`make check`: every check that needs no test run, one after the other; each failure is shown, and one is enough to fail."""

import os
import secrets
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = Path(sys.executable).parent

# As in production, with secrets that are thrown away afterwards.
PRODUCTION = {
    "DEBUG": "0",
    "SECRET_KEY": secrets.token_urlsafe(64),
    "SITE_URL": "https://pay.example.com",
    "ALLOWED_HOSTS": "pay.example.com",
    "FIELD_ENCRYPTION_KEYS": secrets.token_urlsafe(32),
    "WHATSAPP_APP_SECRET": secrets.token_hex(16),
}

CHECKS: dict[str, tuple[list[str], dict[str, str]]] = {
    "format": (["ruff", "format", "--check", "."], {}),
    "lint": (["ruff", "check", "."], {}),
    "types": (["mypy", "."], {"DEBUG": "1"}),
    "floors": (["lint-imports"], {"DEBUG": "1"}),
    "production settings": (["python", "manage.py", "check", "--deploy", "--fail-level", "WARNING"], PRODUCTION),
    "audit": (["python", "config/audit.py"], {}),
    "migrations": (["python", "manage.py", "makemigrations", "--check", "--dry-run"], {"DEBUG": "1"}),
}


def main() -> None:
    failed = [name for name, (command, environment) in CHECKS.items() if not _passes(name, command, environment)]
    if failed:
        sys.exit(f"make check: not as it should be: {', '.join(failed)}.")
    print("All checks pass.")


def _passes(name: str, command: list[str], environment: dict[str, str]) -> bool:
    print(f"--- {name}", flush=True)
    program, *arguments = command
    done = subprocess.run([PROGRAMS / program, *arguments], cwd=ROOT, env=os.environ | environment, check=False)  # noqa: S603
    return done.returncode == 0


if __name__ == "__main__":
    main()
