"""Where a NAS stands: its site and its groups, as settings name them, and what it wants in an Access-Accept."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from radtune.policy.patterns import Patterns
from radtune.policy.templates import Accept, Fit
from radtune.records.device_and_client import Facts

REMEMBERED = 10_000
"""NASes of which the entry is remembered."""
Network = IPv4Network | IPv6Network
_LIKE_AN_ADDRESS = re.compile(r"[0-9*?/-]+(\.[0-9*?/-]+)+|[0-9a-f:*?/-]*:[0-9a-f:.*?/-]*", re.IGNORECASE)
"""What looks like an address and is none is a slip of the pen: no NAS is called 192.0.2.*."""


def nas_network(text: str) -> Network | None:
    """Return the network of an address or CIDR, or None where `text` is a NAS-Identifier; raises ValueError.

    An identifier that looks like a network with bits behind its length is a slip of the pen, not an identifier.
    """
    try:
        return ip_network(text)
    except ValueError:
        try:
            network = ip_network(text, strict=False)
        except ValueError:
            if _LIKE_AN_ADDRESS.fullmatch(text):
                said = "no address and no network; write a network such as 192.0.2.0/24"
                raise ValueError(f"{text}: {said}") from None
            return None
    raise ValueError(f"{text}: has bits set behind its length; write {network}")


@dataclass(frozen=True, slots=True)
class NasList:
    """Some NASes: `name` says which, `nas` are addresses, networks and patterns of NAS-Identifiers.

    `vendor` is a word of `vendors.VENDORS`, or ''.
    """

    name: str
    nas: tuple[str, ...]
    vendor: str = ""


class NasIndex:
    """Which lists a NAS is on. The cost of a look-up does not grow with the number of networks."""

    def __init__(self, lists: Sequence[NasList]) -> None:
        """Take the lists; raises ValueError for a network that is none."""
        self._networks: dict[tuple[int, int], dict[int, list[str]]] = {}
        self._identifiers: dict[str, list[str]] = {}
        self._patterns: list[tuple[Patterns, str]] = []
        for each in lists:
            for text in each.nas:
                self._add(text, each.name)
        self._lengths = sorted(self._networks)

    def _add(self, text: str, name: str) -> None:
        network = nas_network(text)
        if network is not None:
            shift = network.max_prefixlen - network.prefixlen
            within = self._networks.setdefault((network.version, shift), {})
            within.setdefault(int(network.network_address) >> shift, []).append(name)
        elif "*" in text or "?" in text:
            self._patterns.append((Patterns([text]), name))
        else:
            self._identifiers.setdefault(text.lower(), []).append(name)

    def lists_of(self, address: str, identifier: str) -> list[str]:
        """Return the lists that name this NAS, the most exact first: longest network, identifier, pattern."""
        found: dict[str, None] = {}
        if self._networks and address:
            for name in self._by_address(address):
                found[name] = None
        if identifier:
            for name in self._identifiers.get(identifier.lower(), ()):
                found[name] = None
            for pattern, name in self._patterns:
                if pattern.fit(identifier):
                    found[name] = None
        return list(found)

    def _by_address(self, address: str) -> Iterable[str]:
        try:
            parsed = ip_address(address)
        except ValueError:
            return
        number = int(parsed)
        for version, shift in self._lengths:
            if version == parsed.version:
                yield from self._networks[version, shift].get(number >> shift, ())


@dataclass(frozen=True)
class NasDirectory:
    """The sites and groups of settings. A NAS is at one site, and in as many groups as name it.

    `accepts` is what NASes want in an Access-Accept, by the name of the one of `entries` that names them most exactly;
    without any of them there are no entries, either.
    """

    sites: tuple[NasList, ...] = ()
    groups: tuple[NasList, ...] = ()
    entries: tuple[NasList, ...] = ()
    accepts: Mapping[str, Accept] = field(default_factory=dict)

    @cached_property
    def _site_index(self) -> NasIndex:
        return NasIndex(self.sites)

    @cached_property
    def _group_index(self) -> NasIndex:
        return NasIndex(self.groups)

    @cached_property
    def _vendors(self) -> dict[str, str]:
        return {group.name: group.vendor for group in self.groups if group.vendor}

    @cached_property
    def _accept_of(self) -> Callable[[str, str], Accept | None]:
        index = NasIndex(self.entries)

        @lru_cache(REMEMBERED)
        def find(address: str, identifier: str) -> Accept | None:
            names = index.lists_of(address, identifier)
            return self.accepts.get(names[0]) if names else None

        return find

    def accept(self, facts: Facts) -> Accept | None:
        """Return what the NAS that sent these facts wants in an Access-Accept; None where that is nothing."""
        return self._accept_of(facts.nas_address, facts.nas_identifier) if self.accepts else None

    def fitting(self, fit: Fit) -> "NasDirectory":
        """Return the same places, with this to say how what is wanted in an Access-Accept is sent."""
        return replace(self, accepts={name: replace(accept, fit=fit) for name, accept in self.accepts.items()})

    def site(self, facts: Facts) -> str:
        """Return the site of the NAS that sent these facts, or ''."""
        if not self.sites:
            return ""
        found = self._site_index.lists_of(facts.nas_address, facts.nas_identifier)
        return found[0] if found else ""

    def groups_of(self, facts: Facts) -> list[str]:
        """Return the groups of the NAS that sent these facts."""
        return self._group_index.lists_of(facts.nas_address, facts.nas_identifier) if self.groups else []

    def vendor(self, facts: Facts) -> str:
        """Return the vendor of the NAS: what settings say of a group of it, or what its own attributes show, or ''."""
        if self._vendors:
            for name in self.groups_of(facts):
                if name in self._vendors:
                    return self._vendors[name]
        return facts.nas_vendor
