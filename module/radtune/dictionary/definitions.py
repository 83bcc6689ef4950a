"""What dictionaries define: attributes, named values and vendors, each held against FreeRADIUS's own rules.

The rules are those of dict_addattr, dict_addvalue and dict_addvendor in src/lib/dict.c of FreeRADIUS 3.2.
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

from radtune.dictionary.attribute import Attribute, Numbers

VENDOR_SPECIFIC = 26
IPV6_6RD = 173
"""IPv6-6rd-Configuration, the one standard attribute that has TLVs."""

NAS_FILTER_RULE = (92,)

_INTEGERS = {"byte", "short", "integer", "integer64", "signed", "date", "bool"}
_ADDRESSES = {"ipaddr", "ipv4prefix", "ipv6addr", "ipv6prefix", "combo-ip", "ifid", "ether"}
_HOLDERS = {"tlv", "vsa", "evs", "extended", "long-extended"}
_TYPES = {"string", "octets", "abinary"} | _INTEGERS | _ADDRESSES | _HOLDERS
_ARRAYS = {"ipaddr", "ipv6addr", "byte", "short", "integer", "date", "string"}
_SUB_MAX = (255, 255, 31, 7)
"""The largest number at each depth of TLVs: the server packs them all into 32 bits."""

_MAX_NAME = 127
_NAME = re.compile(r"(?!Attr-)[A-Za-z0-9_./-]+")
_VALUED = {"integer": 2**32 - 1, "octets": 2**32 - 1, "short": 2**16 - 1, "byte": 2**8 - 1, "bool": 1}

Key = tuple[Numbers, Numbers]
"""An attribute's space and number."""


class DefinitionError(Exception):
    """A definition that FreeRADIUS refuses; the message says why."""


class Vendor(NamedTuple):
    """A vendor, and how many bytes the number and the length of its attributes take: one each by RFC 2865 5.26.

    With `continued` one more byte follows them, for values that go on in the next attribute.
    """

    name: str
    number: int
    type_bytes: int = 1
    length_bytes: int = 1
    continued: bool = False

    @property
    def max_number(self) -> int:
        """Return the largest number of an attribute."""
        return int(256**self.type_bytes) - 1

    @property
    def room(self) -> int:
        """Return how many bytes of value an attribute has room for: 255 without the headers."""
        return 255 - 6 - self.type_bytes - self.length_bytes - self.continued


@dataclass(frozen=True, slots=True)
class Flags:
    """What stands behind an attribute's type."""

    length: int = 0
    has_tag: bool = False
    encrypt: int = 0
    secret: bool = False
    virtual: bool = False
    concat: bool = False
    array: bool = False


NO_FLAGS = Flags()


class Definitions:
    """Everything defined so far; a later definition of the same name or number wins."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.by_name: dict[str, Attribute] = {}
        self.by_number: dict[Key, Attribute] = {}
        self.values: dict[Key, dict[str, tuple[str, int]]] = {}
        self._vendors: dict[str, Vendor] = {}
        self._vendor_numbers: dict[int, Vendor] = {}

    def attribute(self, name: str) -> Attribute:
        """Return the attribute of this name; raises DefinitionError where there is none."""
        try:
            return self.by_name[name.lower()]
        except KeyError:
            raise DefinitionError(f"unknown attribute {name}") from None

    def vendor(self, name: str) -> Vendor:
        """Return the vendor of this name; raises DefinitionError where there is none."""
        try:
            return self._vendors[name.lower()]
        except KeyError:
            raise DefinitionError(f"unknown vendor {name}") from None

    def add_vendor(self, vendor: Vendor) -> None:
        """Take a vendor; raises DefinitionError where the name belongs to another number."""
        known = self._vendors.get(vendor.name.lower())
        if known and known.number != vendor.number:
            raise DefinitionError(f"vendor {vendor.name} has the number {known.number} already")
        if not vendor.number < 2**24 or len(vendor.name) > _MAX_NAME:
            raise DefinitionError(f"vendor {vendor.name}: the number or the name is too large")
        self._vendors[vendor.name.lower()] = self._vendor_numbers[vendor.number] = vendor

    def add_value(self, attribute: Attribute, name: str, number: int) -> None:
        """Take a named value; raises DefinitionError where the name belongs to another number or is out of place."""
        names = self.values.setdefault((attribute.space, attribute.number), {})
        known = names.get(name.lower())
        if known and known[1] != number:
            raise DefinitionError(f"{attribute.name} has a value named {name} already: {known[1]}")
        if number > _VALUED.get(attribute.type, -1):
            raise DefinitionError(f"{attribute.name} is of type {attribute.type}, which can't have the value {number}")
        if not known:
            names[name.lower()] = (name, number)

    def add_early_values(self, key: Key, early: dict[str, tuple[str, int]]) -> None:
        """Take the values, by lower-case name, that came before their attribute; the server checks these no more.

        They go before the others: the server shows a number by the last of its names, but by one of these only where
        it has no other.
        """
        others = {name: value for name, value in self.values.get(key, {}).items() if name not in early}
        self.values[key] = {**early, **others}

    def place(self, space: Numbers, numbers: Numbers) -> Key:
        """Return space and number of an attribute whose numbers are counted from `space`.

        Raises DefinitionError where nothing like that can be.
        """
        if space or len(numbers) == 1:
            return space, numbers
        around = self.by_number.get(((), numbers[:1]))
        cut = 0
        if numbers[0] == VENDOR_SPECIFIC:
            cut = 2
        elif around and around.type in ("extended", "long-extended"):
            cut = 3 if numbers[1] == VENDOR_SPECIFIC and len(numbers) > 3 else 1
        elif numbers[0] != IPV6_6RD:
            raise DefinitionError(f"attribute {numbers[0]} can't have attributes inside")
        if cut > 1 and len(numbers) <= cut + 1:
            raise DefinitionError("a vendor's attribute is defined inside of BEGIN-VENDOR")
        return numbers[:cut], numbers[cut:]

    def add_attribute(self, name: str, kind: str, key: Key, flags: Flags) -> None:
        """Take an attribute; raises DefinitionError where FreeRADIUS wouldn't."""
        if not _NAME.fullmatch(name) or len(name) > _MAX_NAME:
            raise DefinitionError(f"{name} can't be the name of an attribute")
        if kind not in _TYPES:
            raise DefinitionError(f"{name}: unknown type {kind}")
        space, number = key
        known = self.by_name.get(name.lower())
        if known and known.number != number:
            raise DefinitionError(f"{name} is the name of another attribute already")
        vendor = self._vendor_of(name, space)
        self._check_number(name, kind, key, vendor)
        if flags is not NO_FLAGS:
            self._check_flags(name, kind, key, flags)
        attribute = Attribute(
            name,
            kind,
            vendor.name if vendor else "",
            space,
            number,
            self._room(key, vendor),
            flags.length,
            flags.has_tag,
            flags.encrypt,
            flags.secret or flags.encrypt > 0,
            flags.virtual,
        )
        if known:
            self.by_number.pop((known.space, known.number), None)
        self.by_name[name.lower()] = self.by_number[key] = attribute

    def _vendor_of(self, name: str, space: Numbers) -> Vendor | None:
        if len(space) < 2:
            return None
        if space[-1] not in self._vendor_numbers:
            raise DefinitionError(f"{name}: unknown vendor {space[-1]}")
        return self._vendor_numbers[space[-1]]

    def _check_number(self, name: str, kind: str, key: Key, vendor: Vendor | None) -> None:
        space, number = key
        wide = vendor is not None and vendor.type_bytes > 1
        fits = bool(number[0]) or (vendor is not None and not wide)
        if space:
            fits = fits and number[0] <= (vendor.max_number if vendor and len(space) == 2 else 255)
        if len(number) > 1:
            subs = zip(number[1:], _SUB_MAX, strict=False)
            fits = fits and len(number) <= 1 + len(_SUB_MAX) and all(0 < sub <= most for sub, most in subs)
            parent = self.by_number.get((space, number[:-1]))
            if fits and (parent is None or parent.type != "tlv"):
                raise DefinitionError(f"{name}: the attribute around it is not a tlv")
        if not fits:
            raise DefinitionError(f"{name}: the number is out of range")
        if kind == "tlv" and vendor and len(space) == 2 and (vendor.type_bytes, vendor.length_bytes) != (1, 1):
            raise DefinitionError(f"{name}: vendor {vendor.name} has no room for TLVs")
        if kind in ("extended", "long-extended") and (space or number[0] < 241):
            raise DefinitionError(f"{name}: extended attributes are standard ones from 241 on")
        if kind == "evs" and number != (VENDOR_SPECIFIC,):
            raise DefinitionError(f"{name}: an attribute of type evs has the number 26")

    @staticmethod
    def _check_flags(name: str, kind: str, key: Key, flags: Flags) -> None:
        space, number = key
        faults = {
            f"an attribute of type {kind} can't have a tag": flags.has_tag and kind not in ("string", "integer"),
            "concat is for standard attributes of type octets": flags.concat and (kind != "octets" or bool(space)),
            "array is for numbers, addresses and strings": flags.array and kind not in _ARRAYS,
            "virtual is for attributes that no packet holds": flags.virtual and (bool(space) or number[0] < 256),
            "encrypt=1 is for strings and octets of one length": flags.encrypt == 1
            and kind != "string"
            and not flags.length,
            "encrypt=3 is for strings": flags.encrypt == 3 and kind != "string",
            "an attribute of one length has no other flags": flags.length > 0 and (flags.concat or flags.encrypt > 1),
            "an extended attribute has no flags": len(space) in (1, 3)
            and (flags.has_tag or flags.array or flags.length > 0 or flags.encrypt not in (0, 2)),
        }
        for fault, is_there in faults.items():
            if is_there:
                raise DefinitionError(f"{name}: {fault}")

    def _room(self, key: Key, vendor: Vendor | None) -> int:
        """Return how many bytes of value the attribute has room for: 255 without the headers of what is around it."""
        space, number = key
        inside = 2 * (len(number) - 1)
        if not space:
            # The server joins these, and puts an empty one behind a rule that fills the attribute (rad_vp2rfc).
            return 253 - inside - (number == NAS_FILTER_RULE)
        if vendor and len(space) == 2:
            return vendor.room - inside
        around = self.by_number.get(((), space[:1]))
        header = 4 if around and around.type == "long-extended" else 3
        return 255 - header - (5 if vendor else 0) - inside
