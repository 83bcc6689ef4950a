"""One RADIUS attribute: what the dictionary says of it, and the values that FreeRADIUS sends exactly as they stand."""

import re
from collections.abc import Callable, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from radtune.dataclass import dataclass
from radtune.text import nearest

Numbers = tuple[int, ...]
ValueNames = Mapping[str, tuple[str, int]]
"""The named values of an attribute: lower-case name -> (name as the dictionary spells it, number)."""

_RANGES = {
    "byte": (0, 2**8 - 1),
    "short": (0, 2**16 - 1),
    "integer": (0, 2**32 - 1),
    "signed": (-(2**31), 2**31 - 1),
    "integer64": (0, 2**64 - 1),
    "date": (0, 2**32 - 1),
}
_TAGGED_MAX = 2**24 - 1
"""A tag takes the first octet of an integer (RFC 2868 3.1)."""
_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,29}")
"""Longer ones fit nowhere, and Python refuses to read the longest."""
_OCTETS = re.compile(r"0x((?:[0-9a-f]{2})+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute as the dictionary defines it.

    space: where its numbers count: () for the standard ones, (26, vendor), (241,) for extended ones, (241, 26, vendor)
    number: its number there, behind those of the TLVs around it
    room: bytes of value that one attribute can carry
    length: bytes that the value has to have, 0 for any
    """

    name: str
    type: str
    space: Numbers
    number: Numbers
    room: int
    length: int = 0
    has_tag: bool = False
    secret: bool = False
    virtual: bool = False

    @property
    def internal(self) -> bool:
        """Tell whether the attribute lives inside of the server alone: nothing puts it into a packet."""
        return not self.space and (self.number[0] > 255 or len(self.number) > 1)


def escaped(value: str) -> str:
    """Return the value as rlm_python3 has to be given it, for the server to see the value itself.

    It reads every value as one in double quotes: a backslash begins an escape. Quotes and % mean nothing there.
    """
    return value.replace("\\", "\\\\")


def read_value(attribute: Attribute, names: ValueNames, value: str | int, tag: int) -> tuple[str, str]:
    """Return a value as a reply has to be given it, and as the server shows it to the module if a request has it.

    A text of digits is always a number. A named value is shown by the last of its names, an address in its short form,
    hex digits in lower case. `tag` is 0 for none. Raises ValueError with the sentence that says why FreeRADIUS would
    not send exactly this value.
    """
    text, kind, name = str(value), attribute.type, attribute.name
    if value is True or value is False:
        word = text.lower()
        raise ValueError(f"{name}: {word} is neither text nor a number; write it in quotes if it is meant as text")
    if kind in _RANGES:
        return _read_number(attribute, names, text)
    if kind in _FORMS:
        said, read = _FORMS[kind]
        try:
            return text, str(read(text))
        except ValueError:
            raise ValueError(f"{name}: {text} is not {said}") from None
    if kind == "string":
        _check_string(attribute, text, tag)
        return text, text
    if kind == "octets":
        _check_octets(attribute, text)
        return text, text.lower()
    raise ValueError(f"{name} is of type {kind}, which can't be given a value")


def _read_number(attribute: Attribute, names: ValueNames, text: str) -> tuple[str, str]:
    if not _NUMBER.fullmatch(text):
        spelled, number = names.get(text.lower(), (text, None))
        if number is None and names:
            near = nearest(text, (name for name, _ in names.values()))
            raise ValueError(f"{attribute.name} has no value named {text}{near}")
        if number is None:
            raise ValueError(f"{attribute.name}: {text} is not a whole number in plain decimal digits")
    else:
        spelled, number = text, int(text)
        low, high = _RANGES[attribute.type]
        high = _TAGGED_MAX if attribute.has_tag else high
        if not low <= number <= high:
            raise ValueError(f"{attribute.name}: {text} is not between {low} and {high}")
    return spelled, {held: name for name, held in names.values()}.get(number, str(number))


def _check_string(attribute: Attribute, text: str, tag: int) -> None:
    if not text:
        raise ValueError(f"{attribute.name}: an empty value is never sent")
    if not text.isprintable():
        raise ValueError(f"{attribute.name}: has characters in it that can't be printed")
    length, room = len(text.encode()), attribute.room - (1 if tag else 0)
    if length > room:
        raise ValueError(f"{attribute.name}: {length} bytes are too long; it can carry {room}")


def _check_octets(attribute: Attribute, text: str) -> None:
    found = _OCTETS.fullmatch(text)
    if not found:
        raise ValueError(f"{attribute.name}: {text} is not 0x with an even number of hex digits")
    length = len(found[1]) // 2
    if attribute.length and length != attribute.length:
        raise ValueError(f"{attribute.name}: has to be {attribute.length} bytes long, not {length}")
    if length > attribute.room:
        raise ValueError(f"{attribute.name}: {length} bytes are too long")


def _form(pattern: str, read: Callable[[str], object]) -> Callable[[str], object]:
    """Return the reader of a text of this pattern: FreeRADIUS would also take host names, and numbers as addresses."""

    def read_text(text: str) -> object:
        if not re.fullmatch(pattern, text):
            raise ValueError(text)
        return read(text)

    return read_text


_NO_ZONE = "[^%]*"
_PREFIX = "[^%]*/[0-9]+"
_FORMS: dict[str, tuple[str, Callable[[str], object]]] = {
    "ipaddr": ("an IPv4 address such as 192.0.2.1", IPv4Address),
    "ipv6addr": ("an IPv6 address such as 2001:db8::1", _form(_NO_ZONE, IPv6Address)),
    "combo-ip": ("an IPv4 or IPv6 address", _form(_NO_ZONE, ip_address)),
    "ipv4prefix": ("an IPv4 network such as 192.0.2.0/24, its host bits zero", _form(_PREFIX, IPv4Network)),
    "ipv6prefix": ("an IPv6 network such as 2001:db8::/64, its host bits zero", _form(_PREFIX, IPv6Network)),
    "ifid": (
        "an interface id such as 0:0:0:1",
        _form(
            "[0-9A-Fa-f]{1,4}(:[0-9A-Fa-f]{1,4}){3}",
            lambda text: ":".join(f"{int(part, 16):x}" for part in text.split(":")),
        ),
    ),
    "ether": ("a MAC such as 00:10:a4:23:19:c0", _form("[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}", str.lower)),
}
