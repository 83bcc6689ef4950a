"""The files of the event log: their order, copies and damage."""

import gzip
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from radtune.errors import NotPermittedError
from radtune_tools.events import log_files
from radtune_tools.events.event_reader import end_of
from unit.rotated import Reading, RotatedLog


def test_files_by_date_are_read_in_their_order(log: RotatedLog, reading: Reading) -> None:
    """As logrotate's `dateext` names them."""
    for name in ("-20260129.gz", "-20260130", "-20260130-1769800000"):
        log.write()
        content = log.file.read_bytes()
        log.file.unlink()
        target = log.file.with_name(log.file.name + name)
        target.write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    log.write()
    for other in ("events.jsonl.save", "events.jsonl.1.bak", "old-events.jsonl.1", "events.jsonl2"):
        log.file.with_name(other).write_text('{"number": 99}\n')
    assert reading.read() == [0, 1, 2, 3]


def test_a_damaged_compressed_file_is_told_of_and_the_rest_is_read(log: RotatedLog, reading: Reading) -> None:
    for _ in range(3):
        log.write(200)
        log.rotate()
    log.write()
    damaged = log.file.with_name(f"{log.file.name}.2.gz")
    damaged.write_bytes(damaged.read_bytes()[:-100])
    found = reading.read()
    assert found[:200] == log.written[:200] and found[-201:] == log.written[-201:] and 401 <= len(found) < 601
    (said,) = reading.reported
    assert said.startswith(f"{damaged}: damaged: events may be lost: ")
    damaged.write_bytes(b"")
    log.file.with_name(f"{log.file.name}.3.gz").write_bytes(b"no gzip")
    again = Reading(log.file)
    assert (again.read(), len(again.reported)) == (log.written[-201:], 1)


def test_a_file_that_is_still_being_compressed_is_read_from_the_plain_one(log: RotatedLog, reading: Reading) -> None:
    log.write(3)
    log.rotate()
    log.write()
    half = log.file.with_name(f"{log.file.name}.1.gz")
    for content in (b"", b"\x1f\x8b", gzip.compress(log.file.with_name(f"{log.file.name}.1").read_bytes())[:60]):
        half.write_bytes(content)
        again = Reading(log.file)
        assert (again.read(), again.reported) == ([0, 1, 2, 3], [])


def test_a_rotation_while_the_files_are_opened_hides_none(
    log: RotatedLog, reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        log.write()
        log.rotate()
    log.write()
    opened, times = os.open, iter(range(20))

    def rotate_meanwhile(path: Path, flags: int, *mode: int) -> int:
        descriptor = opened(path, flags, *mode)
        if flags & os.O_CREAT == 0 and next(times) in (1, 6):
            log.rotate()
            log.write()
        return descriptor

    monkeypatch.setattr("radtune_tools.events.log_files.os.open", rotate_meanwhile)
    assert reading.read() == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("block", [1, 7, 64])
def test_the_end_is_found_over_blocks(log: RotatedLog, monkeypatch: pytest.MonkeyPatch, block: int) -> None:
    log.write(3)
    log.append(b"no event\n\n" + b"x" * 100)
    for name in ("_FIRST_BLOCK", "_LARGEST_BLOCK"):
        monkeypatch.setattr(log_files, name, block)
    reading = Reading(log.file)
    reading.position = end_of(log.file)
    log.append(b"\n")
    log.write()
    assert (reading.read(), reading.skipped) == ([3], 2)


def test_a_pipe_holds_no_events_and_a_directory_is_named(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "directory").mkdir()
    assert Reading(tmp_path / "pipe").read() == []
    assert Reading(tmp_path / "no/such/log").read() == []
    with pytest.raises(IsADirectoryError, match=str(tmp_path)):
        Reading(tmp_path / "directory").read()


def test_a_log_that_may_not_be_read_is_named(
    log: RotatedLog, reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.write()

    def refused(*_: object) -> Iterator[int]:
        raise PermissionError

    monkeypatch.setattr("radtune_tools.events.log_files.os.open", refused)
    with pytest.raises(NotPermittedError, match=str(log.file)):
        reading.read()
