"""How often somebody has come lately: counted in the cache, which all processes share where Redis is set. Away, it counts nobody.

Who it was cannot be read there: the key is hashed. What must hold without Redis (one-time codes, sign-ins) the database counts.
"""

from __future__ import annotations

import logging
import time

from django.core.cache import cache
from django.utils.crypto import salted_hmac
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

_SALT = "customer_data.counting"


def count(what: str, whom: str, *, seconds: int) -> int:
    """How often `whom` has done `what` in this window of so many seconds, this time included. 0 while the cache is away."""
    try:
        key = _key(what, whom, seconds)
        cache.add(key, 0, timeout=2 * seconds)
        return int(cache.incr(key))
    except (RedisError, OSError, ValueError):  # ValueError: it ran out in between
        return _uncounted(what)


def counted(what: str, whom: str, *, seconds: int) -> int:
    """The same without counting this time."""
    try:
        return int(cache.get(_key(what, whom, seconds)) or 0)
    except (RedisError, OSError):
        return _uncounted(what)


def _key(what: str, whom: str, seconds: int) -> str:
    window = int(time.time()) // seconds
    return f"count:{salted_hmac(_SALT, f'{what} {whom}', algorithm='sha256').hexdigest()[:32]}:{window}"


def _uncounted(what: str) -> int:
    logger.warning("The cache is away; %s is not counted.", what)
    return 0
