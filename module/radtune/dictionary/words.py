"""The words of a dictionary's line: numbers, types, flags and a vendor's format, as src/lib/dict.c reads them."""

import re
from collections.abc import Sequence

from radtune.dictionary.definitions import DefinitionError, Flags, Vendor

_OTHER_NAMES = {
    "uint8": "byte",
    "uint16": "short",
    "uint32": "integer",
    "int32": "signed",
    "uint64": "integer64",
    "cidr": "ipv4prefix",
}
_OCTETS = re.compile(r"octets\[(\w+)\]", re.IGNORECASE | re.ASCII)
_FORMAT = re.compile(r"format=([124]),([012])(,c)?", re.IGNORECASE)
_OWN_FORMATS = {429: (4, 0), 4846: (2, 1), 8164: (2, 2)}
"""Vendors whose format the server knows by itself: USR, Lucent and Starent."""

_SWITCHES = {"has_tag=1": "has_tag"} | {name: name for name in ("has_tag", "virtual", "concat", "array")}


def read_number(text: str) -> int:
    """Return a number, decimal or hexadecimal behind 0x; raises DefinitionError where it is none."""
    base = 16 if text[:2] in ("0x", "0X") else 10
    digits = text[2:] if base == 16 else text
    try:
        if digits.isalnum() and digits.isascii():
            return int(digits, base)
    except ValueError:
        pass
    raise DefinitionError(f"{text} is not a number")


def read_type(text: str) -> tuple[str, int]:
    """Return an attribute's type, and the length of `octets[length]` or 0; raises DefinitionError."""
    kind = text.lower()
    if not kind.startswith("octets["):
        return _OTHER_NAMES.get(kind, kind), 0
    found = _OCTETS.fullmatch(kind)
    length = read_number(found[1]) if found else 0
    if not 0 < length <= 253:
        raise DefinitionError(f"{text}: the length has to be from 1 to 253")
    return "octets", length


def read_flags(text: str, length: int) -> tuple[Flags, str]:
    """Return the flags, and the one word that is none and may be a vendor's name, as old dictionaries have it.

    Raises DefinitionError where a word is neither.
    """
    switches: dict[str, bool] = {}
    encrypt, vendor = 0, ""
    words = text.removesuffix(",").split(",")
    for word in words:
        if word.startswith("encrypt="):
            encrypt = read_number(word.removeprefix("encrypt="))
        elif word.startswith("secret"):
            switches["secret"] = True
        elif word in _SWITCHES:
            switches[_SWITCHES[word]] = True
        elif len(words) > 1:
            raise DefinitionError(f"unknown flag {word}")
        else:
            vendor = word
    return Flags(length, encrypt=encrypt, **switches), vendor


def read_vendor(words: Sequence[str]) -> Vendor:
    """Return the vendor of a VENDOR line's words; raises DefinitionError."""
    if not 2 <= len(words) <= 3:
        raise DefinitionError("a VENDOR has a name, a number and perhaps a format")
    number = read_number(words[1])
    if len(words) == 2:
        return Vendor(words[0], number, *_OWN_FORMATS.get(number, (1, 1)))
    found = _FORMAT.fullmatch(words[2])
    if not found or (found[3] and found.group(1, 2) != ("1", "1")):
        raise DefinitionError(f"{words[2]} is not a format that FreeRADIUS knows")
    return Vendor(words[0], number, int(found[1]), int(found[2]), bool(found[3]))
