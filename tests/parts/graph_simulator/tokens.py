"""Access tokens: issued at the token endpoint, asked for again at Graph."""

import secrets
import threading
import time
from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class Grant:
    """What one access token allows, fixed when it is issued: a role granted later needs a new token."""

    roles: frozenset[str]
    expires_at: float


class NoGrant(Enum):
    """Why an access token allows nothing, in the words of Graph's answer."""

    EMPTY = "Access token is empty."
    UNKNOWN = "Access token is malformed, or it was not issued for this service."
    EXPIRED = "Lifetime validation failed, the token is expired."


class Tokens:
    """Opaque random tokens with a lifetime in seconds; 0 gives tokens that have expired when they arrive."""

    def __init__(self, lifetime: int) -> None:
        self.lifetime = lifetime
        self._lock = threading.Lock()
        self._grants: dict[str, Grant] = {}

    def issue(self, roles: frozenset[str]) -> str:
        """Give a new token with these roles, which may be none."""
        token = secrets.token_urlsafe(48)
        with self._lock:
            self._grants[token] = Grant(roles, time.time() + self.lifetime)
        return token

    def grant(self, authorization: str) -> Grant | NoGrant:
        """Say what an Authorization header's value allows."""
        scheme, _, token = authorization.strip().partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            return NoGrant.EMPTY
        with self._lock:
            grant = self._grants.get(token.strip())
        if grant is None:
            return NoGrant.UNKNOWN
        return grant if time.time() < grant.expires_at else NoGrant.EXPIRED
