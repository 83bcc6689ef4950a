"""A wrong file in the place of settings or policy: nothing of what it holds is shown, nor any password."""

import os
from pathlib import Path

import pytest

from radtune.errors import ExitCode
from radtune.file_access import MOST_BYTES
from radtune.text import without_password
from unit.running import Run
from unit.samples import SETTINGS

SECRET = "hunter2"
KEY = "-----BEGIN PRIVATE KEY-----\nhunter2hunter2\n-----END PRIVATE KEY-----\n"
WRONG = {
    "passwd": f"root:x:0:0:{SECRET}:/root:/bin/bash\ndaemon:x:1:1:{SECRET}:/:/bin/sh\n".encode(),
    "shadow": f"root:$y$j9T${SECRET}:20228:0:99999:7:::\nbob:{SECRET}:20228::::::\n".encode(),
    "key": KEY.encode(),
    "binary": b"\x7fELF\x02\x00" + SECRET.encode() + b"\xff",
    "netplan": f"network:\n  wifis: {{password: {SECRET}}}\n".encode(),
    "line": f"{SECRET}\n".encode(),
    "list": f"- {SECRET}\n".encode(),
    "broken": f"password: '{SECRET}\nx: 1\n".encode(),
    "tagged": f"a: !{SECRET} x\n".encode(),
    "alias": f"a: *{SECRET}\n".encode(),
    "number": f"0{SECRET[-1]}: 017\n{SECRET}: 1\n".encode(),
    "empty": b"",
}


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize(
    "command",
    [("devices", "--settings"), ("policy", "check", "--settings"), ("policy", "check"), ("policy", "test")],
    ids=" ".join,
)
def test_nothing_of_a_wrong_file_is_shown(run: Run, tmp_path: Path, kind: str, command: tuple[str, ...]) -> None:
    file = tmp_path / "wrong"
    file.write_bytes(WRONG[kind])
    ran = run(*command, str(file))
    assert (ran.code, ran.out) == (ExitCode.CONFIGURATION, "")
    assert f"radtune: {file}:" in ran.err
    assert SECRET not in ran.err
    assert "root" not in ran.err.replace(str(file), "")
    assert ran.err.count("\n") == 1


def test_what_is_no_file(run: Run, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for file in (tmp_path, tmp_path / "fifo", Path("/dev/null")):
        assert run("devices", "--settings", str(file)).err == f"radtune: {file}:1: can't be read: no regular file\n"


@pytest.mark.parametrize(
    "command",
    [
        ("explain", "LAPTOP-1", "--certificate"),
        ("nas", "import"),
        ("policy", "check"),
        ("policy", "test"),
        ("policy", "diff"),
    ],
    ids=" ".join,
)
def test_a_pipe_holds_no_command_up(run: Run, office: Path, command: tuple[str, ...]) -> None:
    pipe = office / "pipe"
    os.mkfifo(pipe)
    ran = run(*command, str(pipe))
    assert (ran.code, ran.err.count("\n")) == (ExitCode.CONFIGURATION, 1)
    assert ran.err.startswith(f"radtune: {pipe}:1: can't be read") and "no regular file" in ran.err


def test_a_file_that_would_fill_the_memory_is_not_read(run: Run, office: Path) -> None:
    with (office / "huge").open("wb") as file:
        file.truncate(MOST_BYTES + 1)
    ran = run("policy", "check", str(office / "huge"))
    assert ran.err == f"radtune: {office}/huge:1: can't be read: it has more than 64 MiB\n"


def test_a_pipe_in_the_place_of_a_file_that_settings_name(run: Run, office: Path) -> None:
    os.mkfifo(office / "pipe", 0o600)
    (office / "settings.yaml").write_text(f"{SETTINGS}nas: [{{name: sw, nas: [192.0.2.1], secret_file: pipe}}]\n")
    assert "no regular file" in run("nas", "check").err
    (office / "events.jsonl").unlink(missing_ok=True)
    os.mkfifo(office / "events.jsonl")
    assert run("events").code == 0


@pytest.mark.parametrize(
    "lines",
    [
        f"intune: {{tenant: x, client_secret: {SECRET}}}",
        f"intune:\n  - {{tenant: x.example, client_secret: {SECRET}}}",
        f"intune:\n  - {{tenant: x.example, proxy: 'http://bob:{SECRET}@proxy:3128'}}",
        f"intune:\n  - {{tenant: x.example, proxy: 'bob:{SECRET}@proxy:3128'}}",
        f"intune:\n  - {{tenant: x.example, authority: 'https://bob:{SECRET}@login.example'}}",
        f"intune:\n  - {{tenant: x.example, graph: 'https://bob:p@{SECRET}@graph.example'}}",
        f"sync: {{ping: 'https://bob:{SECRET}@monitor.example/x'}}",
    ],
)
def test_a_password_is_never_printed(run: Run, office: Path, lines: str) -> None:
    (office / "settings.yaml").write_text(f"{SETTINGS}{lines}\n")
    for command in (("devices",), ("policy", "check"), ("link", "--tenant", "x"), ("unlink", "x", "--yes")):
        ran = run(*command)
        assert ran.code == ExitCode.CONFIGURATION
        assert f"{office}/settings.yaml:" in ran.err
        assert SECRET not in ran.err


def test_urls_lose_their_password_and_other_text_stays() -> None:
    assert without_password("http://bob:x@proxy:3128 and bob@corp") == "…@proxy:3128 and bob@corp"
    assert "token" not in without_password("https://token@host/x")
