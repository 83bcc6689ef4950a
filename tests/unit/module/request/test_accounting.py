"""What accounting makes of the sessions of a running server."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from radtune.records.device_and_client import Session
from radtune.request.accounting import LATE_STOP_SECONDS
from radtune.server.instance import ModuleInstance
from radtune.stores.sessions import SessionStore
from unit.samples import MAC, NAS, NOW, Pairs, accounting_request, mab_request

KEY = f"192.0.2.1/{MAC}/ge-0/0/7"
Stored = Callable[[], Session | None]


@pytest.fixture
def instance(office: Path) -> Iterator[ModuleInstance]:
    with closing(ModuleInstance(office / "settings.yaml", print)) as made:
        yield made


@pytest.fixture
def stored(office: Path) -> Iterator[Stored]:
    """Return what reads the session of `KEY`, as another process would."""
    with closing(SessionStore(office / "store/sessions", create=True, timeout=1.0)) as store:
        yield lambda: store.get(KEY)


def login(instance: ModuleInstance, request: Pairs | None = None, now: float = NOW) -> str:
    return instance.answer("login", None, request or mab_request(), [("Auth-Type", "Accept")], now=now).verdict


def test_accounting_keeps_the_session_alive_and_adds_what_it_says(instance: ModuleInstance, stored: Stored) -> None:
    login(instance)
    start = accounting_request(
        "Start", MAC, ("Acct-Session-Id", "S9"), ("Acct-Multi-Session-Id", "M9"), ("NAS-Port", "7")
    )
    assert instance.account(start, NOW + 5)
    assert instance.account(accounting_request("Interim-Update"), NOW + 9)
    session = stored()
    assert session is not None
    assert (session.seen_at, session.granted_at, session.granted) == (NOW + 9, NOW, "vlan 750")
    assert (session.facts.acct_session_id, session.facts.acct_multi_session_id) == ("S9", "M9")
    assert (session.facts.nas_port, session.facts.nas_port_id) == ("7", "ge-0/0/7")
    assert session.facts.user_name == MAC


def test_an_update_that_leaves_something_out_takes_nothing_away(instance: ModuleInstance, stored: Stored) -> None:
    more = [("Acct-Session-Id", "S1"), ("Acct-Multi-Session-Id", "M1"), ("Cisco-AVPair", "audit-session-id=C0A8")]
    login(instance, [*mab_request(), *more, ("NAS-Port", "7"), ("Framed-IP-Address", "192.0.2.77")])
    before = stored()
    update = [("Acct-Status-Type", "Interim-Update"), ("Calling-Station-Id", MAC), ("Acct-Session-Id", "S1"), *NAS[:1]]
    assert instance.account(update, NOW + 60)
    after = stored()
    assert before is not None and after is not None
    assert (after.facts, after.seen_at) == (before.facts, NOW + 60)
    assert after.facts.nas_user_name == MAC


def test_a_stop_ends_the_session(instance: ModuleInstance, stored: Stored) -> None:
    login(instance, [*mab_request(), ("Acct-Session-Id", "S1")])
    assert instance.account(accounting_request("Stop", MAC, ("Acct-Session-Id", "S1")), NOW + 60)
    assert stored() is None
    assert not instance.account(accounting_request("Stop", MAC, ("Acct-Session-Id", "S1")), NOW + 61)


def test_a_stop_in_another_notation_of_the_mac_ends_it_too(instance: ModuleInstance, stored: Stored) -> None:
    login(instance)
    assert instance.account(accounting_request("Stop", "00-16-CB-AA-BB-01"), NOW + 60)
    assert stored() is None


@pytest.mark.parametrize(
    ("stop", "after", "ends"),
    [
        ((("Acct-Session-Id", "OLD"),), 60.0, False),
        ((("Acct-Session-Id", "NEW"),), 60.0, True),
        ((), 60.0, True),
        ((), 1.0, True),
        ((("Acct-Session-Time", "3600"),), 1.0, False),
        ((("Acct-Session-Id", "NEW"), ("Acct-Session-Time", "3600")), 1.0, False),
        ((("Acct-Session-Id", "NEW"), ("Acct-Session-Time", "2")), 1.0, True),
        ((("Acct-Session-Id", "NEW"), ("Acct-Session-Time", "3")), 1.0, False),
        ((("Acct-Session-Time", "4294967295"),), 1.0, False),
        ((("Acct-Session-Time", "42949672950"),), 1.0, True),
        ((("Acct-Session-Time", "3600"),), LATE_STOP_SECONDS, True),
        ((("Acct-Session-Time", "x"),), 1.0, True),
    ],
)
def test_a_stop_of_the_session_before_ends_nothing(
    instance: ModuleInstance, stored: Stored, stop: tuple[tuple[str, str], ...], after: float, ends: bool
) -> None:
    """After a CoA the Stop of the old session may arrive behind the new login."""
    login(instance, [*mab_request(), ("Acct-Session-Id", "NEW")])
    assert instance.account(accounting_request("Stop", MAC, *stop), NOW + after)
    assert (stored() is None) == ends


@pytest.mark.parametrize("status", ["Tunnel-Start", "Failed", ""])
def test_other_accounting_changes_nothing(instance: ModuleInstance, stored: Stored, status: str) -> None:
    login(instance)
    instance.account(accounting_request(status), NOW + 60)
    session = stored()
    assert session is not None
    assert session.seen_at == NOW


@pytest.mark.parametrize("status", ["Accounting-On", "Accounting-Off"])
def test_a_restart_ends_all_sessions_of_the_nas(instance: ModuleInstance, stored: Stored, status: str) -> None:
    login(instance)
    packet = [("Acct-Status-Type", status), *NAS]
    assert instance.account([("NAS-IP-Address", "192.0.2.2"), *packet[:1]], NOW + 5)
    assert instance.account([*packet, ("Called-Station-Id", "02-00-00-00-01-00:Corp")], NOW + 5)
    assert stored() is not None, "another NAS, another BSS"
    assert instance.account(packet, NOW + 5)
    assert stored() is None
    assert instance.account(accounting_request("Interim-Update"), NOW + 6)
    assert stored() is not None, "the NAS has kept it"


def test_a_restart_of_nobody_ends_nothing(instance: ModuleInstance, stored: Stored) -> None:
    login(instance)
    assert not instance.account([("Acct-Status-Type", "Accounting-Off")], NOW + 5)
    assert stored() is not None


def test_an_update_brings_the_ids_that_the_login_lacked(instance: ModuleInstance, stored: Stored) -> None:
    login(instance)
    ids = [("Acct-Session-Id", "S1"), ("Acct-Multi-Session-Id", "M1"), ("Cisco-AVPair", "audit-session-id=C0A8")]
    assert instance.account(accounting_request("Interim-Update", MAC, *ids), NOW + 5)
    session = stored()
    assert session is not None
    facts = session.facts
    assert (facts.acct_session_id, facts.acct_multi_session_id, facts.audit_session_id) == ("S1", "M1", "C0A8")
    assert instance.account(accounting_request("Interim-Update", MAC, ("Acct-Session-Id", "S0")), NOW + 6)
    assert instance.account(accounting_request("Stop", MAC, ("Acct-Session-Id", "S0")), NOW + 60)
    session = stored()
    assert session is not None, "that was about an earlier session"
    assert session.facts.acct_session_id == "S1"
    assert session.seen_at == NOW + 6, "whatever the NAS calls it, the client is there"


def test_a_client_on_two_nases_has_two_sessions(instance: ModuleInstance, office: Path) -> None:
    """It roams, or it is on the wire and on the air; each ends by itself."""
    elsewhere = [("NAS-IP-Address", "192.0.2.2"), *mab_request()[:3]]
    login(instance)
    login(instance, elsewhere, NOW + 5)
    with closing(SessionStore(office / "store/sessions", create=True, timeout=1.0)) as store:
        assert {found.key for found in store.sessions()} == {KEY, f"192.0.2.2/{MAC}"}
        assert instance.account(accounting_request("Stop"), NOW + 60)
        assert {found.key for found in store.sessions()} == {f"192.0.2.2/{MAC}"}


def test_accounting_of_another_nas_or_client_is_another_session(instance: ModuleInstance, stored: Stored) -> None:
    login(instance)
    assert not instance.account(accounting_request("Stop", "0016cbaabb02"), NOW)
    elsewhere = [("NAS-IP-Address", "192.0.2.2"), *accounting_request("Stop")]
    assert not instance.account(elsewhere, NOW)
    assert stored() is not None
