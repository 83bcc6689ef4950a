"""Attributes whose values are templates, and the values of their {fields} at a client."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from radtune.dataclass import dataclass, field
from radtune.records.device_and_client import Facts
from radtune.records.session_key import has_mac

Pairs = tuple[tuple[str, str], ...]
Fit = Callable[[str, str], tuple[str, str]]
"""Returns a pair as the server must be given it; raises ValueError for one that it wouldn't send."""

SAMPLE: Mapping[str, str] = {
    "mac": "00-10-A4-23-19-C0",
    "user_name": "bob",
    "acct_session_id": "5E0A1B2C",
    "acct_multi_session_id": "5E0A1B2D",
    "audit_session_id": "C0A8010A0000001A0B5F6E7D",
    "nas_port": "7",
    "nas_port_id": "ge-0/0/7",
    "nas_address": "192.0.2.10",
    "nas_ipv6": "2001:db8::10",
    "nas_identifier": "switch-1",
    "called_station_id": "00-11-22-33-44-55:Corp",
    "framed_ip": "192.0.2.77",
}
"""Every field of a client, with a value for show."""
_OF_NAS = ("nas_address", "nas_ipv6", "nas_identifier", "called_station_id")
NAMING = tuple(name for name in SAMPLE if name not in _OF_NAS)
"""The fields that name one client of a NAS; the others name the NAS."""
AS_SENT = "as-sent"

_FIELD = re.compile(r"\{([^{}]*)\}")


@lru_cache(1000)
def fields_in(template: str) -> tuple[str, ...]:
    """Return the fields that the template names."""
    return tuple(_FIELD.findall(template))


def is_balanced(template: str) -> bool:
    """Tell whether each brace of the template belongs to a field."""
    return not set("{}") & set(_FIELD.sub("", template))


def names_client(template: str) -> bool:
    """Tell whether the template, filled in, says which client of the NAS is meant."""
    return any(word in NAMING for word in fields_in(template))


def filled(template: str, fields: Mapping[str, str]) -> str:
    """Return the template with the values of its fields; '' if one of them isn't known."""
    if not all(fields[name] for name in fields_in(template)):
        return ""
    return _FIELD.sub(lambda found: fields[found[1]], template)


def fields_of(facts: Facts, mac: str = AS_SENT) -> dict[str, str]:
    """Return the value of each field, '' if it isn't known; `mac` is an example of how a MAC is written."""
    address = facts.nas_claimed or facts.nas_address
    ipv6 = ":" in address
    # A placeholder for the MAC would name every client of the NAS.
    number = facts.mac if has_mac(facts) else ""
    return {
        **{name: getattr(facts, name, "") for name in SAMPLE},
        "mac": facts.calling_station_id if mac == AS_SENT and number == facts.mac else _written(number, mac),
        "user_name": facts.nas_user_name or facts.user_name,
        "nas_address": "" if ipv6 else address,
        "nas_ipv6": address if ipv6 else "",
    }


def _written(mac: str, example: str) -> str:
    """Return 12 hex digits in the notation of the example."""
    if not mac:
        return ""
    digits = iter(mac.upper() if "A" in example else mac.lower())
    return "".join(next(digits) if character.isalnum() else character for character in example)


@dataclass(frozen=True, slots=True)
class Accept:
    """The attributes that a kind of NAS wants in the Access-Accept beside the VLAN.

    pairs: names and templates; {vlan} stands for the VLAN
    mac: an example of how the NAS writes a MAC
    """

    pairs: Pairs
    mac: str = AS_SENT
    fit: Fit = field(default=lambda name, value: (name, value), compare=False, repr=False)
    _by_vlan: dict[str, Pairs] = field(default_factory=dict, init=False, compare=False, repr=False)

    def at(self, vlan: str, facts: Facts) -> Pairs:
        """Return the attributes for a client in this VLAN; one whose field isn't known is left out.

        Raises ValueError for an attribute that can't be sent as it is meant.
        """
        if (known := self._by_vlan.get(vlan)) is not None:
            return known
        fields = {**fields_of(facts, self.mac), "vlan": vlan}
        values = ((name, filled(template, fields)) for name, template in self.pairs)
        found = tuple(self.fit(name, value) for name, value in values if value)
        # Remembered only if nothing in it is about the client: a policy has few VLANs.
        if all(each == "vlan" for _, template in self.pairs for each in fields_in(template)):
            self._by_vlan[vlan] = found
        return found
