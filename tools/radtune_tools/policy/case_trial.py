"""One case put to a policy: judged as the server would, without a server and without stores."""

from collections.abc import Iterator, Mapping
from typing import Any

from radtune.dataclass import dataclass, replace
from radtune.errors import StoreError
from radtune.identity.matching import Match
from radtune.policy.decide import Policy
from radtune.policy.labels import alternatives
from radtune.records.addresses import parse_mac
from radtune.records.device_and_client import Facts
from radtune.request.attributes import Attributes
from radtune.request.certificates import one_line
from radtune.request.facts import read_facts
from radtune_tools.policy.cases import Case
from radtune_tools.policy.evaluation import Evaluation, MemoryStore, evaluate, find


@dataclass(frozen=True, slots=True)
class Difference:
    """A result that differs from what the case expects."""

    key: str
    expected: str
    got: str

    def __str__(self) -> str:
        return f"{self.key}: expected {self.expected or 'none'}, got {self.got or 'none'}"


@dataclass(frozen=True, slots=True)
class Trial:
    """A case and what became of it."""

    case: Case
    evaluation: Evaluation
    differences: tuple[Difference, ...]


class _UnreadableStore(MemoryStore):
    def synced_at(self) -> dict[str, float]:
        raise StoreError("the case says so")


def try_case(case: Case, policy: Policy, now: float) -> Trial:
    """Try the case; `now` is the time of a case that names none."""
    at = now if case.at is None else case.at
    devices = case.records(at)
    age = int(policy.stale_after) + 1 if case.store == "stale" else case.synced or 0
    synced_at = {device.tenant: at - age for device in devices} or {"": at - age}
    kept = MemoryStore(devices, synced_at)

    def recall(facts: Facts, _identifiers: frozenset[str]) -> Match | None:
        match = find(facts, kept, policy)
        return replace(match, recalled=True) if match.device is not None else None

    store = _UnreadableStore(devices, synced_at) if case.store == "unavailable" else kept
    facts = read_login(case.request, policy.extra_attributes)
    evaluation = evaluate(facts, find(facts, store, policy), policy, at, recall)
    return Trial(case, evaluation, tuple(_differences(case.expect, evaluation)))


def read_login(request: tuple[tuple[str, str], ...], extra_attributes: tuple[str, ...]) -> Facts:
    """Return the facts of a request; it is told as in the server's policy.d/radtune if it logs in by its MAC alone."""
    attributes = Attributes((*request, *_certificate_rest(Attributes(request))))
    mab = _is_mab(attributes)
    # The server has let in the login of a case. So a client with more than its MAC has proved what it says.
    auth_types = ("Accept",) if mab else attributes.all("Auth-Type") or ("PAP",)
    return read_facts(attributes, mab=mab, auth_types=auth_types, extra_attributes=extra_attributes)


def _certificate_rest(request: Attributes) -> Iterator[tuple[str, str]]:
    """Yield what the server shows beside the names of a certificate that a case gives: its subject, and the print."""
    prefix = "TLS-Client-Cert-"
    if f"{prefix}Subject" not in request and any(name.startswith(prefix) for name in request):
        common_name = request.first(f"{prefix}Common-Name")
        yield f"{prefix}Subject", f"/CN={one_line(common_name)}" if common_name else "/O=policy test"
    kinds = {"Dns": "DNS:", "Email": "email:", "Upn": "othername: UPN::", "Uri": "URI:"}
    names = [said + name for kind, said in kinds.items() for name in request.all(f"{prefix}Subject-Alt-Name-{kind}")]
    if names and f"{prefix}X509v3-Subject-Alternative-Name" not in request:
        yield f"{prefix}X509v3-Subject-Alternative-Name", f"0x{', '.join(names).encode().hex()}"


def _is_mab(attributes: Attributes) -> bool:
    if any(name in attributes for name in ("EAP-Message", "EAP-Type", "CHAP-Password", "MS-CHAP-Challenge")):
        return False
    mac = parse_mac(attributes.first("Calling-Station-Id"))
    if not mac or parse_mac(attributes.first("User-Name")) != mac or attributes.first("NAS-Port-Type") == "Virtual":
        return False
    return attributes.first("Service-Type") == "Call-Check" or parse_mac(attributes.first("User-Password")) == mac


def got(evaluation: Evaluation) -> dict[str, str]:
    """Return what came out, by the keys of `expect`; the reply is left out."""
    decision = evaluation.decision
    return {
        "rule": decision.rule,
        "outcome": decision.outcome,
        "policy": "allow" if decision.grant.allow else "deny",
        "vlan": decision.grant.vlan,
        "role": decision.grant.role,
        "compliance": decision.compliance,
        "matched_by": decision.match.by,
    }


def _differences(expect: Mapping[str, Any], evaluation: Evaluation) -> Iterator[Difference]:
    for key, value in got(evaluation).items():
        if key in expect and str(expect[key]) != value:
            yield Difference(key, str(expect[key]), value)
    for name, wanted in expect.get("reply", {}).items():
        values = [value for attribute, value in evaluation.reply() if _bare(attribute) == _bare(name)]
        expected = [str(value) for value in alternatives(wanted)]
        if values != expected:
            yield Difference(f"reply {name}", ", ".join(expected), ", ".join(values))


def _bare(attribute: str) -> str:
    """Return the name of an attribute to compare: in lower case and without the tag 0, which is no tag."""
    return attribute.lower().removesuffix(":0")
