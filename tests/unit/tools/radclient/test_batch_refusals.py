"""What the system refuses when radclient is to be started: a reply that says what to do, and nothing left open."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from radtune.errors import ConfigurationError, TemporaryError
from radtune_tools.radclient import run as radclient_run
from radtune_tools.radclient.batch import send
from radtune_tools.radclient.output import Reply
from unit.radclients import signed, to

TMP = "there is no temporary file for radclient's packets"
TERMINAL = "there is no pseudo terminal for radclient"
START = "radclient can't be started"
ROOM = "make room in /tmp, or set TMPDIR to a directory that this user can write"
FILES = "raise the limit of open files for this user (ulimit -n)"
TASKS = "raise the limit of processes for this user (ulimit -u, or TasksMax of the unit)"
PTYS = "see that /dev/pts is mounted, and raise sysctl kernel.pty.max if all are taken"


def refusing(number: int) -> Callable[..., Any]:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return refuse


def full(*_: object, **__: object) -> Any:
    return Path("/dev/full").open("w+")  # whoever asks for it closes it


def opened() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.parametrize(
    ("where", "what", "number", "said"),
    [
        ("tempfile", "TemporaryFile", errno.ENOSPC, f"{TMP}: No space left on device; {ROOM}"),
        ("tempfile", "TemporaryFile", errno.EMFILE, f"{TMP}: Too many open files; {FILES}"),
        ("os", "openpty", errno.ENOSPC, f"{TERMINAL}: No space left on device; {PTYS}"),
        ("os", "openpty", errno.EMFILE, f"{TERMINAL}: Too many open files; {FILES}"),
        ("subprocess", "Popen", errno.EACCES, f"{START}: Permission denied; see that this user may run it"),
        ("subprocess", "Popen", errno.EAGAIN, f"{START}: Resource temporarily unavailable; {TASKS}"),
    ],
)
def test_what_the_system_refuses_is_the_reply(
    secret: Path, monkeypatch: pytest.MonkeyPatch, where: str, what: str, number: int, said: str
) -> None:
    monkeypatch.setattr(f"{where}.{what}", refusing(number))
    before = opened()
    assert send(signed(to("192.0.2.1", 2), secret)) == [Reply("pending", f"not sent: {said}")] * 2
    assert opened() == before


def test_a_disk_that_is_full_when_the_packets_are_written(secret: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.TemporaryFile", full)
    before = opened()
    for count in (1, 200):
        said = f"not sent: {TMP}: No space left on device; {ROOM}"
        assert send(signed(to("192.0.2.1", count), secret, 200)) == [Reply("pending", said)] * count
    assert opened() == before


@pytest.mark.usefixtures("script")
def test_what_is_refused_once_is_no_matter_for_the_next(
    secret: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "other").write_text("s3cret\n")
    (tmp_path / "other").chmod(0o600)
    real, refusals = os.openpty, [errno.EMFILE]

    def openpty() -> tuple[int, int]:
        if refusals:
            raise OSError(refusals.pop(), "Too many open files")
        return real()

    monkeypatch.setattr(radclient_run.os, "openpty", openpty)  # type: ignore[attr-defined]
    outgoing = [*signed(to("192.0.2.1"), secret), *signed(to("192.0.2.2"), tmp_path / "other")]
    assert [reply.state for reply in send(outgoing)] == ["pending", "acknowledged"]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("s3cret\n", ""),
        ("ab", ""),
        ("x" * 250, ""),
        ("ä" * 124 + "x", ""),
        ("a", "2 to 250 bytes on one line"),
        ("x" * 251, "2 to 250 bytes on one line"),
        ("ä" * 125 + "x", "2 to 250 bytes on one line"),
        (" s3cret", "no spaces around it"),
        ("s3cret \n", "no spaces around it"),
        ("s3\tcret", "2 to 250 bytes on one line"),
        ("s3cretä", "drops a last character outside of ASCII"),
    ],
)
def test_a_secret_that_radclient_would_take_for_another_is_refused(secret: Path, text: str, fault: str) -> None:
    secret.write_text(text)
    try:
        radclient_run.check_coa_secret(secret, "the CoA secret of sw1")
    except ConfigurationError as error:
        assert fault and f"{secret}:1: the CoA secret of sw1 can't be given to radclient" in str(error)
        assert fault in str(error)
    else:
        assert not fault


@pytest.mark.parametrize(("address", "family"), [("192.0.2.1", "127.0.0.1:"), ("2001:db8::1", "[::1]:")])
def test_the_sockets_are_of_the_family_of_the_addresses(
    secret: Path, monkeypatch: pytest.MonkeyPatch, address: str, family: str
) -> None:
    commands: list[list[str]] = []

    def started(arguments: list[str], _: str) -> None:
        commands.append(arguments)
        raise TemporaryError("enough")

    monkeypatch.setattr(radclient_run, "_started", started)
    send(signed(to(address), secret))
    ((*_, server, kind),) = commands
    assert (server.startswith(family), kind) == (True, "auto")
