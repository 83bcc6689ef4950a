"""The health of radtune: policy in force, tenants, sessions, moves; each fault becomes a reason to worry."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from radtune.config.policy_file import read_policy
from radtune.config.settings import Settings
from radtune.config.tenants import Tenant
from radtune.errors import RadtuneError
from radtune.identity.compliance import CLOCK_TOLERANCE
from radtune.policy.decide import Policy
from radtune.records.moves_and_states import LastRun, PolicyState, SyncState
from radtune.stores.quarantines import read_quarantines
from radtune.stores.sessions import SessionStore
from radtune.text import counted
from radtune_tools.enforce.move_progress import Progress
from radtune_tools.enforce.nas_requests import unusable_secrets
from radtune_tools.enforce.reconcile import moves_under_way
from radtune_tools.enforce.running_servers import policy_mismatch, running_servers
from radtune_tools.graph.credential import expires, expiry_warning
from radtune_tools.health.pushed import pushed
from radtune_tools.health.reasons import Health
from radtune_tools.health.servers import is_server_user, servers, writable
from radtune_tools.output import timestamp
from radtune_tools.stores import open_devices, open_sessions
from radtune_tools.user_and_lock import no_store_directory

USUAL_SECONDS = 7200
"""Seconds between two whole syncs by cron or the timer; a person may run one in between."""
OVERDUE_SECONDS = 900.0
"""Seconds after which a move that isn't done is a reason to worry."""


def health(settings: Settings, now: float) -> Health:
    """Look at everything; `now` is in seconds since the epoch. Writes nothing, and uses no network.

    Raises NotPermittedError or StoreAccessError for a user who may not read what the server's user may.
    """
    found = Health(is_server_user(settings))
    policy: Policy | None = None
    try:
        policy = read_policy(settings.policy, settings.policy_context)
        found.rules = tuple(rule.name for rule in policy.rules)
    except RadtuneError as error:
        found.fail("policy", "the policy can't be used, and the server would not start again with it:\n", error)
    with found.noting("policy"):
        files = running_servers(settings)
        servers(found, settings, files, now)
        _policy(found, settings, policy, [each.state.policy for each in files if each.alive and each.state])
    writable(found, settings)
    for secret_error in unusable_secrets(settings):
        found.fail("nas_secret", "no CoA leaves to these NASes: ", secret_error)
    with found.noting("devices"):
        _tenants(found, settings, policy, now)
    with found.noting("sessions"):
        _sessions(found, settings, now)
    pushed(found, settings, now)
    return found


def _policy(found: Health, settings: Settings, policy: Policy | None, states: list[PolicyState]) -> None:
    """Note the policy in force in the servers."""
    if not states:
        found.say("policy", None, f"{settings.policy}; no server runs that judges by it")
        return
    differ = [state for state in states if policy and state.fingerprint != policy.fingerprint]
    state, same = (differ or states)[0], None if policy is None else not differ
    row = {
        "file": str(settings.policy),
        "same_as_file": same,
        "fingerprint": state.fingerprint,
        "since": timestamp(state.since),
        "problem": state.problem,
        "problem_since": timestamp(state.problem_since),
    }
    which = {True: "that of", False: "another one than that of", None: "one read before that of"}[same]
    found.say("policy", row, f"{which} {settings.policy}, in force since {timestamp(state.since)}")
    if state.problem:
        since = f"since {timestamp(state.problem_since)} the server goes on with the policy before"
        is_said = any(reason.message.endswith(f"\n{state.problem}") for reason in found.reasons)
        found.worry("policy_mismatch", since if is_said else f"{since}, for it found:\n{state.problem}")
    elif policy and differ and not any(reason.name == "server_settings" for reason in found.reasons):
        found.worry("policy_mismatch", policy_mismatch(differ, policy.fingerprint, settings.policy))


def _tenants(found: Health, settings: Settings, policy: Policy | None, now: float) -> None:
    """Note for each tenant its link, its syncs, its devices in the store, and what is wrong."""
    known = {tenant.name: tenant for tenant in settings.tenants}
    with open_devices(settings) as store:
        synced_at = store.synced_at()
        states = {name: store.sync_state(name) for name in (*known, *synced_at)}
    if not any(synced_at.values()):
        found.worry("devices", "nothing was ever synced; run radtune sync")
    rows = []
    for name, state in states.items():
        row = {**_tenant_row(state), **_credential(found, known.get(name), now)}
        row["stale"] = _is_stale(found, name, synced_at.get(name, 0.0), policy, now)
        row["synced"] = timestamp(synced_at.get(name, 0.0))
        _failures(found, state, now, listed=name in known)
        rows.append(row)
    lines = (_tenant_line(row, now, synced=bool(known)) for row in rows)
    found.say("devices", rows, "; ".join(lines) or "never synced")


def _is_stale(found: Health, name: str, at: float, policy: Policy | None, now: float) -> bool:
    if policy is None or not at or -CLOCK_TOLERANCE <= now - at <= policy.stale_after:
        return False
    trusted = f"trusted for {policy.stale_after / 3600:.1f} hours"
    found.worry("stale", f"the store is stale: {name} was last synced {(now - at) / 3600:.1f} hours ago, {trusted}")
    return True


def _credential(found: Health, tenant: Tenant | None, now: float) -> dict[str, Any]:
    """Return how the tenant signs in, and until when."""
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
    """Note what went wrong; `listed`: the tenant is in settings."""
    if state.failures:
        times, since = counted(state.failures, "time"), timestamp(state.failing_since)
        found.worry("sync", f"{state.tenant}: sync failed {times} since {since}: {state.problem}")
    if listed and state.whole_before and now - state.whole_at > 2 * max(_between(state), USUAL_SECONDS):
        last = timestamp(state.whole_at)
        found.worry("sync", f"{state.tenant}: no whole sync since {last}; does cron still run it?")


def _between(state: SyncState) -> int:
    return state.whole_at - state.whole_before if state.whole_before else 0


def _tenant_row(state: SyncState) -> dict[str, Any]:
    return {
        "tenant": state.tenant,
        "linked": timestamp(state.linked_at),
        "changes": timestamp(state.changes_at),
        "next": timestamp(state.whole_at + _between(state)) if state.whole_before else "",
        "whole_seconds": round(state.whole_seconds, 3),
        "changes_seconds": round(state.changes_seconds, 3),
        "devices": dict(state.counts),
        "failures": state.failures,
        "problem": state.problem,
    }


def _tenant_line(row: dict[str, Any], now: float, *, synced: bool) -> str:
    """Return a tenant's row for people; `synced`: there are tenants to sync."""
    due = "due since" if row["next"] < timestamp(now) else "next about"
    goes = "its devices go with the next syncs" if synced else "its devices stay, for no tenant is left to sync"
    until = f" until {row['credential_expires']}" if row["credential_expires"] else ""
    parts = [
        f"{row['tenant']}: linked since {row['linked']}" if row["linked"] else f"{row['tenant']}:",
        f"{row['credential']}{until}" if row["in_settings"] else f"not in settings, {goes}",
        f"synced {row['synced']}" if row["synced"] else "never synced",
        f"changes {row['changes']}" if row["changes"] not in ("", row["synced"]) else "",
        f"{due} {row['next']}" if row["next"] else "",
        ", ".join(f"{count} {name}" for name, count in sorted(row["devices"].items())),
    ]
    return ", ".join(part for part in parts if part).replace(":,", ":", 1)


def _sessions(found: Health, settings: Settings, now: float) -> None:
    outcomes, quarantined, run, moves = Counter[str](), 0, None, list[Progress]()
    if SessionStore.exists(settings.session_store):
        with open_sessions(settings) as store:
            outcomes.update(session.granted for session in store.sessions())
            quarantined = sum(each.holds(now) for each in read_quarantines(store))
            run, moves = store.last_run(), moves_under_way(store, now, settings.moves.relogin)
    elif not settings.store.is_dir():
        raise no_store_directory(settings.store)
    found.say("sessions", outcomes.total(), f"{outcomes.total()} live")
    found.parts["outcomes"] = outcomes
    found.say("quarantined", quarantined, counted(quarantined, "device"))
    if run is not None:
        _last_run(found, run, settings, now)
    rows, late = [], 0
    for progress in moves:
        is_late = progress.stuck or (progress.out_of_policy and now - progress.move.planned_at >= OVERDUE_SECONDS)
        rows.append({**progress.plain(), "out_of_policy": is_late})
        if is_late:
            late += 1
            found.worry("not_enforced", progress.problem())
    found.say("moves", rows, f"{len(rows)} under way, {late} of them not enforced")


def _last_run(found: Health, run: LastRun, settings: Settings, now: float) -> None:
    """Note limits that blocked the last run, and a run that was long ago. If apply never ran, note nothing."""
    plain = {"at": timestamp(run.at), "blocked_by": list(run.blocked_by), "held": run.held}
    held = f", {counted(run.held, 'move')} held back" if run.held else ""
    found.say("last_run", plain, f"apply ran at {plain['at']}{held}")
    for obstacle in run.blocked_by:
        found.worry("apply", f"apply was blocked at {plain['at']}: {obstacle}")
    if settings.nas and now - run.at > 2 * USUAL_SECONDS:
        found.worry("apply", f"apply has not run since {plain['at']}; does cron still run it?")
