"""One RADIUS attribute: what the dictionary says of it, and the values that FreeRADIUS sends exactly as they stand."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

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

    vendor: its vendor's name, '' for a standard one
    space: where its numbers count: () for the standard ones, (26, vendor), (241,) for extended ones, (241, 26, vendor)
    number: its number there, behind those of the TLVs around it
    room: bytes of value that one attribute can carry
    length: bytes that the value has to have, 0 for any
    """

    name: str
    type: str
    vendor: str
    space: Numbers
    number: Numbers
    room: int
    length: int = 0
    has_tag: bool = False
    encrypt: int = 0
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


def value_problem(attribute: Attribute, names: ValueNames, value: str | int, tag: int) -> str:
    """Say in a sentence why FreeRADIUS would not send exactly this value, or return ''.

    A text of digits is always a number. `tag` is 0 for none.
    """
    if isinstance(value, bool):
        word = "true" if value else "false"
        return f"{attribute.name}: {word} is neither text nor a number; write it in quotes if it is meant as text"
    text, kind = str(value), attribute.type
    if kind in _RANGES:
        return _number_problem(attribute, names, text)
    if kind in _FORMS:
        return _form_problem(attribute, text)
    if kind == "string":
        return _string_problem(attribute, text, tag)
    if kind == "octets":
        return _octets_problem(attribute, text)
    return f"{attribute.name} is of type {kind}, which can't be given a value"


def value_text(names: ValueNames, value: str | int) -> str:
    """Return a value that has no problem as text, a named one as the dictionary spells it."""
    text = str(value)
    return text if _NUMBER.fullmatch(text) else names.get(text.lower(), (text, 0))[0]


def value_as_freeradius_shows(attribute: Attribute, names: ValueNames, value: str | int) -> str:
    """Return a value that has no problem as the server shows it to the module when it comes in a request.

    A named value is shown by the last of its names, an address in its short form, hex digits in lower case.
    """
    text, kind = str(value), attribute.type
    if kind in _FORMS:
        return _as_shown(kind, text)
    if kind == "octets":
        return text.lower()
    if names:
        number = int(text) if _NUMBER.fullmatch(text) else names[text.lower()][1]
        return {held: name for name, held in names.values()}.get(number, str(number))
    return text


def _number_problem(attribute: Attribute, names: ValueNames, text: str) -> str:
    low, high = _RANGES[attribute.type]
    if attribute.has_tag:
        high = _TAGGED_MAX
    if not _NUMBER.fullmatch(text):
        if text.lower() in names:
            return ""
        if names:
            return f"{attribute.name} has no value named {text}{nearest(text, (name for name, _ in names.values()))}"
        return f"{attribute.name}: {text} is not a whole number in plain decimal digits"
    return "" if low <= int(text) <= high else f"{attribute.name}: {text} is not between {low} and {high}"


def _form_problem(attribute: Attribute, text: str) -> str:
    try:
        _as_shown(attribute.type, text)
    except ValueError:
        return f"{attribute.name}: {text} is not {_FORMS[attribute.type][0]}"
    return ""


def _string_problem(attribute: Attribute, text: str, tag: int) -> str:
    if not text:
        return f"{attribute.name}: an empty value is never sent"
    if not text.isprintable():
        return f"{attribute.name}: has characters in it that can't be printed"
    length, room = len(text.encode()), attribute.room - (1 if tag else 0)
    return "" if length <= room else f"{attribute.name}: {length} bytes are too long; it can carry {room}"


def _octets_problem(attribute: Attribute, text: str) -> str:
    found = _OCTETS.fullmatch(text)
    if not found:
        return f"{attribute.name}: {text} is not 0x with an even number of hex digits"
    length = len(found[1]) // 2
    if attribute.length and length != attribute.length:
        return f"{attribute.name}: has to be {attribute.length} bytes long, not {length}"
    return "" if length <= attribute.room else f"{attribute.name}: {length} bytes are too long"


def _interface_id(text: str) -> str:
    if not re.fullmatch(r"[0-9A-Fa-f]{1,4}(:[0-9A-Fa-f]{1,4}){3}", text):
        raise ValueError(text)
    return ":".join(f"{int(part, 16):x}" for part in text.split(":"))


def _mac(text: str) -> str:
    if not re.fullmatch(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}", text):
        raise ValueError(text)
    return text.lower()


_FORMS: dict[str, tuple[str, Callable[[str], object]]] = {
    "ipaddr": ("an IPv4 address such as 192.0.2.1", IPv4Address),
    "ipv6addr": ("an IPv6 address such as 2001:db8::1", IPv6Address),
    "combo-ip": ("an IPv4 or IPv6 address", ip_address),
    "ipv4prefix": ("an IPv4 network such as 192.0.2.0/24, its host bits zero", IPv4Network),
    "ipv6prefix": ("an IPv6 network such as 2001:db8::/64, its host bits zero", IPv6Network),
    "ifid": ("an interface id such as 0:0:0:1", _interface_id),
    "ether": ("a MAC such as 00:10:a4:23:19:c0", _mac),
}


def _as_shown(kind: str, text: str) -> str:
    """Return a text of one of _FORMS as the server shows it; raises ValueError if it isn't of that form.

    FreeRADIUS would also take host names, and numbers as addresses.
    """
    if "%" in text or (kind.endswith("prefix") and not re.search(r"/[0-9]+$", text)):
        raise ValueError(text)
    return str(_FORMS[kind][1](text))
