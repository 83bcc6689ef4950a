"""Events found in the log and its rotated files."""

import gzip
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from radtune.server.client_events import EventLog
from radtune_tools.events import log_files
from radtune_tools.events import search as search_module
from radtune_tools.events.event_filter import EventFilter
from radtune_tools.events.event_reader import end_of
from radtune_tools.events.search import search
from unit.rotated import RotatedLog
from unit.samples import NOW, guid

LOGIN = {
    "mac": "0016cbaabb01",
    "user": 'Zoë\\"x',
    "device": "LAPTOP-1",
    "device_id": guid(1),
    "nas": "sw1",
    "nas_address": "192.0.2.1",
    "site": "Berlin",
    "rule": "Corp Compliant",
    "compliance": "compliant",
}
MOVE = {"mac": "0016cbaabb02", "device": "Straße", "nas": "sw2", "site": "", "state": "acknowledged"}


@pytest.fixture
def two(tmp_path: Path) -> Path:
    """Return a log with a login and a move."""
    file = tmp_path / "e"
    log = EventLog(file)
    log.append(NOW, "login_allowed", LOGIN)
    log.append(NOW + 60, "move_requested", MOVE)
    log.close()
    return file


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (EventFilter(), 2),
        (EventFilter(who=("00:16:CB:AA:BB:01",)), 1),
        (EventFilter(who=("laptop-1",)), 1),
        (EventFilter(who=("STRASSE",)), 0),
        (EventFilter(who=("STRAßE",)), 1),
        (EventFilter(who=('zOË\\"X',)), 1),
        (EventFilter(who=("zoe",)), 0),
        (EventFilter(who=("LAPTOP",)), 0),
        (EventFilter(who=(guid(1).upper(),)), 1),
        (EventFilter(who=("laptop-1", "0016.cbaa.bb02")), 2),
        (EventFilter(nas="SW1"), 1),
        (EventFilter(nas="192.0.2.1"), 1),
        (EventFilter(site="berlin"), 1),
        (EventFilter(rule="corp compliant"), 1),
        (EventFilter(state="compliant"), 1),
        (EventFilter(state="acknowledged"), 1),
        (EventFilter(state="noncompliant"), 0),
        (EventFilter(kinds=("login_allowed",)), 1),
        (EventFilter(kinds=("login_allowed", "move_requested")), 2),
        (EventFilter(kinds=("moved",)), 0),
        (EventFilter(nas="sw1", state="acknowledged"), 0),
        (EventFilter(since="2027-01-15T08:00:00.000Z"), 2),
        (EventFilter(since="2027-01-15T08:00:00.001Z"), 1),
        (EventFilter(until="2027-01-15T08:01:00.000Z"), 2),
        (EventFilter(until="2027-01-15T08:00:59.999Z"), 1),
    ],
)
def test_all_that_is_given_has_to_fit(two: Path, wanted: EventFilter, found: int) -> None:
    assert len(search(two, wanted, 9, print)) == found


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> RotatedLog:
    """Return a log of three files, of which one is compressed; an event each second."""
    log = RotatedLog(tmp_path_factory.mktemp("long"))
    for many in (3000, 4000, 2000):
        if log.written:
            log.rotate()
        log.write(many)
    return log


def moment(number: int) -> str:
    minutes, seconds = divmod(number, 60)
    hours, minutes = divmod(minutes, 60)
    return f"2027-01-15T{8 + hours:02}:{minutes:02}:{seconds:02}.000Z"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(numbers=st.tuples(st.integers(-5, 9005), st.integers(-5, 9005)), limit=st.integers(1, 100))
def test_a_time_is_found_in_however_many_files(long: RotatedLog, numbers: tuple[int, int], limit: int) -> None:
    low, high = sorted(max(0, number) for number in numbers)
    found = search(long.file, EventFilter(since=moment(low), until=moment(high)), limit, print)
    assert [event["number"] for event in found] == list(range(low, min(high, 8999) + 1))[-limit:]


def test_no_more_is_read_than_is_needed(long: RotatedLog, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bytes] = []

    def noted(line: bytes) -> log_files.Event | None:
        read.append(line)
        return log_files.read_event(line)

    monkeypatch.setattr(search_module, "read_event", noted)
    monkeypatch.setattr("radtune_tools.events.search.CLOSE", 1 << 12)
    assert len(search(long.file, EventFilter(), 1, print)) == 1
    assert len(read) == 1
    read.clear()
    (found,) = search(long.file, EventFilter(since=moment(5000), until=moment(5000)), 9, print)
    assert found["number"] == 5000
    assert len(read) < 400
    read.clear()
    assert search(long.file, EventFilter(who=("nobody",)), 9, print) == []
    assert read == []


def test_a_search_ends_where_a_reader_goes_on(tmp_path: Path) -> None:
    log = RotatedLog(tmp_path)
    log.write(50)
    log.rotate()
    log.write(3)
    end = end_of(log.file)
    log.write(2)
    for _ in range(2):
        assert [event["number"] for event in search(log.file, EventFilter(), 99, print, end)] == [*range(53)]
        log.rotate()
        log.write()


def test_a_damaged_compressed_file_is_told_of(tmp_path: Path) -> None:
    log = RotatedLog(tmp_path)
    log.write(500)
    log.rotate()
    log.compress()
    damaged = log.file.with_name(f"{log.file.name}.1.gz")
    damaged.write_bytes(damaged.read_bytes()[:-50])
    log.write()
    said: list[str] = []
    found = search(log.file, EventFilter(), 9999, said.append)
    assert found[-1]["number"] == 500 and len(said) == 1
    assert said[0].startswith(f"{damaged}: damaged")


@pytest.mark.parametrize("size", [1, 7, 64, 1 << 20])
@pytest.mark.parametrize("compressed", [False, True])
def test_lines_across_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, compressed: bool) -> None:
    for name in ("_FIRST_BLOCK", "_LARGEST_BLOCK"):
        monkeypatch.setattr(log_files, name, size)
    monkeypatch.setattr(log_files, "MOST_BYTES", max(64, size))
    content = b"".join(b'{"n": %d}\n' % number for number in range(30)) + b'\n[]\n{"n": 30}'
    file = tmp_path / ("e.1.gz" if compressed else "e")
    file.write_bytes(gzip.compress(content) if compressed else content)
    assert [event["n"] for event in search(tmp_path / "e", EventFilter(), 99, print)] == list(range(31))


@pytest.mark.parametrize("wrong", ["1970-01-01T00:00:00.000Z", "2036-01-01T00:00:00.000Z"])
@pytest.mark.parametrize("place", ["first", "in the middle"])
def test_one_event_with_a_wrong_time_hides_no_others(tmp_path: Path, wrong: str, place: str) -> None:
    """As a computer writes it that starts before it has asked for the time."""
    log = RotatedLog(tmp_path)
    for _ in range(2):
        log.write(100)
        log.rotate()
    text = f'{{"id": "w", "time": "{wrong}", "event": "policy_loaded", "number": -1}}\n'.encode()
    if place == "first":
        log.append(text)
    log.write(50)
    log.append(text if place != "first" else b"")
    log.write(50)
    for file in tmp_path.iterdir():
        os.utime(file, (NOW + 300, NOW + 300))
    found = search(log.file, EventFilter(since=moment(40), until=moment(270)), 9999, print)
    assert [event["number"] for event in found] == list(range(40, 271))
