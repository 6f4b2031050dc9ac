"""Folders for a `.local` of one's own, in reach of the user who runs the embedded server."""

import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from config.embedded_place import SYSTEM_DIR


@contextmanager
def local_folder(folder: Path) -> Iterator[Path]:
    """`folder/local`, with nothing left elsewhere afterwards. pytest closes its own folders to other users; these are opened."""
    for each in [folder, *folder.parents]:
        if each.name.startswith("pytest-") or "pytest-of-" in str(each.parent):
            each.chmod(each.stat().st_mode | stat.S_IXOTH)
    yield folder / "local"
    settled = (folder / "local" / "postgres").resolve()
    if settled.is_relative_to(SYSTEM_DIR):
        shutil.rmtree(settled.parent)


@pytest.fixture
def local_dir(tmp_path: Path) -> Iterator[Path]:
    with local_folder(tmp_path) as folder:
        yield folder
