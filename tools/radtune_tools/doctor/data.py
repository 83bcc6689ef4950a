"""Settings, policy and data: what `radtune status` says, whether anything runs the syncs, and whether events come."""

from pathlib import Path
from typing import Any

from radtune.config.nas_profile import built_in
from radtune.config.policy_file import load_policy
from radtune.config.settings import Settings, read_settings
from radtune.errors import ConfigurationError
from radtune.file_access import is_missing
from radtune.records.device_and_client import ALL_STATES
from radtune.stores.devices import DeviceStore
from radtune.stores.sessions import SessionStore
from radtune.text import counted, utc
from radtune_tools.doctor.credentials import unknown_ends
from radtune_tools.doctor.report import Check, Fact, Private, Word, moment, number, one_of
from radtune_tools.enforce.running_servers import running_servers
from radtune_tools.health.health import USUAL_SECONDS, health
from radtune_tools.policy.lint import warnings
from radtune_tools.stores import open_devices, open_sessions

MOST = 10
"""Faults of one kind that are told, at most."""
EVENT_SECONDS = 60.0
"""Seconds that an event may be written later than its login was noted."""


def check_settings(found: Check, file: Path) -> None:
    """Note the faults of settings."""
    if is_missing(file):
        found.find("settings_missing", file=Private("path", str(file)))
        return
    try:
        settings = read_settings(file)
    except ConfigurationError as error:
        for problem in error.problems[:MOST]:
            found.find("settings", said=str(problem))
        found.fact("faults", len(error.problems))
        return
    found.fact("tenants", len(settings.tenants))
    found.fact("clouds", [one_of(tenant.cloud, ("global", "gcc-high", "dod", "china")) for tenant in settings.tenants])
    found.fact("profiles", [one_of(nas.profile, built_in()) for nas in settings.nas])
    found.said = (
        f"{file}: {counted(len(settings.tenants), 'tenant')}, {counted(len(settings.nas), 'NAS entry', 'NAS entries')}"
    )
    for why in unknown_ends(settings):
        found.unknown(why, "end of a secret")


def check_policy(found: Check, settings: Settings) -> None:
    """Note the warnings for a policy that can be used; `status` says why another one can't be."""
    try:
        document, policy = load_policy(settings.policy, settings.policy_context)
    except ConfigurationError:
        found.said = "can't be used"
        return
    problems = warnings(document, policy, settings.nas_directory)
    for problem in problems[:MOST]:
        found.find("policy_warning", said=str(problem))
    found.fact("rules", len(policy.rules))
    found.fact("warnings", len(problems))
    found.said = f"{settings.policy}: {counted(len(policy.rules), 'rule')}"


def check_status(found: Check, settings: Settings, now: float) -> None:
    """Note each reason to worry of `radtune status`."""
    seen = health(settings, now)
    for reason in seen.reasons:
        if reason.unknown:
            found.unknown(reason.message, "status")
        else:
            found.find(reason.name, said=reason.message)
    parts = seen.parts
    found.fact("servers", [_server(row) for row in parts.get("servers") or []])
    found.fact("tenants", [_tenant(row) for row in parts.get("devices") or []])
    for name in ("sessions", "quarantined"):
        if isinstance(parts.get(name), int):
            found.fact(name, parts[name])
    found.fact("moves", len(parts.get("moves") or []))
    found.said = seen.state


def _server(row: dict[str, Any]) -> Fact:
    counts: dict[Word, Fact] = {Word(name): int(row[name]) for name in _COUNTS}
    times: dict[Word, Fact] = {Word(name): moment(row[name]) for name in _TIMES}
    faults: list[Fact] = [one_of(fault["what"], _FAULTS) for fault in row["faults"]]
    return {Word("version"): number(row["version"]), Word("faults"): faults, **counts, **times}


def _tenant(row: dict[str, Any]) -> Fact:
    devices: dict[Word, Fact] = {one_of(state, ALL_STATES): int(count) for state, count in row["devices"].items()}
    return {
        Word("tenant"): Private("tenant", row["tenant"]),
        Word("devices"): devices,
        Word("failures"): int(row["failures"]),
        Word("stale"): bool(row["stale"]),
        Word("synced"): moment(row["synced"]),
        Word("changes"): moment(row["changes"]),
    }


_COUNTS = ("allowed", "denied", "denied_in_a_row")
_TIMES = ("started", "last_request", "last_allowed", "last_denied")
_FAULTS = ("devices", "sessions", "quarantines", "events", "certificates", "bug")


def check_data(found: Check, settings: Settings, now: float) -> None:
    """Note if syncs or applies seem not to run, and logins that left no event."""
    with found.noting():
        _check_syncs(found, settings, now)
    with found.noting():
        _check_applies(found, settings, now)
    with found.noting():
        _check_events(found, settings)


def _check_syncs(found: Check, settings: Settings, now: float) -> None:
    """Look at the traces of whole syncs; if there are none, or two and the next is late, `status` says so."""
    if not DeviceStore.exists(settings.device_store):
        found.said = "no whole sync"
        return
    with open_devices(settings) as store:
        states = [store.sync_state(tenant.name) for tenant in settings.tenants]
    for state in states:
        if state.whole_at and not state.whole_before and now - state.whole_at > 2 * USUAL_SECONDS:
            found.find("schedule", tenant=Private("tenant", state.tenant), at=moment(utc(state.whole_at)))
    ages = [round(now - state.whole_at) for state in states if state.whole_at]
    found.fact("sync_ages", [*ages])
    found.said = f"last whole sync {max(ages) // 60} minutes ago" if ages else "no whole sync"


def _check_applies(found: Check, settings: Settings, now: float) -> None:
    if not settings.nas or not SessionStore.exists(settings.session_store):
        return
    with open_sessions(settings) as store:
        run = store.last_run()
        old = sum(now - session.granted_at > 2 * USUAL_SECONDS for session in store.sessions())
    if run is None and old:
        found.find("schedule_apply", sessions=old)


def _check_events(found: Check, settings: Settings) -> None:
    logins = [each.state.logins for each in running_servers(settings) if each.alive and each.state]
    last = max((max(each.allowed_at, each.denied_at) for each in logins), default=0.0)
    files = [settings.events, settings.events.with_name(f"{settings.events.name}.1")]
    written = max((file.stat().st_mtime for file in files if not is_missing(file)), default=0.0)
    found.fact("event_log", written > 0)
    if last - written > EVENT_SECONDS:
        when = moment(utc(written)) if written else Word("never")
        found.find("events_missing", file=Private("path", str(settings.events)), login=moment(utc(last)), written=when)
