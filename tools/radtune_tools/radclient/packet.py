"""A CoA- or Disconnect-Request: its attributes by a NAS profile, and its text for radclient."""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property, lru_cache
from ipaddress import ip_address

from radtune.config.nas_profile import Method, Profile
from radtune.dataclass import dataclass
from radtune.policy.templates import Pairs, fields_in, filled, names_client

KINDS = ("CoA-Request", "Disconnect-Request")
LOGINS = ("Access-Request", "Accounting-Request")
"""Packets that only this machine is sent, to try a login."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*(?::[0-9]{1,2})?")
_MAX_VALUE = 253
_PLAIN = re.compile(rf"[A-Za-z0-9 :;,.@/_=+-]{{1,{_MAX_VALUE}}}")
_SPECIAL = re.compile(rb"[^A-Za-z0-9 :;,.@/_=+-]")


class CannotRenderError(Exception):
    """A method that can't be used for a session; the message says why."""


@dataclass(frozen=True)
class Packet:
    """A request of one of KINDS to an IP address and UDP port, with these attributes and values in this order.

    One of LOGINS goes to a loopback address alone.
    """

    kind: str
    address: str
    port: int
    pairs: Pairs

    @cached_property
    def text(self) -> str:
        """The lines that are the same each time it is sent; raises ValueError if it can't be sent safely."""
        here = self.kind in LOGINS and ip_address(self.address).is_loopback
        if (self.kind not in KINDS and not here) or not 0 < self.port < 2**16 or "%" in self.address:
            raise ValueError(f"no packet of radtune's: {self.kind} to {self.address} port {self.port}")
        version, address = parsed_address(self.address)
        family = "Packet-Dst-IPv6-Address" if version == 6 else "Packet-Dst-IP-Address"
        lines = [f"Packet-Type = {self.kind}", f"{family} = {address}", f"Packet-Dst-Port = {self.port}"]
        for name, value in self.pairs:
            if not _NAME.fullmatch(name):
                raise ValueError(f"{name!r} is no attribute's name")
            try:
                lines.append(f"{name} = {quoted(value)}")
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
        return "\n".join(lines)


@lru_cache(10_000)
def parsed_address(text: str) -> tuple[int, str]:
    """Return the version of an IP address, and its usual form; raises ValueError."""
    address = ip_address(text)
    return address.version, str(address)


def render(profile: Profile, method: Method, fields: Mapping[str, str]) -> Pairs:
    """Return the attributes of a packet; `fields` are a session's (`templates.fields_of`).

    An attribute whose field is unknown is left out. Raises CannotRenderError if the method can't be used for the
    session. A NAS may take a packet that names no client for everybody, so there is none.
    """
    for names in method.requires:
        if not any(fields[name] for name in names):
            raise CannotRenderError(f"{method.name} needs {' or '.join(names)}, which the session doesn't have")
    naming = [template for _, template in method.attributes if names_client(template)]
    if not any(filled(template, fields) for template in naming):
        missing = dict.fromkeys(field for template in naming for field in fields_in(template) if not fields[field])
        why = f": the session has no {' or '.join(missing)}" if missing else ""
        raise CannotRenderError(f"{method.name} would name no client{why}")
    found = [*_nas_pairs(profile.nas, fields)]
    found += [(name, value) for name, template in method.attributes if (value := filled(template, fields))]
    for name, value in found:
        try:
            quoted(value)
        except ValueError as error:
            raise CannotRenderError(f"{method.name} can't be sent safely: {name}: {error}") from None
        if profile.dictionary and (problem := profile.dictionary.coa_problem(name, value)):
            raise CannotRenderError(f"{method.name} can't be sent: {problem}")
    return tuple(found)


def _nas_pairs(how: str, fields: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    address = fields["nas_address"] or fields["nas_ipv6"]
    if address and (how in ("address", "both") or (how == "identifier" and not fields["nas_identifier"])):
        yield ("NAS-IPv6-Address" if fields["nas_ipv6"] else "NAS-IP-Address"), address
    if fields["nas_identifier"] and (how in ("identifier", "both") or (how == "address" and not address)):
        yield "NAS-Identifier", fields["nas_identifier"]


def quoted(value: str) -> str:
    """Return the value as radclient reads it in a file; raises ValueError if no attribute can carry it.

    Every byte that could mean something to radclient (quotes, backslashes, %{, line ends), and every one outside of
    ASCII, is written as an octal escape.
    """
    if _PLAIN.fullmatch(value):
        return f'"{value}"'
    raw = value.encode("utf-8", "surrogateescape")
    if not raw or b"\0" in raw or len(raw) > _MAX_VALUE:
        fault = "is empty" if not raw else "has a null byte" if b"\0" in raw else f"has more than {_MAX_VALUE} bytes"
        raise ValueError(f"{value!r} {fault}")
    return '"' + _SPECIAL.sub(lambda found: b"\\%03o" % found[0][0], raw).decode("ascii") + '"'


def packet_text(packet: Packet, now: float, mark: str = "") -> str:
    """Return the packet as radclient reads it from a file; raises ValueError if it can't be sent safely.

    `mark` stays in radclient's output and is not sent. Event-Timestamp (`now`) guards against replay, and
    Message-Authenticator against forgery.
    """
    marked = f"\nRadclient-Test-Name = {quoted(mark)}" if mark else ""
    return f"{packet.text}{marked}\nEvent-Timestamp = {int(now)}\nMessage-Authenticator = 0x00\n"
