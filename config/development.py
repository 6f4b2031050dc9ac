"""What one machine without services makes for itself under `.local/`: a Flow key and a broker made of files."""

import os
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa


def development_flow_key(local_dir: Path) -> str:
    """The PEM of this machine's own Flow key, made on first use. Never used with DEBUG off."""
    path = local_dir / "flow_private_key.pem"
    if not path.exists():
        _write_new(path, _new_private_key())
    return path.read_text()


def filesystem_broker(local_dir: Path) -> dict[str, object]:
    """Options of `config.broker`: web, worker and clock share two folders instead of a server, and look into them often."""
    folders = {name: local_dir / "broker" / name for name in ("messages", "control")}
    for folder in folders.values():
        folder.mkdir(parents=True, exist_ok=True)
    return {
        "data_folder_in": str(folders["messages"]),
        "data_folder_out": str(folders["messages"]),
        "control_folder": folders["control"],
        "polling_interval": 0.1,
    }


def _new_private_key() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _write_new(path: Path, content: bytes) -> None:
    """Two processes may start at once: the link fails for the second, which then reads the first one's key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    draft.touch(mode=0o600)
    draft.write_bytes(content)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
