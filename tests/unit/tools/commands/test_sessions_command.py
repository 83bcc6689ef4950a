"""`radtune sessions` and what it lets be asked for."""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from radtune.config.settings import read_settings
from radtune.errors import ExitCode
from radtune.records.device_and_client import Session
from radtune.records.moves_and_states import Move
from radtune.records.session_end import Restart
from radtune.stores.sessions import SessionStore
from radtune_tools.commands.tenant_syncs import live_sessions
from unit.running import Run
from unit.samples import NOW, SETTINGS, by_mac

NAS = """\
nas:
  - {name: campus, nas: [198.51.100.0/24, "ap-*"], secret_file: coa}
"""


def on(address: str, identifier: str, granted: str, compliance: str, granted_at: float = NOW) -> Session:
    facts = replace(by_mac(), nas_address=address, nas_identifier=identifier)
    return Session(facts, granted, granted_at, compliance=compliance)


@pytest.fixture
def sessions(office: Path) -> Iterator[SessionStore]:
    """Return the session store with four sessions, one of them moving."""
    (office / "settings.yaml").write_text(SETTINGS + NAS)
    with closing(SessionStore(office / "store/sessions", create=True, timeout=1.0)) as store:
        store.put(on("192.0.2.1", "sw1", "vlan 750", "compliant"))
        store.put(on("192.0.2.2", "sw2", "vlan 1", "noncompliant"))
        store.put(on("198.51.100.3", "", "vlan 750 role staff", "compliant"))
        store.put(on("", "ap-4", "accept", "not_enrolled"))
        key = on("192.0.2.2", "", "", "").key
        store.put_move(Move(key, "vlan 1", "vlan 750", "because", "pending", NOW))
        yield store


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ((), "1 2 3 4"),
        (("--nas", "192.0.2.1"), "1"),
        (("--nas", "192.0.2.0/24"), "1 2"),
        (("--nas", "sw2"), "2"),
        (("--nas", "SW*"), "1 2"),
        (("--nas", "campus"), "3 4"),
        (("--nas", "2001:db8::/32"), ""),
        (("--compliance", "compliant"), "1 3"),
        (("--compliance", "not_enrolled"), "4"),
        (("--granted", "vlan 750"), "1"),
        (("--granted", "VLAN 750*"), "1 3"),
        (("--moving",), "2"),
        (("--moving", "--compliance", "compliant"), ""),
        (("0016cbaabb01", "--nas", "campus", "--granted", "accept"), "4"),
        (("0016cbaabb02", "--nas", "campus"), ""),
    ],
)
def test_what_is_asked_for(run: Run, sessions: SessionStore, words: tuple[str, ...], found: str) -> None:
    assert len(list(sessions.sessions())) == 4
    nases = [row["nas"][-1] for row in run("--json", "sessions", *words).json]
    assert sorted(nases) == found.split()


def test_where_nobody_fits(run: Run, sessions: SessionStore) -> None:
    assert run("sessions", "--granted", "vlan 9").out == "no live session fits (of 4)\n"
    for session in list(sessions.sessions()):
        sessions.end(session.key)
    assert run("sessions", "--granted", "vlan 9").out == "no live sessions\n"


@pytest.mark.parametrize(
    ("nas", "warned"),
    [("sw1", 0), ("campus", 0), ("192.0.2.0/24", 0), ("camp", 1), ("203.0.113.0/24", 1), ("xx-*", 1)],
)
def test_a_nas_that_nobody_knows(run: Run, sessions: SessionStore, nas: str, warned: int) -> None:
    for session in list(sessions.sessions()):
        if session.facts.nas_identifier not in ("sw1", "sw2"):
            sessions.end(session.key)
    said = f"radtune: warning: --nas {nas} is no NAS of a live session, and no entry under nas has this name; "
    ran = run("sessions", "--nas", nas, "--granted", "vlan 9")
    assert (ran.code, ran.err) == (0, f"{said}there are campus\n" * warned)


def test_the_limit(run: Run, sessions: SessionStore) -> None:
    assert len(list(sessions.sessions())) == 4
    assert len(run("--json", "sessions", "--limit", "3").json) == 3
    assert run("sessions", "--limit", "3").out.endswith("the first 3; --limit shows more\n")
    assert "--limit" not in run("sessions", "--limit", "4").out


def test_a_network_that_is_none(run: Run, sessions: SessionStore) -> None:
    assert list(sessions.sessions())
    ran = run("sessions", "--nas", "192.0.2.1/24")
    assert (ran.code, ran.err) == (
        ExitCode.USAGE,
        "radtune: --nas 192.0.2.1/24: has bits set behind its length; write 192.0.2.0/24\n",
    )


def test_what_is_over_is_not_shown_and_apply_sweeps_it(run: Run, sessions: SessionStore) -> None:
    sessions.restarted(Restart("192.0.2.1", "sw1", ""), NOW + 1)
    assert len(run("--json", "sessions").json) == 3
    over = on("192.0.2.1", "", "", "").key
    assert sessions.get_including_ended(over) is not None
    run("apply", "--wait", "0")
    assert sessions.get_including_ended(over) is not None, "it may be heard of again"
    sessions.put(on("192.0.2.1", "sw1", "vlan 750", "compliant", NOW - 7 * 86_400))
    run("apply", "--wait", "0")
    assert sessions.get_including_ended(over) is None


@pytest.mark.parametrize(("silence", "there"), [("30d", 1), ("5m", 0)])
def test_the_silence_that_settings_name(run: Run, office: Path, silence: str, there: int) -> None:
    """Each command that reads sessions goes by it."""
    (office / "settings.yaml").write_text(f"{SETTINGS}sessions: {{silence: {silence}}}\n")
    with closing(SessionStore(office / "store/sessions", create=True, timeout=1.0)) as store:
        store.put(replace(on("192.0.2.1", "sw1", "vlan 750", "compliant"), granted_at=time.time() - 8 * 86_400))
    assert len(run("--json", "sessions").json) == there
    assert run("--json", "status").json["sessions"] == there
    assert len(live_sessions(read_settings(office / "settings.yaml"))) == there
    assert run("nas", "check", "--session", by_mac().mac).code == (ExitCode.NOT_ENFORCED if there else ExitCode.USAGE)
