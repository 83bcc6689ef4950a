"""The events from where a reader left off, over rotation and compression."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from radtune_tools.events import log_files
from radtune_tools.events.event_reader import EventReader, end_of
from unit.rotated import Reading, RotatedLog

STEPS = st.one_of(
    st.tuples(st.just("write"), st.integers(1, 5)),
    st.tuples(st.just("read"), st.integers(0, 4)),
    st.tuples(
        st.sampled_from(["read", "rotate", "copytruncate", "compress", "midst", "torn", "mended", "blank"]), st.none()
    ),
)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=40))
def test_each_event_is_read_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int | None]]
) -> None:
    log = RotatedLog(tmp_path_factory.mktemp("log"))
    reading = Reading(log.file)
    act: dict[str, Callable[[], None]] = {
        "rotate": log.rotate,
        "copytruncate": lambda: log.rotate(copytruncate=True),
        "compress": log.compress,
        "midst": lambda: log.compress(keep=True),
        "torn": lambda: log.append(b'{"time":"2'),
        "mended": lambda: log.append(b'{"time":\n'),
        "blank": lambda: log.append(b"\n"),
    }
    for step, many in (*steps, ("read", None)):
        if step == "write":
            log.write(many or 1)
        elif step == "read":
            reading.read(many)
        else:
            act[step]()
    assert (reading.numbers, reading.reported) == (log.written, [])


def test_nothing_is_read_twice(log: RotatedLog, reading: Reading) -> None:
    assert reading.read() == []
    log.write(2)
    assert (reading.read(), reading.read()) == ([0, 1], [])
    log.write()
    assert reading.read() == [2]


def test_a_line_that_is_being_written_is_left_for_the_next_time(log: RotatedLog, reading: Reading) -> None:
    log.write()
    log.append(b'{"number"')
    assert reading.read() == [0]
    log.append(b": 7}\n")
    assert (reading.read(), reading.skipped) == ([7], 0)


@pytest.mark.parametrize("torn", [b'{"time": "x', b"[" * 100_000, b"\xff\xfe", b"[]", b"5", b"null", b"x" * (3 << 20)])
def test_a_line_that_is_no_event_is_skipped_and_counted(log: RotatedLog, reading: Reading, torn: bytes) -> None:
    log.append(torn + b"\n")
    log.write()
    log.append(torn)
    log.write()
    assert (reading.read(), reading.skipped, reading.read(), reading.skipped) == ([0, 1], 2, [], 2)


def test_a_compressed_line_is_read_to_its_end_once_it_is_rotated(log: RotatedLog, reading: Reading) -> None:
    log.write()
    log.append(b'{"number": 7}')
    log.rotate()
    log.write()
    assert reading.read() == [0, 7, 1]


def test_a_file_that_is_gone_is_told_of_and_the_rest_is_read(tmp_path: Path) -> None:
    log = RotatedLog(tmp_path, keep=2)
    reading = Reading(log.file)
    log.write(2)
    assert reading.read(1) == [0]
    for _ in range(3):
        log.rotate()
        log.write(2)
    assert reading.read() == [4, 5, 6, 7]
    (said,) = reading.reported
    assert said == (
        f"{log.file}: the file that was being read is gone: events between 2027-01-15T08:00:00.000Z and "
        "2027-01-15T08:00:04.000Z may be lost"
    )
    assert (reading.read(), len(reading.reported)) == ([], 1)


def test_what_is_read_already_is_not_read_again_from_a_file_with_another_beginning(
    log: RotatedLog, reading: Reading
) -> None:
    """As after `sed -i 1d`."""
    log.write(3)
    reading.read()
    log.write(2)
    lines = log.file.read_bytes().splitlines(keepends=True)
    log.file.write_bytes(b"".join(lines[1:]))
    assert (reading.read(), reading.reported) == ([3, 4], [])


def test_a_replaced_log_is_read_on(log: RotatedLog, reading: Reading) -> None:
    log.write(3)
    reading.read()
    log.file.unlink()
    assert (reading.read(), reading.reported) == ([], [])
    log.write(2)
    assert (reading.read(), len(reading.reported)) == ([3, 4], 1)


def test_what_a_server_still_writes_into_a_renamed_file_is_read_before_what_follows(
    log: RotatedLog, reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    log.write()
    log.rotate()
    log.write()
    renamed = log.file.with_name(f"{log.file.name}.1")
    now = renamed.stat().st_ctime + 1
    monkeypatch.setattr(log_files, "time", SimpleNamespace(time=lambda: now))
    assert reading.read() == [0]
    with renamed.open("ab") as stream:
        stream.write(b'{"number": 7}\n')
    assert reading.read() == [7]
    now += 10
    assert reading.read() == [1]


def test_reading_goes_on_from_the_end(log: RotatedLog) -> None:
    assert end_of(log.file) is None
    log.write(3)
    log.append(b'{"number":')
    reading = Reading(log.file)
    reading.position = end_of(log.file)
    assert reading.read() == []
    log.write()
    log.rotate()
    log.rotate()
    assert (reading.read(), reading.skipped) == ([3], 1)
    log.compress()
    assert end_of(log.file) == reading.position
    log.write()
    assert (reading.read(), reading.reported) == ([4], [])


@pytest.mark.parametrize(
    "wrong", [7, [], {}, {"file": "x", "offset": 1, "time": ""}, {"file": 1, "offset": 1, "time": "", "id": ""}]
)
def test_what_is_no_position_is_refused(log: RotatedLog, wrong: object) -> None:
    with pytest.raises(ValueError, match="not a position in the event log"):
        EventReader(log.file, wrong, print)
