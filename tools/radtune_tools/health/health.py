"""How radtune is doing: the policy in force, the device store, the sessions and the moves; and what is wrong there."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from radtune.config.policy_file import read_policy
from radtune.config.settings import Settings
from radtune.errors import RadtuneError
from radtune.policy.decide import Policy
from radtune.records.states import LastRun, PolicyState
from radtune.stores.disk import TOOL_TIMEOUT
from radtune.stores.quarantines import read_quarantines
from radtune.stores.sessions import SessionStore
from radtune_tools.access import no_store_directory
from radtune_tools.enforce.dispatch import unusable_secrets
from radtune_tools.enforce.reconcile import moves_under_way
from radtune_tools.enforce.running_servers import policy_mismatch, running_servers
from radtune_tools.health.reasons import Health
from radtune_tools.health.servers import servers
from radtune_tools.health.tenants import USUAL_SECONDS, tenants
from radtune_tools.health.writable import is_server_user, writable
from radtune_tools.output import timestamp

OVERDUE_SECONDS = 900.0
"""How old a move may be that is still tried, before something must be wrong with whoever tries it."""


def health(settings: Settings, now: float) -> Health:
    """Look at everything; `now` is in seconds since the epoch. Writes nothing and asks nobody.

    Raises NotPermittedError or StoreAccessError for a user who may not read what the server's user may.
    """
    found = Health(own=is_server_user(settings))
    policy: Policy | None = None
    try:
        policy = read_policy(settings.policy, settings.policy_context)
    except RadtuneError as error:
        found.fail("policy", "the policy can't be used, and the server would not start again with it:\n", error)
    with found.noting("policy"):
        said = running_servers(settings)
        servers(found, settings, said, now)
        _policy(found, settings, policy, [each.state.policy for each in said if each.alive and each.state])
    writable(found, settings)
    for secret_error in unusable_secrets(settings):
        found.fail("nas_secret", "no CoA leaves to these NASes: ", secret_error)
    with found.noting("devices"):
        tenants(found, settings, policy, now)
    with found.noting("sessions"):
        _sessions(found, settings, now)
    return found


def _policy(found: Health, settings: Settings, policy: Policy | None, states: list[PolicyState]) -> None:
    """Note by which policy the servers judge."""
    if not states:
        found.say("policy", None, f"{settings.policy}; no server runs that judges by it")
        return
    differ = [state for state in states if policy and state.fingerprint != policy.fingerprint]
    state = (differ or states)[0]
    _say_policy(found, settings, state, same=None if policy is None else not differ)
    if state.problem:
        since = timestamp(state.problem_since)
        said = f"since {since} the server goes on with the policy before, for it found:\n{state.problem}"
        found.worry("policy_in_force", said)
    elif policy and differ and not any(reason.name == "server_settings" for reason in found.reasons):
        found.worry("policy_in_force", policy_mismatch(differ, policy.fingerprint, settings.policy))


def _say_policy(found: Health, settings: Settings, state: PolicyState, *, same: bool | None) -> None:
    plain = {
        "file": str(settings.policy),
        "same_as_file": same,
        "fingerprint": state.fingerprint,
        "since": timestamp(state.since),
        "problem": state.problem,
        "problem_since": timestamp(state.problem_since),
    }
    which = {True: "that of", False: "another one than that of", None: "one read before that of"}[same]
    found.say("policy", plain, f"{which} {settings.policy}, in force since {timestamp(state.since)}")


def _sessions(found: Health, settings: Settings, now: float) -> None:
    with _sessions_of(settings) as store:
        live = sum(1 for _ in store.sessions()) if store else 0
        found.say("sessions", live, f"{live} live")
        quarantined = sum(each.holds(now) for each in read_quarantines(store)) if store else 0
        found.say("quarantined", quarantined, f"{quarantined} devices")
        _last_run(found, store.last_run() if store else None, settings, now)
        found.say("moves", *_moves(found, store, settings.moves.relogin, now))


def _last_run(found: Health, run: LastRun | None, settings: Settings, now: float) -> None:
    """Note what the last run was not let do, and a run that stays away; who never ran it may not want it."""
    if run is None:
        return
    plain = {"at": timestamp(run.at), "refusals": list(run.refusals), "held": run.held}
    held = f", {run.held} moves held back" if run.held else ""
    found.say("last_run", plain, f"apply ran at {plain['at']}{held}")
    for refusal in run.refusals:
        found.worry("apply", f"apply was not let, at {plain['at']}: {refusal}")
    if settings.nas and now - run.at > 2 * USUAL_SECONDS:
        found.worry("apply", f"apply has not run since {plain['at']}; does cron still run it?")


def _moves(found: Health, store: SessionStore | None, relogin: float, now: float) -> tuple[list[dict[str, Any]], str]:
    """Return the moves under way and a sentence about them; note those that come to nothing."""
    rows, late = [], 0
    for progress in moves_under_way(store, now, relogin) if store else []:
        wrong = progress.stuck or (progress.out_of_policy and now - progress.move.planned_at >= OVERDUE_SECONDS)
        rows.append({**progress.plain(), "out_of_policy": wrong})
        if wrong:
            late += 1
            found.worry("not_enforced", progress.problem())
    return rows, f"{len(rows)} under way, {late} of them not enforced"


@contextmanager
def _sessions_of(settings: Settings) -> Iterator[SessionStore | None]:
    """Open the session store; None where no server has made one yet."""
    if not SessionStore.exists(settings.session_store):
        if not settings.store.is_dir():
            raise no_store_directory(settings)
        yield None
        return
    store = SessionStore(settings.session_store, create=False, timeout=TOOL_TIMEOUT, silence=settings.sessions.silence)
    try:
        yield store
    finally:
        store.close()
