"""A person's word about a device, and what the judge makes of it."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radtune.identity.matching import DEFAULT_IDENTIFIERS, IDENTIFIERS, Match, find_device
from radtune.policy.decide import OnFailure, Policy, Rule, decide
from radtune.policy.grants import DENY
from radtune.policy.labels import Not
from radtune.policy.quarantines import NO_QUARANTINES, Quarantine, Quarantines
from radtune.policy.trace import trace
from radtune.records.device_and_client import Device, Facts
from unit.defaults import policy_of
from unit.samples import MAC, NOW, RANDOM_MAC, by_mac, certificate, device, guid, label, store_of, vlan

DEVICE = device(1, entra_id=guid(51))
BY_ALICE = Quarantine((DEVICE,), "alice", int(NOW) - 60, reason="lost")
AWAY, NOBODY = Match("unavailable", "locked"), Match("not_enrolled", "nobody", synced_at=NOW)
COMPLIANT, BAD = label("mdm_compliance", "compliant", "compliant"), label("mdm_compliance", "noncompliant", "bad")
POLICY = policy_of((Rule("Corp", (COMPLIANT,), vlan("750")), Rule("Quarantine", (BAD,), vlan("1"))), default=vlan("5"))


def found(of: Device = DEVICE, synced_at: float = NOW) -> Match:
    return Match("found", "it is this one", of, "mac", (of,), synced_at)


def quarantines(**more: object) -> Quarantines:
    return Quarantines([replace(BY_ALICE, **more)])  # type: ignore[arg-type]


def outcome(match: Match, policy: Policy = POLICY, facts: Facts | None = None, **more: object) -> str:
    return decide(facts or Facts(), match, policy, NOW, quarantines=quarantines(**more)).outcome


def test_a_quarantined_device_counts_as_noncompliant_and_the_reason_says_who_said_so() -> None:
    decision = decide(Facts(), found(), POLICY, NOW, quarantines=quarantines())
    assert (decision.outcome, decision.rule, decision.compliance) == ("vlan 1", "Quarantine", "noncompliant")
    assert decision.reason == (
        "quarantined by alice since 2027-01-15T07:59:00Z, until it is released: lost; "
        "it is this one: LAPTOP-1 is compliant"
    )
    assert [step.rule for step in trace(Facts(), found(), POLICY, NOW, None, quarantines())] == ["Corp", "Quarantine"]
    assert decision.match == found(), "what is remembered of the client is Intune's word"


@pytest.mark.parametrize(("until", "given"), [(0, "vlan 1"), (NOW + 1, "vlan 1"), (NOW, "vlan 750"), (1, "vlan 750")])
def test_it_ends_by_itself(until: float, given: str) -> None:
    assert outcome(found(), until=int(until)) == given
    assert ", until 20" in str(replace(BY_ALICE, until=int(NOW)))


@pytest.mark.parametrize(
    ("other", "given"),
    [
        (device(2), "vlan 750"),
        (device(2, serial="ser1"), "vlan 1"),
        (device(2, entra_id=guid(51)), "vlan 1"),
        (device(2, name="LAPTOP-1"), "vlan 750"),
        (device(2, macs=DEVICE.macs), "vlan 750"),
    ],
)
def test_every_record_of_the_hardware_counts(other: Device, given: str) -> None:
    """An enrolment anew is no way out; a name or a MAC alone is no hardware."""
    assert outcome(found(other)) == given


def test_a_device_without_serial_number_is_not_every_device_without_one() -> None:
    bare = device(1, serial="", entra_id="")
    assert outcome(found(device(2, serial="", entra_id="")), devices=(bare,)) == "vlan 750"


def test_each_record_that_the_client_may_be_counts() -> None:
    twins = Match("ambiguous", "two", None, "name", (device(2), DEVICE), NOW)
    assert outcome(twins) == "vlan 1"
    assert outcome(twins, devices=(device(3),)) == "vlan 5"


def test_a_match_without_candidates_is_of_its_device() -> None:
    assert outcome(replace(found(), candidates=())) == "vlan 1"
    assert outcome(replace(found(device(2)), candidates=())) == "vlan 750"


@pytest.mark.parametrize("state", ["stale", "unavailable"])
def test_in_a_failure_it_holds_as_well(state: str) -> None:
    match, known = (found(synced_at=NOW - 1e6), None) if state == "stale" else (AWAY, found())
    for failure in (OnFailure(vlan("750")), OnFailure(None, 1e7), OnFailure(DENY, 1e7)):
        lenient = replace(POLICY, on_failure={state: failure})
        assert decide(Facts(), match, lenient, NOW, known).outcome in ("vlan 750", "vlan 5")
        assert decide(Facts(), match, lenient, NOW, known, quarantines()).outcome == "vlan 1"


def test_a_store_that_can_t_be_read_hides_no_quarantined_device() -> None:
    """The client is looked for among the quarantined devices, by what is known of those."""
    for facts in (by_mac(), certificate(uris=(f"IntuneDeviceId://{guid(1)}",)), certificate(common_name="SER1")):
        assert outcome(AWAY, facts=facts) == "vlan 1"
        assert outcome(NOBODY, facts=facts) == "vlan 1", "it has left Intune"
    assert outcome(AWAY, facts=by_mac("0016cbaabb02")) == "vlan 5"
    assert outcome(AWAY, replace(POLICY, identify_by=DEFAULT_IDENTIFIERS - {"mac"}), by_mac()) == "vlan 5"


def test_a_quarantine_lets_nobody_in() -> None:
    strict = replace(POLICY, default=DENY)
    for state in ("error", "unknown"):
        assert outcome(found(replace(DEVICE, compliance=state)), strict) == "deny"
    assert outcome(found(synced_at=0.0), strict) == "deny"
    decision = decide(by_mac(), AWAY, strict, NOW, quarantines=quarantines())
    assert (decision.outcome, decision.compliance) == ("deny", "unavailable")
    assert decision.reason.startswith("quarantined by alice")


MATCHES = st.one_of(
    st.sampled_from([AWAY, NOBODY, Match("ambiguous", "two", None, "", (device(2), DEVICE), NOW)]),
    st.builds(
        found, st.builds(device, compliance=st.sampled_from(["compliant", "error"])), st.sampled_from([NOW, 0.0])
    ),
)
TERMS = st.sampled_from([COMPLIANT, BAD, Not(COMPLIANT), Not(BAD), label("mdm_compliance", "stale")])
RULES = st.builds(Rule, st.just("x"), st.tuples(TERMS), st.sampled_from([DENY, vlan("1"), vlan("750")]))


@given(MATCHES, st.lists(RULES, max_size=4), st.sampled_from([DENY, vlan("5")]))
def test_whoever_is_denied_stays_denied(match: Match, rules: list[Rule], default: object) -> None:
    policy = policy_of(tuple(rules), default)  # type: ignore[arg-type]
    without = decide(by_mac(), match, policy, NOW)
    quarantined = decide(by_mac(), match, policy, NOW, quarantines=quarantines())
    as_noncompliant = decide(by_mac(), found(replace(DEVICE, compliance="noncompliant")), policy, NOW)
    assert quarantined.outcome == ("deny" if without.outcome == "deny" else as_noncompliant.outcome)
    assert trace(by_mac(), match, policy, NOW, None, quarantines())[-1].rule == quarantined.rule


def test_any_identifier_of_the_policy_leads_to_a_quarantine() -> None:
    full = replace(DEVICE, user="Ann@contoso.example", ethernet_mac="0016cbaabb99")
    made, every = quarantines(devices=(full, device(2))), frozenset(IDENTIFIERS)
    host = Facts(user_name="host/LAPTOP-1.contoso.example", user_verified=True)
    shown = {
        "device_id": certificate(uris=(f"IntuneDeviceId://{guid(2)}",)),
        "entra_id": certificate(common_name=guid(51)),
        "serial": certificate(subject_serial="SER2", subject="/serialNumber=SER2"),
        "name": certificate(common_name="laptop-2"),
        "mac": by_mac("0016cbaabb99"),
        "user": certificate(upns=("ann@contoso.example",)),
    }
    assert tuple(shown) == IDENTIFIERS
    for kind, facts in [*shown.items(), ("name", host), ("mac", by_mac())]:
        for match in (AWAY, NOBODY):
            assert made.of_client(facts, match, every, NOW) is not None, kind
            assert made.of_client(facts, match, every - {kind}, NOW) is None, kind
    assert NO_QUARANTINES.of_client(by_mac(), NOBODY, every, NOW) is None
    randomised = quarantines(devices=(device(1, macs=(RANDOM_MAC,)),))
    assert randomised.of_client(by_mac(RANDOM_MAC), NOBODY, every, NOW) is None, "such a MAC names no device"
    assert made.of_client(by_mac(), found(device(3)), every, NOW) is None, "it is another device"


def test_an_id_that_intune_does_not_know_hides_no_quarantined_mac() -> None:
    """An id binds, so that nobody is let in by the rest; that is no way out of a quarantine."""
    stranger = replace(certificate(common_name=guid(99)), mac=MAC)
    assert find_device(stranger, store_of(DEVICE)).state == "not_enrolled"
    unclear = replace(certificate(common_name="x", unclear=True), mac=MAC)
    assert find_device(unclear, store_of(DEVICE)).state == "ambiguous"
    for facts in (stranger, unclear):
        assert outcome(find_device(facts, store_of(DEVICE)), facts=facts) == "vlan 1"
        assert outcome(AWAY, facts=facts) == "vlan 1"
        assert outcome(NOBODY, facts=replace(facts, mac="0016cbaabb02")) == "vlan 5"


def test_of_many_devices_with_one_name_each_counts() -> None:
    """Matching reads no more of them than it needs to see that they are several."""
    facts, last = certificate(common_name="TWIN"), device(40, name="TWIN")
    match = find_device(facts, store_of(*(device(number, name="TWIN") for number in range(2, 18))))
    assert (match.state, last in match.candidates) == ("ambiguous", False)
    assert outcome(match, facts=facts, devices=(last,)) == "vlan 1"
    assert outcome(match, facts=facts) == "vlan 5"


@pytest.mark.parametrize("until", [10**18, -(10**18), 10**300])
def test_a_time_that_no_calendar_has_is_said_all_the_same(until: int) -> None:
    assert f"until {until} seconds after 1970" in str(replace(BY_ALICE, until=until))
    assert outcome(found(), until=until) == ("vlan 1" if until > 0 else "vlan 750")


@settings(max_examples=25)
@given(st.lists(st.builds(Quarantine, st.lists(st.from_type(Device), min_size=1).map(tuple), st.text(), st.integers())))
def test_quarantines_come_back_as_they_were(made: list[Quarantine]) -> None:
    assert list(Quarantines.from_json(Quarantines(made).to_json())) == made


@pytest.mark.parametrize(
    "text", ["null", "{}", "[5]", "[{}]", '[{"devices": []}]', '[{"devices": [{}], "by": "x", "at": 1}]', "["]
)
def test_what_is_no_quarantine(text: str) -> None:
    with pytest.raises(ValueError):
        Quarantines.from_json(text)
