"""How the tenants' syncs are doing."""

from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from radtune.config.settings import Settings
from radtune.config.tenants import Tenant
from radtune.errors import RadtuneError
from radtune.identity.compliance import CLOCK_TOLERANCE
from radtune.policy.decide import Policy
from radtune.records.states import SyncState
from radtune.stores.devices import DeviceStore
from radtune.stores.disk import TOOL_TIMEOUT
from radtune_tools.graph.credential import expires, expiry_warning
from radtune_tools.health.reasons import Health
from radtune_tools.output import timestamp

USUAL_SECONDS = 7200
"""How often a complete list is read by the cron file and the timer; by hand it may be more often for once."""


def tenants(found: Health, settings: Settings, policy: Policy | None, now: float) -> None:
    """Note of each tenant how it is linked, how its syncs went, what the store has of it, and what is wrong."""
    known = {tenant.name: tenant for tenant in settings.tenants}
    with closing(DeviceStore(settings.device_store, create=False, timeout=TOOL_TIMEOUT)) as store:
        synced_at = store.synced_at()
        states = {name: store.sync_state(name) for name in (*known, *synced_at)}
    if not any(synced_at.values()):
        found.worry("devices", "nothing was ever synced; run radtune sync")
    rows = []
    for name, state in states.items():
        row = {**_row(state), **_credential(found, known.get(name), now)}
        row["stale"] = _is_stale(found, name, synced_at.get(name, 0.0), policy, now)
        row["synced"] = timestamp(synced_at.get(name, 0.0))
        _failures(found, state, now, listed=name in known)
        rows.append(row)
    found.say("devices", rows, "; ".join(_line(row, synced=bool(known)) for row in rows) or "never synced")


def _is_stale(found: Health, name: str, at: float, policy: Policy | None, now: float) -> bool:
    if policy is None or not at or -CLOCK_TOLERANCE <= now - at <= policy.stale_after:
        return False
    trusted = f"trusted for {policy.stale_after / 3600:.1f} hours"
    found.worry("stale", f"the store is stale: {name} was last synced {(now - at) / 3600:.1f} hours ago, {trusted}")
    return True


def _credential(found: Health, tenant: Tenant | None, now: float) -> dict[str, Any]:
    """Return what the tenant signs in with, and until when."""
    if tenant is None:
        return {"credential": "", "credential_expires": "", "in_settings": False}
    ends = None
    try:
        ends = expires(tenant)
        if warning := expiry_warning(tenant, datetime.fromtimestamp(now, UTC)):
            found.worry("credential", warning)
    except RadtuneError as error:
        found.fail("credential", f"{tenant.name}: ", error)
    until = ends.strftime("%Y-%m-%d") if ends else ""
    return {"credential": tenant.credential_kind, "credential_expires": until, "in_settings": True}


def _failures(found: Health, state: SyncState, now: float, *, listed: bool) -> None:
    """Note what went wrong; a tenant that settings don't have is `listed` no more."""
    if state.failures:
        times = "time" if state.failures == 1 else "times"
        since = timestamp(state.failing_since)
        found.worry("sync", f"{state.tenant}: sync failed {state.failures} {times} since {since}: {state.problem}")
    if listed and state.full_before and now - state.full_at > 2 * max(_between(state), USUAL_SECONDS):
        last = timestamp(state.full_at)
        found.worry("sync", f"{state.tenant}: no complete sync since {last}; does cron still run it?")


def _between(state: SyncState) -> int:
    return state.full_at - state.full_before if state.full_before else 0


def _row(state: SyncState) -> dict[str, Any]:
    return {
        "tenant": state.tenant,
        "linked": timestamp(state.linked_at),
        "changes": timestamp(state.changes_at),
        "next": timestamp(state.full_at + _between(state)) if state.full_before else "",
        "devices": dict(state.counts),
        "failures": state.failures,
        "problem": state.problem,
    }


def _line(row: dict[str, Any], *, synced: bool) -> str:
    """Return a tenant's row for people; `synced`: whether there are tenants to sync."""
    goes = "its devices go with the next syncs" if synced else "its devices stay, for no tenant is left to sync"
    until = f" until {row['credential_expires']}" if row["credential_expires"] else ""
    parts = [
        f"{row['tenant']}: linked since {row['linked']}" if row["linked"] else f"{row['tenant']}:",
        f"{row['credential']}{until}" if row["in_settings"] else f"not in settings, {goes}",
        f"synced {row['synced']}" if row["synced"] else "never synced",
        f"changes {row['changes']}" if row["changes"] not in ("", row["synced"]) else "",
        f"next about {row['next']}" if row["next"] else "",
        ", ".join(f"{count} {name}" for name, count in sorted(row["devices"].items())),
    ]
    return ", ".join(part for part in parts if part).replace(":,", ":", 1)
