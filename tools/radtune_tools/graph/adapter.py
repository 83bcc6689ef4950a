"""How connections are made, and requests sent again: requests' adapter and urllib3's retries in radtune's way."""

import math
from collections.abc import Callable
from threading import Thread
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import InvalidHeader, MaxRetryError, ProxyError, ResponseError, SSLError
from urllib3.util import Retry

from radtune_tools.graph.causes import cause, is_about_certificates
from radtune_tools.graph.deadline import Deadline, backoff

MAX_RETRY_AFTER, TRIES = 300.0, 8
"""Seconds that a throttled request waits at most, whatever the server says; and how often it's sent again at most."""
THROTTLED = frozenset((429, 500, 502, 503, 504))
"""Answers that another try may turn into a good one."""


def retry_after(value: str | None) -> float | None:
    """Return the seconds of a Retry-After (RFC 9110 10.2.3), fractions as Graph sends them included; None for none."""
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = Retry().parse_retry_after(value)
        except InvalidHeader:
            return None
    return min(max(0.0, seconds), MAX_RETRY_AFTER) if math.isfinite(seconds) else None


class PatientRetry(Retry):
    """urllib3's retries, with jitter, fractional Retry-After, and an end.

    A proxy that doesn't answer, and a handshake of TLS that breaks off, count as connections that fail.
    """

    deadline: Deadline
    seconds = 0.0

    def new(self, **changes: Any) -> "PatientRetry":
        """Return these retries with the deadline, which urllib3 would lose."""
        made: PatientRetry = super().new(**changes)
        made.deadline = self.deadline
        return made

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: Any = None,
        error: Exception | None = None,
        _pool: Any = None,
        _stacktrace: Any = None,
    ) -> "PatientRetry":
        """Return the retries that are left; raises MaxRetryError where there are none, or no time for another."""
        made: PatientRetry = super().increment(method, url, response, error, _pool, _stacktrace)
        said = retry_after(response.headers.get("Retry-After")) if response is not None else None
        made.seconds = backoff(len(made.history)) if said is None else said
        if response is not None and made.seconds > self.deadline.left():
            # There is no time for another answer, and this one says what is wrong.
            raise MaxRetryError(_pool, url or "", ResponseError("the deadline"))
        return made

    def sleep(self, response: Any = None) -> None:
        """Wait for the next try; raises DeadlineError where there is no time for one."""
        error = self.history[-1].error
        self.deadline.wait(self.seconds, cause(error) if error is not None else f"answered {self.history[-1].status}")

    def _is_connection_error(self, err: Exception) -> bool:
        if isinstance(err, SSLError):
            return not is_about_certificates(err)
        return isinstance(err, ProxyError) or super()._is_connection_error(err)


def _aside(call: Callable[[], Any]) -> Any:
    """Call it in a thread of its own: no signal ends the look-up of a name, but the wait for the thread it does."""
    found: list[Any] = []
    raised: list[Exception] = []

    def run() -> None:
        try:
            found.append(call())
        except Exception as error:  # noqa: BLE001  # raised again where it is waited for
            raised.append(error)

    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join()
    for error in raised:
        raise error
    return found[0]


class _Http(HTTPConnection):
    def _new_conn(self) -> Any:
        return _aside(super()._new_conn)


class _Https(HTTPSConnection):
    def _new_conn(self) -> Any:
        return _aside(super()._new_conn)


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


_POOLS = {"http": _HttpPool, "https": _HttpsPool}


class Adapter(HTTPAdapter):
    """requests' adapter, with connections that the deadline can interrupt while they are made."""

    def init_poolmanager(self, *arguments: Any, **named: Any) -> None:
        """Prepare what connects directly."""
        super().init_poolmanager(*arguments, **named)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *arguments: Any, **named: Any) -> Any:
        """Return what connects through a proxy."""
        manager = super().proxy_manager_for(*arguments, **named)
        manager.pool_classes_by_scheme = _POOLS
        return manager
