"""Where the devices of a made-up fleet stand in a listing: computed from their numbers, never sorted or stored."""

import bisect
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import accumulate

from parts.graph_simulator.platforms import KINDS, DeviceKind

# A device's place in a listing: (deviceName, id), the key in Graph's own $skiptoken. Compared by code point.
Key = tuple[str, str]


class Order:
    """The listing order of `count` devices: those of one name stand together, and among them index decides.

    That holds because ids grow with the index, and so do numbered names. `key_of` gives the key of a device.
    """

    def __init__(self, count: int, kinds: Sequence[DeviceKind], key_of: Callable[[int], Key]) -> None:
        self._key_of = key_of
        residues: dict[str, list[int]] = defaultdict(list)
        for residue, kind in enumerate(kinds):
            residues[kind.name].append(residue)
        rounds, rest = divmod(count, KINDS)
        sizes = [(name, rounds * len(own) + bisect.bisect_left(own, rest)) for name, own in sorted(residues.items())]
        self._groups = [residues[name] for name, size in sizes if size]
        self._sizes = [size for _, size in sizes if size]
        self._starts = [0, *accumulate(self._sizes)][:-1]
        self._first_keys = [key_of(group[0]) for group in self._groups]

    def index(self, place: int) -> int:
        """Give the index of the device at a place from 0 on."""
        group = bisect.bisect_right(self._starts, place) - 1
        return self._member(group, place - self._starts[group])

    def behind(self, key: Key) -> int:
        """Give the first place whose key sorts behind this key: the number of devices up to it."""
        group = bisect.bisect_right(self._first_keys, key) - 1
        if group < 0:
            return 0
        members = range(self._sizes[group])
        within = bisect.bisect_right(members, key, key=lambda member: self._key_of(self._member(group, member)))
        return self._starts[group] + within

    def _member(self, group: int, number: int) -> int:
        rounds, residue = divmod(number, len(self._groups[group]))
        return rounds * KINDS + self._groups[group][residue]
