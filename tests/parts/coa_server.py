"""A FreeRADIUS that takes Disconnect- and CoA-Requests, and answers them as a test wants."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from parts.ports import LOOPBACK, free_udp_port
from parts.process import Program

_CONFIGURATION = """\
prefix = /usr
logdir = {directory}
run_dir = {directory}
libdir = /usr/lib/freeradius
pidfile = {directory}/coa.pid
# Answered requests stay for a while, and those above this number (256 unless given) are dropped without a word.
max_requests = 131072
log {{
	destination = stdout
}}
security {{
	allow_core_dumps = no
	reject_delay = 0
}}
modules {{
	always ok {{
		rcode = ok
	}}
	always reject {{
		rcode = reject
	}}
}}
client radtune {{
	ipaddr = {client}
	secret = "{secret}"
}}
server nas {{
{listen}
	recv-coa {{
		{verdict}
	}}
	send-coa {{
		ok
	}}
}}
"""
_LISTEN = """\
	listen {{
		type = coa
		ipaddr = {address}
		port = {port}
	}}"""
_NAK = """update reply {{
			&Error-Cause := {cause}
		}}
		reject"""


class CoaServer:
    """The CoA service of NASes with these addresses of 127.0.0.0/8, on `port`, running inside `with`.

    It acknowledges everything, or refuses everything with `error_cause` (a name of FreeRADIUS's dictionary). With
    `debug` its log shows each packet.
    """

    def __init__(
        self,
        directory: Path,
        secret: str,
        error_cause: str = "",
        addresses: Sequence[str] = (LOOPBACK,),
        *,
        debug: bool = True,
    ) -> None:
        self.port = free_udp_port()
        self._configuration = directory / "radiusd.conf"
        verdict = _NAK.format(cause=error_cause) if error_cause else "ok"
        listen = "\n".join(_LISTEN.format(address=address, port=self.port) for address in addresses)
        text = _CONFIGURATION.format(
            directory=directory, secret=secret, client="127.0.0.0/8", listen=listen, verdict=verdict
        )
        self._configuration.write_text(text)
        options = ["-f", "-l", "stdout", "-d", str(directory), "-n", "radiusd", *(["-xx"] if debug else [])]
        self._program = Program(["/usr/sbin/freeradius", *options], directory / "coa.log", "Ready to process requests")

    @property
    def log(self) -> str:
        """What the server has said so far; it shows each packet it got."""
        return self._program.log

    def __enter__(self) -> Self:
        self._program.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._program.__exit__(kind, error, trace)
