"""NASes that answer as they are told, a clock, and sessions that have to move."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from parts.event_lines import newest_events
from radtune.policy.quarantines import Quarantine
from radtune.records.addresses import parse_mac
from radtune.records.device_and_client import Session
from radtune.stores.quarantines import read_quarantines
from radtune.stores.sessions import SessionStore
from radtune_tools.enforce.move_progress import OVER, Progress
from radtune_tools.enforce.reconcile import Reconcile
from radtune_tools.radclient.batch import Outgoing
from radtune_tools.radclient.output import UNWANTED, Reply
from radtune_tools.radclient.packet import Packet
from unit.defaults import MOVES
from unit.samples import NOW, by_mac, device, fill, guid

ENTRIES = """\
nas:
  - {name: sw1, nas: [192.0.2.1], secret_file: coa-1}
  - {name: sw2, nas: [192.0.2.2], secret_file: coa-2}
"""
ACK, NAK, SILENT = Reply("acknowledged", "Disconnect-ACK"), Reply("refused", "Disconnect-NAK"), Reply("unanswered", "-")
GONE = Reply("refused", "Disconnect-NAK: Session-Context-Not-Found (503: the NAS has no such session)", 503)

RELOGIN, RETRY = MOVES.relogin, MOVES.retry

OLD = device(3, serial="SER1", name="OLD-1", last_check_in=1, entra_id=guid(53))
"""An older record of LAPTOP-1."""


def known_to_obey(network: "Network", nas: str = "192.0.2.1") -> None:
    """Let the NAS have been seen to obey its profile before."""
    network.store.put_obeyed(nas, "rfc5176")


class Network:
    """The NASes, the clock, the session store and what was shown."""

    def __init__(self, office: Path) -> None:
        self.office = office
        self.now = NOW
        self.sent: list[tuple[str, list[str]]] = []
        self.replies: dict[str, Reply] = {}
        self.meanwhile: Callable[[], object] = lambda: None
        self.sleeping: Callable[[], object] = lambda: None
        self.shown: list[str] = []
        self.closed: list[str] = []
        self.by_hand = False
        self.store = SessionStore(office / "store/sessions", create=True, timeout=1.0)

    def send(self, outgoing: Sequence[Outgoing], confirm: Callable[[Sequence[int]], set[int]]) -> list[Reply]:
        """Answer as the NASes do that have these secrets, one after the other."""
        assert {each.rate for each in outgoing} <= {20}
        replies: dict[int, Reply] = {}
        for name, file in (("sw1", "coa-1"), ("sw2", "coa-2")):
            places = [place for place, each in enumerate(outgoing) if each.secret_file.name == file]
            if places:
                wanted = confirm(places)
                self._answer(name, [outgoing[place].packet for place in places if place in wanted])
                reply = self.replies.get(name, ACK)
                replies.update((place, reply if place in wanted else UNWANTED) for place in places)
        return [replies[place] for place in range(len(outgoing))]

    def _answer(self, name: str, packets: Sequence[Packet]) -> None:
        keys = [f"{packet.address}/{parse_mac(dict(packet.pairs)['Calling-Station-Id'])}" for packet in packets]
        if keys:
            self.sent.append((name, keys))
        for key in [] if self.by_hand else keys:
            move = next(move for move in self.store.moves() if move.key == key)
            assert (move.state, move.sent_at) == ("sent", self.now)
        self.meanwhile()

    def show(self, progress: Progress) -> None:
        """Keep what a person would see."""
        self.shown.append(str(progress))
        if progress.state in OVER:
            self.closed.append(progress.state)

    def login(self, session: Session, granted: str) -> None:
        """Let the client of a session log in again, a second later."""
        self.now += 1
        self.store.put(replace(session, granted=granted, granted_at=self.now))

    def log_in_moved(self) -> None:
        """Let each device log in again whose NAS has obeyed, and get what policy wants for it."""
        for move in list(self.store.moves()):
            there = self.store.get(move.key)
            if there is not None and move.state == "acknowledged":
                self.now += 1
                refused = move.after == "deny"
                self.store.put(
                    replace(there, denied_at=self.now)
                    if refused
                    else replace(there, granted=move.after, granted_at=self.now)
                )

    def kinds(self) -> list[tuple[object, object]]:
        """Return kind and state of the events, oldest first."""
        events = list(newest_events(self.office / "events.jsonl"))
        return [(event["event"], event.get("state")) for event in reversed(events)]

    def states(self) -> list[str]:
        """Return the states of the moves under way."""
        return sorted(move.state for move in self.store.moves())


def session(number: int = 1, nas: str = "192.0.2.1", granted: str = "vlan 750") -> Session:
    mac = f"0016cbaabb{number:02x}"
    return Session(replace(by_mac(mac), nas_address=nas), granted, NOW - 100, device_name=f"LAPTOP-{number}")


def wait(network: Network, seconds: float) -> None:
    network.now += seconds


def slept(network: Network, seconds: float) -> None:
    """Let the time of a run pass, and happen what happens meanwhile."""
    wait(network, seconds)
    network.sleeping()


def held(network: Network) -> list[Quarantine]:
    """Return the quarantines in the store."""
    return list(read_quarantines(network.store))


def set_compliance(network: Network, *numbers: int, compliance: str = "noncompliant") -> None:
    """Let Intune say this of the devices."""
    fill(network.office / "store/devices", [device(number, compliance=compliance) for number in numbers])


def send(network: Network, reconcile: Reconcile) -> None:
    """Plan and send, as apply does."""
    reconcile.sender.send(reconcile.plan().moves, network.show)


def see_through(network: Network, reconcile: Reconcile, seconds: float = 30) -> list[Progress]:
    """Plan, send and wait, as apply does."""
    return reconcile.see_through(reconcile.plan().moves, seconds, network.show)
