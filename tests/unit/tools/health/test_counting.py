"""Events are counted once, over restarts and rotations, whoever asks and whatever stands in the way."""

import errno
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from radtune.config.settings import Settings, read_settings
from radtune.server.client_events import append_event
from radtune.server.state import HOOK_NANOSECONDS
from radtune_tools.health import counting
from radtune_tools.health.counters import Counters
from radtune_tools.health.counting import FILE, counters
from radtune_tools.user_and_lock import only_run
from unit.running import Run
from unit.samples import NOW
from unit.serving import Server
from unit.tools.health.test_counters import of
from unit.tools.health.test_metrics import samples

Count = Callable[[], Counters]


@pytest.fixture
def settings(office: Path) -> Settings:
    return read_settings(office / "settings.yaml")


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def count(settings: Settings, told: list[str]) -> Count:
    """Return what counts, as one run of the command does."""
    return lambda: counters(settings, NOW, told.append)


def login(office: Path, rule: str = "Corp Compliant", number: int = 1, **more: Any) -> None:
    fields = {"rule": rule, "compliance": "compliant", "site": "berlin", **more}
    for _ in range(number):
        append_event(office / "events.jsonl", NOW, "login_allowed", **fields)


def hits(found: Counters) -> dict[str, int]:
    return {key[0]: count for key, count in of(found, "rules").items()}


def test_each_event_is_counted_once(office: Path, count: Count, told: list[str]) -> None:
    login(office, number=3)
    assert hits(count()) == {"Corp Compliant": 3}
    login(office, rule="Quarantine")
    assert hits(count()) == hits(count()) == {"Corp Compliant": 3, "Quarantine": 1}
    assert told == []
    assert (office / "store" / FILE).stat().st_mode & 0o777 == 0o640


def test_a_rotation_loses_and_doubles_nothing(office: Path, count: Count) -> None:
    log = office / "events.jsonl"
    login(office, number=2)
    count()
    login(office, number=3)
    log.with_name("events.jsonl.2.gz").write_bytes(gzip.compress(log.read_bytes()))
    log.unlink()
    login(office, number=4)
    assert hits(count()) == {"Corp Compliant": 9}


def test_the_first_run_begins_with_the_newest_file(office: Path, count: Count) -> None:
    log = office / "events.jsonl"
    login(office, number=5)
    log.rename(log.with_name("events.jsonl.1"))
    login(office, number=2)
    assert hits(count()) == {"Corp Compliant": 2}


def test_a_run_counts_so_many_events_and_the_next_one_goes_on(
    office: Path, count: Count, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "MOST_EVENTS", 4)
    login(office, number=10)
    assert [hits(count())["Corp Compliant"] for _ in range(4)] == [4, 8, 10, 10]


def test_without_events_there_is_nothing(count: Count, told: list[str]) -> None:
    assert (hits(count()), count().at, told) == ({}, NOW, [])


def test_a_run_that_is_killed_has_counted_nothing(office: Path, count: Count, monkeypatch: pytest.MonkeyPatch) -> None:
    login(office, number=2)
    count()
    login(office, number=3)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", killed)
    with pytest.raises(KeyboardInterrupt):
        count()
    monkeypatch.undo()
    assert {file.name for file in (office / "store").iterdir() if file.is_file()} == {FILE, "metrics.lock"}
    assert hits(count()) == {"Corp Compliant": 5}


def test_a_full_disk_leaves_the_counts_of_before(
    office: Path, count: Count, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    login(office, number=2)
    count()
    login(office, number=3)

    def full(_: Counters) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Counters, "to_json", full)
        assert hits(count()) == {"Corp Compliant": 2}
    assert told == [f"nothing new is counted: {office}/store/{FILE}: No space left on device"]
    assert not (office / "store/metrics.new").exists()
    assert hits(count()) == {"Corp Compliant": 5}


def test_another_run_counts_meanwhile(
    office: Path, settings: Settings, count: Count, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    login(office)
    count()
    login(office)
    monkeypatch.setattr(counting, "LOCK_SECONDS", 0.0)
    with only_run(settings.store, "metrics"):
        assert (hits(count()), told) == ({"Corp Compliant": 1}, [])


@pytest.mark.parametrize("text", ["", "[]", "\0", "\udcff", '{"format":1}'])
def test_a_file_that_is_damaged_is_begun_anew(office: Path, count: Count, told: list[str], text: str) -> None:
    login(office, number=2)
    count()
    (office / "store" / FILE).write_bytes(text.encode(errors="surrogateescape"))
    assert hits(count()) == {"Corp Compliant": 2}
    assert len(told) == 1 and told[0].startswith(f"{office}/store/{FILE}: ") and "counting begins anew" in told[0]


def test_a_position_that_is_none_is_told_of(office: Path, count: Count, told: list[str]) -> None:
    login(office)
    count()
    file = office / "store" / FILE
    file.write_text(json.dumps({**json.loads(file.read_text()), "position": {"file": 7}}))
    assert hits(count()) == {"Corp Compliant": 1}
    assert told[0].startswith(f"{file}: not a position") and told[0].endswith("; remove it, and counting begins anew")


def test_events_that_are_lost_are_told_of(office: Path, count: Count, told: list[str]) -> None:
    login(office, number=2)
    count()
    (office / "events.jsonl").unlink()
    login(office, number=1, when="later")
    count()
    assert len(told) == 1 and "may be lost" in told[0]


def test_a_store_that_is_missing_is_told_of(office: Path, count: Count, told: list[str]) -> None:
    (office / "store").rename(office / "elsewhere")
    assert hits(count()) == {}
    assert told and told[0].startswith("nothing new is counted: ")


def test_the_metrics_have_the_counts(run: Run, office: Path, running: Server) -> None:
    running.say(errors={"events": 2}, hook={"mab": (0, 2, *[0] * (len(HOOK_NANOSECONDS) - 1), 160_000)})
    login(office, number=3)
    found = samples(run("metrics").out)
    assert found["radtune_logins_total", ("compliant", "allowed", "Corp Compliant", "berlin")] == 3
    assert found["radtune_rule_hits_total", ("Corp Compliant",)] == 3
    assert found["radtune_rule_hits_total", ("Quarantine",)] == 0, "a rule of the policy that no login has met"
    assert found["radtune_events_total", ("login_allowed",)] == 3
    assert (found["radtune_errors_total", ("events",)], found["radtune_errors_total", ("bug",)]) == (2, 0)
    assert found["radtune_hook_seconds_bucket", ("5e-05", "mab")] == 0
    assert found["radtune_hook_seconds_bucket", ("0.0001", "mab")] == 2
    assert found["radtune_hook_seconds_count", ("mab",)] == 2
    assert found["radtune_hook_seconds_sum", ("mab",)] == pytest.approx(0.00016)
    assert found["radtune_enforcement_seconds_bucket", ("+Inf",)] == 0
    assert "radtune_counted_timestamp_seconds" in {name for name, _ in found}


def test_a_nas_calls_itself_what_it_likes(run: Run, office: Path) -> None:
    name = 'sw"1"} 7\n# TYPE x gauge\nx\\{'
    for nas in (name, "sw\udcff\0"):
        append_event(office / "events.jsonl", NOW, "move_requested", nas=nas, method="bounce", state="refused")
    found = samples(run("metrics").out)
    assert found["radtune_coa_total", ("bounce", name, "refused")] == 1
    assert found["radtune_coa_total", ("bounce", "sw?\0", "refused")] == 1
    assert ("x", ()) not in found


def test_counts_that_fail_leave_the_rest_of_the_metrics(run: Run, office: Path, running: Server) -> None:
    assert running.state.pid
    (office / "events.jsonl").mkdir()
    ran = run("metrics")
    assert (ran.code, samples(ran.out)["radtune_up", ()]) == (0, 1)
    assert ran.err == f"radtune: nothing new is counted: {office}/events.jsonl: Is a directory\n"
