"""Access tokens: issued at the token endpoint, asked for again at Graph."""

import secrets
import threading
import time
from dataclasses import dataclass, replace
from enum import Enum


@dataclass(frozen=True, slots=True)
class Authorization:
    """What one access token allows, fixed when it is issued: a role granted later needs a new token."""

    roles: frozenset[str]
    expires_at: float
    withdrawn: bool = False


class NoGrant(Enum):
    """Why an access token allows nothing, in the words of Graph's answer."""

    EMPTY = "Access token is empty."
    UNKNOWN = "Access token is malformed, or it was not issued for this service."
    EXPIRED = "Lifetime validation failed, the token is expired."
    WITHDRAWN = "Access token has been revoked."


class Tokens:
    """One tenant's opaque random tokens with a lifetime in seconds; 0 gives tokens that have expired on arrival."""

    def __init__(self, lifetime: int) -> None:
        self.lifetime = lifetime
        self._lock = threading.Lock()
        self._grants: dict[str, Authorization] = {}

    def issue(self, roles: frozenset[str]) -> str:
        """Give a new token with these roles, which may be none."""
        token = secrets.token_urlsafe(48)
        with self._lock:
            self._grants[token] = Authorization(roles, time.time() + self.lifetime)
        return token

    def grant(self, authorization: str) -> Authorization | NoGrant:
        """Say what an Authorization header's value allows."""
        token = _bearer(authorization)
        if token is None:
            return NoGrant.EMPTY
        with self._lock:
            grant = self._grants.get(token)
        if grant is None:
            return NoGrant.UNKNOWN
        if grant.withdrawn:
            return NoGrant.WITHDRAWN
        return grant if time.time() < grant.expires_at else NoGrant.EXPIRED

    def issued(self, authorization: str) -> bool:
        """Tell whether the token in an Authorization header's value was issued here, whatever it allows now."""
        with self._lock:
            return _bearer(authorization) in self._grants

    def withdraw(self, authorization: str) -> None:
        """Make the token in an Authorization header's value void, if it was issued here."""
        token = _bearer(authorization)
        with self._lock:
            if token in self._grants:
                self._grants[token] = replace(self._grants[token], withdrawn=True)

    def withdraw_all(self) -> None:
        """Make every token void that was issued so far."""
        with self._lock:
            self._grants = {token: replace(grant, withdrawn=True) for token, grant in self._grants.items()}


def _bearer(authorization: str) -> str | None:
    scheme, _, token = authorization.strip().partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None
