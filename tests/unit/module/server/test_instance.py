"""What a running server keeps of its answers: sessions and client events."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from shutil import rmtree

import pytest

from parts.event_lines import newest_events
from radtune.policy.quarantines import Quarantine
from radtune.records.device_and_client import Session
from radtune.server.instance import ModuleInstance
from radtune.server.questions import Question
from radtune.stores.quarantines import change_quarantines, read_quarantines
from radtune.stores.sessions import SessionStore
from unit.samples import (
    MAC,
    NOW,
    POLICY,
    Pairs,
    device,
    fill,
    guid,
    mab_request,
    tls_request,
    ttls_request,
)

KEY = f"192.0.2.1/{MAC}/ge-0/0/7"
Stored = Callable[[], Session | None]


@pytest.fixture
def logged() -> list[str]:
    return []


@pytest.fixture
def instance(office: Path, logged: list[str]) -> Iterator[ModuleInstance]:
    with closing(ModuleInstance(office / "settings.yaml", logged.append)) as made:
        yield made


@pytest.fixture
def stored(office: Path) -> Iterator[Stored]:
    """Return what reads the session of `KEY`, as another process would."""
    with closing(SessionStore(office / "store/sessions", create=True, timeout=1.0)) as store:
        yield lambda: store.get(KEY)


def login(instance: ModuleInstance, request: Pairs | None = None, now: float = NOW) -> str:
    return instance.answer("login", None, request or mab_request(), [("Auth-Type", "Accept")], now=now).verdict


def spoil(office: Path) -> None:
    """Let Intune say that LAPTOP-1 has an error, which the policy denies."""
    fill(office / "store/devices", [device(1, compliance="error")])


def test_a_login_makes_a_session(instance: ModuleInstance, stored: Stored) -> None:
    assert login(instance, [*mab_request(), ("Acct-Session-Id", "S1")]) == "allow"
    session = stored()
    assert session is not None
    assert (session.granted, session.rule, session.compliance) == ("vlan 750", "Corp Compliant", "compliant")
    assert (session.granted_at, session.seen_at, session.denied_at) == (NOW, NOW, 0.0)
    assert (session.device_id, session.device_name) == (guid(1), "LAPTOP-1")
    assert (session.facts.calling_station_id, session.facts.acct_session_id) == (MAC, "S1")


@pytest.mark.parametrize("question", ["mab", "certificate", "inner"])
def test_only_a_login_makes_a_session(instance: ModuleInstance, stored: Stored, question: Question) -> None:
    request = tls_request(("Common-Name", "LAPTOP-1"), mac=MAC) if question == "certificate" else mab_request()
    assert instance.answer(question, None, request, None, now=NOW).verdict in ("allow", "noop")
    assert stored() is None


def test_a_session_keeps_the_certificate_so_that_it_can_be_judged_again(
    instance: ModuleInstance, stored: Stored
) -> None:
    login(instance, tls_request(("Common-Name", "LAPTOP-1"), ("Subject-Alt-Name-Dns", guid(1)), mac=MAC))
    session = stored()
    assert session is not None
    assert session.facts.certificate is not None
    assert session.facts.certificate.dns == (guid(1),)


def test_a_new_login_takes_the_place_of_the_old_session(instance: ModuleInstance, stored: Stored, office: Path) -> None:
    login(instance)
    fill(office / "store/devices", [device(1, compliance="noncompliant")])
    login(instance, now=NOW + 60)
    session = stored()
    assert session is not None
    assert (session.granted, session.granted_at) == ("vlan 1", NOW + 60)


@pytest.mark.parametrize("question", ["mab", "inner", "login"])
def test_a_refusal_is_noted_at_the_session_and_does_not_end_it(
    instance: ModuleInstance, stored: Stored, office: Path, question: Question
) -> None:
    login(instance)
    spoil(office)
    assert instance.answer(question, None, mab_request(), None, now=NOW + 5).verdict == "deny"
    session = stored()
    assert session is not None
    assert (session.granted, session.denied_at, session.granted_at) == ("vlan 750", NOW + 5, NOW)


def test_a_refusal_makes_no_session(instance: ModuleInstance, stored: Stored, office: Path) -> None:
    spoil(office)
    login(instance)
    assert stored() is None


def test_a_login_without_nas_or_client_is_let_in_and_told_of(instance: ModuleInstance, logged: list[str]) -> None:
    request = tls_request(("Common-Name", "LAPTOP-1"))
    for missing in (("NAS-IP-Address", "NAS-Identifier"), ("User-Name", "Calling-Station-Id")):
        assert login(instance, [pair for pair in request if pair[0] not in missing]) == "allow"
    assert len([line for line in logged if "session can't be kept" in line]) == 2


def test_a_session_keeps_its_timeout(instance: ModuleInstance, stored: Stored, office: Path) -> None:
    login(instance)
    session = stored()
    assert session is not None
    assert session.timeout == 0
    timed = POLICY.replace("{vlan: 750}", "{vlan: 750}\n  hour: {session_timeout: 1h}").replace(
        "[corp-vlan]", "[corp-vlan, hour]"
    )
    (office / "policy.yaml").write_text(timed)
    with closing(ModuleInstance(office / "settings.yaml", print)) as anew:
        login(anew)
    session = stored()
    assert session is not None
    assert session.timeout == 3600


def test_the_event_of_a_login(instance: ModuleInstance, office: Path) -> None:
    names = [("Common-Name", "LAPTOP-1"), ("Subject-Alt-Name-Dns", guid(1)), ("Subject-Alt-Name-Upn", "u@x")]
    request = [*tls_request(*names, mac="00-16-CB-AA-BB-01"), ("Called-Station-Id", "00-11-22-33-44-55:Corp")]
    login(instance, [*request, ("EAP-Session-Resumed", "yes")])
    (event,) = newest_events(office / "events.jsonl")
    assert {**event, "id": ""} == {
        "id": "",
        "time": "2027-01-15T08:00:00.000Z",
        "event": "login_allowed",
        "mac": MAC,
        "user": "host/x",
        "auth_type": "eap-tls",
        "inner_type": "",
        "resumed": True,
        "cert_cn": "LAPTOP-1",
        "cert_san": [guid(1), "u@x"],
        "device": "LAPTOP-1",
        "device_id": guid(1),
        "matched_by": "device_id",
        "identity_conflict": "",
        "compliance": "compliant",
        "rule": "Corp Compliant",
        "outcome": "vlan 750",
        "vlan": "750",
        "role": "",
        "nas": "sw1",
        "site": "",
        "nas_address": "192.0.2.1",
        "nas_claimed": "",
        "nas_port": "ge-0/0/7",
        "ssid": "Corp",
        "denied_by": "",
        "reason": f"the certificate names the Intune device id {guid(1)}: LAPTOP-1 is compliant",
    }


def test_the_event_of_a_refusal(instance: ModuleInstance, office: Path) -> None:
    instance.answer("inner", None, ttls_request("00-16-3E-00-00-01"), None, now=NOW)
    (event,) = newest_events(office / "events.jsonl")
    assert (event["event"], event["user"], event["auth_type"]) == ("login_denied", "bob", "eap-ttls")
    assert (event["compliance"], event["rule"], event["outcome"]) == ("not_enrolled", "default", "deny")
    assert (event["device"], event["vlan"], event["cert_san"], event["denied_by"]) == ("", "", [], "radtune")


def test_no_password_goes_into_session_or_event(instance: ModuleInstance, stored: Stored, office: Path) -> None:
    request = [(name, "hunter2" if name == "User-Password" else value) for name, value in ttls_request()]
    config = [("Cleartext-Password", "hunter2"), ("Auth-Type", "PAP")]
    instance.answer("login", None, request, config, now=NOW)
    session = stored()
    assert session is not None
    assert "hunter2" not in session.to_json()
    assert "hunter2" not in (office / "events.jsonl").read_text()


def test_a_mac_as_user_name_is_mab_only_where_the_mac_was_enough(instance: ModuleInstance, office: Path) -> None:
    instance.answer("login", None, mab_request(), [("Auth-Type", "PAP")], now=NOW)
    instance.answer("login", None, mab_request(), [("Auth-Type", "Accept")], now=NOW)
    assert [event["auth_type"] for event in newest_events(office / "events.jsonl")] == ["mab", "pap"]


def test_a_changed_device_counts_at_the_next_question(instance: ModuleInstance, office: Path) -> None:
    assert login(instance) == "allow"
    spoil(office)
    assert login(instance) == "deny"
    fill(office / "store/devices", [device(1)])
    assert login(instance) == "allow"


@pytest.mark.parametrize(("after", "verdict"), [(0.0, "allow"), (0.9, "allow"), (1.0, "deny"), (-0.1, "deny")])
def test_both_questions_of_a_login_have_one_answer(
    instance: ModuleInstance, office: Path, after: float, verdict: str
) -> None:
    assert instance.answer("mab", None, mab_request(), None, now=NOW).verdict == "allow"
    spoil(office)
    assert login(instance, now=NOW + after) == verdict
    assert login(instance, now=NOW + after) == "deny"


def test_a_stale_store_is_stale_for_a_running_server(instance: ModuleInstance) -> None:
    assert login(instance, now=NOW + 86_400) == "allow"
    assert login(instance, now=NOW + 86_401) == "deny"


def test_a_server_that_ends_writes_into_a_store_that_took_the_place(office: Path, logged: list[str]) -> None:
    """Neither a session that waits nor a quarantine goes into a file that is gone."""
    directory = office / "store/sessions"
    with closing(ModuleInstance(office / "settings.yaml", logged.append)) as instance:
        with closing(SessionStore(directory, create=False, timeout=1.0)) as store:
            change_quarantines(store, lambda _: [Quarantine((device(2),), "alice", int(NOW))])
            instance.answer("mab", None, mab_request(), [], now=NOW)
            store.query("BEGIN IMMEDIATE")
            assert instance.answer("login", None, mab_request(), [("Auth-Type", "Accept")], now=NOW).verdict == "allow"
        rmtree(directory)
    with closing(SessionStore(directory, create=False, timeout=1.0)) as store:
        assert [quarantine.device.name for quarantine in read_quarantines(store)] == ["LAPTOP-2"]
        assert store.get_including_ended(KEY) is not None


def test_a_server_that_ends_names_the_quarantines_that_it_can_t_write(office: Path, logged: list[str]) -> None:
    with closing(ModuleInstance(office / "settings.yaml", logged.append)) as instance:
        with closing(SessionStore(office / "store/sessions", create=False, timeout=1.0)) as store:
            change_quarantines(store, lambda _: [Quarantine((device(1),), "alice", int(NOW))])
        instance.answer("mab", None, mab_request(), [], now=NOW)
        rmtree(office / "store/sessions")
        (office / "store/sessions").touch()
    assert "quarantined, and perhaps no longer when the server starts again: LAPTOP-1: " in logged[-1]
