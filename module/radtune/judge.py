"""The questions of a running server: judge a request, and keep its session and its event."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from radtune.device_store import DeviceStore
from radtune.errors import StoreError
from radtune.events import append_event, check_writable
from radtune.facts import Attributes, Pairs, parse_mac, read_facts
from radtune.matching import find_device
from radtune.policy import Decision, decide
from radtune.records import Facts, Session, session_key
from radtune.session_store import SessionStore
from radtune.settings import read_configuration
from radtune.store import HOOK_TIMEOUT

LATE_STOP_SECONDS = 10.0
"""How long after a new login a Stop may still be about the session before it; NASes repeat it for some seconds."""

SAME_LOGIN_SECONDS = 1.0
"""How long after its first question a login may come to its second."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server is told: `allow`, `deny`, or `noop` where the server goes on as it would.

    `why` says why a client is denied, in a sentence for the server's log.
    """

    verdict: str
    why: str = ""
    reply: tuple[tuple[str, str], ...] = ()
    config: tuple[tuple[str, str], ...] = ()


class Judge:
    """Settings, policy and stores of one server process."""

    def __init__(self, settings_file: Path, log: Callable[[str], None]) -> None:
        """Load everything; `log` takes what goes wrong later without changing an answer.

        Raises ConfigurationError, NotPermittedError or StoreError.
        """
        self._log = log
        self._recent = threading.local()
        self._policy_told = False
        self._settings, self._policy = read_configuration(settings_file)
        self._devices = DeviceStore(self._settings.device_store, create=False, timeout=HOOK_TIMEOUT)
        self._sessions = SessionStore(self._settings.session_store, create=True, timeout=HOOK_TIMEOUT)
        # An event log that can't be written is found at the start, while somebody is looking.
        check_writable(self._settings.events)

    def summary(self) -> str:
        """Return one line about what was loaded."""
        return f"policy {self._settings.policy} with {len(self._policy.rules)} rules, store {self._settings.store}"

    def close(self) -> None:
        """Close the stores."""
        self._devices.close()
        self._sessions.close()

    def answer(self, question: str, session_state: Pairs, request: Pairs, config: Pairs, *, now: float) -> Answer:
        """Judge a request; `now` is in seconds since the epoch. The questions are those of policy.d/radtune."""
        self._tell_policy()
        attributes = Attributes(session_state, request)
        accepted = question == "mab" or Attributes(config).first("Auth-Type") == "Accept"
        facts = read_facts(attributes, mab=accepted and _is_mab(attributes))
        if question == "mab" and facts.auth_type != "mab":
            return Answer("noop")
        decision = self._decide(question, facts, now)
        if not decision.grant.allow:
            self._record_refusal(facts, decision, now)
            return Answer("deny", why=f"{decision.reason}: denied by rule {decision.rule}")
        if question == "login":
            self._record_login(facts, decision, now)
            return Answer("allow", reply=reply(decision))
        if question == "inner":
            return Answer("noop")
        return Answer("allow", config=(("Auth-Type", "Accept"),))

    def _tell_policy(self) -> None:
        """Note once by which policy this server judges; not at its start, which `freeradius -C` goes through, too."""
        if not self._policy_told:
            try:
                self._sessions.put_served_policy(self._policy.fingerprint())
                self._policy_told = True
            except StoreError as error:
                self._log(f"which policy is served is not recorded: {error}")

    def _decide(self, question: str, facts: Facts, now: float) -> Decision:
        """Judge, or take over what was decided at the first question of the same login.

        The server asks twice in a login, both times for one packet and on one thread: once to refuse early, and once
        for the VLAN. What was decided is taken over once, so that the next login is judged anew.
        """
        recent: tuple[Facts, Decision, float] | None = getattr(self._recent, "first", None)
        self._recent.first = None
        if question == "login" and recent is not None:
            same, decision, at = recent
            if same == facts and 0 <= now - at < SAME_LOGIN_SECONDS:
                return decision
        decision = decide(facts, find_device(facts, self._devices), self._policy, now)
        if question != "login":
            self._recent.first = (facts, decision, now)
        return decision

    def account(self, request: Pairs, now: float) -> bool:
        """Keep the session of an accounting packet alive or end it; tell whether it is known."""
        self._tell_policy()
        attributes = Attributes(request)
        facts = read_facts(attributes)
        key = session_key(facts)
        if not key:
            return False
        try:
            session = self._sessions.get(key)
            if session is None:
                return False
            status = attributes.first("Acct-Status-Type")
            if status == "Stop":
                return _is_late(session, attributes, now) or self._sessions.end(key)
            known = session.facts.acct_session_id
            # A late packet of an earlier session must not bring its id back.
            same = facts.acct_session_id in ("", known) or not known
            if status == "Start" or (status in ("Interim-Update", "Alive") and same):
                self._sessions.put(_seen(session, facts, now))
        except StoreError as error:
            self._log(f"accounting of {key} is lost: {error}")
            return False
        return True

    def _record_login(self, facts: Facts, decision: Decision, now: float) -> None:
        device = decision.match.device
        session = Session(
            facts=facts,
            granted=decision.outcome,
            granted_at=now,
            rule=decision.rule,
            compliance=decision.compliance,
            device_id=device.id if device else "",
            device_name=device.name if device else "",
            seen_at=now,
        )
        try:
            if session.key:
                self._sessions.put(session)
            else:
                self._log("a login names no NAS or no client: its session can't be kept and will not be moved")
        except StoreError as error:
            self._log(f"the session {session.key} is not recorded: {error}")
        self._record_event("accept", facts, decision, now)

    def _record_refusal(self, facts: Facts, decision: Decision, now: float) -> None:
        """Note the refusal at the session that may still be there. It isn't ended: anybody can send a MAC."""
        key = session_key(facts)
        try:
            session = self._sessions.get(key) if key else None
            if session is not None:
                self._sessions.put(replace(session, refused_at=now))
        except StoreError as error:
            self._log(f"the refusal of {key} is not recorded: {error}")
        self._record_event("reject", facts, decision, now)

    def _record_event(self, kind: str, facts: Facts, decision: Decision, now: float) -> None:
        try:
            append_event(self._settings.events, now, kind, **event_fields(facts, decision))
        except OSError as error:
            self._log(f"an event is lost: {self._settings.events}: {error.strerror}")


def _is_mab(attributes: Attributes) -> bool:
    """Tell whether the user name is the client's MAC, and there is no EAP."""
    if "EAP-Message" in attributes or "EAP-Type" in attributes:
        return False
    mac = parse_mac(attributes.first("Calling-Station-Id"))
    return bool(mac) and parse_mac(attributes.first("User-Name")) == mac


def reply(decision: Decision) -> tuple[tuple[str, str], ...]:
    """Return the VLAN as RFC 3580 3.31 wants it; without one the port keeps its own."""
    if not decision.grant.vlan:
        return ()
    return (
        ("Tunnel-Type:0", "VLAN"),
        ("Tunnel-Medium-Type:0", "IEEE-802"),
        ("Tunnel-Private-Group-Id:0", decision.grant.vlan),
    )


def _is_late(session: Session, stop: Attributes, now: float) -> bool:
    """Tell whether a Stop is about an earlier session of the same client on the same NAS, overtaken by a new login.

    It names another Acct-Session-Id, or, where the NAS uses the id again, it comes right after the login and tells of
    more time (RFC 2866 5.7) than has passed since.
    """
    known, stopped = session.facts.acct_session_id, stop.first("Acct-Session-Id")
    if known and stopped and known != stopped:
        return True
    lasted, since = stop.first("Acct-Session-Time"), now - session.granted_at
    return lasted.isdecimal() and since < LATE_STOP_SECONDS and int(lasted) > since + 1


def _seen(session: Session, facts: Facts, now: float) -> Session:
    """Return the session with what accounting adds to it."""
    merged = replace(
        session.facts,
        acct_session_id=facts.acct_session_id or session.facts.acct_session_id,
        acct_multi_session_id=facts.acct_multi_session_id or session.facts.acct_multi_session_id,
        nas_port=facts.nas_port or session.facts.nas_port,
        nas_port_id=facts.nas_port_id or session.facts.nas_port_id,
    )
    return replace(session, facts=merged, seen_at=now)


def event_fields(facts: Facts, decision: Decision) -> dict[str, Any]:
    """Return what a client event says of a decision."""
    device, certificate = decision.match.device, facts.certificate
    return {
        "mac": facts.mac or facts.calling_station_id,
        "user": facts.user_name,
        "auth_type": facts.auth_type,
        "inner_type": facts.inner_type,
        "resumed": facts.resumed,
        "cert_cn": certificate.common_name if certificate else "",
        "cert_san": [*certificate.dns, *certificate.uris, *certificate.upns, *certificate.emails]
        if certificate
        else [],
        "device": device.name if device else "",
        "device_id": device.id if device else "",
        "matched_by": decision.match.by,
        "compliance": decision.compliance,
        "rule": decision.rule,
        "outcome": decision.outcome,
        "vlan": decision.grant.vlan,
        "nas": facts.nas_identifier or facts.nas_address,
        "nas_address": facts.nas_address,
        "nas_port": facts.nas_port_id or facts.nas_port,
        "ssid": facts.ssid,
        "reason": decision.reason,
    }
