"""Client events of the server beside logins, and what happens if none can be written."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from shutil import rmtree

import pytest

from parts.client_event import checked_event
from parts.event_lines import newest_events
from radtune.config.policy_watch import LOOK_SECONDS
from radtune.server.instance import ModuleInstance
from radtune.stores.sessions import SessionStore
from unit.samples import MAC, NOW, POLICY, Pairs, device, fill, guid, mab_request, tls_request

CONFLICTS = POLICY.replace(
    "rules:", "  two: {identity_conflict: true}\nrules:\n  - {name: Two, match: [two], policy: deny}"
)


@pytest.fixture
def instance(office: Path) -> Iterator[ModuleInstance]:
    with closing(ModuleInstance(office / "settings.yaml", lambda _: None)) as made:
        yield made


def login(instance: ModuleInstance, request: Pairs | None = None, now: float = NOW) -> str:
    return instance.answer("login", None, request or mab_request(), [("Auth-Type", "Accept")], now=now).verdict


def kinds(office: Path) -> list[str]:
    """Return the kinds of the events, oldest first; each has to be as the schema says."""
    return [checked_event(line)["event"] for line in (office / "events.jsonl").read_text().splitlines()]


def test_a_login_that_shows_two_devices_is_an_event_of_its_own(office: Path) -> None:
    (office / "policy.yaml").write_text(CONFLICTS)
    fill(office / "store/devices", [device(1), device(2, macs=("0016cbaabb99",))])
    with closing(ModuleInstance(office / "settings.yaml", lambda _: None)) as instance:
        login(instance, tls_request(("Subject-Alt-Name-Dns", guid(1)), mac=MAC))
        login(instance, tls_request(("Subject-Alt-Name-Dns", guid(1)), mac="00-16-CB-AA-BB-99"))
    assert kinds(office) == ["login_allowed", "login_denied", "identity_conflict"]
    event = next(newest_events(office / "events.jsonl"))
    assert (event["mac"], event["device"], event["outcome"]) == ("0016cbaabb99", "LAPTOP-1", "deny")
    assert event["reason"].endswith(f" by its device_id, and its MAC 0016cbaabb99 belongs to LAPTOP-2 ({guid(2)})")


def test_a_changed_policy_is_one_event_for_each_change(instance: ModuleInstance, office: Path) -> None:
    file, now = office / "policy.yaml", NOW
    for text in (POLICY.replace("vlan: 750", "vlan: 0"), POLICY.replace("vlan: 750", "vlan: 760")):
        file.write_text(text)
        os.utime(file, (NOW - 100, NOW - 100))
        for _ in range(5):
            now += LOOK_SECONDS
            instance.account(mab_request(), now)
    assert kinds(office) == ["policy_refused", "policy_loaded"]
    loaded, refused = newest_events(office / "events.jsonl")
    assert (loaded["file"], loaded["rules"], refused["rules"]) == (str(file), 2, 2)
    assert "labels.corp-vlan.vlan" in refused["reason"]


def test_a_store_that_was_replaced_is_one_event(instance: ModuleInstance, office: Path) -> None:
    login(instance)
    for store in ("devices", "sessions"):
        rmtree(office / "store" / store)
    fill(office / "store/devices", [device(1)])
    SessionStore(office / "store/sessions", create=True, timeout=1.0).close()
    for _ in range(3):
        login(instance)
    found = [event for event in newest_events(office / "events.jsonl") if event["event"] == "store_replaced"]
    assert sorted(event["store"] for event in found) == ["devices", "sessions"]
    assert found[0]["file"] == str(office / "store" / found[0]["store"])


def test_no_answer_depends_on_an_event(office: Path) -> None:
    """Neither of a login, nor of a policy, nor of a store."""
    logged: list[str] = []
    (office / "policy.yaml").write_text(CONFLICTS)
    with closing(ModuleInstance(office / "settings.yaml", logged.append)) as instance:
        (office / "events.jsonl").unlink()
        (office / "events.jsonl").mkdir()
        rmtree(office / "store/devices")
        fill(office / "store/devices", [device(1), device(2, macs=("0016cbaabb99",))])
        (office / "policy.yaml").write_text(POLICY.replace("vlan: 750", "vlan: 0"))
        os.utime(office / "policy.yaml", (NOW - 100, NOW - 100))
        assert login(instance, now=NOW + LOOK_SECONDS) == "allow"
        request = tls_request(("Subject-Alt-Name-Dns", guid(1)), mac="00-16-CB-AA-BB-99")
        assert login(instance, request, NOW + 2 * LOOK_SECONDS) == "deny"
    assert len([line for line in logged if "client events are lost" in line]) == 1
