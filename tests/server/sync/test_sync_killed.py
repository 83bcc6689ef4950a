"""A sync that is killed with kill -9 at any moment leaves the store exactly as it was before, or as it is after."""

import json
import random
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from parts.office import TENANT, Office, device
from parts.process import wait_for
from parts.raddb import give_to_server, server_directory
from parts.readable import PROJECT

MOMENTS, DRAWS = 50, 1000
"""Of each of four tests; one half from the start to the end of a run, the other from its publishing to its end.

A draw is no moment where the run was over already.
"""
TIMES = ("whole_at", "whole_before", "whole_seconds", "changes_at", "watermark")
Rows = dict[str, list[str]]


class Syncs:
    """Runs of `radtune sync`; see parts/steering/kill_syncs.py."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self, start: str, after: float | None) -> dict[str, Any]:
        """Run it, and kill it so many seconds after `start`, which is start or plan."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"from": start, "after": after}) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


@contextmanager
def syncs(office: Office) -> Iterator[Syncs]:
    command = [office.command()[0], str(PROJECT / "tests/parts/steering/kill_syncs.py")]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, env=office.environment, cwd="/", text=True, stdin=pipe, stdout=pipe) as process:
        yield Syncs(process)


def contents(store: Path) -> Rows:
    """Give all that is in the store's file, as whoever opens it next finds it, and which files are there."""
    with closing(sqlite3.connect(store / "devices" / "cache.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        tables = {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in ("Cache", "Settings")}  # noqa: S608  # no input
    files = sorted(str(file.relative_to(store)) for file in store.rglob("*"))
    return {name: sorted(map(str, rows)) for name, rows in {**tables, "files": files}.items()}


def said(store: Path) -> dict[str, Any]:
    """Give what the store says, without the times of the sync, which are each run's own but have to be one time."""
    with closing(sqlite3.connect(store / "devices" / "cache.db")) as connection:
        sealed = dict(connection.execute("SELECT key, value FROM Cache WHERE key != 'format'"))
    # Each value stands behind its checksum; what a device is, behind more.
    rows = {key: value[8:] for key, value in sealed.items()}
    state = json.loads(rows.pop(f"sync/{TENANT}"))
    assert json.loads(rows.pop("synced_at")) == {TENANT: state["whole_at"]}
    assert len({state["whole_at"], state["changes_at"]}) == 1
    for key in [key for key in rows if key.startswith("device/")]:
        device = json.loads(rows[key][rows[key].index("[") :])
        rows[key] = json.dumps(["this sync" if value == state["whole_at"] else value for value in device])
    return {**rows, "state": {key: value for key, value in state.items() if key not in TIMES}}


def change(office: Office) -> None:
    """Have Intune list other devices: changed, renamed, vanished and new ones."""
    for number in range(1, 31):
        office.intune.patch(device(number)["id"], complianceState="noncompliant")
        office.intune.patch(device(number + 30)["id"], deviceName=f"RENAMED-{number}", userPrincipalName="")
        office.intune.delete(device(number + 60)["id"])
        office.intune.put(device(number + 90))


@contextmanager
def busy_office() -> Iterator[Office]:
    """Give an office whose store will be another one after the next sync; limits stand in nobody's way."""
    fleet = [device(number) for number in range(1, 91)]
    with server_directory() as directory, Office(directory, fleet, synced=False) as office:
        limits = {f"devices_{what}_percent": 100 for what in ("missing", "lost_compliance")}
        office.write_settings(intune={**office.intune_settings(), "page_size": 30}, limits=limits)
        office.radtune("sync", expect=0)
        change(office)
        yield office


@pytest.mark.parametrize("seed", range(4))
def test_killed_at_any_of_200_moments_it_leaves_before_or_after(seed: int) -> None:
    with busy_office() as office, syncs(office) as running:
        store, kept = office.store / "devices", office.directory / "kept"
        first = time.time()
        # So that no time of the first sync is one of a later sync, too.
        wait_for(lambda: int(time.time()) > int(first), "the next second")
        shutil.copytree(store, kept)
        old, before = said(office.store), contents(office.store)
        whole = running.run("start", None)
        new = said(office.store)
        assert new != old
        spans = {"start": whole["ended"], "plan": whole["ended"] - whole["planned"]}
        chance = random.Random(seed)  # noqa: S311  # moments, no secrets
        ends: list[bool] = []
        for _ in range(DRAWS):
            shutil.rmtree(store)
            shutil.copytree(kept, store)
            give_to_server(store)
            start = "plan" if len(ends) % 2 else "start"
            if running.run(start, chance.uniform(0, spans[start]))["killed"]:
                ends.append(contents(office.store) == before)
                assert ends[-1] or said(office.store) == new
            if len(ends) >= MOMENTS and len(set(ends)) == 2:
                return
        pytest.fail(f"{len(ends)} moments, and not both sides of the publication were met")
