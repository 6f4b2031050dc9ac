"""Which web addresses are Paynow's: the base address as people paste it, and the addresses its replies may send us to. Pure."""

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

PAYNOW = "https://www.paynow.co.zw"
LONGEST_URL = 1000

_PAYNOW_DOMAIN = "paynow.co.zw"
_ENDPOINT = re.compile(r"/interface(/.*)?$", re.IGNORECASE)
_VISIBLE_ASCII = re.compile(r"[!-~]+")
_HOST = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?|[0-9a-f:]+")


def normal_base_url(text: str) -> str:
    """The base address in `text`, forgiving a missing scheme, capitals, final slashes and a whole endpoint address.

    Anything but https is refused, except on this machine itself (a simulator). Raises ValueError with a sentence.
    """
    plain = text.strip()
    parts = _split(plain if "://" in plain else f"{_likely_scheme(plain)}://{plain}")
    if parts is None:
        raise ValueError("That is not a web address. Write it like https://www.paynow.co.zw.")
    host = (parts.hostname or "").lower()
    scheme = "https" if _is_paynow(host) else parts.scheme.lower()
    if scheme != "https" and not (scheme == "http" and is_loopback(host)):
        raise ValueError("The address of Paynow must start with https://.")
    shown_host = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port not in (None, 443 if scheme == "https" else 80) else ""
    return f"{scheme}://{shown_host}{port}{_ENDPOINT.sub('', parts.path.rstrip('/')).rstrip('/')}"


def is_own_url(url: str, base_url: str) -> bool:
    """Whether we may ask at `url`, which came in a reply: only Paynow over https, or the very server of `base_url`.

    So nobody can send our server to an address of his choice.
    """
    parts, base = _split(url), _split(base_url)
    if parts is None or base is None:
        return False
    host = (parts.hostname or "").lower()
    if parts.scheme.lower() == "https" and _is_paynow(host) and parts.port in (None, 443):
        return True
    if parts.scheme.lower() == "http" and not is_loopback(host):
        return False
    return _server(parts) == _server(base)


def is_payer_url(url: str, base_url: str) -> bool:
    """Whether a customer's browser may be sent to `url`: as `is_own_url`, and anywhere while the base is this machine."""
    parts, base = _split(url), _split(base_url)
    return is_own_url(url, base_url) or (parts is not None and base is not None and is_loopback(base.hostname or ""))


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine itself."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _split(url: str) -> SplitResult | None:
    """The parts of a plain http(s) address, or None. Whatever two parsers could read differently is not one."""
    if len(url) > LONGEST_URL or not _VISIBLE_ASCII.fullmatch(url) or "\\" in url:
        return None
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    if parts.scheme.lower() not in ("http", "https") or "@" in parts.netloc or not _HOST.fullmatch((parts.hostname or "").lower()):
        return None
    return parts


def _server(parts: SplitResult) -> tuple[str, str, int]:
    scheme = parts.scheme.lower()
    return scheme, (parts.hostname or "").lower(), parts.port or (443 if scheme == "https" else 80)


def _is_paynow(host: str) -> bool:
    return host == _PAYNOW_DOMAIN or host.endswith(f".{_PAYNOW_DOMAIN}")


def _likely_scheme(address: str) -> str:
    host = address.split("/", maxsplit=1)[0].rsplit(":", 1)[0].strip("[]")
    return "http" if is_loopback(host) else "https"
