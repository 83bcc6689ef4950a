"""Accounting packets that a NAS has tried to send for a while (RFC 2866 5.2), and those of other sessions."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from radtune.records.device_and_client import Facts, Session
from radtune.request.accounting import Accounting
from radtune.server.instance import ModuleInstance
from radtune.stores.sessions import SessionStore
from unit.samples import MAC, NAS, NOW, Pairs, accounting_request, mab_request

KEY = f"192.0.2.1/{MAC}/ge-0/0/7"
NEW = ("Acct-Session-Id", "NEW")


@pytest.fixture
def store(office: Path) -> Iterator[SessionStore]:
    with closing(SessionStore(office / "store/sessions", create=True, timeout=1.0)) as made:
        yield made


@pytest.fixture
def instance(office: Path) -> Iterator[ModuleInstance]:
    """Return a server that has let the client in at `NOW`, under the id NEW."""
    with closing(ModuleInstance(office / "settings.yaml", print)) as made:
        login(made, NOW)
        yield made


def login(instance: ModuleInstance, now: float, *more: tuple[str, str]) -> None:
    request = [*mab_request(), *(more or (NEW,))]
    assert instance.answer("login", None, request, [("Auth-Type", "Accept")], now=now).verdict == "allow"


def delayed(seconds: object, *more: tuple[str, str]) -> Pairs:
    return [("Acct-Delay-Time", str(seconds)), *more]


@pytest.mark.parametrize(
    ("delay", "ends"),
    [(0, True), (19, True), (20, False), (30, False), (86_400, False), (86_401, True), ("9" * 5000, True), ("x", True)],
)
def test_a_restart_counts_as_of_when_it_was_first_told(
    instance: ModuleInstance, store: SessionStore, delay: object, ends: bool
) -> None:
    assert instance.account([("Acct-Status-Type", "Accounting-On"), *NAS, *delayed(delay)], NOW + 20)
    assert (store.get(KEY) is None) is ends


@pytest.mark.parametrize(
    ("delay", "more", "ends"),
    [
        (15, (), False),
        (15, (NEW,), False),
        (15, (("Acct-Session-Time", "600"),), False),
        (14, (NEW,), True),
        (14, (("Acct-Session-Time", "600"),), False),
        (0, (NEW,), True),
        (86_401, (NEW,), True),
    ],
)
def test_a_stop_of_before_the_login_ends_nothing(
    instance: ModuleInstance, store: SessionStore, delay: int, more: tuple[tuple[str, str], ...], ends: bool
) -> None:
    assert instance.account(accounting_request("Stop", MAC, *delayed(delay, *more)), NOW + 14.5)
    assert (store.get_including_ended(KEY) is None) is ends


@pytest.mark.parametrize("more", [(), delayed(5), [("Acct-Session-Time", "0")], [("Acct-Session-Time", "600")]])
def test_a_stop_after_the_clock_was_set_back_ends_the_session(
    instance: ModuleInstance, store: SessionStore, more: tuple[tuple[str, str], ...]
) -> None:
    assert instance.account(accounting_request("Stop", MAC, NEW, *more), NOW - 3600)
    assert store.get_including_ended(KEY) is None


def stored(store: SessionStore) -> Session:
    session = store.get_including_ended(KEY)
    assert session is not None
    return session


def test_a_session_is_heard_of_when_the_packet_was_first_sent(instance: ModuleInstance, store: SessionStore) -> None:
    for now, delay, seen_at in ((60, 20, 40), (70, 0, 70), (80, 30, 70), (90, 86_000, 70), (95, 10, 85), (97, 1, 96)):
        instance.account(accounting_request("Interim-Update", MAC, NEW, *delayed(delay)), NOW + now)
        assert stored(store).seen_at == NOW + seen_at


def test_an_update_after_the_clock_was_set_back_is_heard_of(instance: ModuleInstance, store: SessionStore) -> None:
    instance.account(accounting_request("Interim-Update", MAC, NEW), NOW + 86_400)
    instance.account(accounting_request("Interim-Update", MAC, NEW), NOW + 60)
    assert stored(store).seen_at == NOW + 60


@pytest.mark.parametrize(
    ("status", "delay", "known"), [("Start", 7, "NEW"), ("Start", 6, "OLD"), ("Start", 0, "OLD"), ("Alive", 0, "NEW")]
)
def test_only_a_start_since_the_login_brings_another_id(
    instance: ModuleInstance, store: SessionStore, status: str, delay: int, known: str
) -> None:
    instance.account(accounting_request(status, MAC, ("Acct-Session-Id", "OLD"), *delayed(delay)), NOW + 5.5)
    assert stored(store).facts.acct_session_id == known


def test_a_session_under_another_id_than_that_of_the_login_is_kept_alive(
    instance: ModuleInstance, store: SessionStore
) -> None:
    """A NAS may go on under the id of its accounting, whatever id the last login had; the client is there."""
    store.put(replace(stored(store), over_at=NOW + 10))
    assert store.get(KEY) is None
    other = accounting_request("Interim-Update", MAC, ("Acct-Session-Id", "OLD"), ("NAS-Port", "9"))
    assert instance.account(other, NOW + 60)
    session = store.get(KEY)
    assert session is not None
    assert (session.seen_at, session.facts.acct_session_id, session.facts.nas_port) == (NOW + 60, "NEW", "")


@pytest.mark.parametrize("status", ["Start", "Interim-Update", "Alive"])
def test_a_session_whose_timeout_the_nas_ignores_stays(
    instance: ModuleInstance, store: SessionStore, status: str
) -> None:
    store.put(replace(stored(store), timeout=60))
    assert store.get(KEY) is None
    assert instance.account(accounting_request(status, MAC, NEW), NOW + 61)
    assert store.get(KEY) is not None


def test_the_longest_time_between_two_packets_of_a_session_is_kept(
    instance: ModuleInstance, store: SessionStore
) -> None:
    for now, interval in ((10, 0), (70, 60), (100, 60), (190, 90)):
        instance.account(accounting_request("Interim-Update", MAC, NEW), NOW + now)
        assert (stored(store).accounted_at, stored(store).interval) == (NOW + now, interval)
    instance.account(accounting_request("Interim-Update", MAC, ("Acct-Session-Id", "OLD")), NOW + 900)
    assert (stored(store).accounted_at, stored(store).interval) == (NOW + 190, 90), "of another session"


@pytest.mark.parametrize(
    ("status", "port", "accounted", "known", "named", "is_of"),
    [
        ("Start", "7", True, "A1", "B2", True),
        ("Start", "8", True, "A1", "B2", False),
        ("Start", "8", False, "A1", "B2", True),
        ("Start", "", True, "A1", "B2", False),
        ("Alive", "7", False, "A1", "B2", False),
        ("Alive", "8", True, "A1", "A1", True),
        ("Alive", "8", True, "A1", "", True),
        ("Alive", "8", True, "", "B2", True),
    ],
)
@pytest.mark.parametrize("at_port", [True, False])
def test_only_packets_of_the_session_bring_ids(  # what a packet and a session have
    at_port: bool, status: str, port: str, accounted: bool, known: str, named: str, is_of: bool
) -> None:
    session = Session(Facts(acct_session_id=known), "vlan 1", NOW, accounted_at=NOW if accounted else 0.0)
    session = replace(session, port="7" if at_port else "")
    is_of = is_of and (at_port or status == "Alive" or not accounted)
    facts = Facts(acct_session_id=named, nas_port=port, framed_ip="192.0.2.77")
    seen = Accounting(status, facts, NOW + 60, NOW + 60).seen(session)
    assert (seen.facts.framed_ip == "192.0.2.77", seen.seen_at) == (is_of, NOW + 60)


@pytest.mark.parametrize(
    ("at", "received", "late"), [(-0.5, 1, True), (0, 0, False), (0, 1, False), (-0.5, 0, True), (-2, -1, False)]
)
def test_a_stop_is_late_if_it_was_sent_before_the_login(at: float, received: float, late: bool) -> None:
    packet = Accounting("Stop", Facts(), NOW + at, NOW + received)
    assert packet.is_late_stop(Session(Facts(), "vlan 1", NOW)) is late


def test_a_stop_at_the_very_time_of_the_login_tells_by_its_session_time() -> None:
    for lasted, late in ((-1, False), (0, False), (1, False), (2, True)):
        assert Accounting("Stop", Facts(), NOW, NOW, lasted).is_late_stop(Session(Facts(), "vlan 1", NOW)) is late
