"""`radtune setup`: its words, and what it answers."""

import os
from pathlib import Path

import pytest

from radtune.errors import ExitCode
from radtune_tools.setup.listeners import Listener, NoProofError
from radtune_tools.setup.proof import Proof
from unit.running import Ran, Run
from unit.sample_raddb import SampleServer, sample_raddb, tree

COMMAND = "radtune_tools.commands.setup"


@pytest.fixture
def root(tmp_path: Path, office: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a server's configuration that the command changes; nobody is at a terminal, and each login is proved."""
    root = sample_raddb(tmp_path)
    monkeypatch.setattr(f"{COMMAND}.RADDB", root)
    monkeypatch.setattr(f"{COMMAND}.Server", lambda root, store, *_: SampleServer(root, store))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(f"{COMMAND}.find_listener", lambda _: Listener(1812, 1813))
    monkeypatch.setattr(f"{COMMAND}.loopback_secret", lambda *_: "secret")
    monkeypatch.setattr(f"{COMMAND}.prove", lambda *_: Proof(True, "a login", "Access-Reject", "login_denied"))
    return root


def problems(ran: Ran) -> str:
    """Return what stands on standard error, but for warnings about the policy."""
    return "".join(line for line in ran.err.splitlines(keepends=True) if ": warning: " not in line)


pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a file to another user")


def test_without_a_terminal_it_wants_a_word(run: Run, root: Path) -> None:
    before = tree(root)
    ran = run("setup", "--sites", "own")
    assert (ran.code, problems(ran)) == (ExitCode.USAGE, "radtune: there is no terminal to ask at; give --yes\n")
    assert f"{root} isn't laid out as in Debian, where setup was tried; look at each change\n" in ran.out
    assert tree(root) == before


def test_only_root_changes_and_anybody_may_look(run: Run, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 7)
    ran = run("setup", "--yes")
    assert (ran.code, problems(ran)) == (
        ExitCode.NOT_PERMITTED,
        f"radtune: {root}: only root changes it; run as root, or look at the changes by --dry-run\n",
    )
    monkeypatch.undo()


def test_what_was_done_as_json(run: Run, root: Path) -> None:
    ran = run("setup", "--yes", "--sites", "own", "--json")
    assert (ran.code, problems(ran)) == (ExitCode.OK, "")
    assert ran.json["sites"] == "own" and ran.json["restarted"] is True
    assert ran.json["login"] == {"proved": True, "answer": "Access-Reject", "event": "login_denied"}
    steps = {each["step"]: each for each in ran.json["steps"]}
    assert steps["virtual servers"] == {
        "step": "virtual servers",
        "state": "to do",
        "files": ["sites-available/default"],
        "said": "",
    }
    again = run("setup", "--yes", "--sites", "own", "--json").json
    assert {each["state"] for each in again["steps"]} == {"already so"} and again["restarted"] is False
    assert again["login"]["proved"] is True


def test_what_was_undone_as_json(run: Run, root: Path) -> None:
    run("setup", "--yes", "--sites", "own")
    (root / "dictionary").write_text("# mine\n")
    ran = run("setup", "--undo", "--yes", "--json")
    assert ran.code == ExitCode.REFUSED and ran.json["restarted"] is True
    assert "mods-enabled/radtune" in ran.json["files"]
    (left,) = ran.json["left"]
    assert left.startswith(f"{root}/dictionary: setup's lines are not as it wrote them: ")
    assert run("setup", "--undo", "--yes", "--sites", "own", "--json").json["files"] == []


def test_a_login_that_shows_nothing(run: Run, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{COMMAND}.prove", lambda *_: Proof(False, "the login was not answered: no answer"))
    ran = run("setup", "--yes", "--sites", "own")
    assert (ran.code, problems(ran)) == (
        ExitCode.DIFFERENCE,
        "radtune: the login was not answered: no answer; radtune setup --undo puts everything back\n",
    )


def test_a_login_that_can_not_be_tried(run: Run, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def none(_: object) -> Listener:
        raise NoProofError("no virtual server")

    monkeypatch.setattr(f"{COMMAND}.find_listener", none)
    ran = run("setup", "--yes", "--sites", "own")
    assert ran.code == ExitCode.OK
    assert "no login was tried: no virtual server; docs/test.md says how to try one\n" in ran.out


def test_what_is_left_to_a_person_has_its_code(run: Run, root: Path) -> None:
    (root / "sites-enabled/mine").write_text("server {\n")
    ran = run("setup", "--yes", "--sites", "own")
    assert ran.code == ExitCode.REFUSED
    assert f"virtual servers: {root}/sites-enabled/mine:1: radtune doesn't know server {{ is never closed" in ran.err


def test_no_store_and_a_faulty_policy_come_before_any_change(run: Run, root: Path, office: Path) -> None:
    before = tree(root)
    (office / "policy.yaml").write_text("rules: 3\n")
    ran = run("setup", "--yes", "--sites", "own")
    assert (ran.code, tree(root)) == (ExitCode.CONFIGURATION, before)
    assert "policy.yaml:1: rules" in ran.err


def test_a_dry_run_says_what_would_keep_a_run_from_its_first_change(run: Run, root: Path, office: Path) -> None:
    assert problems(run("setup", "--dry-run", "--sites", "own")) == ""
    (office / "policy.yaml").write_text("rules: 3\n")
    ran = run("setup", "--dry-run", "--sites", "own")
    assert "a run would change nothing until this is mended: " in ran.err and "policy.yaml:1: rules" in ran.err
    assert (ran.code, "+ link mods-enabled/radtune" in ran.out) == (ExitCode.OK, True)


def test_the_policy_s_warnings_are_told_once(run: Run, root: Path) -> None:
    warned = [line for line in run("setup", "--yes", "--sites", "own").err.splitlines() if ": warning: " in line]
    assert warned and len(warned) == len(set(warned))


def test_the_quiet_say_nothing(run: Run, root: Path) -> None:
    ran = run("setup", "--yes", "--sites", "own", "-q")
    assert (ran.code, ran.out, problems(ran)) == (ExitCode.OK, "", "")
    ran = run("setup", "--undo", "--yes", "-q")
    assert (ran.code, ran.out, problems(ran)) == (ExitCode.OK, "", "")


def test_a_restart_command_with_an_open_quote(run: Run, root: Path) -> None:
    ran = run("setup", "--restart-command", "sh -c 'x")
    assert (ran.code, ran.err) == (
        ExitCode.USAGE,
        "radtune: --restart-command: a quote is not closed: sh -c 'x\n",
    )
