"""What status says, as Prometheus reads it."""

import errno
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from radtune.errors import ExitCode
from radtune.records.device_and_client import Session
from radtune.records.moves_and_states import Move
from radtune.stores.sessions import SessionStore
from unit.running import KEY, Run
from unit.samples import NOW, TENANT, by_mac, device, fill
from unit.serving import Server

Sample = tuple[str, tuple[str, ...]]


@pytest.fixture
def sessions(office: Path, running: Server) -> Iterator[SessionStore]:
    assert running.state.stores
    fill(office / "store/devices", [device(1), device(2, compliance="noncompliant")], synced_at=time.time())
    with closing(SessionStore(office / "store/sessions", create=True, timeout=1.0)) as store:
        store.put(Session(by_mac(), "vlan 750", NOW))
        yield store


def samples(text: str) -> dict[Sample, float]:
    found = text_string_to_metric_families(text)
    return {(sample.name, tuple(sample.labels.values())): sample.value for family in found for sample in family.samples}


def test_a_session_that_is_not_enforced_is_seen(run: Run, sessions: SessionStore) -> None:
    before = samples(run("metrics").out)
    assert (before["radtune_healthy", ()], before["radtune_sessions", ("vlan 750",)]) == (1, 1)
    assert before["radtune_not_enforced", ()] == 0
    now = time.time()
    sessions.put_move(Move(KEY, "vlan 750", "vlan 1", "why", "not_enforced", now, now, answer="no answer"))
    after = samples(run("metrics").out)
    assert (after["radtune_healthy", ()], after["radtune_reasons", ("not_enforced",)]) == (0, 1)
    assert (after["radtune_not_enforced", ()], after["radtune_moves", ("not_enforced",)]) == (1, 1)
    assert after["radtune_moves", ("unanswered",)] == 0


def test_what_is_known_of_the_tenants(run: Run, sessions: SessionStore) -> None:
    assert list(sessions.sessions())
    found = samples(run("metrics").out)
    assert abs(found["radtune_sync_timestamp_seconds", ("whole", TENANT)] - time.time()) < 3600
    assert found["radtune_sync_failures", (TENANT,)] == 0


def test_what_can_t_be_read_is_left_out_and_not_healthy(run: Run, office: Path) -> None:
    (office / "store/devices/cache.db").unlink()
    found = samples(run("metrics").out)
    assert found["radtune_healthy", ()] == 0
    assert not [name for name, _ in found if name.startswith("radtune_sync_")]


def test_a_file_for_node_exporter(run: Run, sessions: SessionStore, tmp_path: Path) -> None:
    assert list(sessions.sessions())
    ran = run("metrics", "--textfile", str(tmp_path / "radtune.prom"))
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    assert samples((tmp_path / "radtune.prom").read_text())["radtune_sessions", ("vlan 750",)] == 1
    ran = run("metrics", "--textfile", str(tmp_path / "missing/radtune.prom"))
    assert ran.code == ExitCode.USAGE
    assert f"missing/radtune.prom: there is no directory {tmp_path}/missing; make it, or name " in ran.err
    assert run("metrics", "--textfile", str(tmp_path / "radtune.prom/x")).code == ExitCode.USAGE
    ran = run("metrics", "--textfile", str(tmp_path))
    assert (ran.code, ran.err) == (ExitCode.USAGE, f"radtune: {tmp_path}: is a directory; name a file in it\n")


def test_a_file_that_can_t_be_written(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("radtune_tools.commands.metrics.write", refused)
    ran = run("metrics", "--textfile", str(tmp_path / "radtune.prom"))
    assert ran.code == ExitCode.NOT_PERMITTED
    assert "radtune.prom: can't be written (Permission denied); its directory has to let " in ran.err


def test_json_is_what_status_has(run: Run) -> None:
    ran = run("--json", "metrics")
    assert ran.code == ExitCode.USAGE
    assert "`radtune --json status` says the same" in ran.err
