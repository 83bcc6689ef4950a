"""`radtune sync`."""

import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

import click

from radtune.config.settings import Settings
from radtune.errors import (
    ConfigurationError,
    ExitCode,
    Problem,
    RadtuneError,
    StoreDamagedError,
    StoreFormatError,
)
from radtune.stores.devices import DeviceStore
from radtune.stores.store import TOOL_TIMEOUT
from radtune_tools.cli.options import command, moving
from radtune_tools.commands.apply import move_sessions
from radtune_tools.commands.tenant_syncs import SyncRequest, TenantSyncs
from radtune_tools.context import Context
from radtune_tools.output import Output
from radtune_tools.stores import open_devices
from radtune_tools.sync.device_plan import AcceptedCounts, DevicePlan
from radtune_tools.user_and_lock import only_run


@command
@click.option("--changes", is_flag=True, help="Ask only for what may have changed; cheap enough for every minute.")
@click.option("--dry-run", is_flag=True, help="Print what would change, write nothing.")
@click.option("--check", is_flag=True, help="Write nothing; exit 1 if Intune and the store differ.")
@click.option(
    "--accept-missing",
    type=int,
    metavar="N",
    help="Let N devices be missing, although limits forbid it; N must be exact.",
)
@click.option(
    "--accept-lost-compliance",
    type=int,
    metavar="N",
    help="Let N devices cease to be compliant, although limits forbid it.",
)
@click.option("--progress", is_flag=True, help="Show how many devices were read so far, on a terminal.")
@click.option(
    "--lock-wait",
    type=click.FloatRange(0, 3600),
    default=0.0,
    metavar="SECONDS",
    help="How long to wait for another sync, and another apply, to end; 0 unless given.",
)
@click.option("--if-linked", is_flag=True, help="Do nothing while no tenant is linked, for timers that are always on.")
@click.option("--apply", "then_apply", is_flag=True, help="Afterwards move sessions, as radtune apply does.")
@moving
def sync(
    context: Context,
    /,
    accept_missing: int | None,
    accept_lost_compliance: int | None,
    then_apply: bool,
    if_linked: bool,
    accept_moves: int | None,
    wait: float,
    **options: Any,
) -> int:
    """Fill the device store from Intune, as a whole or not at all."""
    settings, output = context.settings(), context.output
    if not settings.tenants and not _has_left_tenants(settings):
        if if_linked:
            return ExitCode.OK
        missing = "the key is missing; run `radtune link`, which adds a tenant"
        raise ConfigurationError([Problem(settings.file, 1, "intune", missing)])
    request = SyncRequest(accepted=AcceptedCounts(accept_missing, accept_lost_compliance), **options)
    moves = partial(move_sessions, settings, output, accept_moves=accept_moves, wait=wait)
    moves = partial(moves, lock_wait=request.lock_wait, news=request.changes)
    return _sync(settings, output, request, moves if then_apply else None)


def _sync(settings: Settings, output: Output, request: SyncRequest, then_apply: Callable[[], int] | None) -> int:
    """Sync every tenant; with `check` only tell by the exit code whether Intune and the store differ.

    A tenant that fails keeps its devices as they are; the others go on, and the exit code is that of the first
    failure. `then_apply` moves sessions afterwards, even if tenants failed.
    """
    syncs = TenantSyncs(settings, output, request)
    if not request.writes and not DeviceStore.exists(settings.device_store):
        with (
            TemporaryDirectory(prefix="radtune-") as place,
            closing(DeviceStore(Path(place) / "devices", create=True, timeout=TOOL_TIMEOUT)) as empty,
        ):
            syncs.run(empty)
    else:
        with only_run(settings.store, "sync", request.lock_wait):
            _run(settings.device_store, syncs, output, request)
    if output.as_json and (then_apply is None or not request.writes):
        output.json([_plain(plan) for plan in syncs.plans])
    code = int(syncs.failures[0].exit_code) if syncs.failures else ExitCode.OK
    if then_apply is not None and request.writes:
        code = _apply(output, then_apply, code)
    if request.check and not syncs.failures and any(plan.differs for plan in syncs.plans):
        return ExitCode.DIFFERENCE
    return code


def _apply(output: Output, then_apply: Callable[[], int], code: int) -> int:
    """Move sessions; return the sync's exit code if it failed, else that of the moves."""
    try:
        applied = then_apply()
    except RadtuneError as error:
        if not code:
            raise
        output.problem(str(error))
        return code
    return code or applied


def _run(directory: Path, syncs: TenantSyncs, output: Output, request: SyncRequest) -> None:
    """Sync into the store; a whole sync fills a new one for one that is damaged or of another format, kept aside."""
    try:
        with closing(DeviceStore(directory, create=True, timeout=TOOL_TIMEOUT)) as store:
            syncs.mend(store)
            return syncs.run(store)
    except (StoreFormatError, StoreDamagedError) as error:
        if not request.writes or request.changes:
            raise
        reason = str(error).partition(";")[0]
    rmtree(new := directory.with_name("devices.new"), ignore_errors=True)  # of a sync that was killed or failed
    with closing(DeviceStore(new, create=True, timeout=TOOL_TIMEOUT)) as store:
        syncs.run(store)
    if syncs.failures:
        return output.problem(f"{reason}; it stays until a sync of all tenants has filled a new one")
    aside = directory.rename(mkdtemp(prefix=f"devices.replaced-{int(time.time())}-", dir=directory.parent))
    new.rename(directory)
    return output.problem(f"{reason}; it was made anew, and the server takes it up by itself. The old one is {aside}")


def _has_left_tenants(settings: Settings) -> bool:
    """Tell whether the store has devices of tenants that were taken out of settings."""
    if not DeviceStore.exists(settings.device_store):
        return False
    with open_devices(settings) as store:
        return bool(store.synced_at())


def _plain(plan: DevicePlan) -> dict[str, object]:
    return {
        "tenant": plan.tenant,
        "whole": plan.whole,
        "seen": plan.seen,
        "new": plan.new,
        "changed": plan.changed,
        "lost_compliance": plan.lost_compliance,
        "missing": plan.missing,
        "held": plan.held,
        "kept": plan.kept,
        "expired": plan.expired,
        "now": dict(plan.now),
    }
