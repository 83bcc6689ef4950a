"""`radtune apply` with a store that is unusable: nothing is sent, and the exit code says why."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from shutil import rmtree

import pytest

from radtune.errors import ExitCode
from radtune_tools.enforce.reconcile import Reconcile
from unit.moving import SILENT, Network, see_through, send, session
from unit.running import Run
from unit.samples import NOW, device, fill, guid, opened

DEVICES, SESSIONS = "store/devices", "store/sessions"


def stale(office: Path) -> None:
    fill(office / DEVICES, [device(1, compliance="noncompliant")], synced_at=NOW - 2 * 86400)


def unreadable_row(office: Path) -> None:
    with opened(office / DEVICES) as store:
        store.write(f"device/{guid(1)}", "not json")


def missing(office: Path) -> None:
    rmtree(office / DEVICES)


def damaged(office: Path) -> None:
    for file in (office / DEVICES).glob("cache.db*"):
        file.write_bytes(b"not a database " * 1000)


def damaged_sessions(office: Path) -> None:
    for file in (office / SESSIONS).glob("cache.db*"):
        file.write_bytes(b"not a database " * 1000)


def test_otherwise_it_is_sent(run: Run, one_to_move: Network) -> None:
    run("apply", "--wait", "0")
    assert one_to_move.sent == [("sw1", [session().key])]


@pytest.mark.parametrize(
    ("harm", "code", "says"),
    [
        (stale, ExitCode.REFUSED, "radtune can't judge now"),
        (unreadable_row, ExitCode.REFUSED, "radtune can't judge now"),
        (missing, ExitCode.CONFIGURATION, "there is no store; run `radtune sync`"),
        (damaged, ExitCode.CONFIGURATION, "damaged"),
        (damaged_sessions, ExitCode.CONFIGURATION, "damaged"),
    ],
)
def test_a_store_that_can_not_be_believed(
    run: Run, one_to_move: Network, harm: Callable[[Path], None], code: ExitCode, says: str
) -> None:
    harm(one_to_move.office)
    ran = run("apply")
    assert (ran.code, says in ran.err) == (code, True)
    assert one_to_move.sent == []


@pytest.fixture
def when_stale(request: pytest.FixtureRequest, office: Path) -> str:
    """Let policy assign this label while the store is stale. Ask for it before the network: the server has it, too."""
    with (office / "policy.yaml").open("a") as policy:
        policy.write(f"on_failure:\n  stale: {{policy: allow, assign: [{request.param}]}}\n")
    return str(request.param)


@pytest.mark.parametrize("when_stale", ["quarantine"], indirect=True)
def test_what_a_stale_store_would_get_is_not_sent_again_though_it_was_allowed_before(
    when_stale: str, one_to_move: Network, reconcile: Reconcile
) -> None:
    one_to_move.replies["sw1"] = SILENT
    one_to_move.sleeping = lambda: stale(one_to_move.office)
    (left,) = see_through(one_to_move, reconcile)
    assert (left.state, left.move.after, len(one_to_move.sent)) == ("unanswered", "vlan 1", 1), when_stale


@pytest.mark.parametrize("when_stale", ["corp-vlan"], indirect=True)
def test_a_move_is_not_forgotten_because_a_stale_store_would_leave_the_session_where_it_is(
    when_stale: str, one_to_move: Network, reconcile: Reconcile
) -> None:
    one_to_move.replies["sw1"] = SILENT
    send(one_to_move, reconcile)
    stale(one_to_move.office)
    assert [left.state for left in reconcile.settle(one_to_move.show)] == ["unanswered"], when_stale
    assert one_to_move.states() == ["unanswered"]


@pytest.mark.parametrize("place", [DEVICES, SESSIONS])
def test_a_store_that_this_user_may_not_use(
    run: Run, one_to_move: Network, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    access = os.access

    def refuse(path: Path, *_: object, **__: object) -> bool:
        return path != one_to_move.office / place and access(path, os.R_OK)

    monkeypatch.setattr(os, "access", refuse)
    ran = run("apply")
    assert (ran.code, "which keeps its owner out" in ran.err) == (ExitCode.NOT_PERMITTED, True)
    assert one_to_move.sent == []


def test_a_session_store_that_another_process_holds(
    run: Run, one_to_move: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("radtune_tools.stores.TOOL_TIMEOUT", 0.05)
    with closing(sqlite3.connect(one_to_move.office / SESSIONS / "cache.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        ran = run("apply")
    assert (ran.code, f"{one_to_move.office / SESSIONS}: locked by another process" in ran.err) == (
        ExitCode.TEMPORARY,
        True,
    )
    assert one_to_move.sent == []
