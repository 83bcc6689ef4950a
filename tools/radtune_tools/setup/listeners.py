"""Where the virtual server with radtune takes logins on loopback, and the secret of the client that this machine is."""

from pathlib import Path

from radtune.dataclass import dataclass
from radtune.errors import RadtuneError
from radtune_tools.raddb_edit.changes import ByHandError, OpenFile, View
from radtune_tools.raddb_edit.config_tree import Item
from radtune_tools.settings_edit.client_secret import AsRead, NotTakenError, secret_of
from radtune_tools.settings_edit.clients_conf import Section, read_sections
from radtune_tools.setup.sections import WORD, calls
from radtune_tools.setup.virtual_servers import servers_of

LOOPBACK = "127.0.0.1"
_HERE = ("*", "0.0.0.0", LOOPBACK, "localhost", f"{LOOPBACK}/32", "127.0.0.0/8")  # noqa: S104  # read, not bound
_PORTS = {"auth": 1812, "acct": 1813}
"""The ports that `port = 0` stands for."""


class NoProofError(Exception):
    """A login can't be tried on loopback; the message says why."""


@dataclass(frozen=True, slots=True)
class Listener:
    """The ports on loopback, `acct` 0 if there is none."""

    auth: int
    acct: int


def find_listener(view: View) -> Listener:
    """Return where to log in. Raises NoProofError."""
    ports: dict[str, int] = {}
    try:
        for file, server in servers_of(view):
            if _records_refusals(server):
                for listen in server.sections("listen"):
                    kind, port = _port(file, listen)
                    if kind in _PORTS and port:
                        ports.setdefault(kind, port)
    except ByHandError as error:
        raise NoProofError(str(error)) from None
    if "auth" not in ports:
        raise NoProofError(f"no virtual server with radtune takes logins on {LOOPBACK}")
    return Listener(ports["auth"], ports.get("acct", 0))


def _records_refusals(server: Item) -> bool:
    """Tell whether radtune is in Post-Auth-Type REJECT, where only the virtual server of the NASes has it."""
    rejects = (
        each for section in server.sections("post-auth") for each in section.sections("Post-Auth-Type", "REJECT")
    )
    return any(calls(each, WORD) for each in rejects)


def _port(file: OpenFile, listen: Item) -> tuple[str, int]:
    """Return type and port of a listener on loopback; port 0 if it isn't there, or has clients of its own."""
    values = {item.name: file.config.value(item) for item in listen.items if item.kind == "pair"}
    address = values.get("ipaddr") or values.get("ipv4addr") or ""
    if address not in _HERE or "clients" in values or values.get("proto", "udp") != "udp":
        return "", 0
    kind, port = values.get("type", ""), values.get("port", "0")
    return kind, (int(port) or _PORTS.get(kind, 0)) if port.isdecimal() else 0


def loopback_secret(clients: Path, as_read: AsRead) -> str:
    """Return the secret of the client 127.0.0.1 in clients.conf. Raises NoProofError."""
    try:
        found = [each for each in read_sections(clients) if each.kind == "client" and _is_loopback(each)]
        if not found:
            raise NoProofError(f"{clients} has no client {LOOPBACK}")
        return secret_of(found[0], as_read)
    except (NotTakenError, RadtuneError) as error:
        raise NoProofError(f"the secret of {LOOPBACK} can't be had: {error}") from None


def _is_loopback(client: Section) -> bool:
    address = client.get("ipaddr") or client.get("ipv4addr") or client.name
    return address in (LOOPBACK, "localhost", f"{LOOPBACK}/32") and client.get("proto").lower() in ("", "udp", "*")
