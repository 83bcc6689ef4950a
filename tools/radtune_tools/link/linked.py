"""Since when a tenant is linked, as the store keeps it."""

from contextlib import closing
from dataclasses import replace

from radtune.config.settings import Settings
from radtune.errors import RadtuneError
from radtune.stores.devices import DeviceStore
from radtune.stores.disk import TOOL_TIMEOUT
from radtune_tools.access import as_store_owner, only_run
from radtune_tools.output import Output

LOCK_SECONDS = 60.0
"""How long to wait for a sync to end, whose record of the tenant would overwrite this one."""


def note_linked(settings: Settings, tenant: str, at: int, output: Output) -> None:
    """Write down since when the tenant is linked, 0 for no longer; a store without a device is made for it.

    Settings say which tenants there are: what goes wrong here is only told.
    """
    try:
        with (
            as_store_owner(settings),
            only_run(settings.store, "sync", LOCK_SECONDS),
            closing(DeviceStore(settings.device_store, create=True, timeout=TOOL_TIMEOUT)) as store,
        ):
            store.put_sync_state(replace(store.sync_state(tenant), linked_at=at))
    except RadtuneError as error:
        output.problem(f"settings are changed, but the store can't note since when {tenant} is linked: {error}")


def stored_devices(settings: Settings, tenant: str) -> int:
    """Count the tenant's devices in the store, as its last sync left them."""
    with as_store_owner(settings):
        if not DeviceStore.exists(settings.device_store):
            return 0
        with closing(DeviceStore(settings.device_store, create=False, timeout=TOOL_TIMEOUT)) as store:
            return store.sync_state(tenant).devices
