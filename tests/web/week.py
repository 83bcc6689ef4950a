"""A week of client events, as the server and the commands would have written them."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from radtune.dataclass import replace
from radtune.records.device_and_client import Device, Facts, Session

WEEK = 7 * 86_400


def events(
    devices: Sequence[Device], sessions: Sequence[Session], count: int, chance: random.Random, now: float
) -> Iterator[dict[str, Any]]:
    """Yield events of a week, more of them by day."""
    by_id = {device.id: device for device in devices}
    times = sorted(now - WEEK + _by_day(chance, now) for _ in range(count))
    for number, at in enumerate(times, 1):
        session = chance.choice(sessions)
        draw = chance.random()
        if draw < 0.035:
            yield _refused(number, at, chance)
        elif draw < 0.05 and session.device_id:
            wait = min(chance.lognormvariate(3.1, 0.9), 4000.0)
            if at + wait < now:
                yield from _moved(number, at, wait, session, by_id[session.device_id])
        else:
            yield _login(number, at, session)


def _by_day(chance: random.Random, now: float) -> float:
    while True:
        seconds = chance.uniform(0, WEEK - 30)
        hour = datetime.fromtimestamp(now - WEEK + seconds, UTC).hour
        if chance.random() < (1.0 if 6 <= hour < 10 else 0.6 if 10 <= hour < 17 else 0.08):
            return seconds


def _event(number: int, at: float, kind: str, session: Session, **more: Any) -> dict[str, Any]:
    facts = session.facts
    when = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    site = facts.nas_identifier.split("-")[1]
    named = {"mac": facts.mac, "user": facts.user_name, "auth_type": facts.auth_type, "device": session.device_name}
    there = {"device_id": session.device_id, "nas": facts.nas_identifier, "site": site, "ssid": facts.ssid}
    return {"time": when, "event": kind, "id": f"5d1f0a92c47be386-{number}", **named, **there, **more}


def _login(number: int, at: float, session: Session) -> dict[str, Any]:
    how = f"the certificate names the Intune device id {session.device_id}: " if session.device_id else ""
    why = f"{how}{session.device_name} is {session.compliance}" if how else "Intune knows no device with the MAC"
    more = {"compliance": session.compliance, "rule": session.rule, "outcome": session.granted, "reason": why}
    return _event(number, at, "login_allowed", session, denied_by="", **more)


def _refused(number: int, at: float, chance: random.Random) -> dict[str, Any]:
    mac = f"d83add{chance.randrange(40):06x}"
    facts = Facts(mac=mac, user_name=mac, auth_type="mab", nas_identifier=f"sw-berlin-0{chance.randrange(1, 6)}")
    more = {"compliance": "not_enrolled", "rule": "default", "outcome": "deny"}
    if chance.random() < 0.25:
        facts = replace(facts, user_name="guest", auth_type="peap")
        more = {"reason": "mschap: MS-CHAP2-Response is incorrect", "denied_by": "server", "outcome": "deny"}
    else:
        more |= {"reason": f"Intune knows no device with the MAC {mac}", "denied_by": "radtune"}
    return _event(number, at, "login_denied", Session(facts, "", at), **more)


def _moved(number: int, at: float, wait: float, session: Session, device: Device) -> Iterator[dict[str, Any]]:
    told: dict[str, Any] = {
        "before": session.granted,
        "outcome": "vlan 66",
        "method": "disconnect",
        "answer": "Disconnect-ACK",
    }
    why = f"the certificate names the Intune device id {device.id}: {device.name} is noncompliant"
    yield _event(number * 10, at, "move_requested", session, state="acknowledged", reason=why, **told)
    told["since_change"] = round(wait)
    yield _event(number * 10 + 1, at + wait, "moved", session, state="enforced", reason=why, **told)
