"""The present state of a device in sentences: what Intune says, where it is connected, and what it waits for."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from radtune.config.settings import Settings
from radtune.dataclass import dataclass
from radtune.policy.decide import Decision, Policy
from radtune.policy.quarantines import Quarantine
from radtune.records.addresses import parse_mac
from radtune.records.device_and_client import Device, Facts, Session
from radtune.text import counted, utc
from radtune_tools.enforce.move_progress import AGAIN, OVER, Progress
from radtune_tools.enforce.reconcile import moves_under_way
from radtune_tools.policy.evaluation import find_and_evaluate
from radtune_tools.policy.explanation import login_of
from radtune_tools.stores import Stores
from radtune_tools.timeline.story import because


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence about the present.

    about: `device`, `quarantine`, `session`, `move`, `login` or `waits`
    """

    about: str
    said: str


class Present:
    """The state at `now` (seconds since the epoch), by the stores and the policy."""

    def __init__(self, stores: Stores, settings: Settings, policy: Policy, now: float) -> None:
        self._stores = stores
        self._policy = policy
        self._now = now
        self._quarantines = stores.quarantines()
        under_way = moves_under_way(stores.sessions, now, settings.moves.relogin)
        self._moves = {each.move.key: each for each in under_way if each.state not in OVER}

    def tell(self, devices: Sequence[Device], names: Collection[str]) -> Iterator[Statement]:
        """Yield the state of these devices, and of the clients with one of these names.

        names: MACs, user names, and names and ids of devices, in lower case
        """
        quarantines = {id(each): each for device in devices for each in self._quarantines.of_device(device)}
        held = [each for each in quarantines.values() if each.holds(self._now)]
        yield from (Statement("device", _device(device)) for device in devices)
        yield from (Statement("quarantine", f"{each.device.name} is {each}") for each in held)
        sessions = [each for each in self._stores.sessions.sessions() if _is_of(each, devices, names)]
        for session in sessions:
            progress = self._moves.get(session.key)
            yield Statement("session", _session(session))
            if progress is not None:
                yield Statement("move", _move(progress))
            yield Statement("waits", _waits(session, self._decision(session.facts), progress, held))
        if not sessions:
            yield Statement("session", "it is not connected, as far as its NASes tell")
            yield from self._next_logins([device.id for device in devices] or filter(parse_mac, names), held)

    def _next_logins(self, words: Iterable[str], held: Sequence[Quarantine]) -> Iterator[Statement]:
        """Yield what a client gets when it shows this id or MAC."""
        for word in words:
            decision = self._decision(login_of(word, (), None, self._policy).facts)
            yield Statement("login", f"it would get {decision.outcome} at its next login (rule {decision.rule})")
            yield Statement("waits", _until_changed(decision, held))

    def _decision(self, facts: Facts) -> Decision:
        devices, recall = self._stores.devices, self._stores.sessions.recall
        return find_and_evaluate(facts, devices, self._policy, self._now, recall, self._quarantines).decision


def _is_of(session: Session, devices: Sequence[Device], names: Collection[str]) -> bool:
    facts = session.facts
    ids = {device.id for device in devices}
    shown = (facts.mac, facts.user_name.lower(), session.device_name.lower(), session.device_id, session.key)
    return session.device_id in ids or any(name in names for name in shown if name)


def _device(device: Device) -> str:
    owner = f" of {device.user}" if device.user else ""
    said = f"{device.name}{owner} ({device.id}): {because(device.compliance, '')}"
    since = f" since {utc(device.compliance_since)}" if device.compliance_since else ""
    seen = f"; its last check-in with Intune was at {utc(device.last_check_in)}" if device.last_check_in else ""
    gone = f"; Intune no longer lists it since {utc(device.missing_since)}" if device.missing_since else ""
    return said + since + seen + gone


def _session(session: Session) -> str:
    facts = session.facts
    port = facts.ssid or facts.nas_port_id or facts.nas_port
    place = (facts.nas_identifier or facts.nas_address) + (f", {port}" if port else "")
    named = session.device_name or facts.mac or facts.user_name
    since = utc(session.granted_at)
    return f"{named} is connected at {place} with {session.granted} (rule {session.rule}) since {since}"


def _move(progress: Progress) -> str:
    move = progress.move
    sent = (
        f"; sent {counted(move.attempts, 'time')}, last at {utc(move.sent_at)} by {move.method}" if move.sent_at else ""
    )
    said = f" ({move.answer})" if move.answer else ""
    return f"a move from {move.before} to {move.after}: {progress.state.replace('_', ' ')}{said}{sent}"


def _waits(session: Session, decision: Decision, progress: Progress | None, held: Sequence[Quarantine]) -> str:
    """Return what happens next, and by what."""
    if decision.outcome != session.granted:
        why = because(decision.compliance, decision.reason)
        return f"it is to get {decision.outcome} (rule {decision.rule}), for {why}; {_next(progress)}"
    return _until_changed(decision, held)


def _next(progress: Progress | None) -> str:
    if progress is None or progress.state in OVER or progress.state == "pending":
        return "the next radtune apply asks its NAS"
    if progress.state in ("acknowledged", "sent"):
        return "it waits for the device to log in again"
    if progress.state in AGAIN and progress.move.next_at:
        return f"its NAS is asked again at {utc(progress.move.next_at)}"
    return "it waits for a person: see radtune plan, and the answer of the NAS"


def _until_changed(decision: Decision, held: Sequence[Quarantine]) -> str:
    """Return what would have to change before it gets something else."""
    if decision.quarantined and held:
        until = f", or {utc(held[0].until)}" if held[0].until else ""
        return f"it waits for radtune release {held[0].device.name}{until}"
    if decision.compliance == "compliant":
        return "it waits for nothing"
    if decision.compliance in ("stale", "unavailable"):
        return "it waits for radtune sync: see radtune status"
    return f"{because(decision.compliance, decision.reason)}; once that changes, the next sync reads it"
