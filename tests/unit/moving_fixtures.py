"""What tests of moves start from; conftest.py makes it known."""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from radtune.config.settings import read_settings
from radtune.stores import sessions as session_store
from radtune_tools.enforce import move_sender, nas_requests
from radtune_tools.enforce import reconcile as reconcile_module
from radtune_tools.enforce.reconcile import Reconcile
from unit.moving import ENTRIES, OLD, Network, session, set_compliance, slept
from unit.samples import SETTINGS, device, fill, guid
from unit.serving import serving


@pytest.fixture
def network(office: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Network]:
    """Return NASes that answer as they are told, for the sessions of `office`."""
    (office / "settings.yaml").write_text(SETTINGS + ENTRIES)
    made = Network(office)
    clock = SimpleNamespace(
        time=lambda: made.now, monotonic=lambda: made.now, sleep=lambda seconds: slept(made, seconds)
    )
    for room in (reconcile_module, move_sender, session_store):
        monkeypatch.setattr(room, "time", clock)
    monkeypatch.setattr(nas_requests, "send", made.send)
    for name in ("coa-1", "coa-2"):
        (office / name).write_text("s3cret\n")
        (office / name).chmod(0o600)
    with closing(made.store), serving(office):
        yield made


@pytest.fixture
def reconcile(network: Network) -> Iterator[Reconcile]:
    """Return a run over the sessions of `network`."""
    with Reconcile(read_settings(network.office / "settings.yaml")) as made:
        yield made


@pytest.fixture
def one_to_move(network: Network) -> Network:
    """Return NASes for which the session of LAPTOP-1 has to move to VLAN 1."""
    network.store.put(session())
    set_compliance(network, 1)
    return network


@pytest.fixture
def two_to_move(network: Network) -> Network:
    """Return NASes for which two sessions on two NASes have to move to VLAN 1."""
    for made in (session(1), session(2, "192.0.2.2")):
        network.store.put(made)
    set_compliance(network, 1, 2)
    return network


@pytest.fixture
def two_live(network: Network, monkeypatch: pytest.MonkeyPatch) -> Network:
    """Return NASes that obey, and whose devices log in again: LAPTOP-1 and LAPTOP-2, live in VLAN 750.

    LAPTOP-1 has an older record, too. Two other devices have one name.
    """
    monkeypatch.setenv("SUDO_USER", "alice")
    network.now = time.time()
    devices = [device(1), device(2), OLD, device(4, name="TWIN"), device(5, name="TWIN")]
    fill(network.office / "store/devices", devices, network.now)
    for number in (1, 2):
        network.store.put(replace(session(number), device_id=guid(number)))
    network.sleeping = network.log_in_moved
    return network
