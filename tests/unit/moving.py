"""NASes that answer as they are told, a clock, and sessions that have to move."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from radtune.events import newest_events
from radtune.records import Session
from radtune.session_store import SessionStore
from radtune.settings import Nas
from radtune_tools.radclient import Reply
from radtune_tools.reconcile import Progress
from unit.samples import NOW, by_mac, device, fill

ENTRIES = """\
nas:
  - {name: sw1, address: 192.0.2.1, secret_file: coa}
  - {name: sw2, address: 192.0.2.2, secret_file: coa}
"""
ACK, NAK, SILENT = Reply("acknowledged", "Disconnect-ACK"), Reply("refused", "Disconnect-NAK"), Reply("unanswered", "-")
GONE = Reply("refused", "Disconnect-NAK: Session-Context-Not-Found", session_missing=True)


class World:
    """The NASes, the clock, the session store and what was shown."""

    def __init__(self, office: Path) -> None:
        self.office = office
        self.now = NOW
        self.sent: list[tuple[str, list[str]]] = []
        self.replies: dict[str, Reply | Exception] = {}
        self.meanwhile: Callable[[], object] = lambda: None
        self.shown: list[str] = []
        self.store = SessionStore(office / "store/sessions", create=True, timeout=1.0)

    def disconnect(self, nas: Nas, sessions: Sequence[Session]) -> list[Reply]:
        """Answer as the NAS of this name does."""
        self.sent.append((nas.name, [session.key for session in sessions]))
        for session in sessions:
            move = next(move for move in self.store.moves() if move.key == session.key)
            assert (move.state, move.sent_at) == ("sent", self.now)
        self.meanwhile()
        reply = self.replies.get(nas.name, ACK)
        if isinstance(reply, Exception):
            raise reply
        return [reply] * len(sessions)

    def show(self, progress: Progress) -> None:
        """Keep what a person would see."""
        self.shown.append(str(progress))

    def login(self, session: Session, granted: str) -> None:
        """Let the client of a session log in again, a second later."""
        self.now += 1
        self.store.put(replace(session, granted=granted, granted_at=self.now))

    def kinds(self) -> list[tuple[object, object]]:
        """Return kind and state of the events, oldest first."""
        events = list(newest_events(self.office / "events.jsonl"))
        return [(event["event"], event["state"]) for event in reversed(events)]

    def states(self) -> list[str]:
        """Return the states of the moves under way."""
        return sorted(move.state for move in self.store.moves())


def session(number: int = 1, nas: str = "192.0.2.1", granted: str = "vlan 750") -> Session:
    mac = f"0016cbaabb{number:02x}"
    return Session(replace(by_mac(mac), nas_address=nas), granted, NOW - 100, device_name=f"LAPTOP-{number}")


def wait(world: World, seconds: float) -> None:
    world.now += seconds


def turn(world: World, *numbers: int, compliance: str = "noncompliant") -> None:
    """Let Intune say this of the devices."""
    fill(world.office / "store/devices", [device(number, compliance=compliance) for number in numbers])
