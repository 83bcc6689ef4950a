"""One RADIUS attribute: what the dictionary says of it, and which values FreeRADIUS sends exactly as they stand."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

Numbers = tuple[int, ...]
Names = Mapping[str, tuple[str, int]]
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

_FORMS = {
    "ipaddr": "an IPv4 address such as 192.0.2.1",
    "ipv6addr": "an IPv6 address such as 2001:db8::1",
    "combo-ip": "an IPv4 or IPv6 address",
    "ipv4prefix": "an IPv4 network such as 192.0.2.0/24, its host bits zero",
    "ipv6prefix": "an IPv6 network such as 2001:db8::/64, its host bits zero",
    "ifid": "an interface id such as 0:0:0:1",
    "ether": "a MAC such as 00:10:a4:23:19:c0",
}
_PARSERS: dict[str, tuple[Callable[[str], object], ...]] = {
    "ipaddr": (IPv4Address,),
    "ipv6addr": (IPv6Address,),
    "combo-ip": (IPv4Address, IPv6Address),
    "ipv4prefix": (IPv4Network,),
    "ipv6prefix": (IPv6Network,),
}
_IFID = re.compile(r"[0-9a-f]{1,4}(?::[0-9a-f]{1,4}){3}", re.IGNORECASE)
_ETHER = re.compile(r"[0-9a-f]{2}(?::[0-9a-f]{2}){5}", re.IGNORECASE)
_OCTETS = re.compile(r"0x((?:[0-9a-f]{2})+)", re.IGNORECASE)
_NUMBER = re.compile(r"0|-?[1-9][0-9]{0,29}")
"""Longer ones fit nowhere, and Python refuses to read the longest."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute as the dictionary defines it.

    `space` is where its numbers count: () for the standard ones, (26, vendor), (241,) for an extended one and
    (241, 26, vendor); `number` is its number there, with those of the TLVs around it first. `room` is how many bytes
    of value one attribute can carry, `length` how many it has to be, or 0. `vendor` is '' for the standard ones.
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


def nearest(word: str, known: Iterable[str]) -> str:
    """Return `; did you mean ...?` with the known word that is nearest whatever the case, or ''."""
    spelled = {name.lower(): name for name in known}
    near = get_close_matches(word.lower(), spelled, n=1)
    return f"; did you mean {spelled[near[0]]}?" if near else ""


def value_problem(attribute: Attribute, names: Names, value: str | int, tag: int) -> str:
    """Say in a sentence why FreeRADIUS would not send exactly this value, or return ''.

    `names` are the attribute's named values; a text of digits is always a number. `tag` is 0 where there is none.
    """
    if isinstance(value, bool):
        word = "true" if value else "false"
        return f"{attribute.name}: {word} is neither text nor a number; write it in quotes if it is meant as text"
    text, kind = str(value), attribute.type
    if kind in _RANGES:
        return _number_problem(attribute, names, text)
    if kind in _FORMS:
        return "" if _fits(kind, text) else f"{attribute.name}: {text} is not {_FORMS[kind]}"
    if kind == "string":
        return _string_problem(attribute, text, tag)
    if kind == "octets":
        return _octets_problem(attribute, text)
    return f"{attribute.name} is of type {kind}, of which no value can be given"


def value_text(names: Names, value: str | int) -> str:
    """Return a value that has no problem as text, a named one as the dictionary spells it."""
    text = str(value)
    return text if _NUMBER.fullmatch(text) else names.get(text.lower(), (text, 0))[0]


def shown_text(attribute: Attribute, names: Names, value: str | int) -> str:
    """Return a value that has no problem as the server shows it to the module when it comes in a request.

    A named value is shown by the last of its names, an address in its short form, hex digits in lower case.
    """
    text, kind = str(value), attribute.type
    if kind in _PARSERS:
        return str(next(parsed for parser in _PARSERS[kind] if (parsed := _parsed(parser, text)) is not None))
    if kind == "ifid":
        return ":".join(f"{int(part, 16):x}" for part in text.split(":"))
    if kind in ("octets", "ether"):
        return text.lower()
    if names:
        number = int(text) if _NUMBER.fullmatch(text) else names[text.lower()][1]
        return {held: name for name, held in names.values()}.get(number, str(number))
    return text


def _number_problem(attribute: Attribute, names: Names, text: str) -> str:
    low, high = _RANGES[attribute.type]
    if attribute.has_tag:
        high = _TAGGED_MAX
    if not _NUMBER.fullmatch(text):
        if text.lower() in names:
            return ""
        if names:
            spelled = [name for name, _ in names.values()]
            return f"{attribute.name} has no value named {text}{nearest(text, spelled)}"
        return f"{attribute.name}: {text} is not a whole number in plain decimal digits"
    return "" if low <= int(text) <= high else f"{attribute.name}: {text} is not between {low} and {high}"


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


def _fits(kind: str, text: str) -> bool:
    """Tell whether the text is of this form; FreeRADIUS would also take host names, and numbers as addresses."""
    if kind == "ifid":
        return bool(_IFID.fullmatch(text))
    if kind == "ether":
        return bool(_ETHER.fullmatch(text))
    if kind.endswith("prefix") and not re.search(r"/[0-9]+$", text):
        return False
    return "%" not in text and any(_parsed(parser, text) is not None for parser in _PARSERS[kind])


def _parsed(parser: Callable[[str], object], text: str) -> object:
    try:
        return parser(text)
    except ValueError:
        return None
