"""What a server writes of itself: when, what, and that nothing of it is ever in the way of an answer."""

import errno
import json
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from radtune.policy.decide import Policy
from radtune.server import state_file as server_file
from radtune.server.instance import ModuleInstance
from radtune.server.server_report import WRITE_SECONDS
from radtune.server.state import DENYING_SECONDS, ServerState
from radtune.server.state_file import ReadState, StateFile, read_states
from unit.asking import FAIL, STRANGER, UPDATED, ask
from unit.fake_radiusd import FakeRadiusd
from unit.samples import MAC, NOW, accounting_request, device, fill, mab_request
from unit.serving import Server


@pytest.fixture
def logged() -> list[str]:
    return []


@pytest.fixture
def instance(office: Path, logged: list[str]) -> Iterator[ModuleInstance]:
    with closing(ModuleInstance(office / "settings.yaml", logged.append)) as made:
        made.start(NOW)
        yield made


def state_file(office: Path) -> ReadState:
    (found,) = read_states(office / "store")
    return found


def state(office: Path) -> ServerState:
    found = state_file(office).state
    assert found is not None
    return found


def login(instance: ModuleInstance, now: float, mac: str = MAC) -> str:
    return instance.answer("login", None, mab_request(mac), [("Auth-Type", "Accept")], now=now).verdict


def test_what_a_server_says_at_its_start(instance: ModuleInstance, office: Path) -> None:
    assert instance.faults.current() == ()
    found = state(office)
    assert (found.pid, found.started_at, found.heard_at, found.stopped_at) == (os.getpid(), NOW, 0.0, 0.0)
    assert (found.settings_file, found.policy.since) == (str(office / "settings.yaml"), NOW)
    assert set(found.stores) == {"devices", "sessions"}
    assert state_file(office).file.stat().st_mode & 0o777 == 0o640


def test_the_file_is_written_at_a_bounded_rate(instance: ModuleInstance, office: Path) -> None:
    instance.account(accounting_request("Start"), NOW + 1)
    login(instance, NOW + 1)
    for step in range(10):
        login(instance, NOW + 1 + step / 10)
    assert state(office).logins.allowed == 1, "the first request and the first login are told of at once"
    login(instance, NOW + 1 + WRITE_SECONDS)
    assert (state(office).logins.allowed, state(office).heard_at) == (12, NOW + 1 + WRITE_SECONDS)
    login(instance, NOW - 3600)
    assert state(office).heard_at == NOW - 3600, "the clock was set back"
    instance.account(accounting_request("Start"), NOW)
    assert state(office).heard_at == NOW, "accounting is a request, too"


def test_a_fault_and_its_end_are_told_at_once(instance: ModuleInstance, office: Path, logged: list[str]) -> None:
    events = office / "events.jsonl"
    events.unlink()
    events.mkdir()
    assert login(instance, NOW + 1) == "allow"
    (fault,) = state(office).faults
    assert (fault.what, fault.since) == ("events", NOW + 1)
    events.rmdir()
    login(instance, NOW + 2)
    assert (state(office).faults, len(logged)) == ((), 1)


def test_a_policy_is_told_of_at_once(instance: ModuleInstance, office: Path) -> None:
    before = state(office).policy.fingerprint
    (office / "policy.yaml").write_text("labels: {}\n")
    os.utime(office / "policy.yaml", (NOW, NOW))
    login(instance, NOW + 3)
    found = state(office).policy
    assert (found.fingerprint, found.problem_since) == (before, NOW + 3)
    assert "the key rules is missing" in found.problem


def test_who_was_refused(instance: ModuleInstance, office: Path) -> None:
    login(instance, NOW + 5)
    fill(office / "store/devices", [device(1, compliance="error")])
    assert login(instance, NOW + 10) == "deny"
    found = state(office).logins
    assert (found.allowed, found.denied, found.in_a_row, found.denied_since) == (1, 1, 1, NOW + 10)
    assert found.everybody, "its session shows that it was let in before"
    assert "LAPTOP-1 is error" in found.reason
    login(instance, NOW + 10 + DENYING_SECONDS)
    assert state(office).logins.denies_everybody
    fill(office / "store/devices", [device(1)])
    login(instance, NOW + 11 + DENYING_SECONDS)
    assert not state(office).logins.denies_everybody, "its end is told at once"


def test_the_word_of_a_process_is_locked_until_it_ends(instance: ModuleInstance, office: Path) -> None:
    assert state_file(office).alive is True
    login(instance, NOW + 10)
    assert state_file(office).alive is True
    instance.stop(NOW + 20)
    instance.close()
    assert (state_file(office).alive, state(office).stopped_at) == (False, NOW + 20)


def test_a_process_without_a_request_takes_its_file_away(instance: ModuleInstance, office: Path) -> None:
    instance.stop(NOW + 20)
    instance.close()
    assert read_states(office / "store") == []


def test_the_last_word_stays_until_there_is_another(office: Path) -> None:
    for heard in (NOW, NOW + 1, 0.0):
        server = Server(office)
        server.say(heard_at=heard)
        server.end()
    StateFile(office / "store").tidy()
    assert state(office).heard_at == NOW + 1


def no_room(*_: object) -> int:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_is_told_of_in_the_file_that_is_there(
    instance: ModuleInstance, office: Path, logged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_file, "os", SimpleNamespace(**{**vars(os), "write": no_room}))
    login(instance, NOW + 10)
    assert (state(office).heard_at, state_file(office).alive, logged) == (NOW + 10, True, [])


@pytest.mark.parametrize("gone", [Path.unlink, lambda file: file.rename(file.with_name("elsewhere"))])
def test_a_file_that_was_taken_away_is_made_anew(
    instance: ModuleInstance, office: Path, gone: Callable[[Path], object]
) -> None:
    gone(state_file(office).file)
    login(instance, NOW + 10)
    assert (state(office).heard_at, state_file(office).alive) == (NOW + 10, True)


def test_what_does_not_fit_into_the_file_makes_it_longer(instance: ModuleInstance, office: Path) -> None:
    instance.faults.begin("certificates", "x" * 10_000, NOW)
    login(instance, NOW + 10)
    assert (state_file(office).file.stat().st_size > 10_000, state_file(office).alive) == (True, True)


def test_a_file_that_is_half_written_is_read_again(
    instance: ModuleInstance, office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert instance.faults.current() == ()
    reads: list[bytes] = []

    def torn(descriptor: int, size: int) -> bytes:
        reads.append(os.read(descriptor, size))
        return reads[-1] if len(reads) > 1 else reads[-1].replace(b'"pid":', b'"pid":1')

    monkeypatch.setattr(server_file, "os", SimpleNamespace(**{**vars(os), "read": torn}))
    assert (state(office).pid, len(reads)) == (os.getpid(), 2)


@pytest.mark.parametrize("short", [no_room, lambda *_: 10])
def test_a_process_without_room_for_its_file_leaves_none(
    office: Path, logged: list[str], monkeypatch: pytest.MonkeyPatch, short: Callable[..., int]
) -> None:
    monkeypatch.setattr(server_file, "os", SimpleNamespace(**{**vars(os), "write": short}))
    with closing(ModuleInstance(office / "settings.yaml", logged.append)) as made:
        made.start(NOW)
        assert login(made, NOW) == "allow"
    assert (list((office / "store").glob("server-*")), len(logged)) == ([], 1)


def test_a_file_that_can_not_be_written_is_logged_once(
    instance: ModuleInstance, office: Path, logged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_file, "os", SimpleNamespace(**{**vars(os), "write": no_room, "pwrite": no_room}))
    for step in range(3):
        assert login(instance, NOW + 10 * step) == "allow"
    (line,) = logged
    assert line.startswith(f"{office}/store: the server's state can't be written there (No space left on device)")
    monkeypatch.undo()
    login(instance, NOW + 40)
    assert (state(office).heard_at, len(logged)) == (NOW + 40, 1)


def test_a_bug_in_the_report_changes_no_answer(
    instance: ModuleInstance, logged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ServerState, "to_json", lambda _: 1 / 0)
    assert [login(instance, NOW + 10 * step) for step in (1, 2)] == ["allow", "allow"]
    (line,) = logged
    assert line.startswith("bug in server_report; please report this:")


def test_a_bug_that_a_request_meets_is_a_fault(
    loaded: ModuleType, radiusd: FakeRadiusd, office: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def bug(*_: object, **__: object) -> Any:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(Policy, "last_known", bug)
        assert ask(loaded, "login", STRANGER).code == FAIL
    assert "ZeroDivisionError" in radiusd.messages()
    (fault,) = state(office).faults
    assert (fault.what, state(office).logins.denied) == ("bug", 1)
    assert ask(loaded, "login", mab_request()).code == UPDATED


def test_the_hook_tells_of_its_start_and_its_end(loaded: ModuleType, office: Path) -> None:
    assert state_file(office).alive is True
    ask(loaded, "login", mab_request())
    loaded.detach()
    assert (state_file(office).alive, state(office).stopped_at) == (False, NOW)


@pytest.mark.parametrize("text", ["", "[]", "{", "null", "{}", '{"policy": 1, "logins": {}}'])
def test_what_is_no_word_of_a_server(office: Path, text: str) -> None:
    (office / "store/server-x.json").write_text(text)
    assert (state_file(office).state, state_file(office).alive) == (None, False)
    assert state_file(office).problem


def test_a_state_is_read_as_it_was_written(instance: ModuleInstance, office: Path) -> None:
    login(instance, NOW + 10)
    found = state(office)
    assert ServerState.from_json(found.to_json()) == found
    plain = json.loads(found.to_json())
    for change in ({"stores": {"devices": 1}}, {"pid": "1"}, {"more": 1}, {"faults": [1]}):
        with pytest.raises(ValueError, match=r"Server|Fault|texts"):
            ServerState.from_json(json.dumps({**plain, **change}))
