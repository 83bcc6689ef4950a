"""The file of a server in a directory where others write, too: what they leave there holds nobody up."""

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from radtune.errors import ExitCode
from radtune.server.instance import ModuleInstance
from radtune.server.state_file import ReadState, StateFile, read_states
from radtune.stores.devices import DeviceStore
from unit.module.server.test_server_report import login, state
from unit.running import Run
from unit.samples import NOW, device, fill
from unit.serving import Server
from unit.tools.health.test_servers import reasons


@pytest.fixture
def instance(office: Path) -> Iterator[ModuleInstance]:
    with closing(ModuleInstance(office / "settings.yaml", lambda _: None)) as made:
        made.start(NOW)
        yield made


def said(office: Path) -> ReadState:
    (found,) = read_states(office / "store")
    return found


def test_what_others_have_written_into_the_file_is_written_over(instance: ModuleInstance, office: Path) -> None:
    with said(office).file.open("r+b") as stream:
        stream.write(b"\xff" * 9000)
        stream.truncate(1 << 40)
    assert (said(office).state, said(office).alive) == (None, True)
    login(instance, NOW + 10)
    assert (state(office).heard_at, said(office).alive) == (NOW + 10, True)


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_file_holds_nobody_up(office: Path, make: Callable[[Path], None]) -> None:
    make(office / "store/server-x.json")
    assert (said(office).alive, said(office).problem) == (None, "it is no file; remove it")
    StateFile(office / "store").tidy()


def test_a_link_to_another_file_is_not_followed(instance: ModuleInstance, office: Path) -> None:
    file = said(office).file
    file.unlink()
    (office / "other").write_text("kept")
    file.symlink_to(office / "other")
    assert (said(office).state, said(office).alive) == (None, None)
    login(instance, NOW + 10)
    assert (state(office).heard_at, (office / "other").read_text()) == (NOW + 10, "kept")


def test_a_store_that_was_replaced_is_told_of_at_once(instance: ModuleInstance, office: Path) -> None:
    login(instance, NOW + 10)
    (office / "store/devices").rename(office / "before")
    fill(office / "store/devices", [device(1)])
    login(instance, NOW + 11)
    assert state(office).stores["devices"] == DeviceStore.current_file_id(office / "store/devices")


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_an_event_log_that_is_no_file(run: Run, running: Server, office: Path, make: Callable[[Path], None]) -> None:
    assert running.state.pid
    make(office / "events.jsonl")
    told = reasons(run)
    assert set(told) == {"event_log"}
    assert told["event_log"].endswith("events.jsonl is no file; take it away")
    ran = run("events")
    assert (ran.code, "bug" in ran.err) == (0 if make is os.mkfifo else ExitCode.CONFIGURATION, False)
