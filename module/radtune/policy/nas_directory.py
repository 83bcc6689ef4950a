"""The place of a NAS as settings tell of it: its site, its groups, its vendor, and its further reply attributes."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from radtune.dataclass import dataclass, field, replace
from radtune.policy.patterns import pattern_test
from radtune.policy.templates import Accept, Fit
from radtune.records.device_and_client import Facts

REMEMBERED = 10_000
"""NASes whose place is remembered."""
Network = IPv4Network | IPv6Network
_LIKE_AN_ADDRESS = re.compile(r"[0-9*?/-]+(\.[0-9*?/-]+)+|[0-9a-f:*?/-]*:[0-9a-f:.*?/-]*", re.IGNORECASE)
"""No NAS is called 192.0.2.*: it is a slip."""


def nas_network(text: str) -> Network | None:
    """Return the network of an address or CIDR, or None if `text` is a NAS-Identifier.

    Raises ValueError for an identifier that looks like an address, and for a network with bits behind its length.
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
    """Some NASes under a name.

    nas: addresses, networks and patterns of NAS-Identifiers
    vendor: one of `vendors.VENDORS`, or ''
    """

    name: str
    nas: tuple[str, ...]
    vendor: str = ""


class NasIndex:
    """Finds the lists that name a NAS. The cost of a look-up does not grow with the number of networks."""

    def __init__(self, lists: Sequence[NasList]) -> None:
        """Take the lists; raises ValueError for a network that is none."""
        self._networks: dict[tuple[int, int], dict[int, list[str]]] = {}
        self._identifiers: dict[str, list[str]] = {}
        self._patterns: list[tuple[Callable[[str], bool], str]] = []
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
            self._patterns.append((pattern_test([text]), name))
        else:
            self._identifiers.setdefault(text.lower(), []).append(name)

    def lists_of(self, address: str, identifier: str) -> list[str]:
        """Return the lists that name this NAS, the most exact first: longest network, identifier, pattern."""
        found = [*self._by_address(address)] if self._networks and address else []
        if identifier:
            found += self._identifiers.get(identifier.lower(), ())
            found += (name for fits, name in self._patterns if fits(identifier))
        return list(dict.fromkeys(found))

    def _by_address(self, address: str) -> Iterable[str]:
        try:
            parsed = ip_address(address)
        except ValueError:
            return
        number = int(parsed)
        for version, shift in self._lengths:
            if version == parsed.version:
                yield from self._networks[version, shift].get(number >> shift, ())


@dataclass(frozen=True, slots=True)
class NasPlace:
    """One NAS as settings tell of it.

    site: its site, or ''
    groups: all groups that name it
    vendor: the vendor of a group, or else the one that the request's own attributes show, or ''
    accept: what it wants in an Access-Accept beside the VLAN
    """

    site: str
    groups: tuple[str, ...]
    vendor: str
    accept: Accept | None


@dataclass(frozen=True)
class NasDirectory:
    """The sites, groups and entries of settings. The list that names a NAS most exactly is its site, or its entry.

    entries: the NASes of `nas`; none, if `accepts` is empty
    accepts: what the NASes of an entry want in an Access-Accept, by the entry's name
    """

    sites: tuple[NasList, ...] = ()
    groups: tuple[NasList, ...] = ()
    entries: tuple[NasList, ...] = ()
    accepts: Mapping[str, Accept] = field(default_factory=dict)

    def find(self, facts: Facts) -> NasPlace:
        """Return the place of the NAS that sent these facts."""
        return self._find(facts.nas_address, facts.nas_identifier, facts.nas_vendor)

    @cached_property
    def _find(self) -> Callable[[str, str, str], NasPlace]:
        sites, groups, entries = (
            _lookup(lists) for lists in (self.sites, self.groups, self.entries if self.accepts else ())
        )
        vendors = {group.name: group.vendor for group in self.groups if group.vendor}

        @lru_cache(REMEMBERED)
        def find(address: str, identifier: str, nas_vendor: str) -> NasPlace:
            within = groups(address, identifier)
            return NasPlace(
                site=next(iter(sites(address, identifier)), ""),
                groups=tuple(within),
                vendor=next((vendors[name] for name in within if name in vendors), nas_vendor),
                accept=next((self.accepts.get(name) for name in entries(address, identifier)), None),
            )

        return find

    def fitting(self, fit: Fit) -> "NasDirectory":
        """Return the same directory with `fit` for the attributes that NASes want in an Access-Accept."""
        return replace(self, accepts={name: replace(accept, fit=fit) for name, accept in self.accepts.items()})


def _lookup(lists: Sequence[NasList]) -> Callable[[str, str], list[str]]:
    return NasIndex(lists).lists_of if lists else lambda _address, _identifier: []
