"""radclient as a NAS: one request, one reply."""

import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from parts.ports import LOOPBACK

PROGRAM = "/usr/bin/radclient"
WAIT_SECONDS = 10

Pair = tuple[str, str | int | bytes]


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server answered: the packet's name ("Access-Accept"), or "" where no answer came, and its attributes."""

    code: str
    attributes: tuple[tuple[str, str], ...]

    def all(self, name: str) -> tuple[str, ...]:
        """Give every value of an attribute, whatever its tag, as radclient prints it but without quotes."""
        return tuple(value for found, value in self.attributes if found.partition(":")[0] == name)

    @property
    def vlan(self) -> str:
        """The VLAN, or "" where there is none; ValueError where the attributes aren't one VLAN (RFC 3580, 3.31)."""
        kinds = (self.all("Tunnel-Type"), self.all("Tunnel-Medium-Type"))
        vlans = self.all("Tunnel-Private-Group-Id")
        if not any(kinds) and not vlans:
            return ""
        if kinds != (("VLAN",), ("IEEE-802",)) or len(vlans) != 1:
            raise ValueError(f"not one VLAN: {self.attributes}")
        return vlans[0]


@dataclass(frozen=True, slots=True)
class RadiusClient:
    """Sends packets to a server; every call waits for the answer, and sends no packet a second time.

    Values are text, numbers, or bytes for what text can't say, such as a string that isn't UTF-8. Attribute names are
    those of the stock dictionaries, and of the one in `raddb` where that is given.
    """

    auth_port: int
    acct_port: int
    secret: str
    host: str = LOOPBACK
    raddb: Path | None = None

    def login(self, *pairs: Pair) -> Reply:
        """Send an Access-Request."""
        return self._send("auth", self.auth_port, pairs)

    def account(self, status: str, *pairs: Pair) -> Reply:
        """Send an Accounting-Request; `status` is Start, Interim-Update, Stop and so on."""
        return self._send("acct", self.acct_port, (("Acct-Status-Type", status), *pairs))

    def status(self, *pairs: Pair) -> Reply:
        """Send a Status-Server to the port for logins (RFC 5997)."""
        return self._send("status", self.auth_port, pairs)

    def _send(self, kind: str, port: int, pairs: tuple[Pair, ...]) -> Reply:
        packet = ",".join(f"{name}={_written(value)}" for name, value in pairs)
        with tempfile.NamedTemporaryFile("w", prefix="radius-secret-") as secret:
            secret.write(self.secret)
            secret.flush()
            dictionary = ["-d", str(self.raddb)] if self.raddb else []
            return ask_once([*dictionary, "-S", secret.name, f"{self.host}:{port}", kind], packet, WAIT_SECONDS)


def ask_once(arguments: Sequence[str], packet: str, seconds: int) -> Reply:
    """Send one packet once by radclient, and give the answer that comes within so many seconds.

    From 3.2.4 on `-r 1` can end at once, without waiting and without a fault. So radclient may try twice, the second
    time long after it is ended here. ValueError where it can't send the packet.
    """
    command = [PROGRAM, "-x", "-r", "2", "-t", str(10 * seconds), *arguments]
    try:
        done = subprocess.run(
            command,
            input=f"{packet}\n",
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        return Reply("", ())
    if not done.stdout.startswith("Sent "):
        raise ValueError(f"radclient could not send {packet!r}: {done.stdout}{done.stderr}")
    return parse_reply(done.stdout)


def mac_login(mac: str, *pairs: Pair) -> tuple[Pair, ...]:
    """Give the attributes of MAC authentication bypass in its common form: user name and password are the MAC."""
    return (("User-Name", mac), ("User-Password", mac), ("Calling-Station-Id", mac), *pairs)


def parse_reply(output: str) -> Reply:
    """Read the reply in what `radclient -x` prints."""
    lines = iter(output.splitlines())
    for line in lines:
        if line.startswith("Received "):
            return Reply(line.split()[1], tuple(_attributes(lines)))
    return Reply("", ())


def _attributes(lines: Iterator[str]) -> Iterator[tuple[str, str]]:
    for line in lines:
        name, equals, value = line.partition(" = ")
        if not line.startswith("\t") or not equals:
            return
        yield name.strip(), value.removeprefix('"').removesuffix('"')


def _written(value: str | int | bytes) -> str:
    """Write a value for radclient, what isn't plain as octal escapes."""
    if isinstance(value, int):
        return str(value)
    raw = value.encode() if isinstance(value, str) else value
    plain = [chr(byte) if 0x20 <= byte < 0x7F and byte not in b'"\\%' else f"\\{byte:03o}" for byte in raw]
    return f'"{"".join(plain)}"'
