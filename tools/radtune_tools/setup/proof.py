"""A login on loopback: the server asks radtune, and the client event is there."""

import secrets
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from radtune.config.settings import Settings
from radtune.dataclass import dataclass
from radtune_tools.events.event_filter import EventFilter
from radtune_tools.events.search import search
from radtune_tools.radclient.batch import Outgoing, send
from radtune_tools.radclient.packet import Packet
from radtune_tools.setup.listeners import LOOPBACK, Listener

_NAS = "radtune-setup"
_LOOK_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Proof:
    """What a login has shown, and in words; `answer` is the server's, `event` the kind of the client event."""

    proved: bool
    words: str
    answer: str = ""
    event: str = ""


def prove(settings: Settings, listener: Listener, secret: str, seconds: float) -> Proof:
    """Log in as a printer with an unused MAC, and wait at most `seconds` for the event. Raises OSError."""
    mac = f"02{secrets.token_hex(5)}"
    with TemporaryDirectory(prefix="radtune-") as directory:
        secret_file = Path(directory) / "secret"
        secret_file.touch(0o600)
        secret_file.write_text(f"{secret}\n", encoding="utf-8")
        answer = _ask("Access-Request", listener.auth, mac, secret_file)
        if answer == "Access-Accept" and listener.acct:
            # What radtune let in is a session until its accounting ends it.
            _ask("Accounting-Request", listener.acct, mac, secret_file)
    if not answer.startswith("Access-"):
        return Proof(proved=False, words=f"the login on {LOOPBACK} port {listener.auth} was not answered: {answer}")
    event = _event(settings.events, mac, seconds)
    if not event:
        words = f"the server answered with {answer}, but {settings.events} has no event of it"
        return Proof(proved=False, words=words, answer=answer)
    words = f"a login with the MAC {mac} on {LOOPBACK} port {listener.auth} got {answer}, and is the event {event}"
    return Proof(proved=True, words=words, answer=answer, event=event)


def _ask(kind: str, port: int, mac: str, secret_file: Path) -> str:
    """Return the name of the answer, or why there is none."""
    pairs = [("User-Name", mac), ("Calling-Station-Id", mac), ("NAS-Identifier", _NAS), ("Acct-Session-Id", mac)]
    if kind == "Access-Request":
        pairs += [("User-Password", mac), ("Service-Type", "Call-Check")]
    else:
        pairs += [("Acct-Status-Type", "Stop")]
    (reply,) = send([Outgoing(Packet(kind, LOOPBACK, port, tuple(pairs)), secret_file, 1)])
    return reply.answer


def _event(file: Path, mac: str, seconds: float) -> str:
    deadline = time.monotonic() + seconds
    while True:
        for event in search(file, EventFilter(who=(mac,)), 1, lambda _: None):
            return str(event["event"])
        if time.monotonic() >= deadline:
            return ""
        time.sleep(_LOOK_SECONDS)
