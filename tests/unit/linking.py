"""Runs of `radtune link` and `radtune unlink` in the process of the tests, and what they link."""

import os
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from radtune.config.tenants import Tenant, build_tenant
from radtune.records.moves_and_states import SyncState
from radtune.stores.devices import DeviceStore
from radtune_tools.main import main
from unit.running import Ran
from unit.samples import TENANT, guid

Radtune = Callable[..., Ran]


def runner(settings_directory: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Radtune:
    """Return what runs the command with these settings, as whoever runs the tests and owns the store."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    def call(*words: str) -> Ran:
        monkeypatch.setattr(sys, "argv", ["radtune", "--settings", str(settings_directory / "settings.yaml"), *words])
        return Ran(main(), *capsys.readouterr())

    return call


def state(settings_directory: Path) -> SyncState:
    """Return what the store, which is made, knows of the tenant's syncs."""
    with closing(DeviceStore(settings_directory / "store" / "devices", create=True, timeout=1.0)) as store:
        return store.sync_state(TENANT)


def put_state(settings_directory: Path, state: SyncState) -> None:
    """Write what the store, which is made, knows of a tenant's syncs."""
    with closing(DeviceStore(settings_directory / "store" / "devices", create=True, timeout=1.0)) as store:
        store.put_sync_state(state)


def tenant(**more: object) -> Tenant:
    """Return a tenant as settings have it, with a secret."""
    entry = {"tenant": TENANT, "client_id": guid(7), "client_secret_file": "secret", **more}
    return build_tenant(entry, Path("/nowhere"))
