"""Quarantined devices in a running server, which isn't restarted for them."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from shutil import rmtree

import pytest

from parts.event_lines import newest_events
from radtune.errors import StoreError
from radtune.policy.quarantines import Quarantine
from radtune.server.instance import ModuleInstance
from radtune.stores.quarantines import change_quarantines
from radtune.stores.sessions import SessionStore
from unit.samples import NOW, POLICY, Pairs, device, mab_request, tls_request

OPEN = POLICY.replace("default: deny", "default: {policy: allow, assign: [corp-vlan]}")
LAST_KNOWN = f"{POLICY}on_failure:\n  unavailable: {{last_known: 8h}}\n"
BY_ALICE = Quarantine((device(1),), "alice", int(NOW), int(NOW) + 3600, "lost")


@pytest.fixture
def logged() -> list[str]:
    return []


@pytest.fixture
def sessions(office: Path) -> Iterator[SessionStore]:
    with closing(SessionStore(office / "store/sessions", create=True, timeout=1.0)) as store:
        yield store


@pytest.fixture
def instance(office: Path, logged: list[str], request: pytest.FixtureRequest) -> Iterator[ModuleInstance]:
    (office / "policy.yaml").write_text(getattr(request, "param", POLICY))
    with closing(ModuleInstance(office / "settings.yaml", logged.append)) as made:
        yield made


def login(instance: ModuleInstance, request: Pairs | None = None, after: float = 0.0) -> str:
    config = [("Auth-Type", "Accept")] if request is None else []
    given = instance.answer("login", None, request or mab_request(), config, now=NOW + after)
    return dict(given.reply).get("Tunnel-Private-Group-Id:0", given.verdict)


def test_the_next_login_counts(instance: ModuleInstance, sessions: SessionStore, office: Path) -> None:
    assert login(instance) == "750"
    change_quarantines(sessions, lambda _: [BY_ALICE])
    assert login(instance) == "1"
    event = next(newest_events(office / "events.jsonl"))
    assert (event["compliance"], event["rule"]) == ("noncompliant", "Quarantine")
    assert str(event["reason"]).startswith(f"{BY_ALICE}; ")
    session = sessions.get(f"192.0.2.1/{device(1).macs[0]}/ge-0/0/7")
    assert session is not None
    assert session.compliance == "noncompliant"
    assert login(instance, after=3600) == "750", "its time is over"
    change_quarantines(sessions, lambda _: [])
    assert login(instance) == "750"


@pytest.mark.parametrize("instance", [OPEN], indirect=True)
def test_without_the_device_store_it_goes_by_what_is_known_of_the_quarantined(
    instance: ModuleInstance, sessions: SessionStore, office: Path
) -> None:
    change_quarantines(sessions, lambda _: [BY_ALICE])
    rmtree(office / "store/devices")
    assert login(instance) == "1"
    assert login(instance, tls_request(("Common-Name", "LAPTOP-1"))) == "1"
    assert login(instance, mab_request("0016cbaabb02")) == "750"


@pytest.mark.parametrize("instance", [LAST_KNOWN], indirect=True)
def test_what_was_last_known_is_no_way_out(instance: ModuleInstance, sessions: SessionStore, office: Path) -> None:
    request = tls_request(("Common-Name", "LAPTOP-1"))
    assert login(instance, request) == "750"
    rmtree(office / "store/devices")
    assert login(instance, request) == "750"
    change_quarantines(sessions, lambda _: [BY_ALICE])
    assert login(instance, request) == "1"


def test_where_they_can_t_be_read_those_read_last_count(
    instance: ModuleInstance, sessions: SessionStore, logged: list[str]
) -> None:
    change_quarantines(sessions, lambda _: [BY_ALICE])
    assert login(instance) == "1"
    sessions.write("quarantines", "[]]")
    sessions.write("quarantines_version", "new")
    assert login(instance) == "1"
    assert logged[0].startswith("quarantines can't be read, those read last count: ")


def test_they_are_read_at_the_start(office: Path, sessions: SessionStore, logged: list[str]) -> None:
    change_quarantines(sessions, lambda _: [BY_ALICE])
    with closing(ModuleInstance(office / "settings.yaml", logged.append)) as instance:
        sessions.write("quarantines_version", "new")
        sessions.write("quarantines", "damage")
        assert login(instance) == "1"
    with pytest.raises(StoreError, match="quarantines"):
        ModuleInstance(office / "settings.yaml", logged.append)
