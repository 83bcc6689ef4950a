"""Packets through FreeRADIUS's radclient: its only caller.

radclient 3.2 gives up silent packets one after the other, and waits in between. From 3.2.4 on it ends before the time
of the last try is up if anything is answered meanwhile. It forgets packets that it has not sent yet when all that are
under way are given up, or when the first can't be sent. It keeps its output to itself until it ends, unless that goes
to a terminal. So each process has all of its packets under way at once, is told to try without an end, writes to a
pseudo terminal, and is ended when the time of its packets is up, or when this process is killed.
"""

import errno
import os
import time
import tty
from collections.abc import Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING

from radtune.errors import ConfigurationError, Problem, TemporaryError
from radtune_tools.radclient.output import Reading, Reply
from radtune_tools.radclient.packet import Packet, packet_text, parsed_address
from radtune_tools.secret_file import read_secret_text

if TYPE_CHECKING:
    import subprocess

BATCH = 200
"""Packets that one process has under way."""
AGAIN, TRIES, WAIT = 2, 3, 6.5
"""Seconds until a packet is sent again, how often it is sent, and seconds that all that takes at most.

radclient counts the whole seconds of its clock: what leaves first at the end of one leaves again one second later.
"""
START = 6.5
"""Seconds that a process may take until its first packet leaves."""
LAST = 1.8
"""Seconds to wait for an answer to the last try; then radclient would send it again."""
END = 0.5
"""Seconds to wait for attributes behind the last answer."""
_WITHOUT_AN_END = 1000
_DISCARD_PORT = 9
_ENDS_WITH_US = ("setpriv", "--pdeathsig", "KILL")
"""The start of its command line: the kernel ends it when this process is killed. It would go on sending otherwise."""
PACKAGES = {"radclient": "freeradius-utils", "setpriv": "util-linux"}
"""The programs that are run, each with its package."""

_SCARCE = {
    errno.EMFILE: "raise the limit of open files for this user (ulimit -n)",
    errno.ENFILE: "raise the limit of open files for this machine (sysctl fs.file-max)",
    errno.EAGAIN: "raise the limit of processes for this user (ulimit -u, or TasksMax of the unit)",
    errno.ENOMEM: "see what else takes the memory of this machine",
}
"""Advice for what the system is short of, whatever it was asked for."""


def check_coa_secret(file: Path, what: str) -> None:
    """Raise what `read_secret` raises, and ConfigurationError if radclient would take it for another secret."""
    if why := unfit(read_secret_text(file, what).rstrip("\r\n")):
        raise ConfigurationError([Problem(file, 1, "", f"{what} can't be given to radclient{why}")])


def unfit(secret: str) -> str:
    """Return why radclient can't be given this secret, to be put behind that; or ''."""
    if not secret.isprintable() or secret != secret.strip() or not 2 <= len(secret.encode()) <= 250:
        return ": 2 to 250 bytes on one line, no spaces around it"
    if not secret[-1].isascii():
        return ", which drops a last character outside of ASCII; let the secret end in another, here and on the NAS"
    return ""


def command(secret_file: Path, *, ipv6: bool = False) -> list[str]:
    """Return the command line; it names the secret by its file, and each packet names its own address."""
    # The server here is never used, but its family is that of the sockets.
    server = f"[::1]:{_DISCARD_PORT}" if ipv6 else f"127.0.0.1:{_DISCARD_PORT}"
    options = ["-x", "-t", str(AGAIN), "-r", str(_WITHOUT_AN_END), "-p", str(BATCH), "-S", str(secret_file)]
    return ["radclient", *options, server, "auto"]


class Process:
    """One radclient, from its start to its end, with packets of one secret and one family of addresses.

    deadline: when there is nothing more to wait for (time.monotonic(), as `until`)
    until: when the time of its packets is up
    ended: it has ended by itself
    """

    def __init__(self, batch: Sequence[tuple[int, Packet]], secret_file: Path, until: float | None = None) -> None:
        """Start it with these packets and their places; raises TemporaryError if that is not possible.

        `until` is given for packets whose time has begun.
        """
        self._batch = batch
        self._reading = Reading(len(batch))
        self._rest = b""
        self.secret_file = secret_file
        self.places = [place for place, _ in batch]
        self.ended = False
        arguments = command(secret_file, ipv6=parsed_address(batch[0][1].address)[0] == 6)
        texts = (packet_text(packet, time.time(), str(mark)) for mark, (_, packet) in enumerate(batch))
        self._process, self.terminal = _started(arguments, "\n".join(texts))
        started = time.monotonic()
        self.until = started + WAIT if until is None else until
        self._seconds = self.until - started
        self._again_at = self.deadline = started + START
        self._last = False

    def read(self) -> None:
        """Take what the process has printed since."""
        try:
            text = os.read(self.terminal, 65536)
        except OSError:  # the process has ended, and Linux says so by EIO
            text = b""
        *lines, self._rest = (self._rest + text).split(b"\n")
        reading, is_waiting = self._reading, not self._reading.sent
        for line in lines:
            reading.line(line.decode("utf-8", "replace"))
        now = time.monotonic()
        if not text:
            # Unanswered packets are sent again when it would have sent them again itself.
            self.ended = True
            self.deadline = min(self.deadline, self._again_at) if reading.unanswered else now
        elif len(reading.answers) == reading.count:
            self.deadline = min(self.deadline, now + END)
        elif is_waiting and reading.sent:
            # If many are started at once, packets leave a good while after the start of their process.
            self.until = self.deadline = now + self._seconds
            self._again_at = now + AGAIN
        elif not self._last and all(reading.sent[mark] >= TRIES for mark in reading.unanswered):
            self._last = True
            self.deadline = min(self.deadline, now + LAST)
        elif now > self.deadline:
            # A long `confirm` of other packets lets answers be heard late.
            self.deadline = now + END

    @property
    def over(self) -> bool:
        """Tell whether there is nothing more to wait for."""
        return time.monotonic() >= self.deadline

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.wait()
        os.close(self.terminal)

    def replies(self) -> dict[int, Reply]:
        """Return what became of the packets that radclient came to, by their places."""
        found = {place: self._reading.reply(mark, packet) for mark, (place, packet) in enumerate(self._batch)}
        return {place: reply for place, reply in found.items() if reply is not None}

    def left_open(self) -> list[int]:
        """Return the places of the packets that radclient has sent, but not waited for to the end."""
        return [self.places[mark] for mark in sorted(self._reading.unanswered)] if self.ended else []

    def failure(self) -> str:
        """Return why it has sent nothing, if it has."""
        return f"radclient sent nothing: {' '.join(self._reading.said) or 'it said nothing'}"


def _started(arguments: Sequence[str], text: str) -> "tuple[subprocess.Popen[bytes], int]":
    """Start a process that reads this text; return it, and the terminal to which it writes.

    Raises TemporaryError if that is not possible, and leaves nothing open then.
    """
    from tempfile import TemporaryFile

    try:
        with TemporaryFile("w+", encoding="ascii") as file:
            file.write(text)
            file.seek(0)
            return _started_with(arguments, file)
    except OSError as error:
        advice = "make room in /tmp, or set TMPDIR to a directory that this user can write"
        raise _refused("there is no temporary file for radclient's packets", error, advice) from error


def _started_with(arguments: Sequence[str], file: IO[str]) -> "tuple[subprocess.Popen[bytes], int]":
    import shutil
    import subprocess

    for program, package in PACKAGES.items():
        if shutil.which(program) is None:
            raise TemporaryError(f"{program} is not installed; its package is {package}")
    try:
        terminal, inner = os.openpty()
    except OSError as error:
        advice = "see that /dev/pts is mounted, and raise sysctl kernel.pty.max if all are taken"
        raise _refused("there is no pseudo terminal for radclient", error, advice) from error
    try:
        tty.setraw(inner)
        return subprocess.Popen([*_ENDS_WITH_US, *arguments], stdin=file, stdout=inner, stderr=inner), terminal
    except OSError as error:
        os.close(terminal)
        raise _refused("radclient can't be started", error, "see that this user may run it") from error
    finally:
        os.close(inner)


def _refused(what: str, error: OSError, advice: str) -> TemporaryError:
    return TemporaryError(f"{what}: {error.strerror}; {_SCARCE.get(error.errno or 0, advice)}")
