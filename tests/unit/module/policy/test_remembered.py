"""What was decided for a client is remembered for others that are the same in all that the rules ask."""

from dataclasses import replace
from itertools import product
from operator import attrgetter

import pytest

from radtune.policy import decide as decide_module
from radtune.policy.decide import INPUTS_OF, Rule, decide
from radtune.policy.grants import DENY
from radtune.policy.labels import ClientContext
from radtune.policy.nas_directory import NasDirectory, NasList
from radtune.policy.trace import trace
from radtune.records.device_and_client import ComplianceState, Facts
from unit.defaults import policy_of
from unit.samples import NOW, found, label, vlan

STATES: tuple[ComplianceState, ...] = ("compliant", "stale")
OK, SSID, SITE = label("mdm_compliance", "compliant"), label("ssid", "Corp"), label("site", "hq")
VALUES = {
    "auth_type": ["mab", "eap-tls"],
    "inner_type": ["pap", "mschapv2"],
    "ssid": ["Corp", "G*"],
    "port_type": ["wired", "wireless"],
    "site": ["hq", "lab"],
    "nas_group": ["core", "edge"],
    "vendor": ["cisco", "aruba"],
    "mdm_compliance": ["compliant", "unknown"],
    "matched_by": ["mac", "name"],
}
DIRECTORY = NasDirectory(
    sites=(NasList("hq", ("10.0.0.1",)), NasList("lab", ("10.0.0.2",))),
    groups=(NasList("core", ("10.0.0.1",), "cisco"), NasList("edge", ("10.0.0.2",))),
)
CLIENTS = [
    ClientContext(
        Facts(auth_type=method, inner_type=inner, ssid=ssid, nas_port_type=port, nas_address=nas, nas_vendor="aruba"),
        replace(found(), by=by),
        state,
        NOW,
        DIRECTORY,
    )
    for method, inner, ssid, port, nas, by, state in product(
        ["mab", "eap-tls"],
        ["", "pap"],
        ["", "Corp", "Guest"],
        ["Ethernet", "Wireless-802.11", "Async"],
        ["10.0.0.1", "10.0.0.2", "10.0.0.3"],
        ["mac", "name", ""],
        STATES,
    )
]


@pytest.mark.parametrize(("kind", "value"), [(kind, value) for kind in INPUTS_OF for value in VALUES[kind]])
def test_a_label_answers_alike_for_clients_that_are_alike_there(kind: str, value: str) -> None:
    asked = attrgetter("compliance", INPUTS_OF[kind])
    answers: dict[object, object] = {}
    asks = label(kind, value)
    for client in CLIENTS:
        answer = asks.holds(client)
        assert answers.setdefault(asked(client), answer) is answer


def test_the_rules_are_tried_once_for_clients_that_are_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    made = policy_of((Rule("Corp", (OK, SSID), vlan("750")),))
    one, other = Facts(mac="0016cbaabb01", ssid="Corp"), Facts(mac="0016cbaabb02", ssid="Corp")
    assert decide(one, found(), made, NOW).outcome == "vlan 750"
    monkeypatch.setattr(decide_module, "_fitting", None)
    assert decide(other, found(), made, NOW).outcome == "vlan 750"


def test_clients_that_differ_are_judged_for_themselves() -> None:
    made = policy_of((Rule("Corp", (OK, SSID), vlan("750")), Rule("hq", (SITE,), vlan("5"))), default=DENY)
    made = replace(made, nas_directory=DIRECTORY)
    for _ in range(2):
        for ssid, nas, state, outcome in (
            ("Corp", "10.0.0.3", "compliant", "vlan 750"),
            ("Guest", "10.0.0.3", "compliant", "deny"),
            ("Guest", "10.0.0.1", "compliant", "vlan 5"),
            ("Corp", "10.0.0.3", "noncompliant", "deny"),
        ):
            facts = Facts(ssid=ssid, nas_address=nas)
            decision = decide(facts, found(state), made, NOW)
            assert decision.outcome == outcome
            assert trace(facts, found(state), made, NOW)[-1].rule == decision.rule
    assert len(made.remembered) == 4


@pytest.mark.parametrize("kind", ["username", "time", "last_check_in"])
def test_what_is_hardly_alike_for_two_clients_is_not_remembered(kind: str) -> None:
    value = {"username": "bob", "time": {"hours": "08:00-09:00", "timezone": "UTC"}, "last_check_in": "< 1d"}[kind]
    made = policy_of((Rule("Corp", (OK, label(kind, value)), vlan("750")),))
    decide(Facts(user_name="bob"), found(), made, NOW)
    assert made.remembered == {}


def test_only_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decide_module, "REMEMBERED", 3)
    made = policy_of((Rule("Corp", (SSID,), vlan("750")),))
    for number in range(10):
        decide(Facts(ssid=f"net {number}"), found(), made, NOW)
    assert 1 <= len(made.remembered) <= 3
