"""What an odd NAS, or a client with another's MAC or name, can't do to a session that isn't its own."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from radtune.policy.templates import AS_SENT, fields_of
from radtune.request.attributes import Attributes
from radtune.request.facts import read_facts
from radtune.server.instance import ModuleInstance
from radtune.stores.sessions import SessionStore
from radtune.stores.write_retry_queue import MOST_ACCOUNTED, MOST_ON_NAS
from unit.on_ports import CALLER, KEY, Pair, account, instance, live, login, port, session_id
from unit.samples import MAC, NOW, device, fill, tls_request

__all__ = ["instance", "live"]

Live = Callable[[], dict[str, str]]
MINUTE, DAY = 60, 1440


def written(office: Path) -> list[str]:
    """Return the rows of all sessions, even those that are over."""
    with closing(SessionStore(office / "store/sessions", create=True, timeout=1.0)) as store:
        return list(store.keys("session/"))


@pytest.mark.parametrize("accounts", [False, True])
@pytest.mark.parametrize("more", [(), (port(0),)])
def test_new_ids_without_a_port_fill_nothing(
    instance: ModuleInstance, live: Live, office: Path, more: tuple[Pair, ...], accounts: bool
) -> None:
    for number in range(3 * MOST_ON_NAS):
        login(instance, number * MINUTE, session_id(f"A{number}"), *more)
        if accounts:
            account(instance, "Start", number * MINUTE + 1, CALLER, session_id(f"A{number}"), *more)
    assert len(written(office)) == MOST_ON_NAS
    assert live() == {KEY: f"A{3 * MOST_ON_NAS - 1}"}


@pytest.mark.parametrize("updates", [False, True])
def test_logins_on_other_ports_do_not_hide_a_session_that_is_accounted_for(
    instance: ModuleInstance, live: Live, office: Path, updates: bool
) -> None:
    for number in range(1, 3 * MOST_ON_NAS):
        login(instance, number, port(number), session_id(f"A{number}"))
        if number == 1 or updates:
            account(instance, "Start", number, CALLER, port(number), session_id(f"A{number}"))
    assert f"{KEY}/1" in live()
    assert len(written(office)) == (3 * MOST_ON_NAS - 1 if updates else MOST_ON_NAS)


def test_logins_on_other_ports_do_not_hide_a_session_that_was_granted_something_else(
    instance: ModuleInstance, live: Live, office: Path
) -> None:
    login(instance, 0, port(1))
    fill(office / "store/devices", [device(1, compliance="noncompliant")])
    for number in range(2, 3 * MOST_ON_NAS):
        login(instance, number, port(number))
    assert f"{KEY}/1" in live()
    assert len(written(office)) == MOST_ON_NAS


def test_what_a_nas_accounts_for_has_an_end_too_and_the_log_is_told_once(
    instance: ModuleInstance, live: Live, office: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in range(1, MOST_ACCOUNTED + 9):
        login(instance, number, port(number), session_id(f"A{number}"))
        account(instance, "Start", number, CALLER, port(number), session_id(f"A{number}"))
    assert len(written(office)) == len(live()) == MOST_ACCOUNTED
    assert capsys.readouterr().out.count(f"the NAS 192.0.2.1 has logged {MAC} in on too many ports") == 1


@pytest.mark.parametrize("more", [(), (port(1),)])
def test_a_start_under_another_id_takes_no_session_over(
    instance: ModuleInstance, live: Live, more: tuple[Pair, ...]
) -> None:
    login(instance, 0, session_id("A1"), *more)
    account(instance, "Start", 1, CALLER, session_id("A1"))
    account(instance, "Start", 20, CALLER, session_id("X9"))
    account(instance, "Stop", 40, CALLER, session_id("X9"))
    assert list(live().values()) == ["A1"]


def test_a_start_on_the_port_of_the_session_is_about_it(instance: ModuleInstance, live: Live) -> None:
    login(instance, 0, session_id("A1"), port(1))
    account(instance, "Start", 1, CALLER, port(1), session_id("A1"))
    account(instance, "Start", 20, CALLER, port(1), session_id("A2"))
    assert live() == {f"{KEY}/1": "A2"}
    account(instance, "Stop", 40, CALLER, port(1), session_id("A2"))
    assert live() == {}


@pytest.mark.parametrize("status", ["Start", "Interim-Update", "Stop"])
def test_a_user_name_that_is_anothers_mac_is_not_about_its_session(
    instance: ModuleInstance, live: Live, status: str
) -> None:
    login(instance, 0, session_id("A1"))
    assert not account(instance, status, 20, ("User-Name", MAC), session_id("X9"))
    assert not account(instance, "Stop", 40, ("User-Name", MAC), session_id("X9"))
    assert live() == {KEY: "A1"}
    assert account(instance, "Stop", 60, ("User-Name", MAC), session_id("A1"))
    assert live() == {}


def test_a_stop_that_may_be_of_another_nas_is_not_the_last_word(instance: ModuleInstance, live: Live) -> None:
    other = [("NAS-IP-Address", "192.0.2.2")]
    login(instance, 0, session_id("1"))
    login(instance, 5, session_id("1"), nas=other)
    for at in (20, 30):
        assert account(instance, "Stop", at, CALLER, session_id("1"), nas=other)
    assert live() == {}, "the second one may be the first NAS's, sent from elsewhere"
    account(instance, "Interim-Update", 40, CALLER, session_id("1"))
    assert live() == {KEY: "1"}


@pytest.mark.parametrize("mac", ["00-00-00-00-00-00", "FF:FF:FF:FF:FF:FF", "0200.0000.0000"])
def test_clients_do_not_share_a_session_by_a_placeholder(
    instance: ModuleInstance, live: Live, office: Path, mac: str
) -> None:
    fill(office / "store/devices", [device(1), device(2)])
    for number in (1, 2):
        request = tls_request(("Common-Name", f"LAPTOP-{number}"), mac=mac)[1:]
        answer = instance.answer(
            "login", None, [("User-Name", f"host/LAPTOP-{number}"), *request], [], now=NOW + number
        )
        assert answer.verdict == "allow"
    assert sorted(live()) == [f"192.0.2.1/user host%2FLAPTOP-{number}/ge-0/0/7" for number in (1, 2)]
    for how in (AS_SENT, "AA-AA"):
        assert fields_of(read_facts(Attributes(request)), how)["mac"] == "", "it would name every client"
