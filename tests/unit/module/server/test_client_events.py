"""The log of client events."""

import errno
import json
import os
from pathlib import Path

import pytest

from parts.event_lines import newest_events
from radtune.errors import StoreAccessError
from radtune.server.client_events import EventLog, append_event, why_not_written
from unit.samples import NOW


def test_an_event_is_one_line_of_json(tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    append_event(file, NOW, "login_allowed", user="Zoë\n\u2028\0", cert_san=["a", "b"], resumed=True)
    (line,) = file.read_bytes().splitlines()
    event = json.loads(line)
    assert event.pop("id")
    assert event == {
        "time": "2027-01-15T08:00:00.000Z",
        "event": "login_allowed",
        "user": "Zoë\n\u2028\0",
        "cert_san": ["a", "b"],
        "resumed": True,
    }


def test_every_event_has_an_id_of_its_own(tmp_path: Path) -> None:
    """Of one process, of several, and after the file was rotated."""
    file = tmp_path / "e"
    logs = [EventLog(file) for _ in range(3)]
    for _ in range(2):
        for log in logs:
            log.append(NOW, "login_allowed", {})
    written = file.read_text().splitlines()
    file.rename(tmp_path / "e.1")
    logs[0].append(NOW, "login_allowed", {})
    ids = {json.loads(line)["id"] for line in (*written, file.read_text())}
    assert len(ids) == 7


def test_others_may_not_read_the_file(tmp_path: Path) -> None:
    append_event(tmp_path / "e", NOW, "login_allowed")
    EventLog(tmp_path / "f").check_writable()
    assert (tmp_path / "e").stat().st_mode & 0o007 == 0
    assert (tmp_path / "f").stat().st_mode & 0o007 == 0


def test_a_file_that_was_moved_away_is_made_anew(tmp_path: Path) -> None:
    file = tmp_path / "e"
    append_event(file, NOW, "login_allowed")
    file.rename(tmp_path / "e.1")
    append_event(file, NOW, "login_denied")
    assert [event["event"] for event in newest_events(file)] == ["login_denied"]


def test_an_event_log_that_can_t_be_written(tmp_path: Path) -> None:
    for file in (tmp_path, tmp_path / "none" / "e"):
        with pytest.raises(StoreAccessError, match="the event log can't be written"):
            EventLog(file).check_writable()
        with pytest.raises(OSError, match=str(file)):
            append_event(file, NOW, "login_allowed")


def test_a_pipe_in_the_place_of_the_file_holds_nobody_up(tmp_path: Path) -> None:
    pipe = tmp_path / "events.jsonl"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="it is a pipe"):
        append_event(pipe, 0.0, "login_allowed")
    with pytest.raises(StoreAccessError, match="it is a pipe"):
        EventLog(pipe).check_writable()


def test_a_line_that_was_torn_swallows_no_event(tmp_path: Path) -> None:
    file = tmp_path / "e"
    append_event(file, NOW, "login_allowed")
    with file.open("ab") as stream:
        stream.write(b'{"time":"20')
    append_event(file, NOW, "login_denied")
    assert [event["event"] for event in newest_events(file)] == ["login_denied", "login_allowed"]
    assert len(file.read_bytes().splitlines()) == 3


@pytest.mark.parametrize("room", [0, 1, 20])
def test_what_can_t_be_written_whole_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, room: int) -> None:
    file, write = tmp_path / "e", os.write
    append_event(file, NOW, "login_allowed")
    before = file.read_bytes()
    left = [room]

    def full(descriptor: int, line: bytes) -> int:
        if not left[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        part, left[0] = line[: left[0]], 0
        return write(descriptor, part)

    monkeypatch.setattr("radtune.server.client_events.os.write", full)
    with pytest.raises(OSError, match="No space left") as caught:
        append_event(file, NOW, "login_denied")
    assert file.read_bytes() == before
    assert why_not_written(file, caught.value) == f"{file}: the disk is full; make room"


def test_a_short_write_is_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write = os.write
    monkeypatch.setattr("radtune.server.client_events.os.write", lambda descriptor, line: write(descriptor, line[:7]))
    append_event(tmp_path / "e", NOW, "login_allowed", user="bob")
    monkeypatch.undo()
    assert [event["user"] for event in newest_events(tmp_path / "e")] == ["bob"]
