"""The module's instance in a running server: it answers a question about a client, and has the login recorded."""

import threading
from collections.abc import Callable
from contextlib import ExitStack, closing
from pathlib import Path

from radtune.config.policy_watch import PolicyRead, PolicyWatch
from radtune.config.settings import read_configuration
from radtune.dataclass import replace
from radtune.identity.matching import Match, find_device
from radtune.policy.decide import Decision, Policy, decide
from radtune.policy.grants import Authorized, reply_pairs
from radtune.records.addresses import parse_mac
from radtune.records.device_and_client import Facts
from radtune.request.attributes import Attributes, PairList, as_text, distinct, read_written
from radtune.request.facts import WITH_MAC, read_facts
from radtune.server.client_events import DeniedBy, EventLog
from radtune.server.event_recorder import EventRecorder
from radtune.server.faults import Faults
from radtune.server.questions import ACCEPT, NOOP, SAY_NO_FACT, Answer, FirstQuestion, Question
from radtune.server.server_report import ServerReport
from radtune.server.session_recorder import SessionRecorder
from radtune.stores.devices import DeviceStore
from radtune.stores.sessions import SessionStore
from radtune.stores.store import HOOK_TIMEOUT
from radtune.text import counted

SAME_LOGIN_SECONDS = 1.0
"""Seconds that may pass between the two questions of a login, at most."""
BY_RADTUNE = "radtune: "
"""The reason begins with this if policy.d/radtune denies a login before it asks the module."""

CHECK_MISSING = (
    "an EAP-TLS login came to its end, and radtune was not asked about its certificate: write virtual_server = "
    "radtune-check-eap-tls into the section `tls` of mods-enabled/eap, not into `tls-config`, and restart the server"
)


class ModuleInstance:
    """Settings, policy and stores of one server process. Every `now` is in seconds since the epoch."""

    def __init__(
        self, settings_file: Path, log: Callable[[str], None], log_info: Callable[[str], None] = lambda _: None
    ) -> None:
        """Load everything.

        log: takes what goes wrong later without changing an answer
        log_info: takes what is good to know

        Raises ConfigurationError, NotPermittedError or StoreError.
        """
        self._recent = threading.local()
        self.settings_file = settings_file
        self._settings, policy = read_configuration(settings_file)
        context = self._settings.policy_context
        self._watch = PolicyWatch(self._settings.policy, policy, context, log, log_info, self._note_policy)
        self._rules = len(policy.rules)
        with ExitStack() as stores:
            self._devices = stores.enter_context(
                closing(DeviceStore(self._settings.device_store, create=False, timeout=HOOK_TIMEOUT))
            )
            self._sessions = stores.enter_context(
                closing(SessionStore(self._settings.session_store, create=True, timeout=HOOK_TIMEOUT))
            )
            events = stores.enter_context(closing(EventLog(self._settings.events)))
            # At the start, so that an administrator sees the error.
            events.check_writable()
            self.faults = Faults(log, log_info)
            self._report = ServerReport(
                self._settings,
                lambda: {"devices": self._devices.file_id, "sessions": self._sessions.file_id},
                self.faults,
                log,
            )
            self._events = EventRecorder(events, self.faults)
            self._recorder = SessionRecorder(self._sessions, self.faults, log)
            stores.callback(self._report.close)
            stores.callback(self._recorder.close)
            self._at_close = stores.pop_all()

    def summary(self) -> str:
        """Return one line about what was loaded."""
        return f"policy {self._settings.policy} with {counted(self._rules, 'rule')}, store {self._settings.store}"

    def start(self, now: float) -> None:
        """Say in the server's file that it has begun."""
        self._watch.policy(now)
        self._report.start(self._watch.state, now)

    def stop(self, now: float) -> None:
        """Say in the server's file that it was told to stop."""
        self._report.stop(now)

    def close(self) -> None:
        """Write what waits, and close the stores."""
        self._at_close.close()

    def took(self, question: str, nanoseconds: int) -> None:
        """Count how long a request took; `question` is `accounting`, or `denied` for what another module has denied."""
        self._report.hook_times.add(question, nanoseconds)

    def failed(self, section: str, now: float) -> None:
        """Note that a bug made the request of this section fail."""
        self.faults.begin("bug", f"{section}: please report what the log says of it", now)
        if section != "accounting":
            self._report.logins.deny("", "a bug in radtune", now, expected=False)
        self._report.heard(self._watch.state, now)

    def answer(
        self, question: Question, session_state: PairList, request: PairList, config: PairList, *, now: float
    ) -> Answer:
        """Answer a question about a request."""
        answer = self._answer(question, session_state, request, config, now)
        self._report.heard(self._watch.state, now)
        return answer

    def _answer(
        self, question: Question, session_state: PairList, request: PairList, config: PairList, now: float
    ) -> Answer:
        """Answer a question, one step a line.

        The server asks twice in a login, both times for one packet and on one thread: once to refuse early, and once
        for the VLAN. What was decided at the first question is taken over at the second, once.
        """
        policy = self._watch.policy(now)
        first: FirstQuestion | None = getattr(self._recent, "first", None)
        self._recent.first = None
        auth_types = tuple([value for name, value in config or () if name == "Auth-Type"])
        packet = request if all(name in SAY_NO_FACT for name, _ in session_state or ()) else None
        same = first if question == "login" and first and 0 <= now - first.at < SAME_LOGIN_SECONDS else None
        if same is not None and same.is_asked_again(packet, auth_types):
            facts, decision = same.facts, same.decision
        else:
            attributes = Attributes(session_state, request)
            mab = _is_mab(attributes, accepted=question == "mab" or "Accept" in auth_types)
            facts = read_facts(attributes, mab=mab, auth_types=auth_types, extra_attributes=policy.extra_attributes)
            if same is not None and same.facts == facts:
                decision = same.decision
            else:
                self._begin(now)
                if question == "mab" and facts.auth_type != "mab":
                    return NOOP
                if question == "login" and first is None and facts.auth_type == "eap-tls":
                    self.faults.begin("certificates", CHECK_MISSING, now)
                decision = self._decide(facts, policy, now)
        if decision.grant.allow and question != "login":
            self._recent.first = FirstQuestion(question, packet, facts, decision, now)
            return NOOP if question == "inner" else ACCEPT
        return self._recorded(facts, decision, policy, now)

    def _recorded(self, facts: Facts, decision: Decision, policy: Policy, now: float) -> Answer:
        """Record a login that ends here, and return the answer."""
        allowed = decision.grant.allow
        if allowed:
            self._recorder.login(facts, decision, now)
        stranger = not allowed and not self._recorder.denied(facts, now)
        if policy.last_known("unavailable") > 0:
            self._recorder.remember(facts, decision.match, now)
        site = policy.nas_directory.find(facts).site
        self._events.login(facts, decision, "" if allowed else "radtune", site, now)
        reply = reply_pairs(decision.grant, facts)
        if allowed:
            self._report.allowed(now)
            return Answer("allow", reply=reply)
        why = f"{decision.reason}: denied by rule {decision.rule}"
        expected = stranger and decision.compliance not in ("unavailable", "stale")
        self._report.logins.deny(facts.mac or facts.user_name, why, now, expected=expected)
        return Answer("deny", why=why, reply=reply)

    def _begin(self, now: float) -> None:
        """Take up the session store as it is now, and write what waits; not at the second question of a login."""
        self._recorder.begin(now)
        self._note_replaced(now)

    def _note_replaced(self, now: float) -> None:
        for name, store in (("devices", self._devices), ("sessions", self._sessions)):
            if store.replaced:
                store.replaced = False
                said = "replaced under the running server, and opened anew"
                self.faults.note(f"{store.directory}: {said}")
                self._events.store_replaced(name, store.directory, said, now)

    def _note_policy(self, read: PolicyRead, now: float) -> None:
        self._events.policy_read(read, now)

    def _decide(self, facts: Facts, policy: Policy, now: float) -> Decision:
        """Find the client's device, and decide what the client gets."""
        match = find_device(facts, self._devices, policy.identify_by, conflicts=policy.uses_identity_conflict)
        self._note_replaced(now)
        known = None
        if match.state == "unavailable":
            self.faults.begin("devices", match.how, now)
            if policy.last_known("unavailable"):
                known = self._recorder.recall(facts, policy.identify_by, now)
        elif not self._devices.damaged:
            self.faults.end("devices", now)
        return decide(facts, match, policy, now, known, self._recorder.quarantines(now))

    def refused(self, session_state: PairList, request: PairList, config: PairList, *, now: float) -> None:
        """Record a login that another module has denied, with what the client showed."""
        written = [(name, as_text(raw)) for name, raw in read_written(config)]
        attributes = Attributes(session_state, request or written)
        facts = read_facts(attributes)
        claimed = attributes.first("Radtune-Claimed-User-Name")
        facts = replace(facts, user_name=claimed) if claimed else facts
        why = _reason(attributes, Attributes(config).all("Auth-Type"))
        # No device was looked for, and no rule was asked.
        nothing = Decision(Authorized(allow=False), rule="", compliance="", reason=why, match=Match("not_enrolled", ""))
        site = self._watch.policy(now).nas_directory.find(facts).site
        denied_by: DeniedBy = "radtune" if why.startswith(BY_RADTUNE) else "server"
        self._events.login(facts, nothing, denied_by, site, now)
        self._report.logins.deny(facts.mac or facts.user_name, why, now, expected=True)
        self._report.heard(self._watch.state, now)

    def account(self, request: PairList, now: float) -> bool:
        """Keep the session of an accounting packet alive or end it; tell whether it is known."""
        self._begin(now)
        attributes = Attributes(request)
        known = self._recorder.account(attributes, read_facts(attributes), now)
        self._watch.policy(now)
        self._report.heard(self._watch.state, now)
        return known


def _is_mab(attributes: Attributes, *, accepted: bool) -> bool:
    """Tell whether the user name is the client's MAC, and so was the password, or none was asked for without EAP."""
    mac = parse_mac(attributes.get("Calling-Station-Id", ""))
    if not mac or parse_mac(attributes.first("Radtune-Inner-User-Name", "User-Name")) != mac:
        return False
    by_eap = "EAP-Message" in attributes or "EAP-Type" in attributes
    return attributes.get("Radtune-Inner-Type", "").endswith(WITH_MAC) or (accepted and not by_eap)


def _reason(request: Attributes, auth_types: tuple[str, ...]) -> str:
    """Return why the server has denied a login: the first failure. The others only follow from it."""
    said = distinct(request.all("Module-Failure-Message"))[:2]
    if said:
        return "; ".join(said)
    return "Auth-Type is Reject" if "Reject" in auth_types else "the server gives no reason; freeradius -X shows more"
