"""A week of client events, as the server and the commands would have written them."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from radtune.dataclass import replace
from radtune.records.device_and_client import Device, Facts, Session

WEEK = 7 * 86_400
OUTCOMES = {"Corp Wi-Fi": "vlan 760", "Corp wired": "vlan 750", "In grace": "vlan 750", "Quarantine": "vlan 66"}


def granted(session: Session, state: str) -> Session:
    """Return the session as policy grants it to a device in this state."""
    rule = {"in_grace_period": "In grace", "noncompliant": "Quarantine", "unknown": "Quarantine"}.get(state)
    rule = rule or ("Corp Wi-Fi" if session.facts.ssid else "Corp wired")
    return replace(session, granted=OUTCOMES[rule], rule=rule, compliance=state)


def before_change(session: Session) -> Session:
    """Return the session as it was before Intune has changed its mind about the device."""
    return granted(session, "noncompliant" if session.compliance == "compliant" else "compliant")


def events(
    devices: Sequence[Device],
    sessions: Sequence[Session],
    moving: Sequence[Session],
    count: int,
    chance: random.Random,
    now: float,
) -> Iterator[tuple[float, str, dict[str, Any]]]:
    """Yield events of a week, more of them by day, each with its time and the key of the session that it began.

    moving: sessions that are still as they were before the device's state has changed
    """
    by_id = {device.id: device for device in devices}
    waiting = {session.key for session in moving}
    for number in range(1, count + 1):
        at = now - WEEK + _by_day(chance, now)
        session = chance.choice(sessions)
        changed = by_id[session.device_id].compliance_since if session.device_id else 0
        if chance.random() < 0.035:
            yield at, "", _refused(number, at, chance)
        elif at >= changed or not session.device_id:
            if session.key not in waiting:
                yield at, session.key, _login(number, at, session)
        else:
            yield at, session.key, _login(number, at, before_change(session))
    for number, session in enumerate(sessions, count + 1):
        at = by_id[session.device_id].compliance_since if session.device_id else 0
        if at > now - WEEK:
            yield from _moved(number * 10, at, session, chance, now, is_waiting=session.key in waiting)


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


def _reason(session: Session) -> str:
    if not session.device_id:
        return "Intune knows no device with the MAC"
    how = f"the certificate names the Intune device id {session.device_id}"
    return f"{how}: {session.device_name} is {session.compliance}"


def _login(number: int, at: float, session: Session) -> dict[str, Any]:
    more = {"compliance": session.compliance, "rule": session.rule, "outcome": session.granted}
    return _event(number, at, "login_allowed", session, denied_by="", reason=_reason(session), **more)


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


def _moved(
    number: int, at: float, session: Session, chance: random.Random, now: float, *, is_waiting: bool
) -> Iterator[tuple[float, str, dict[str, Any]]]:
    """Yield the move to what the device gets since Intune has changed its mind at this time, and the login after it."""
    told: dict[str, Any] = {"method": "disconnect", "rule": session.rule, "reason": _reason(session)}
    told |= {"before": before_change(session).granted, "outcome": session.granted}
    asked = at + chance.uniform(1, 5)
    if is_waiting:
        yield asked, "", _event(number, asked, "move_requested", session, state="unanswered", **told)
        return
    told["answer"] = "Disconnect-ACK"
    done = at + min(5 + chance.lognormvariate(3.1, 0.9), 4000.0)
    if told["before"] == told["outcome"] or done >= now:
        return
    yield asked, "", _event(number, asked, "move_requested", session, state="acknowledged", **told)
    yield done, session.key, _login(number + 1, done, session)
    proof = {"state": "enforced", "since_change": int(done - at)}
    yield done + 0.001, "", _event(number + 2, done + 0.001, "moved", session, **proof, **told)
