"""API keys: `Authorization: Api-Key ...`, hashed in the database, made in the admin or with `create_api_key`.

One business owns this installation, so a key sees all of its bookings; what a key may not do is change an amount.
"""

import logging
from typing import Any

from django.contrib.auth.models import AnonymousUser
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from redis.exceptions import RedisError
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle
from rest_framework.views import APIView
from rest_framework_api_key.models import AbstractAPIKey, APIKey

SCHEME = "Api-Key"
LONGEST_KEY = 150

logger = logging.getLogger(__name__)


class KeyAuthentication(BaseAuthentication):
    """Puts the caller's API key into `request.auth`."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, AbstractAPIKey] | None:
        scheme, _, key = get_authorization_header(request).decode("latin-1").strip().partition(" ")
        if scheme.lower() != SCHEME.lower():
            return None
        found = _key_like(key.strip())
        if found is None:
            raise AuthenticationFailed("This API key is not valid. Make a new one in the admin.", "invalid_api_key")
        if found.has_expired:
            raise AuthenticationFailed("This API key has expired. Make a new one in the admin.", "invalid_api_key")
        return AnonymousUser(), found

    def authenticate_header(self, request: Request) -> str:
        return SCHEME


class HasKey(BasePermission):
    """Only with an API key."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        return isinstance(request.auth, APIKey)


def _key_like(text: str) -> AbstractAPIKey | None:
    """The key that is not revoked. What cannot be one is not looked up: PostgreSQL takes no NUL, hashing takes time."""
    if not (text.isascii() and text.isprintable() and len(text) <= LONGEST_KEY):
        return None
    try:
        found: AbstractAPIKey = APIKey.objects.get_from_key(text)
    except APIKey.DoesNotExist:
        return None
    return found


class _Throttle(SimpleRateThrottle):
    """Counts in the cache. While the cache is away nobody is counted: payments matter more than limits."""

    def allow_request(self, request: Request, view: APIView) -> bool:
        try:
            return super().allow_request(request, view)
        except (RedisError, OSError):
            logger.warning("The cache is away; requests are not counted.")
            return True


class PerKey(_Throttle):
    """A limit for each API key."""

    scope = "api_key"

    def get_cache_key(self, request: Request, view: APIView) -> str | None:
        return f"throttle_key_{request.auth.pk}" if isinstance(request.auth, APIKey) else None


class PerAddress(_Throttle):
    """A limit for each address, whoever calls from it and with whatever key."""

    scope = "api_address"

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return f"throttle_address_{self.get_ident(request)}"


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the key looks in the OpenAPI description."""

    target_class = KeyAuthentication
    name = "ApiKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "header", "name": "Authorization", "description": "`Api-Key <key>`"}
