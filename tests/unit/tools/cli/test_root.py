"""The command line: its words, its help, and one exit code for each kind of error."""

import subprocess
import sys
from pathlib import Path

import click
import pytest

from radtune import __version__
from radtune.errors import (
    ConfigurationError,
    ExitCode,
    NotPermittedError,
    Problem,
    RadtuneError,
    RefusedError,
    StoreAccessError,
    StoreBusyError,
    StoreError,
    TemporaryError,
    UsageError,
)
from radtune.server.client_events import append_event
from radtune_tools.cli.group import Group
from radtune_tools.cli.root import cli
from radtune_tools.main import main
from unit.running import Run
from unit.samples import NOW

ROOT = Path(__file__).resolve().parents[4]
COMMANDS = (
    *(
        "apply",
        "coa",
        "devices",
        "doctor",
        "events",
        "explain",
        "link",
        "metrics",
        "nas",
        "plan",
        "policy",
        "push",
        "quarantine",
        "release",
        "sessions",
        "setup",
        "status",
        "sync",
        "timeline",
        "unlink",
    ),
)
AS_ANYBODY = """\
import sys
from radtune_tools import main, user_and_lock
user_and_lock.become_store_owner = lambda _: None
sys.exit(main.main())
"""


def commands() -> dict[str, click.Command]:
    """Return every command by its words."""
    return dict(cli.every_command(click.Context(cli)))


def test_every_command_has_a_help_text_and_every_option_too(run: Run) -> None:
    assert tuple(cli.list_commands(click.Context(cli))) == COMMANDS
    for words in ("", *commands()):
        ran = run(*words.split(), "--help")
        assert (ran.code, ran.err) == (0, "")
        assert ran.out.startswith("Usage: radtune")
    for command in (*commands().values(), cli):
        assert command.help
        assert all(option.help for option in command.params if isinstance(option, click.Option))


def test_the_list_of_the_commands_says_what_each_says_of_itself(run: Run) -> None:
    found = commands()
    groups = {"": cli, **{path: group for path, group in found.items() if isinstance(group, Group)}}
    for path, group in groups.items():
        said = {word: found[f"{path} {word}".strip()].get_short_help_str(limit=1000) for word in group.helps}
        assert said == group.helps
        shown = " ".join(run(*path.split(), "--help").out.split())
        assert all(f"{word} {help_text}" in shown for word, help_text in said.items())


def test_h_is_help_and_version_is_the_version(run: Run) -> None:
    assert run("-h").out == run("--help").out
    assert run("--version").out == f"radtune, version {__version__}\n"


def test_the_help_lists_the_exit_codes_that_there_are(run: Run) -> None:
    out = run("--help").out
    words = [line.split() for line in out[out.index("Exit codes:") :].splitlines()]
    assert {int(line[0]) for line in words if line and line[0].isdigit()} == {code.value for code in ExitCode}


@pytest.mark.parametrize(
    "words",
    [
        ("snyc",),
        ("sync", "--nope"),
        ("sync", "--accept-missing", "many"),
        ("apply", "--wait", "-1"),
        ("devices", "--state", "good"),
        ("events", "--limit", "0"),
        ("coa",),
        ("explain",),
        ("policy", "chekc"),
        ("policy", "diff"),
        ("status", "now"),
    ],
)
def test_a_wrong_command_line(run: Run, words: tuple[str, ...]) -> None:
    ran = run(*words)
    assert (ran.code, ran.out) == (ExitCode.USAGE, "")
    assert "Error: " in ran.err


def fail(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Let `radtune plan` raise this."""

    def broken(*_: object, **__: object) -> int:
        raise error

    monkeypatch.setattr("radtune_tools.commands.plan.Reconcile", broken)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("x"), 2),
        (RefusedError("x"), 3),
        (TemporaryError("x"), 75),
        (StoreBusyError("x"), 75),
        (NotPermittedError("x"), 77),
        (StoreAccessError("x"), 77),
        (StoreError("x"), 78),
        (RadtuneError("x"), 78),
        (ConfigurationError([Problem(Path("f"), 1, "k", "x")]), 78),
    ],
)
def test_each_kind_of_error_has_its_exit_code(
    run: Run, monkeypatch: pytest.MonkeyPatch, error: RadtuneError, code: int
) -> None:
    fail(monkeypatch, error)
    ran = run("plan")
    assert (ran.code, ran.out, ran.err) == (code, "", f"radtune: {error}\n")


def test_every_line_of_an_error_is_named_and_printable(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    fail(monkeypatch, RadtuneError("one\ntwo \x1b[31m"))
    assert run("plan").err == "radtune: one\nradtune: two \\x1b[31m\n"


def test_a_bug_looks_like_one(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    fail(monkeypatch, ZeroDivisionError("surprise"))
    ran = run("plan")
    assert (ran.code, ran.out) == (ExitCode.BUG, "")
    assert ran.err.startswith("radtune: this is a bug in radtune; please report it")
    assert "ZeroDivisionError: surprise" in ran.err
    assert f"radtune {__version__}, Python 3." in ran.err
    assert "diskcache 5." in ran.err


def test_an_interrupt_is_no_bug(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    fail(monkeypatch, KeyboardInterrupt())
    ran = run("plan")
    assert (ran.code, "Traceback" in ran.err) == (ExitCode.INTERRUPTED, False)


def test_the_settings_file_comes_from_the_option_or_the_environment(
    run: Run, office: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["radtune", "policy", "check"])
    monkeypatch.setenv("RADTUNE_SETTINGS", str(office / "settings.yaml"))
    assert main() == 0
    monkeypatch.setenv("RADTUNE_SETTINGS", str(office / "none.yaml"))
    assert main() == ExitCode.CONFIGURATION
    assert f"{office}/none.yaml:1: there is no such file" in capsys.readouterr().err
    assert run("policy", "check").code == 0


def test_a_reader_that_has_seen_enough_is_no_error(office: Path) -> None:
    # More than a pipe holds.
    for number in range(400):
        append_event(office / "events.jsonl", NOW, "login_allowed", mac=f"{number:012x}", reason="x" * 500)
    words = ["--settings", str(office / "settings.yaml"), "events", "--limit", "400"]
    environment = {"PYTHONPATH": f"{ROOT}/module:{ROOT}/tools"}
    command = [sys.executable, "-B", "-c", AS_ANYBODY, *words]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


def test_a_closed_standard_output_is_no_bug() -> None:
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" >&-', "sh", sys.executable, "-B", str(ROOT / "tools/radtune"), "devices"],
        env={"RADTUNE_SETTINGS": "/nowhere"},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert (done.returncode, "/nowhere:1: there is no such file" in done.stderr) == (ExitCode.CONFIGURATION, True)


def test_the_output_may_be_closed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    assert run("nas", "profiles").code == 0


def test_the_wrapper_finds_its_packages_beside_it() -> None:
    command = [sys.executable, "-B", str(ROOT / "tools/radtune"), "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"radtune, version {__version__}\n"
