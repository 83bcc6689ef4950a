"""Every kind of request takes up what is new, and is counted: accounting and refusals of other modules, too."""

import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from radtune.server.instance import ModuleInstance
from radtune.server.state import DENYING_SECONDS, ServerState
from radtune.server.state_file import read_states
from radtune.stores.sessions import SessionStore
from unit.samples import MAC, NOW, accounting_request, fill, mab_request


@pytest.fixture
def logged() -> list[str]:
    return []


@pytest.fixture
def instance(office: Path, logged: list[str]) -> Iterator[ModuleInstance]:
    with closing(ModuleInstance(office / "settings.yaml", logged.append, logged.append)) as made:
        made.start(NOW)
        yield made


def state(office: Path) -> ServerState:
    (said,) = read_states(office / "store")
    assert said.state is not None
    return said.state


def test_accounting_takes_up_a_changed_policy(instance: ModuleInstance, office: Path) -> None:
    before = state(office).policy.fingerprint
    policy = office / "policy.yaml"
    policy.write_text(policy.read_text().replace("750", "751"))
    os.utime(policy, (NOW, NOW))
    instance.account(accounting_request("Start"), NOW + 60)
    assert state(office).policy.fingerprint not in ("", before)


@pytest.mark.parametrize("request_kind", ["login", "accounting"])
def test_a_session_store_that_was_replaced_is_told(
    instance: ModuleInstance, office: Path, logged: list[str], request_kind: str
) -> None:
    sessions = office / "store/sessions"
    shutil.rmtree(sessions)
    SessionStore(sessions, create=True, timeout=1.0).close()
    if request_kind == "login":
        instance.answer("login", [], mab_request(), [("Auth-Type", "Accept")], now=NOW + 60)
    else:
        instance.account(accounting_request("Start"), NOW + 60)
    assert [line for line in logged if f"{sessions}: replaced under the running server" in line]


def test_a_refusal_by_another_module_is_counted(instance: ModuleInstance, office: Path) -> None:
    bob = [(name, "bob" if name == "User-Name" else value) for name, value in mab_request()]
    instance.refused([], bob, [], now=NOW + 60)
    instance.stop(NOW + 61)
    logins = state(office).logins
    assert (logins.denied, logins.client, logins.denied_at) == (1, MAC, NOW + 60)


def test_a_denied_login_is_counted_for_its_client(instance: ModuleInstance, office: Path) -> None:
    stranger = [(name, "bob" if name == "User-Name" else value) for name, value in mab_request("00-16-3E-00-00-01")]
    instance.answer("login", [], stranger, [("Auth-Type", "PAP")], now=NOW + 60)
    instance.stop(NOW + 61)
    assert state(office).logins.client == "00163e000001"


def test_bugs_are_no_fault_of_one_client(instance: ModuleInstance, office: Path) -> None:
    instance.answer("login", [], mab_request(), [("Auth-Type", "Accept")], now=NOW)
    for later in (60, 60 + DENYING_SECONDS):
        instance.failed("post_auth", NOW + later)
    instance.stop(NOW + 900)
    assert state(office).logins.denies_everybody


@pytest.mark.parametrize(("synced_at", "sick"), [(NOW, False), (1.0, True)])
def test_whether_denied_strangers_are_a_fault_of_the_server(
    instance: ModuleInstance, office: Path, synced_at: float, sick: bool
) -> None:
    """One stranger may be denied for ever; while the store is stale nobody can be known."""
    fill(office / "store/devices", [], synced_at)
    instance.answer("login", [], mab_request(), [("Auth-Type", "Accept")], now=NOW)
    for later in (60, 60 + DENYING_SECONDS):
        instance.answer("login", [], mab_request("00-16-3E-00-00-01"), [("Auth-Type", "Accept")], now=NOW + later)
    instance.stop(NOW + 900)
    logins = state(office).logins
    assert logins.denies_everybody is (sick and logins.in_a_row > 1)


def test_what_was_decided_for_one_client_is_not_given_to_the_next(instance: ModuleInstance) -> None:
    assert instance.answer("mab", [], mab_request(), [("Auth-Type", "Accept")], now=NOW).verdict == "allow"
    stranger = mab_request("00-16-3E-00-00-01")
    assert instance.answer("login", [], stranger, [("Auth-Type", "Accept")], now=NOW).verdict == "deny"


def test_a_fault_of_the_device_store_ends_when_the_store_is_back(instance: ModuleInstance, office: Path) -> None:
    devices, aside = office / "store/devices", office / "store/aside"
    devices.rename(aside)
    instance.answer("login", [], mab_request(), [("Auth-Type", "Accept")], now=NOW + 1)
    assert [fault.what for fault in instance.faults.current()] == ["devices"]
    aside.rename(devices)
    instance.answer("login", [], mab_request(), [("Auth-Type", "Accept")], now=NOW + 2)
    assert instance.faults.current() == ()
