"""Events pushed to a real rsyslog, which reads each message by its own parser."""

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
