"""A real rsyslog, by TLS and by a socket of its own, which reads each message by its own parser of RFC 5424."""

import json
import socket
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from parts.pki import Authority
from parts.ports import LOOPBACK, free_tcp_port
from parts.process import Program, wait_for

CONFIGURATION = """\
global(workDirectory="{directory}" defaultNetstreamDriver="gtls" defaultNetstreamDriverCAFile="{directory}/ca.pem"
       defaultNetstreamDriverCertFile="{certificate}" defaultNetstreamDriverKeyFile="{key}" maxMessageSize="8k")
module(load="imtcp" StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="anon")
module(load="imuxsock" SysSock.Use="off")
module(load="mmpstrucdata")
template(name="json" type="string" string="%jsonmesg%\\n")
input(type="imtcp" address="127.0.0.1" port="{port}")
input(type="imuxsock" Socket="{directory}/log" CreatePath="on" UseSpecialParser="off" ParseHostname="on"
      RateLimit.Interval="0")
action(type="mmpstrucdata")
action(type="omfile" file="{directory}/messages" template="json")
"""


class Rsyslog:
    """Runs inside `with`, with its files in `directory`."""

    def __init__(self, directory: Path, authority: Authority) -> None:
        certificate, key = authority.issue_server("localhost").write(directory, "rsyslog")
        port = free_tcp_port()
        self.address, self.socket = f"localhost:{port}", directory / "log"
        self._messages = directory / "messages"
        (directory / "ca.pem").write_bytes(authority.certificate_pem)
        text = CONFIGURATION.format(directory=directory, certificate=certificate, key=key, port=port)
        (directory / "rsyslog.conf").write_text(text)
        command = ["rsyslogd", "-n", "-f", str(directory / "rsyslog.conf"), "-i", str(directory / "rsyslog.pid")]
        self._program, self._port = Program(command, directory / "rsyslog.log", ready=""), port

    def __enter__(self) -> Self:
        self._program.__enter__()
        try:
            wait_for(self._is_up, f"rsyslog at port {self._port}")
        except BaseException:  # Ctrl-C, too, must not leave the program behind
            self.__exit__(None, None, None)
            raise
        return self

    def _is_up(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((LOOPBACK, self._port)) == 0 and self.socket.exists()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._program.__exit__(kind, error, trace)

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What it has made of each message so far."""
        lines = self._messages.read_text().splitlines() if self._messages.exists() else []
        return [json.loads(line) for line in lines]
