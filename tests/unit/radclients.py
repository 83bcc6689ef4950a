"""A Python script in the place of radclient, and packets for it."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from radtune_tools.radclient.batch import Outgoing
from radtune_tools.radclient.packet import Packet

Script = Callable[[str], None]


class StoppedClock:
    """A clock that a test sets, in place of the module `time`; `slept` is how long each sleep was."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []

    def time(self) -> float:
        return 1_800_000_000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


ANSWER = r"""
import re, sys, time
text = sys.stdin.read()
with open({log!r}, "a") as log:
    log.write(f"{{' '.join(sys.argv[1:])}} {{text.count('Packet-Type')}}\n")
silent = False
for number, packet in enumerate(text.split("\n\n")):
    mark = re.search('Test-Name = "(.*)"', packet)[1]
    where = re.search("Address = (.*)", packet)[1]
    if where == "192.0.2.66":
        print(f"({{mark}}) Failed to send packet for ID 1: Network is unreachable", file=sys.stderr)
        sys.exit(1)
    print(f'Sent CoA-Request Id {{number}} from 0.0.0.0:1 to {{where}}:2 length 73\n\tRadclient-Test-Name = "{{mark}}"')
    if where == "192.0.2.3":
        print(f"Received CoA-NAK Id {{number}} from {{where}}:2 to 127.0.0.1:1 length 20", flush=True)
        time.sleep(0.2)
        print("\tError-Cause = Session-Context-Not-Found")
    elif where == "192.0.2.99":
        silent = True
    else:
        print(f"Received CoA-ACK Id {{number}} from {{where}}:2 to 127.0.0.1:1 length 20")
sys.stdout.flush()
time.sleep(60 if silent else 0)
"""


def stand_in(directory: Path, monkeypatch: pytest.MonkeyPatch) -> Script:
    """Put a script that answers, and notes what it was given, in the place of radclient; return what puts another."""
    (directory / "bin").mkdir()
    monkeypatch.setenv("PATH", f"{directory}/bin", prepend=os.pathsep)

    def put(text: str) -> None:
        (directory / "bin/radclient").write_text(f"#!/usr/bin/python3\n{text}")
        (directory / "bin/radclient").chmod(0o755)

    put(ANSWER.format(log=str(directory / "log")))
    return put


def to(address: str, count: int = 1, name: str = "bob") -> list[Packet]:
    return [Packet("CoA-Request", address, 3799, (("User-Name", name),))] * count


def signed(packets: Sequence[Packet], secret: Path, rate: int = 20) -> list[Outgoing]:
    return [Outgoing(packet, secret, rate) for packet in packets]
