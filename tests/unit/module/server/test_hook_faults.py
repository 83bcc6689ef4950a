"""What the server is told when something breaks: at its start, and later."""

import sqlite3
from contextlib import closing
from pathlib import Path
from shutil import rmtree
from types import ModuleType

import pytest

from parts.event_lines import newest_events
from unit.asking import FAIL, NOOP, OK, REJECT, STRANGER, UPDATED, VLAN_750, ask, kinds
from unit.fake_radiusd import FakeRadiusd, call
from unit.samples import (
    POLICY,
    accounting_request,
    device,
    fill,
    mab_request,
)


@pytest.mark.parametrize("function", ["authorize", "post_auth", "accounting"])
def test_with_nothing_loaded_everything_fails(hook: ModuleType, radiusd: FakeRadiusd, function: str) -> None:
    outcome = call(getattr(hook, function), request=mab_request(), config=[("Radtune-Question", "mab")])
    assert outcome.code == FAIL
    assert radiusd.messages() == f"radtune: {function}: nothing is loaded; see the messages of the server's start"


def test_after_detach_nothing_is_loaded(loaded: ModuleType) -> None:
    assert call(lambda _: loaded.detach(None)).code == OK
    assert ask(loaded, "mab", mab_request()).code == FAIL
    assert loaded.detach(None) == OK


def test_a_start_that_fails_leaves_nothing_of_the_one_before(loaded: ModuleType, office: Path) -> None:
    (office / "policy.yaml").write_text("")
    assert loaded.instantiate(None) == -1
    assert ask(loaded, "mab", mab_request()).code == FAIL


@pytest.mark.parametrize("question", ["mab", "certificate", "inner", "login"])
def test_a_bug_is_a_failure_and_looks_like_one(
    loaded: ModuleType, radiusd: FakeRadiusd, monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("what\0ever \ud800")

    monkeypatch.setattr("radtune.server.instance.decide", broken)
    assert ask(loaded, question, mab_request()).code == FAIL
    assert "bug in " in radiusd.messages()
    assert "ZeroDivisionError: what" in radiusd.messages()


def test_a_bug_in_accounting_is_a_failure(loaded: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("radtune.server.session_recorder.find_session", None)
    assert call(loaded.accounting, request=accounting_request("Start")).code == FAIL


def test_a_bug_while_starting_stops_the_server(
    hook: ModuleType, radiusd: FakeRadiusd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("radtune.server.instance.EventLog", None)
    assert call_start(hook) == -1
    assert "bug in instantiate, the server can't start" in radiusd.messages()


def call_start(hook: ModuleType) -> int:
    code: int = hook.instantiate(None)
    assert type(code) is int
    return code


def test_the_first_start_makes_the_session_store(hook: ModuleType, office: Path) -> None:
    rmtree(office / "store/sessions")
    assert call_start(hook) == OK
    assert ask(hook, "login", mab_request()).code == UPDATED


def test_settings_that_are_not_named_stop_the_server(hook: ModuleType, radiusd: FakeRadiusd) -> None:
    radiusd.config.clear()
    assert call_start(hook) == -1
    assert "config { settings = ... } is missing" in radiusd.messages()


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("settings.yaml", "store: s\nevents: e\npolcy: p\n", "settings.yaml:3: polcy: unknown key polcy; did you mean"),
        ("policy.yaml", POLICY.replace("750", "0750"), "policy.yaml:4: labels.corp-vlan.vlan: 0750: "),
        ("policy.yaml", POLICY.replace("[corp-vlan]", '["a\\0b"]'), "policy.yaml:11: rules[1].assign[1]: "),
        ("policy.yaml", POLICY.replace("[corp-vlan]", '["\\ud800"]'), "policy.yaml:11: "),
    ],
)
def test_a_fault_in_the_files_stops_the_server_and_says_where(
    hook: ModuleType, radiusd: FakeRadiusd, office: Path, file: str, text: str, says: str
) -> None:
    (office / file).write_text(text)
    assert call_start(hook) == -1
    assert f"radtune: {office}/{says}" in radiusd.messages()


def test_every_fault_has_a_line_of_its_own_in_the_log(hook: ModuleType, radiusd: FakeRadiusd, office: Path) -> None:
    (office / "policy.yaml").write_text(POLICY.replace("750", "0").replace("compliant]", "complian]"))
    assert call_start(hook) == -1
    assert len([line for line in radiusd.messages().splitlines() if "policy.yaml:" in line]) == 3


def test_a_missing_store_stops_the_server(hook: ModuleType, radiusd: FakeRadiusd, office: Path) -> None:
    (office / "store/devices").rename(office / "away")
    assert call_start(hook) == -1
    assert f"{office}/store/devices: there is no store; run `radtune sync`" in radiusd.messages()


def test_an_event_log_that_can_t_be_written_stops_the_server(
    hook: ModuleType, radiusd: FakeRadiusd, office: Path
) -> None:
    (office / "events.jsonl").mkdir()
    assert call_start(hook) == -1
    assert "the event log can't be written" in radiusd.messages()


def test_an_event_log_that_breaks_later_changes_no_answer(
    loaded: ModuleType, radiusd: FakeRadiusd, office: Path
) -> None:
    (office / "events.jsonl").unlink()
    (office / "events.jsonl").mkdir()
    assert ask(loaded, "login", mab_request()).lists["reply"] == VLAN_750
    assert ask(loaded, "login", STRANGER).code == REJECT
    assert radiusd.messages().count("client events are lost") == 1


def test_a_session_store_that_is_locked_changes_no_answer(
    loaded: ModuleType, radiusd: FakeRadiusd, office: Path
) -> None:
    ask(loaded, "login", mab_request())
    database = office / "store/sessions/cache.db"
    with closing(sqlite3.connect(database, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert ask(loaded, "login", mab_request()).lists["reply"] == VLAN_750
        assert ask(loaded, "login", [*mab_request(), ("EAP-Type", "MD5")]).code == UPDATED
        assert call(loaded.accounting, request=accounting_request("Interim-Update")).code == NOOP
    assert radiusd.messages().count("the session store fails, and sessions wait in memory") == 1
    assert kinds(office) == ["login_allowed"] * 3


def test_a_refusal_is_a_refusal_where_it_can_t_be_recorded(
    hook: ModuleType, radiusd: FakeRadiusd, office: Path
) -> None:
    hook.instantiate(None)
    ask(hook, "login", mab_request())
    fill(office / "store/devices", [device(1, compliance="error")])
    with closing(sqlite3.connect(office / "store/sessions/cache.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert ask(hook, "login", mab_request()).code == REJECT
    assert "the session store fails" in radiusd.messages()


@pytest.mark.parametrize(("default", "code"), [("deny", REJECT), ("{policy: allow, assign: [quarantine]}", UPDATED)])
def test_a_device_store_that_breaks_later_is_unavailable(
    hook: ModuleType, office: Path, default: str, code: int
) -> None:
    (office / "policy.yaml").write_text(POLICY.replace("default: deny", f"default: {default}"))
    hook.instantiate(None)
    with closing(sqlite3.connect(office / "store/devices/cache.db")) as other:
        other.execute("DROP TABLE Cache")
    assert ask(hook, "login", mab_request()).code == code
    (event,) = newest_events(office / "events.jsonl")
    assert (event["compliance"], event["rule"]) == ("unavailable", "default")


def test_a_device_store_that_is_being_written_is_read_all_the_same(loaded: ModuleType, office: Path) -> None:
    with closing(sqlite3.connect(office / "store/devices/cache.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert ask(loaded, "login", mab_request()).lists["reply"] == VLAN_750


def test_a_damaged_session_changes_no_answer(loaded: ModuleType, radiusd: FakeRadiusd, office: Path) -> None:
    ask(loaded, "login", STRANGER)
    with closing(sqlite3.connect(office / "store/sessions/cache.db")) as other, other:
        row = "session/00163e000001/192.0.2.1/ge-0/0/7"
        other.execute("INSERT INTO Cache(key, raw, mode, value) VALUES (?, 1, 1, 'x')", (row,))
    assert ask(loaded, "login", STRANGER).code == REJECT
    request = accounting_request("Start", "00163e000001")
    assert call(loaded.accounting, request=request).code == NOOP
    assert radiusd.messages().count("its checksum is wrong") == 1
