"""What the processes of a run are told: production's settings, secrets thrown away afterwards, addresses on this machine."""

import base64
import random
import secrets
import socket
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from proof.stage.units import read_environment_file

HOST = "127.0.0.1"
EXAMPLE = Path(__file__).resolve().parents[2] / ".env.example"

# The published example integration of Paynow's documentation, which the simulator knows.
PAYNOW_ID = "1201"
PAYNOW_KEY = "3e9fed89-60e1-4ce5-ab6e-6b1eb2d4f977"

RESTART_SHARE = 0.2
"""A dead process is started again after this share of what its unit says, as everything is quicker in a run."""

_FOR_SIMULATORS = (
    "WHATSAPP_APP_SECRET", "WHATSAPP_PHONE_NUMBER_ID", "WHATSAPP_BUSINESS_ACCOUNT_ID", "WHATSAPP_VERIFY_TOKEN", "DEBUG",
)  # fmt: skip


def settings(
    *, local_dir: Path, site_url: str, paynow_url: str, phone_url: str, database_url: str, redis_url: str
) -> dict[str, str]:
    """The lines of the run's environment file: `.env.example` filled in, so that nothing of a developer's `.env` comes in."""
    private, public = _flow_keys()
    return {
        **read_environment_file(EXAMPLE),
        "DJANGO_SETTINGS_MODULE": "proof.settings",
        "DEBUG": "0",
        "SECRET_KEY": secrets.token_urlsafe(48),
        "SITE_URL": site_url,
        "ALLOWED_HOSTS": HOST,
        "LOCAL_DIR": str(local_dir),
        "DATABASE_URL": database_url,
        "REDIS_URL": redis_url,
        "FIELD_ENCRYPTION_KEYS": secrets.token_urlsafe(32),
        "BUSINESS_NAME": "Example Safaris",
        "PAYNOW_BASE_URL": paynow_url,
        "PAYNOW_INTEGRATION_ID": PAYNOW_ID,
        "PAYNOW_INTEGRATION_KEY": PAYNOW_KEY,
        "PAYNOW_CURRENCY": "USD",
        "PAYNOW_POLLS_PER_MINUTE": "60000",
        "WHATSAPP_GRAPH_BASE_URL": f"{phone_url}/v25.0",
        "WHATSAPP_ACCESS_TOKEN": "simulated-token",
        "WHATSAPP_PHONE_NUMBER_ID": "100000000000001",
        "WHATSAPP_BUSINESS_ACCOUNT_ID": "100000000000002",
        "WHATSAPP_APP_SECRET": secrets.token_hex(16),
        "WHATSAPP_VERIFY_TOKEN": secrets.token_hex(8),
        "WHATSAPP_FLOW_PRIVATE_KEY": private,
        "FLOW_PUBLIC_KEY": public,
        "PYTHONUNBUFFERED": "1",
    }


def for_simulators(ours: Mapping[str, str]) -> dict[str, str]:
    """The other side of the wire knows the shared secret, the ids and our public key, and nothing else of ours."""
    public = base64.b64decode(ours["FLOW_PUBLIC_KEY"]).decode()
    told = {name: ours[name] for name in _FOR_SIMULATORS if name in ours}
    return {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1", "FLOW_PUBLIC_KEY": public, **told}


def free_ports(count: int) -> list[int]:
    """From a range that systems do not hand out by themselves, so that nobody takes one between now and the start."""
    found: list[int] = []
    while len(found) < count:
        port = random.randrange(20_000, 30_000)  # noqa: S311 - not a secret
        if port not in found and _is_free(port):
            found.append(port)
    return found


def _is_free(port: int) -> bool:
    try:
        socket.create_server((HOST, port)).close()
    except OSError:
        return False
    return True


def _flow_keys() -> tuple[str, str]:
    """Base64 of the PEM of a new private key, and of its public one."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    public = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(private).decode(), base64.b64encode(public).decode()
