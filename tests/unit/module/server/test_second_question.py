"""The second question of a login takes over what the first one has decided, if it is about the same packet."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from parts.event_lines import newest_events
from radtune.identity.matching import Match, find_device
from radtune.records.device_and_client import Facts
from radtune.request.attributes import Attributes
from radtune.request.facts import read_facts
from radtune.server import instance as instance_module
from radtune.server.instance import ModuleInstance
from radtune.server.questions import SAY_NO_FACT, Question
from unit.samples import NOW, Pairs, mab_request, tls_request

BY_MAC, BY_CERTIFICATE = mab_request(), tls_request(("Common-Name", "LAPTOP-1"))
OF_A_HANDSHAKE = [
    *(("Framed-MTU", "994"), ("TLS-Session-Information", "(TLS) recv")),
    *(("TLS-Session-Cipher-Suite", "ECDHE"), ("TLS-Session-Version", "TLS 1.2")),
]


@pytest.fixture
def instance(office: Path) -> Iterator[ModuleInstance]:
    with closing(ModuleInstance(office / "settings.yaml", lambda _: None)) as made:
        yield made


@pytest.fixture
def looked_for(monkeypatch: pytest.MonkeyPatch) -> list[Facts]:
    """The clients whose device was looked for."""
    clients: list[Facts] = []

    def noting(facts: Facts, *arguments: object, **options: object) -> Match:
        clients.append(facts)
        return find_device(facts, *arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(instance_module, "find_device", noting)
    return clients


@pytest.mark.parametrize(
    ("first", "packet", "state", "auth_type"),
    [("mab", BY_MAC, None, "Accept"), ("certificate", BY_CERTIFICATE, OF_A_HANDSHAKE, "eap")],
)
def test_the_same_packet_is_read_and_judged_once(
    instance: ModuleInstance,
    office: Path,
    looked_for: list[Facts],
    monkeypatch: pytest.MonkeyPatch,
    first: Question,
    packet: Pairs,
    state: Pairs | None,
    auth_type: str,
) -> None:
    assert instance.answer(first, None, packet, [], now=NOW).verdict == "allow"
    monkeypatch.setattr(instance_module, "read_facts", None)
    assert instance.answer("login", state, packet, [("Auth-Type", auth_type)], now=NOW + 0.5).verdict == "allow"
    (event,) = newest_events(office / "events.jsonl")
    assert event["auth_type"] == {"mab": "mab", "certificate": "eap-tls"}[first]
    assert len(looked_for) == 1


@pytest.mark.parametrize(
    ("packet", "state", "auth_types", "later"),
    [
        ([*BY_MAC, ("NAS-Port", "7")], None, ["Accept"], 0.5),
        (BY_MAC, [("Radtune-Inner-User-Name", "bob")], ["Accept"], 0.5),
        (BY_MAC, None, ["PAP"], 0.5),
        (BY_MAC, None, ["Accept"], 1.5),
        (BY_MAC, None, ["Accept"], -0.5),
    ],
)
def test_another_packet_is_judged_for_itself(
    instance: ModuleInstance,
    looked_for: list[Facts],
    packet: Pairs,
    state: Pairs | None,
    auth_types: list[str],
    later: float,
) -> None:
    instance.answer("mab", None, BY_MAC, [], now=NOW)
    instance.answer("login", state, packet, [("Auth-Type", each) for each in auth_types], now=NOW + later)
    assert len(looked_for) == 2


def test_a_certificate_in_a_tunnel_is_asked_about_again(instance: ModuleInstance, looked_for: list[Facts]) -> None:
    packet = [(name, "PEAP" if name == "EAP-Type" else value) for name, value in BY_CERTIFICATE]
    packet.append(("Radtune-Inner-Type", "MSCHAPv2"))
    instance.answer("certificate", None, packet, [], now=NOW)
    instance.answer("login", None, packet, [("Auth-Type", "eap")], now=NOW)
    assert [(each.auth_type, each.user_verified) for each in looked_for] == [("peap", False), ("peap", True)]


def test_what_only_session_state_says_of_the_first_question_is_not_taken_over(instance: ModuleInstance) -> None:
    state = [("Calling-Station-Id", "00-16-3E-00-00-01"), ("User-Name", "00163e000001")]
    assert instance.answer("mab", state, BY_MAC, [], now=NOW).verdict == "deny"
    assert instance.answer("login", None, BY_MAC, [("Auth-Type", "Accept")], now=NOW).verdict == "allow"


def test_a_decision_is_taken_over_once(instance: ModuleInstance, looked_for: list[Facts]) -> None:
    instance.answer("mab", None, BY_MAC, [], now=NOW)
    for _ in range(2):
        instance.answer("login", None, BY_MAC, [("Auth-Type", "Accept")], now=NOW)
    assert len(looked_for) == 2


def test_another_question_in_between_ends_it(instance: ModuleInstance, looked_for: list[Facts]) -> None:
    instance.answer("mab", None, BY_MAC, [], now=NOW)
    instance.answer("mab", None, mab_request("00-16-3E-00-00-01"), [], now=NOW)
    instance.answer("login", None, BY_MAC, [("Auth-Type", "Accept")], now=NOW)
    assert len(looked_for) == 3


def test_no_fact_is_read_from_what_a_handshake_adds() -> None:
    assert read_facts(Attributes([(name, "x") for name in SAY_NO_FACT])) == read_facts(Attributes())
