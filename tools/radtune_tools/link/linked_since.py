"""The time at which a tenant was linked, in the device store."""

from contextlib import closing
from dataclasses import replace

from radtune.config.settings import Settings
from radtune.errors import RadtuneError
from radtune.stores.devices import DeviceStore
from radtune.stores.store import TOOL_TIMEOUT
from radtune_tools.output import Output
from radtune_tools.user_and_lock import as_store_owner, only_run

LOCK_SECONDS = 60.0
"""The wait for a sync to end: its record of the tenant would overwrite this one."""


def note_linked(settings: Settings, tenant: str, at: int, output: Output) -> None:
    """Note that the tenant is linked since `at`, 0 for no longer; if there is no store, make one.

    Settings say which tenants there are, so a failure here is only reported.
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
