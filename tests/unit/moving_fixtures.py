"""What tests of moves start from; conftest.py makes it known."""

from collections.abc import Collection, Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from radtune.config.settings import Settings, read_settings
from radtune.stores import sessions as session_store
from radtune_tools.commands import quarantine as quarantine_command
from radtune_tools.enforce import dispatch
from radtune_tools.enforce import reconcile as reconcile_module
from radtune_tools.enforce import sender as sender_module
from radtune_tools.enforce.reconcile import Reconcile
from radtune_tools.output import Output
from unit.moving import ENTRIES, World, session, slept, turn
from unit.samples import SETTINGS
from unit.serving import serving


@pytest.fixture
def world(office: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Return NASes that answer as they are told, for the sessions of `office`."""
    (office / "settings.yaml").write_text(SETTINGS + ENTRIES)
    made = World(office)
    clock = SimpleNamespace(
        time=lambda: made.now, monotonic=lambda: made.now, sleep=lambda seconds: slept(made, seconds)
    )
    for room in (reconcile_module, sender_module, session_store):
        monkeypatch.setattr(room, "time", clock)
    monkeypatch.setattr(dispatch, "send", made.send)
    for name in ("coa-1", "coa-2"):
        (office / name).write_text("s3cret\n")
        (office / name).chmod(0o600)
    with closing(made.store), serving(office):
        yield made


@pytest.fixture
def reconcile(world: World) -> Iterator[Reconcile]:
    """Return a run over the sessions of `world`."""
    with Reconcile(read_settings(world.office / "settings.yaml")) as made:
        yield made


@pytest.fixture
def flipped(world: World) -> World:
    """Return a world in which the session of LAPTOP-1 has to move to VLAN 1."""
    world.store.put(session())
    turn(world, 1)
    return world


@pytest.fixture
def two(world: World) -> World:
    """Return a world in which two sessions on two NASes have to move to VLAN 1."""
    for made in (session(1), session(2, "192.0.2.2")):
        world.store.put(made)
    turn(world, 1, 2)
    return world


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the keys of the sessions that are to move, which no NAS is asked for here."""
    keys: list[str] = []

    def move_now(_settings: Settings, _output: Output, wanted: Collection[str], _wait: float) -> int:
        keys.extend(wanted)
        return 0

    monkeypatch.setattr(quarantine_command, "move_now", move_now)
    return keys
