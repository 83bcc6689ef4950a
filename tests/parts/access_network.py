"""NASes on loopback that obey a CoA, and clients at their ports that then log in again."""

import time
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from subprocess import TimeoutExpired
from threading import Event, Thread
from types import TracebackType
from typing import Self

from parts.eapol import Supplicant, eap_login
from parts.ports import LOOPBACK, free_udp_port
from parts.process import POLL_SECONDS
from parts.radius_client import Pair, RadiusClient, mac_login
from parts.wire_nas import ACK, NAK, Answer, Request, WireNases

CALLING_STATION_ID, ACCT_SESSION_ID = 31, 44
DISCONNECT_REQUEST, SESSION_CONTEXT_NOT_FOUND = 40, 503
# eapol_test knows attributes by their numbers alone.
NUMBERS = {
    "Called-Station-Id": 30,
    "NAS-Identifier": 32,
    "Acct-Session-Id": ACCT_SESSION_ID,
    "NAS-Port-Type": 61,
}
ETHERNET, WIRELESS = 15, 19  # NAS-Port-Type (RFC 2865 5.41)
UPDATE_SECONDS = 2.0
REFUSED_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Nas:
    """A switch, or with an `ssid` an access point; `identifier` is its NAS-Identifier."""

    identifier: str
    ssid: str = ""

    def pairs(self) -> tuple[Pair, ...]:
        """Give what it says of itself in each packet."""
        return (
            ("NAS-Identifier", self.identifier),
            ("NAS-Port-Type", WIRELESS if self.ssid else ETHERNET),
            *([("Called-Station-Id", f"00-00-5E-00-53-01:{self.ssid}")] if self.ssid else []),
        )


@dataclass(frozen=True, slots=True)
class Client:
    """A client that is connected to a NAS.

    mac: in colon notation
    supplicant: for 802.1X; without one it logs in by MAC authentication
    returns: logs in again by itself when it was thrown out
    """

    name: str
    mac: str
    nas: Nas
    supplicant: Supplicant | None = None
    returns: bool = True

    @property
    def method(self) -> str:
        """How it logs in."""
        if self.supplicant is None:
            return "MAC authentication"
        return "EAP-TLS" if self.supplicant.method == "TLS" else self.supplicant.method


class AccessNetwork:
    """NASes on 127.0.0.1 that take CoA on one UDP port, `port`, inside `with`.

    A client that a NAS is asked to disconnect or to reauthenticate logs in again at once, and one that is refused some
    seconds later. Each session is accounted for: Start, updates every few seconds, Stop.
    """

    def __init__(self, radius: RadiusClient, secret: str) -> None:
        self.port = free_udp_port()
        self._radius = radius
        self._nases = WireNases([LOOPBACK], self.port, secret.encode(), self._answer)
        self._numbers = count(1)
        self._clients: dict[str, Client] = {}
        self._sessions: dict[Client, str] = {}
        self._thrown_out: set[Client] = set()
        self._due: dict[Client, float] = {}
        self._stopped = Event()
        self._thread = Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._nases.__enter__()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._thread.join()
        self._nases.__exit__(kind, error, trace)

    def connect(self, client: Client) -> None:
        """Log a client in; RuntimeError if it is refused."""
        self._clients[digits(client.mac)] = client
        self._log_in(client)
        if client not in self._sessions:
            raise RuntimeError(f"{client.name} was not let in at {client.nas.identifier}")

    def let_in(self, mac: str, identifier: str) -> None:
        """Learn that somebody has logged in a client by hand: it can be thrown out, and doesn't come back by itself."""
        client = self._clients.setdefault(digits(mac), Client(mac, mac, Nas(identifier), returns=False))
        if not client.returns:
            self._sessions[client] = ""

    def _answer(self, request: Request) -> Answer:
        """Answer a CoA: only a session that is there, under the id that it has, can be moved."""
        client = self._clients.get(digits(request.value(CALLING_STATION_ID).decode()))
        session = self._sessions.get(client) if client else None
        if client is None or session is None or request.value(ACCT_SESSION_ID).decode() not in ("", session):
            return NAK, SESSION_CONTEXT_NOT_FOUND
        if request.code == DISCONNECT_REQUEST or not client.returns:
            self._thrown_out.add(client)
        self._due[client] = 0.0
        return ACK, 0

    def _serve(self) -> None:
        updates, update_at = 0, time.monotonic() + UPDATE_SECONDS
        while not self._stopped.wait(POLL_SECONDS):
            now = time.monotonic()
            for client in [client for client, due in list(self._due.items()) if due <= now]:
                self._log_in(client)
            sessions = list(self._sessions.items())
            if sessions and now >= update_at:
                updates, update_at = updates + 1, now + UPDATE_SECONDS
                self._account("Interim-Update", *sessions[updates % len(sessions)])

    def _log_in(self, client: Client) -> None:
        self._due.pop(client, None)
        if client in self._thrown_out:
            self._thrown_out.discard(client)
            self._end(client)
        if not client.returns:
            return
        before = self._sessions.get(client)
        session = before or f"{next(self._numbers):08X}"
        if self._accepted(client, session):
            self._sessions[client] = session
            if not before:
                self._account("Start", client, session)
            return
        if before:
            self._end(client)
        self._due[client] = time.monotonic() + REFUSED_SECONDS

    def _end(self, client: Client) -> None:
        self._account("Stop", client, self._sessions.pop(client))

    def _accepted(self, client: Client, session: str) -> bool:
        pairs: tuple[Pair, ...] = (*client.nas.pairs(), ("Acct-Session-Id", session))
        radius = self._radius
        try:
            if client.supplicant is None:
                return radius.login(*mac_login(client.mac, *pairs)).code == "Access-Accept"
            attributes = [(NUMBERS[name], value) for name, value in pairs]
            logins = eap_login(client.supplicant, radius.auth_port, radius.secret, client.mac, attributes)
        except (ValueError, TimeoutExpired):  # the program was ended, or got no answer
            return False
        return logins[-1].code == "Access-Accept"

    def _account(self, status: str, client: Client, session: str) -> None:
        ids: tuple[Pair, ...] = (("Acct-Session-Id", session),) if session else ()
        with suppress(ValueError):  # the program was ended
            self._radius.account(status, *client.nas.pairs(), ("Calling-Station-Id", client.mac), *ids)


def digits(mac: str) -> str:
    """Give a MAC without separators, in lower case."""
    return mac.replace(":", "").replace("-", "").replace(".", "").lower()
