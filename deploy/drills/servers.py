"""The PostgreSQL of a drill: one that is named, or the embedded one in the drill's own folder."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from config import embedded
from config.embedded_place import SYSTEM_DIR


@contextmanager
def database_server(url: str, folder: Path) -> Iterator[str]:
    """An address on it where databases may be made. The embedded server is stopped and gone afterwards."""
    if url:
        yield url
        return
    local_dir = folder / "local"
    address = embedded.join(local_dir)
    try:
        yield f"postgresql://{address.user}@{quote(address.host, safe='')}:{address.port}/{embedded.DATABASE}"
    finally:
        embedded.leave(local_dir)
        settled = (local_dir / "postgres").resolve()
        if settled.is_relative_to(SYSTEM_DIR):
            shutil.rmtree(settled.parent)
