"""Options in either place, lists in any form, and the nearest word to a mistyped one."""

import csv
import io
from pathlib import Path

import pytest

from radtune.errors import ExitCode
from unit.running import Run

LISTS = (("devices",), ("sessions",), ("events",), ("plan",), ("quarantine",), ("nas", "profiles"))
JSON = (*LISTS, ("status",), ("nas", "check"), ("policy", "check"))


@pytest.mark.parametrize("command", JSON, ids=" ".join)
def test_global_options_stand_before_or_behind(run: Run, command: tuple[str, ...]) -> None:
    first, *rest = command
    answer = run("--json", *command).json
    assert run(*command, "--json").json == answer
    assert run("--json", *command, "--json").json == answer
    if rest:
        assert run(first, "--json", *rest).json == answer
    assert run("--quiet", *command).out == run(*command, "-q").out == ""


def test_settings_behind_the_command_win(run: Run, office: Path, tmp_path: Path) -> None:
    (office / "other.yaml").write_text((office / "settings.yaml").read_text() + "surprise: 1\n")
    for words in (("devices", "--settings"), ("nas", "--settings"), ("nas", "profiles", "--settings")):
        rest = ("profiles",) if words[:2] == ("nas", "--settings") else ()
        ran = run(*words, str(office / "other.yaml"), *rest)
        assert (ran.code, "other.yaml:4: surprise" in ran.err) == (ExitCode.CONFIGURATION, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("snyc",), "No such command 'snyc'. Did you mean radtune sync?"),
        (("Devices",), "Did you mean radtune devices?"),
        (("device",), "Did you mean radtune devices?"),
        (("policy", "chekc"), "No such command 'chekc'. Did you mean radtune policy check?"),
        (("check",), "Did you mean radtune nas check or radtune policy check?"),
        (("nas", "devices"), "Did you mean radtune devices?"),
        (("diff",), "Did you mean radtune policy diff?"),
        (("sync", "--dryrun"), "--dry-run"),
        (("devices", "--jsn"), "--json"),
        (("sessions", "--colums", "mac"), "--columns"),
        (("--check", "plan"), "No such option: --check. It stands behind the command: radtune plan --check"),
        (("--jsno", "plan"), "--json"),
        (("nas", "--write", "import"), "It stands behind the command: radtune nas import --write"),
        (("xyzzy",), "No such command 'xyzzy'.\n"),
    ],
)
def test_did_you_mean(run: Run, words: tuple[str, ...], said: str) -> None:
    ran = run(*words)
    assert (ran.code, ran.out) == (ExitCode.USAGE, "")
    assert said in " ".join(ran.err.split("\n")) or said in ran.err


@pytest.mark.parametrize("command", LISTS, ids=" ".join)
def test_every_list_takes_the_options_of_lists(run: Run, command: tuple[str, ...]) -> None:
    head = next(csv.reader(io.StringIO(run(*command, "--csv").out)))
    assert len(head) > 4
    name = head[-1]
    assert run(*command, "--csv", "--columns", f"{name}, {head[0]}").out.splitlines()[0] == f"{name},{head[0]}"
    ran = run(*command, "--columns", "nosuch")
    assert (ran.code, f"unknown column nosuch (known: {head[0]}" in ran.err) == (ExitCode.USAGE, True)
    assert run(*command, "--csv", "--json").code == ExitCode.USAGE
    assert run(*command, "--columns", ",").code == ExitCode.USAGE
    assert run(*command, "--wide").code == 0
    for option in ("--wide", "--columns", "--csv", "--json", "--quiet", "--settings"):
        assert option in run(*command, "--help").out


def test_the_rows_of_a_list(run: Run, office: Path) -> None:
    (row,) = csv.DictReader(io.StringIO(run("devices", "--csv").out))
    assert (row["name"], row["serial"], row["tenant"]) == ("LAPTOP-1", "SER1", "contoso.example")
    assert run("devices", "--columns", "serial,Last check in").out.splitlines()[:2] == [
        "serial  last check in",
        "SER1    2023-11-14T22:13:20Z (3y)",
    ]
    assert "contoso.example" in run("devices", "--wide").out.splitlines()[1]
    assert "SER1" not in run("devices").out
