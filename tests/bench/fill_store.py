"""Fill a device store with the generated fleet: called with its directory, a number of devices, a seed,
and how many seconds later than in the fleet each device has checked in.

Runs in a process of its own, with the module and tools of the checkout whose store it is.
"""

import sys
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from radtune.records.moves_and_states import SyncState
from radtune.stores.devices import DeviceStore
from radtune.stores.store import TOOL_TIMEOUT
from radtune_tools.graph.managed_device import to_device

TENANT = "contoso.example"


def main(directory: Path, devices: int, seed: int, later: int) -> None:
    """Publish the fleet."""
    # parts has no import of radtune itself, so this checkout's serves any other.
    sys.path.append(str(Path(__file__).resolve().parents[1]))
    from parts.graph_simulator.fleet import fleet  # noqa: PLC0415  # the path is known here

    directory.parent.mkdir(exist_ok=True)
    managed = ({**device, "ethernetMacAddress": None} for device in fleet(devices, seed))
    with closing(DeviceStore(directory, create=True, timeout=TOOL_TIMEOUT)) as store, store.publishing() as publication:
        for record in (to_device(device, TENANT) for device in managed):
            publication.put(replace(record, last_check_in=record.last_check_in + later))
        # By its place: another checkout may have another name for it.
        publication.synced(SyncState(TENANT, 0, int(time.time())), [TENANT])


main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
