"""`radtune sync`: several tenants, one after the other, and what it says and exits with."""

import json
from contextlib import closing
from pathlib import Path
from shutil import rmtree

import pytest

from radtune.errors import ExitCode, RefusedError
from radtune.records.moves_and_states import SyncState
from radtune.stores.devices import DeviceStore
from radtune_tools.user_and_lock import only_run
from unit.clock import Clock
from unit.cloud import HOSTS, Cloud
from unit.running import Run
from unit.samples import NOW, SETTINGS, TENANT, guid
from unit.syncing import OTHER, managed

FORBIDDEN = (403, {"error": {"code": "Forbidden", "message": "no"}})
BUSY = (404, {"error": {"code": "x", "message": "busy"}})


@pytest.fixture
def cloud(office: Path, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> Cloud:
    """Return two tenants of one device each."""
    assert clock.now
    made = Cloud(office, monkeypatch)
    made.fleets = {TENANT: [managed(1)], OTHER: [managed(2)]}
    return made


def stored(cloud: Cloud) -> dict[str, str]:
    with closing(DeviceStore(cloud.office / "store/devices", create=False, timeout=1.0)) as store:
        return {each.name: each.tenant for each in store.devices()}


def state(cloud: Cloud, tenant: str = TENANT) -> SyncState:
    with closing(DeviceStore(cloud.office / "store/devices", create=False, timeout=1.0)) as store:
        return store.sync_state(tenant)


def test_every_tenant_is_synced_into_one_store(run: Run, cloud: Cloud) -> None:
    ran = run("sync")
    assert (ran.code, ran.err) == (0, "")
    assert f"{TENANT}: 1 device; 0 new, 1 changed, 0 expired\n" in ran.out
    assert f"{OTHER}: 1 device; 1 new, 0 changed, 0 expired\n" in ran.out
    assert stored(cloud) == {"LAPTOP-1": TENANT, "LAPTOP-2": OTHER}
    assert [state(cloud, each).whole_at for each in (TENANT, OTHER)] == [NOW, NOW]
    assert run("-q", "sync").out == ""


@pytest.mark.parametrize(
    ("answer", "code", "says"),
    [
        (FORBIDDEN, ExitCode.NOT_PERMITTED, "grant the application"),
        (BUSY, ExitCode.TEMPORARY, "answered 404: busy; the store is as it was, the next run tries again"),
        ((200, {"value": []}), ExitCode.REFUSED, "Intune lists no device at all, the store has 1; --accept-missing 1 "),
    ],
)
@pytest.mark.parametrize("failing", [TENANT, OTHER])
def test_a_tenant_that_fails_holds_no_other_up(
    run: Run, cloud: Cloud, clock: Clock, failing: str, answer: tuple[int, object], code: ExitCode, says: str
) -> None:
    run("sync")
    (working,) = {TENANT, OTHER} - {failing}
    clock.now += 7200
    cloud.fleets[working] = [managed(1 if working == TENANT else 2), managed(3)]
    cloud.instead[failing] = answer
    for times in (1, 2):
        ran = run("sync")
        assert ran.code == code
        assert ran.err.startswith("radtune: ")
        assert says in ran.err
        failed = state(cloud, failing)
        assert (failed.failures, failed.failing_since, failed.whole_at) == (times, NOW + 7200, NOW)
        assert says in failed.problem
    assert stored(cloud) == {"LAPTOP-1": TENANT, "LAPTOP-2": OTHER, "LAPTOP-3": working}
    assert (state(cloud, working).whole_at, state(cloud, working).failures) == (NOW + 7200, 0)
    cloud.instead.clear()
    assert run("sync").code == 0
    assert (state(cloud, failing).failures, state(cloud, failing).problem) == (0, "")


def test_a_refusal_of_what_is_left_of_a_tenant_is_noted_until_it_is_agreed_to(run: Run, cloud: Cloud) -> None:
    cloud.fleets[OTHER] = [managed(number) for number in range(2, 22)]
    run("sync")
    cloud.write(left=OTHER)
    for words in (("--dry-run",), ("--check",)):
        assert run("sync", *words).code == ExitCode.REFUSED
        assert state(cloud, OTHER).failures == 0
    for times in (1, 2):
        assert run("sync").code == ExitCode.REFUSED
        assert state(cloud, OTHER).failures == times
    status = run("status")
    assert f"{OTHER}: sync failed 2 times since " in status.err
    assert "--accept-missing 20 lets it happen" in status.err
    assert run("sync", "--accept-missing", "20").code == 0
    assert (state(cloud, OTHER).failures, state(cloud, OTHER).problem) == (0, "")
    assert state(cloud, OTHER).whole_at == NOW


def test_the_exit_code_is_that_of_the_first_failure(run: Run, cloud: Cloud) -> None:
    cloud.instead = {TENANT: BUSY, OTHER: FORBIDDEN}
    ran = run("sync")
    assert ran.code == ExitCode.TEMPORARY
    assert len(ran.err.splitlines()) == 2
    assert "hunter2" not in ran.err
    assert "t0k3n" not in ran.err


def test_a_dry_run_writes_nothing_and_makes_no_store(run: Run, cloud: Cloud) -> None:
    (cloud.office / "store/devices").rename(cloud.office / "away")
    cloud.instead[OTHER] = BUSY
    ran = run("sync", "--dry-run")
    assert (ran.code, f"new: LAPTOP-1 ({guid(1)}) is compliant" in ran.out) == (ExitCode.TEMPORARY, True)
    assert not (cloud.office / "store/devices").exists()


def test_a_dry_run_counts_no_failure(run: Run, cloud: Cloud) -> None:
    cloud.instead[TENANT] = BUSY
    assert run("sync", "--dry-run").code == run("sync", "--check").code == ExitCode.TEMPORARY
    assert state(cloud).failures == 0


def test_check_answers_by_exit_code(run: Run, cloud: Cloud) -> None:
    assert run("sync", "--check").code == ExitCode.DIFFERENCE
    run("sync")
    assert run("sync", "--check").code == 0
    cloud.fleets[OTHER].append(managed(3))
    assert run("sync", "--check").code == ExitCode.DIFFERENCE
    assert run("sync", "--check").code == ExitCode.DIFFERENCE
    cloud.instead[TENANT] = FORBIDDEN
    assert run("sync", "--check").code == ExitCode.NOT_PERMITTED


def test_json(run: Run, cloud: Cloud) -> None:
    cloud.instead[OTHER] = BUSY
    ran = run("--json", "sync")
    none = dict.fromkeys(("new", "lost_compliance", "missing", "kept", "held", "expired"), 0)
    assert ran.json == [{"tenant": TENANT, "whole": True, "seen": 1, "changed": 1, **none, "now": {"compliant": 1}}]
    assert ran.code == ExitCode.TEMPORARY


def test_changes_begin_with_a_whole_sync(run: Run, cloud: Cloud) -> None:
    assert run("sync", "--changes").code == 0
    assert [len(cloud.asked(host)) for host in (HOSTS[TENANT],)] == [2]
    assert f"{TENANT}: 0 looked at; 0 new, 0 changed\n" in run("sync", "--changes").out
    assert ["$filter=lastSyncDateTime" in url for url in cloud.asked()] == [True, True]


def test_a_failure_of_changes_is_counted_too(run: Run, cloud: Cloud) -> None:
    run("sync")
    cloud.instead[TENANT] = BUSY
    assert run("sync", "--changes").code == ExitCode.TEMPORARY
    assert (state(cloud).failures, state(cloud).whole_failed) == (1, False)
    cloud.instead.clear()
    run("sync", "--changes")
    assert state(cloud).failures == 0


def test_a_whole_sync_that_is_refused_is_not_forgotten_by_a_look_at_changes(run: Run, cloud: Cloud) -> None:
    run("sync")
    cloud.fleets[TENANT] = []
    assert run("sync").code == ExitCode.REFUSED
    assert run("sync", "--changes").code == 0
    assert (state(cloud).failures, state(cloud).whole_failed) == (1, True)


def test_without_a_session_store_there_are_no_live_sessions(run: Run, cloud: Cloud) -> None:
    run("sync")
    (cloud.office / "store/sessions").rename(cloud.office / "away")
    assert run("sync", "--changes").code == 0
    assert not (cloud.office / "store/sessions").exists()


def test_a_credential_that_ends_soon_is_warned_of_but_not_every_minute(run: Run, cloud: Cloud) -> None:
    cloud.write(tenants={TENANT: {"client_secret_expires": "2020-05-01"}})
    said = f"radtune: {TENANT}: the client secret has expired on 2020-05-01; renew it\n"
    ran = run("-q", "sync")
    assert (ran.code, ran.err) == (0, said)
    assert run("-q", "sync", "--changes").err == ""


def test_only_one_sync_at_a_time(run: Run, cloud: Cloud, clock: Clock) -> None:
    with only_run(cloud.office / "store", "sync"):
        ran = run("sync")
        assert (ran.code, "another sync is running" in ran.err) == (ExitCode.TEMPORARY, True)
        assert run("sync", "--dry-run").code == ExitCode.TEMPORARY
        assert run("sync", "--lock-wait", "30").code == ExitCode.TEMPORARY
        assert round(sum(clock.slept)) == 30
    assert cloud.asked() == []
    assert run("sync", "--lock-wait", "30").code == 0


def test_a_damaged_row_of_one_tenant_holds_no_other_up(run: Run, cloud: Cloud) -> None:
    with closing(DeviceStore(cloud.office / "store/devices", create=False, timeout=1.0)) as store:
        store.write(f"sync/{TENANT}", "not json")
    ran = run("sync", "--changes")
    assert ran.code == ExitCode.CONFIGURATION
    assert "the next `radtune sync` makes it anew" in ran.err
    assert "the failure could not be noted" in ran.err
    assert "LAPTOP-2" in stored(cloud)
    ran = run("sync")
    assert ran.code == 0
    assert "it was made anew, and the server takes it up by itself" in ran.err
    assert run("sync").err == ""


def test_without_a_tenant_there_is_nothing_to_sync(run: Run, cloud: Cloud) -> None:
    (cloud.office / "settings.yaml").write_text(SETTINGS)
    for words in (["sync"], ["sync", "--if-linked"]):
        ran = run(*words)
        assert (ran.code, "no tenant is left; --accept-missing" in ran.err) == (ExitCode.REFUSED, True)
    rmtree(cloud.office / "store/devices")
    ran = run("sync")
    assert (ran.code, "intune: the key is missing; run `radtune link`" in ran.err) == (ExitCode.CONFIGURATION, True)
    ran = run("sync", "--apply", "--if-linked")
    assert (ran.code, ran.out, ran.err) == (ExitCode.OK, "", "")


@pytest.mark.parametrize("fails", [True, False])
@pytest.mark.parametrize(("applied", "code"), [(0, 0), (4, 4), (RefusedError("too many"), 3)])
def test_sessions_are_moved_whichever_tenants_failed(
    run: Run, cloud: Cloud, monkeypatch: pytest.MonkeyPatch, fails: bool, applied: int | Exception, code: int
) -> None:
    def moves(*_: object, **__: object) -> int:
        calls.append(1)
        if isinstance(applied, Exception):
            raise applied
        return applied

    calls: list[int] = []
    monkeypatch.setattr("radtune_tools.commands.sync.move_sessions", moves)
    if fails:
        cloud.instead[TENANT] = BUSY
    ran = run("sync", "--apply")
    assert (ran.code, calls) == (ExitCode.TEMPORARY if fails else code, [1])
    assert ("too many" in ran.err) == isinstance(applied, Exception)
    assert run("sync", "--apply", "--dry-run").code in (0, ExitCode.TEMPORARY)
    assert calls == [1]


def test_json_has_the_plans_of_a_dry_run_that_was_to_apply(run: Run, cloud: Cloud) -> None:
    assert cloud.office
    plans = json.loads(run("--json", "sync", "--dry-run", "--apply").out)
    assert [plan["tenant"] for plan in plans] == [TENANT, OTHER]
