"""What `radtune sync` does besides: a monitor's URL, and Ethernet MACs."""

from contextlib import closing
from pathlib import Path

import pytest

from radtune.errors import ExitCode
from radtune.stores.devices import DeviceStore
from unit.clock import Clock
from unit.cloud import PING, Cloud
from unit.running import Run
from unit.samples import TENANT, guid
from unit.syncing import OTHER, managed

BUSY = (404, {"error": {"code": "x", "message": "busy"}})


@pytest.fixture
def cloud(office: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Cloud:
    """Return two tenants of one device each, a monitor, and Ethernet MACs of the first tenant."""
    assert clock.now
    made = Cloud(office, monkeypatch)
    made.write(f"sync: {{ping: {PING}}}\n", {TENANT: {"ethernet_macs": True}})
    made.fleets = {TENANT: [managed(1)], OTHER: [managed(2)]}
    return made


def test_the_monitor_s_url_is_asked_for_after_a_whole_sync(run: Run, cloud: Cloud) -> None:
    assert run("sync").code == 0
    assert cloud.asked(PING) == [PING]
    cloud.instead[OTHER] = BUSY
    assert run("sync").code == ExitCode.TEMPORARY
    assert cloud.asked(PING) == [f"{PING}/fail"]


@pytest.mark.parametrize("option", ["--dry-run", "--check", "--changes"])
def test_and_after_no_other(run: Run, cloud: Cloud, option: str) -> None:
    run("sync")
    cloud.asked()
    run("sync", option)
    assert cloud.asked(PING) == []


def test_a_monitor_that_does_not_answer_is_told_of_without_its_secret(run: Run, cloud: Cloud) -> None:
    cloud.ping = (404, b"")
    ran = run("-q", "sync")
    assert (ran.code, ran.err) == (0, "radtune: https://ping.example (sync.ping) answered 404\n")


@pytest.mark.parametrize("option", [[], ["--changes"]])
def test_ethernet_macs_are_asked_for_at_each_sync(run: Run, cloud: Cloud, option: list[str]) -> None:
    answer = {"id": guid(1), "status": 200, "body": {"id": guid(1), "ethernetMacAddress": "0016CBEE0001"}}
    cloud.batch = (200, {"responses": [answer]})
    assert run("sync", *option).code == 0
    with closing(DeviceStore(cloud.office / "store/devices", create=False, timeout=1.0)) as store:
        assert [device.ethernet_mac for device in store.devices()] == ["0016cbee0001", ""]
    assert len([url for url in cloud.asked() if url.endswith("$batch")]) == 1
    assert run("sync").code == 0
    assert not [url for url in cloud.asked() if url.endswith("$batch")]


def test_ethernet_macs_that_can_t_be_had_make_no_sync_fail(run: Run, cloud: Cloud) -> None:
    cloud.batch = BUSY
    ran = run("-q", "sync")
    assert ran.code == 0
    assert ran.err.startswith(f"radtune: {TENANT}: the Ethernet MACs could not be asked for: ")
    with closing(DeviceStore(cloud.office / "store/devices", create=False, timeout=1.0)) as store:
        assert store.sync_state(TENANT).failures == 0
        assert len(list(store.devices())) == 2


def test_a_dry_run_asks_for_none(run: Run, cloud: Cloud) -> None:
    run("sync", "--dry-run")
    assert not [url for url in cloud.asked() if url.endswith("$batch")]
