"""An unknown answer lets no client in that a known one would keep out."""

from contextlib import closing
from pathlib import Path
from shutil import rmtree

import pytest

from radtune.errors import StoreError
from radtune.identity.identifiers import host_names
from radtune.identity.matching import Match, find_device, still_shows
from radtune.policy.decide import OnFailure, Policy, Rule, decide
from radtune.policy.grants import DENY
from radtune.policy.labels import Not
from radtune.policy.trace import trace
from radtune.records.device_and_client import Certificate, Facts
from radtune.request.attributes import Attributes
from radtune.request.certificates import read_certificate
from radtune.server.instance import ModuleInstance
from unit.defaults import policy_of
from unit.samples import (
    MAC,
    NOW,
    POLICY,
    Pairs,
    device,
    fill,
    guid,
    label,
    mab_request,
    octets,
    opened,
    store_of,
    vlan,
)

CERT = "TLS-Client-Cert-"
JAIL_BROKEN = Rule("jail", (label("jail_broken", True),), DENY)
CORP = vlan("750")


def policy(*rules: Rule, failure: OnFailure | None = None) -> Policy:
    return policy_of(rules, CORP, on_failure={"unavailable": failure} if failure else {})


@pytest.mark.parametrize(
    "match",
    [
        Match("unavailable", "locked"),
        Match("ambiguous", "two", synced_at=NOW),
        Match("found", "it", device(1, jail_broken="yes"), "mac", (), NOW - 1e6),
        Match("found", "it", device(1, jail_broken="yes"), "mac", (), NOW),
    ],
)
def test_the_default_lets_no_client_in_behind_an_unresolved_deny(match: Match) -> None:
    decision = decide(Facts(), match, policy(JAIL_BROKEN), NOW)
    assert decision.outcome == "deny"
    last = trace(Facts(), match, policy(JAIL_BROKEN), NOW)[-1]
    assert last.rule == decision.rule
    if decision.rule == "default":
        assert decision.reason.endswith("; it is unknown whether jail denies")
        assert last.why == "no rule fitted, and it is unknown whether jail denies; so the default doesn't let in"


def test_the_first_unresolved_deny_is_named() -> None:
    rules = policy(JAIL_BROKEN, Rule("old", (label("os_version", "< 10"),), DENY))
    decision = decide(Facts(), Match("ambiguous", "two", synced_at=NOW), rules, NOW)
    assert decision.reason == "two; it is unknown whether jail denies"


def test_a_default_that_denies_needs_no_other_reason() -> None:
    match, rules = Match("ambiguous", "two", synced_at=NOW), policy_of((JAIL_BROKEN,))
    assert decide(Facts(), match, rules, NOW).reason == "two"
    steps = trace(Facts(), match, rules, NOW)
    assert [(step.rule, step.matched) for step in steps] == [("jail", False), ("default", True)]
    assert steps[-1].why == "no rule fitted"


def test_behind_a_resolved_deny_the_default_and_on_failure_count() -> None:
    well = Match("found", "it", device(1, jail_broken="no"), "mac", (), NOW)
    assert decide(Facts(), well, policy(JAIL_BROKEN), NOW).outcome == "vlan 750"
    away = Match("unavailable", "locked")
    assert decide(Facts(), away, policy(JAIL_BROKEN, failure=OnFailure(vlan("1"))), NOW).outcome == "vlan 1"
    assert decide(Facts(), away, policy(Rule("quarantine", (label("jail_broken", True),), CORP)), NOW).rule == "default"
    assert decide(Facts(), away, policy(Rule("quarantine", (label("jail_broken", True),), CORP)), NOW).grant.allow


def test_a_time_that_is_no_number_is_stale() -> None:
    match = Match("found", "it", device(1), "mac", (), float("nan"))
    assert decide(Facts(), match, policy(), NOW).compliance == "stale"


@pytest.mark.parametrize("wanted", [True, False])
def test_whether_a_client_named_two_devices_is_not_known_of_an_earlier_login(wanted: bool) -> None:
    known = Match("found", "as at its last login", device(1), "device_id", (), NOW, recalled=True)
    term = label("identity_conflict", wanted)
    rules = policy_of((Rule("conflict", (term,), CORP),), on_failure={"unavailable": OnFailure(None, 3600.0)})
    decision = decide(Facts(), Match("unavailable", "locked"), rules, NOW, known)
    assert (decision.outcome, decision.compliance) == ("deny", "compliant")
    step = trace(Facts(), Match("unavailable", "locked"), rules, NOW, known)[0]
    assert "is unknown" in step.why


@pytest.fixture
def office_with_last_known(office: Path) -> Path:
    (office / "policy.yaml").write_text(f"{POLICY}on_failure: {{unavailable: {{last_known: 8h}}}}\n")
    return office


def login(office: Path, request: Pairs) -> str:
    with closing(ModuleInstance(office / "settings.yaml", lambda _: None)) as instance:
        given = instance.answer("login", None, request, [("Auth-Type", "Accept")], now=NOW)
    return dict(given.reply).get("Tunnel-Private-Group-Id:0", given.verdict)


def test_what_was_known_by_a_means_that_is_no_longer_taken_is_not_believed(office_with_last_known: Path) -> None:
    office = office_with_last_known
    assert login(office, mab_request(MAC)) == "750"
    text = (office / "policy.yaml").read_text()
    (office / "policy.yaml").write_text(f"{text}identify_by: [device_id]\n")
    with closing(ModuleInstance(office / "settings.yaml", lambda _: None)) as instance:
        rmtree(office / "store/devices")
        given = instance.answer("login", None, mab_request(MAC), [("Auth-Type", "Accept")], now=NOW + 1)
    assert given.verdict == "deny"


def test_a_wired_client_shows_what_it_was_found_by() -> None:
    match = Match("found", "it", device(1, ethernet_mac="0016cbaabbff"), "mac", (), NOW)
    assert still_shows(Facts(mac="0016cbaabbff"), match)
    assert not still_shows(Facts(mac="0016cbaabbfe"), match)


def certificate(*pairs: tuple[str, str], subject: str = "/CN=LAPTOP-1", shown: str = "LAPTOP-1") -> Certificate:
    names = [(f"{CERT}Common-Name", shown)] if shown else []
    serial = [(f"{CERT}Serial", "1"), (f"{CERT}Subject", subject)]
    found = read_certificate(Attributes([*serial, *names, *((f"{CERT}{name}", value) for name, value in pairs)]))
    assert found is not None
    return found


@pytest.mark.parametrize(
    "unclear",
    [
        certificate(subject=f"/CN={guid(99)}\\", shown=""),
        certificate(("X509v3-Subject-Alternative-Name", octets(f"DNS:{guid(99)}\\"))),
        certificate(
            ("Subject-Alt-Name-Dns", "laptop"),
            ("X509v3-Subject-Alternative-Name", octets(f"DNS:laptop\\000{guid(99)}")),
        ),
        certificate(
            ("Subject-Alt-Name-Uri", "urn:x"),
            ("X509v3-Subject-Alternative-Name", octets(f"URI:urn:x, DNS:{guid(99)}\\")),
        ),
        certificate(("X509v3-Subject-Alternative-Name", octets("x" * 485))),
    ],
)
def test_the_device_is_ambiguous_if_its_certificate_may_hide_an_id(unclear: Certificate) -> None:
    match = find_device(Facts(mac=MAC, certificate=unclear), store_of(device(1)))
    assert (match.state, match.device) == ("ambiguous", None)
    rules = policy_of((JAIL_BROKEN, Rule("ours", (label("certificate", {"common_name": "*"}),), CORP)))
    assert decide(Facts(mac=MAC, certificate=unclear), match, rules, NOW).outcome == "deny"


TEMPLATE = "1.3.6.1.4.1.311.21.7"


@pytest.mark.parametrize(
    ("asked", "unreadable"),
    [
        ({"template": "1.2.3"}, certificate((TEMPLATE, "0x3003"))),
        ({"template": "1.2.3"}, certificate((TEMPLATE, "0x30040602"), (TEMPLATE, "0x30040603"))),
        ({"template": "1.2.3"}, certificate(("1.3.6.1.4.1.311.20.2", "0x30"))),
        ({"eku": "1.2.3"}, certificate(("X509v3-Extended-Key-Usage-OID", "1.2.x"))),
        ({"eku": "1.2.3"}, certificate(("X509v3-Extended-Key-Usage", "0x30"))),
        ({"common_name": "BAD"}, certificate(shown="")),
        ({"expires_within": "7d"}, certificate()),
    ],
)
def test_a_part_that_is_there_and_can_t_be_read_is_neither_so_nor_not_so(
    asked: dict[str, str], unreadable: Certificate
) -> None:
    term = label("certificate", asked)
    facts = Facts(mac=MAC, certificate=unreadable)
    match = Match("found", "it", device(1), "mac", (), NOW)
    rules = (Rule("bad", (term,), DENY), Rule("ours", (label("auth_type", ""),), CORP))
    assert decide(facts, match, policy_of(rules), NOW).outcome == "deny"
    assert decide(facts, match, policy_of((Rule("not bad", (Not(term),), CORP),)), NOW).outcome == "deny"
    assert "is unknown" in trace(facts, match, policy_of(rules), NOW)[0].why


def test_a_part_that_is_not_there_is_not_so() -> None:
    found = certificate(("Expiration", "20300101000000Z"))
    for asked in ({"template": "1.2.3"}, {"eku": "1.2.3"}, {"common_name": "BAD"}, {"expires_within": "7d"}):
        facts = Facts(mac=MAC, certificate=found)
        match = Match("found", "it", device(1), "mac", (), NOW)
        rule = Rule("not bad", (Not(label("certificate", asked)),), CORP)
        assert decide(facts, match, policy_of((rule,)), NOW).outcome == "vlan 750", asked


def test_an_index_that_names_a_device_without_a_record_is_damaged(tmp_path: Path) -> None:
    fill(tmp_path, [device(1, name="TWIN"), device(2, name="TWIN", macs=())])
    with opened(tmp_path) as store:
        store.delete(f"device/{guid(2)}")
        with pytest.raises(StoreError, match="name/twin"):
            store.find("name", "twin")
        match = find_device(Facts(certificate=Certificate(common_name="TWIN")), store)
        assert match.state == "unavailable"


def test_a_letter_that_only_looks_like_another_makes_no_host_name() -> None:
    assert host_names(Facts(user_name="host/kiosk", user_verified=True)) == ["kiosk"]
    assert host_names(Facts(user_name="host/\u212aIOSK", user_verified=True)) == []
