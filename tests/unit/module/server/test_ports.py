"""Sessions of one MAC on several ports of one NAS: each is one, and accounting finds each."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from radtune.server.instance import ModuleInstance
from radtune.stores.sessions import SessionStore
from radtune.stores.write_retry_queue import MOST_ON_NAS
from unit.on_ports import CALLER, KEY, WIRELESS, Pair, account, instance, live, login, port, port_id, session_id
from unit.samples import MAC, NOW, Pairs, device, fill

__all__ = ["instance", "live"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((port(1),), (port(2),)),
        ((port_id("ge-0/0/1"),), (port_id("ge-0/0/2"),)),
        ((port(1), session_id("A1")), (port(2), session_id("A2"))),
        ((port(1), session_id("A1")), (port(2), session_id("A1"))),
        ((port(1), port_id("1/1")), (port(1), port_id("2/1"))),
    ],
)
def test_two_ports_are_two_sessions(
    instance: ModuleInstance, live: Callable[[], dict[str, str]], first: tuple[Pair, ...], second: tuple[Pair, ...]
) -> None:
    login(instance, 0, *first)
    login(instance, 10, *second)
    assert len(live()) == 2
    assert account(instance, "Interim-Update", 20, CALLER, *first)
    assert account(instance, "Stop", 30, CALLER, *second)
    assert len(live()) == 1
    assert account(instance, "Stop", 40, CALLER, *first)
    assert live() == {}


def test_a_login_on_the_same_port_replaces_the_session(
    instance: ModuleInstance, live: Callable[[], dict[str, str]]
) -> None:
    for number in range(5):
        login(instance, number, port(7), session_id(f"A{number}"))
    assert live() == {f"{KEY}/7": "A4"}


def test_a_client_on_the_air_has_one_session_on_a_controller(
    instance: ModuleInstance, live: Callable[[], dict[str, str]]
) -> None:
    for number in range(5):
        login(instance, number, port(number), session_id(f"A{number}"), WIRELESS)
    assert live() == {KEY: "A4"}
    assert account(instance, "Interim-Update", 10, CALLER, port(99), session_id("A4"), WIRELESS)


def test_a_port_that_is_called_like_a_superseded_session_is_a_port(
    instance: ModuleInstance, live: Callable[[], dict[str, str]]
) -> None:
    for at, name in enumerate(("1", "#A1", "x/#A1", "#A1")):
        assert login(instance, at, port_id(name), session_id("A1")) == "allow"
    assert live() == dict.fromkeys((f"{KEY}/1", f"{KEY}/#A1", f"{KEY}/x/#A1"), "A1")


@pytest.mark.parametrize("more", [(), (port(0),)])
def test_without_a_port_another_id_may_be_another_session_once_the_nas_accounts_for_both(
    instance: ModuleInstance, live: Callable[[], dict[str, str]], more: tuple[Pair, ...]
) -> None:
    login(instance, 0, session_id("A1"), *more)
    login(instance, 10, session_id("A2"), *more)
    assert live() == {KEY: "A2"}
    account(instance, "Interim-Update", 20, CALLER, session_id("A1"), *more)
    assert live() == {KEY: "A2"}, "the NAS may go on under the old id"
    account(instance, "Start", 30, CALLER, session_id("A2"), *more)
    account(instance, "Interim-Update", 40, CALLER, session_id("A1"), *more)
    assert live() == {KEY: "A2", f"{KEY}/#A1": "A1"}
    account(instance, "Stop", 50, CALLER, session_id("A1"), *more)
    assert live() == {KEY: "A2"}
    account(instance, "Stop", 50, CALLER, session_id("A2"), *more)
    assert live() == {}


def test_ids_that_only_accounting_tells_find_the_port(
    instance: ModuleInstance, live: Callable[[], dict[str, str]]
) -> None:
    login(instance, 0, port(1))
    login(instance, 0, port(2))
    account(instance, "Start", 1, CALLER, port(1), session_id("A1"))
    account(instance, "Start", 1, CALLER, port(2), session_id("A2"))
    account(instance, "Stop", 60, CALLER, session_id("A1"))
    assert live() == {f"{KEY}/2": "A2"}
    account(instance, "Stop", 60, CALLER, session_id("A9"))
    assert live() == {f"{KEY}/2": "A2"}, "nobody knows that id"


def test_a_phone_and_a_computer_on_one_port_are_two_sessions(
    instance: ModuleInstance, live: Callable[[], dict[str, str]], office: Path
) -> None:
    other = "0016cbaabb02"
    fill(office / "store/devices", [device(1), device(2)])
    login(instance, 0, port(7))
    login(instance, 0, port(7), mac=other)
    assert sorted(live()) == [f"{KEY}/7", f"192.0.2.1/{other}/7"]
    account(instance, "Stop", 60, ("Calling-Station-Id", other), port(7))
    assert sorted(live()) == [f"{KEY}/7"]


def test_a_nas_that_tells_another_port_each_time_fills_nothing(
    instance: ModuleInstance, live: Callable[[], dict[str, str]]
) -> None:
    for number in range(1, 50):
        login(instance, number, port(number))
    found = live()
    assert len(found) == MOST_ON_NAS
    assert f"{KEY}/49" in found


def test_a_refusal_is_noted_at_its_port(
    instance: ModuleInstance, live: Callable[[], dict[str, str]], office: Path
) -> None:
    login(instance, 0, port(1))
    login(instance, 0, port(2))
    fill(office / "store/devices", [device(1, compliance="error")])
    assert login(instance, 60, port(2)) == "deny"
    with closing(SessionStore(office / "store/sessions", create=True, timeout=1.0)) as store:
        assert {each.key: each.denied_at for each in store.sessions()} == {f"{KEY}/1": 0.0, f"{KEY}/2": NOW + 60}


AT_SOURCE: Pairs = [("NAS-IP-Address", "203.0.113.9")]
"""What the server adds to accounting that names no address and comes from elsewhere."""
SWITCH = ("NAS-Identifier", "sw1")


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ((CALLER, session_id("A1"), SWITCH), True),
        ((CALLER, session_id("A1")), True),
        ((session_id("A1"), SWITCH), True),
        ((session_id("A1"), SWITCH, ("User-Name", MAC)), True),
        ((session_id("A1"), SWITCH, ("User-Name", MAC.upper())), True),
        ((session_id("A1"), SWITCH, ("User-Name", "0016cbaabb02")), False),
        ((session_id("A1"), SWITCH, ("Calling-Station-Id", "0016cbaabb02")), False),
        ((session_id("A1"), ("NAS-Identifier", "sw2")), False),
        ((CALLER, session_id("A1"), ("NAS-Identifier", "sw2")), False),
        ((session_id("A1"),), False),
        ((CALLER, session_id("A2"), SWITCH), False),
        ((CALLER, SWITCH), False),
        ((CALLER, session_id("A1"), SWITCH, port(8)), False),
    ],
)
def test_accounting_from_another_address_finds_the_session_that_it_names(
    instance: ModuleInstance, live: Callable[[], dict[str, str]], more: tuple[Pair, ...], found: bool
) -> None:
    login(instance, 0, SWITCH, port(7), session_id("A1"))
    assert account(instance, "Interim-Update", 30, *more, nas=AT_SOURCE) is found
    assert account(instance, "Stop", 60, *more, nas=AT_SOURCE) is found
    assert len(live()) == (0 if found else 1)


def test_an_id_that_several_nases_have_ends_no_session_of_another(
    instance: ModuleInstance, live: Callable[[], dict[str, str]]
) -> None:
    for number in (1, 2, 3):
        login(instance, 0, session_id("A1"), SWITCH, nas=[("NAS-IP-Address", f"192.0.2.{number}")])
    assert not account(instance, "Stop", 60, session_id("A1"), SWITCH, nas=AT_SOURCE)
    assert len(live()) == 3
    assert account(instance, "Stop", 60, session_id("A1"), SWITCH, CALLER, nas=[("NAS-IP-Address", "192.0.2.2")])
    assert sorted(live()) == [KEY, f"192.0.2.3/{MAC}"]


@pytest.mark.parametrize("more", [(), (session_id("A1"),)])
def test_a_user_name_that_is_the_mac_names_the_client(
    instance: ModuleInstance, live: Callable[[], dict[str, str]], more: tuple[Pair, ...]
) -> None:
    login(instance, 0, *more)
    assert account(instance, "Stop", 60, ("User-Name", "00-16-CB-AA-BB-01"), *more)
    assert live() == {}


def test_a_user_name_that_another_client_has_chosen_names_nobody(
    instance: ModuleInstance, live: Callable[[], dict[str, str]], office: Path
) -> None:
    login(instance, 0, session_id("A1"))
    with closing(SessionStore(office / "store/sessions", create=True, timeout=1.0)) as store:
        (made,) = store.sessions()
        store.put(replace(made, facts=replace(made.facts, nas_user_name="host/LAPTOP-1")))
    assert not account(instance, "Stop", 60, ("User-Name", MAC))
    assert len(live()) == 1


@pytest.mark.parametrize(
    "claimed",
    ["127.0.0.1", "0.0.0.0", "169.254.7.7", "224.0.0.1", "255.255.255.255", "::1", "::ffff:127.0.0.1"],  # noqa: S104
)
def test_nases_that_say_what_cannot_be_do_not_share_sessions(
    instance: ModuleInstance, live: Callable[[], dict[str, str]], capsys: pytest.CaptureFixture[str], claimed: str
) -> None:
    for source in ("203.0.113.1", "203.0.113.2"):
        login(instance, 0, nas=[("NAS-IP-Address", claimed), ("Radtune-Source", source)])
    for name in ("ap-1", "ap-2"):
        login(
            instance,
            0,
            nas=[("NAS-IP-Address", "127.0.0.1"), ("NAS-Identifier", name), ("Radtune-Source", "127.0.0.1")],
        )
    assert sorted(live()) == [
        *(f"127.0.0.1 ap-{number}/{MAC}" for number in (1, 2)),
        *(f"203.0.113.{number}/{MAC}" for number in (1, 2)),
    ]
    said = f"the NAS 203.0.113.1 says that its address is {claimed}, which can't be"
    login(instance, 10, nas=[("NAS-IP-Address", claimed), ("Radtune-Source", "203.0.113.1")])
    assert capsys.readouterr().out.count(said) == 1
    first = [("NAS-IP-Address", claimed), ("Radtune-Source", "203.0.113.1")]
    assert account(instance, "Stop", 60, CALLER, nas=first)
    assert len(live()) == 3
