"""The outcome for a client now, and why: for a live session as it logged in, or for the login that a word means."""

from collections.abc import Sequence

from radtune.config.settings import Nas
from radtune.dataclass import dataclass, replace
from radtune.errors import UsageError
from radtune.identity.identifiers import certificate_ids
from radtune.policy.decide import Policy
from radtune.records.addresses import parse_mac
from radtune.records.device_and_client import Certificate, Facts, Session
from radtune_tools.policy.evaluation import Evaluation, evaluate, find
from radtune_tools.policy.what_if import WhatIf
from radtune_tools.stores import Stores, find_devices

_CERTIFICATES = (".pem", ".crt", ".cer", ".der")


@dataclass(frozen=True, slots=True)
class Login:
    """A login to be judged: its facts, the login in words, and the client's live sessions, the newest login first."""

    facts: Facts
    said: str
    sessions: Sequence[Session] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """The verdict about a login, and what that login is.

    login: the login in words
    sessions: the live sessions of the client, the newest login first; that one was judged
    policy_mismatch: how the server's policy differs from the file's, or ''
    is_imagined: it isn't quite the session's own login, or not the policy in use
    is_known: the target names somebody
    """

    login: str
    evaluation: Evaluation
    sessions: Sequence[Session]
    policy_mismatch: str
    is_imagined: bool
    is_known: bool

    @property
    def untried(self) -> list[str]:
        """The rules after the one that decided."""
        rules = [rule.name for rule in self.evaluation.policy.rules]
        rule = self.evaluation.decision.rule
        return rules[rules.index(rule) + 1 :] if rule in rules else []


def login_of(target: str, sessions: Sequence[Session], certificate: Certificate | None, policy: Policy) -> Login:
    """Return the login that a person means: of these live sessions the newest, or else what the target stands for.

    Raises UsageError for a target that is no name, id or MAC.
    """
    if sessions:
        newest_first = sorted(sessions, key=lambda each: -each.granted_at)
        return Login(newest_first[0].facts, f"the live session {newest_first[0].key}", newest_first)
    mac = parse_mac(target)
    if certificate is not None:
        facts, said = Facts(certificate=certificate), f"an EAP-TLS login with the certificate {target}"
    elif mac:
        facts = Facts(mac=mac, calling_station_id=target, user_name=target, auth_type="mab")
        said = f"a login with the MAC {mac} and no certificate"
    elif "/" in target or target.lower().endswith(_CERTIFICATES):
        raise UsageError(f"{target}: there is no such file and no live session with this key; see radtune sessions")
    else:
        certificate = Certificate(common_name=target)
        facts = Facts(user_name=target, certificate=certificate)
        kind = "device id" if certificate_ids(certificate) else "name"
        said = f"an EAP-TLS login with the {kind} {target} in its certificate"
    auth_type = facts.auth_type or "eap-tls"
    return Login(replace(facts, auth_type=auth_type, extra_attributes=policy.extra_attributes), said)


def explain(
    stores: Stores,
    policy: Policy,
    nas: Sequence[Nas],
    target: str,
    login: Login,
    what_if: WhatIf,
    now: float,
    policy_mismatch: str | None = "",
) -> Explanation:
    """Evaluate the policy for the login, with the changes of `what_if`.

    target: the word that a person has named the client by
    nas: the NASes that settings know
    policy_mismatch: None if the policy isn't the one in use
    """
    at = now if what_if.at is None else what_if.at
    facts = what_if.login(login.facts, nas)
    match = what_if.match(find(facts, stores.devices, policy, conflicts=True), facts, policy, now)
    evaluation = evaluate(facts, match, policy, at, stores.sessions.recall, stores.quarantines())
    names_client = login.sessions or what_if.names_client or parse_mac(target)
    is_known = match.state != "not_enrolled" or names_client or any(find_devices(stores.devices, target))
    return Explanation(
        login=f"{login.said}, with {what_if}" if str(what_if) else login.said,
        evaluation=evaluation,
        sessions=login.sessions,
        policy_mismatch=policy_mismatch or "",
        is_imagined=str(what_if) != "" or policy_mismatch is None,
        is_known=bool(is_known),
    )
