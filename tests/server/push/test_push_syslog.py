"""Events pushed to a real rsyslog, which reads each message by its own parser; and to a local syslog that is ill."""

import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from parts.pki import Authority
from parts.process import wait_for
from parts.push_site import PushSite
from parts.rsyslog import Rsyslog

EVIL = 'B\u00fc"]\\ro\n<34>1 - evil root - - [x] \u202e'


@pytest.mark.parametrize("by", ["TLS", "its socket"])
def test_rsyslog_reads_every_field(directory: Path, authority: Authority, by: str) -> None:
    with Rsyslog(directory, authority) as rsyslog:
        destination = {"name": "soc", "type": "syslog", "facility": "local3"}
        if by == "TLS":
            destination |= {"address": rsyslog.address, "ca_file": "ca.pem"}
        else:
            rsyslog.socket.chmod(0o666)
            destination["address"] = str(rsyslog.socket)
        site = PushSite(directory, destination)
        site.push("--once")
        site.write(1, user="host/laptop", resumed=False, cert_san=["a.example", "b.example"], reason=EVIL)
        site.write(1, reason="x" * 50_000)
        site.push("--once")
        wait_for(lambda: len(rsyslog.messages) == 2, "two messages")
        first, long = rsyslog.messages
        data = {"id": "e-1", "device": "LAPTOP", "user": "host/laptop", "cert_san": "a.example, b.example"}
        shown = EVIL.replace("\n", "\\n").replace("\u202e", "\\u202e")
        assert first["$!"]["rfc5424-sd"]["radtune@32473"] == {**data, "reason": shown}
        assert (first["syslogfacility"], first["syslogseverity"], first["app-name"], first["msgid"]) == (
            *("19", "6", "radtune"),
            "moved",
        )
        assert first["procid"].isdecimal()
        assert first["msg"].lstrip("\ufeff").startswith("moved: LAPTOP: ")
        cut = long["$!"]["rfc5424-sd"]["radtune@32473"]
        assert cut["id"] == "e-2" and cut["reason"].rstrip("\u2026").strip("x") == "" and len(cut["reason"]) > 4000
        assert site.saved("soc")["sent"] == 2


@pytest.mark.parametrize("kind", [None, socket.SOCK_STREAM])
def test_a_local_syslog_that_is_not_there_is_told_of(directory: Path, kind: socket.SocketKind | None) -> None:
    path = directory / "log"
    site = PushSite(directory, {"name": "soc", "type": "syslog", "address": str(path)})
    site.push("--once")
    ids = site.write(3)
    with ExitStack() as stack:
        if kind is not None:
            listener = stack.enter_context(socket.socket(socket.AF_UNIX, kind))
            listener.bind(str(path))
            listener.listen()
            path.chmod(0o666)
        assert f"push soc: {path} takes no message: " in site.push("--once", expect=75)
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(path))
        path.chmod(0o666)
        site.push("--once")
        assert [f' id="{name}"'.encode() in listener.recv(9999) for name in ids] == [True] * 3


def test_a_local_syslog_that_reads_nothing_is_left_in_time(directory: Path) -> None:
    path = directory / "log"
    site = PushSite(directory, {"name": "soc", "type": "syslog", "address": str(path), "timeout": "1s", "batch": 100})
    site.push("--once")
    site.write(2000)  # more than a socket holds
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(path))
        path.chmod(0o666)
        assert f"push soc: {path} takes no message: timed out" in site.push("--once", expect=75)
        assert site.saved("soc")["oldest"]
