"""A CoA- or Disconnect-Request, and how radclient is given it."""

import re
from dataclasses import dataclass
from ipaddress import ip_address

Pairs = tuple[tuple[str, str], ...]

KINDS = ("CoA-Request", "Disconnect-Request")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*(?::[0-9]{1,2})?")
_SPECIAL = re.compile(rb"[^A-Za-z0-9 :;,.@/_=+-]")
_MAX_VALUE = 253


@dataclass(frozen=True, slots=True)
class Packet:
    """A request of one of KINDS to an IP address and UDP port, with these attributes and values in this order."""

    kind: str
    address: str
    port: int
    pairs: Pairs


def quoted(value: str) -> str:
    """Return the value as radclient reads it in a file; raises ValueError where no attribute can carry it.

    Every byte that could mean something to radclient (quotes, backslashes, %{, line ends), and every one outside of
    ASCII, is written as an octal escape.
    """
    raw = value.encode("utf-8", "surrogateescape")
    if not raw or b"\0" in raw or len(raw) > _MAX_VALUE:
        fault = "is empty" if not raw else "has a null byte" if b"\0" in raw else f"has more than {_MAX_VALUE} bytes"
        raise ValueError(f"{value!r} {fault}")
    return '"' + _SPECIAL.sub(lambda found: b"\\%03o" % found[0][0], raw).decode("ascii") + '"'


def packet_text(packet: Packet, now: float, mark: str = "") -> str:
    """Return the packet as radclient reads it from a file; raises ValueError where it can't be sent safely.

    `mark` stays in radclient's output and is not sent. Event-Timestamp, by `now`, and Message-Authenticator go with
    every packet: they guard against replay and forgery.
    """
    address = ip_address(packet.address)
    if packet.kind not in KINDS or not 0 < packet.port < 2**16 or "%" in packet.address:
        raise ValueError(f"no packet of radtune's: {packet.kind} to {packet.address} port {packet.port}")
    family = "Packet-Dst-IPv6-Address" if address.version == 6 else "Packet-Dst-IP-Address"
    lines = [f"Packet-Type = {packet.kind}", f"{family} = {address}", f"Packet-Dst-Port = {packet.port}"]
    if mark:
        lines.append(f"Radclient-Test-Name = {quoted(mark)}")
    for name, value in packet.pairs:
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no attribute's name")
        try:
            lines.append(f"{name} = {quoted(value)}")
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    return "\n".join([*lines, f"Event-Timestamp = {int(now)}", "Message-Authenticator = 0x00"]) + "\n"
