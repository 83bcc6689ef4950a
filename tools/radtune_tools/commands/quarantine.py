"""`radtune quarantine`; and what `radtune release` has in common with it."""

import time
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import click

from radtune.config.policy_file import read_policy
from radtune.config.settings import Settings
from radtune.errors import ExitCode, RefusedError, TemporaryError, UsageError
from radtune.identity.re_enrolments import by_check_in, may_be_same_hardware
from radtune.policy.patterns import duration
from radtune.policy.quarantines import Quarantine, Quarantines
from radtune.records.device_and_client import Device
from radtune.server.client_events import EventKind, append_event, why_not_written
from radtune.stores.quarantines import change_quarantines
from radtune.text import printable
from radtune_tools.bad_target import no_such
from radtune_tools.cli.options import command, listing, wait_option
from radtune_tools.commands.apply import report
from radtune_tools.commands.devices import NO_DEVICE
from radtune_tools.context import Context
from radtune_tools.enforce.move_progress import Progress
from radtune_tools.enforce.quarantine_effect import Effect, effects, sessions_concerned
from radtune_tools.enforce.reconcile import Reconcile
from radtune_tools.listing import Columns
from radtune_tools.output import Output, timestamp
from radtune_tools.stores import Stores, find_devices
from radtune_tools.user_and_lock import caller, only_run

COLUMNS = Columns(("device", "by", "since", "until", "reason"), ("serial", "id"))


MAX_DAYS = 3650
"""The longest quarantine with an end."""
MAX_REASON = 200


def _seconds(_: click.Context, __: click.Parameter, value: str | None) -> int:
    if value is None:
        return 0
    try:
        seconds = duration(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None
    if seconds == 0:
        raise click.BadParameter("no time at all; leave it out for a quarantine until it is released")
    if seconds > MAX_DAYS * 86_400:
        raise click.BadParameter(f"{value}: at most {MAX_DAYS}d; leave it out for a quarantine until it is released")
    return seconds


def _reason(_: click.Context, __: click.Parameter, value: str) -> str:
    # A byte that isn't UTF-8 arrives as half a character, which no store and no log takes.
    words = printable(" ".join(value.split()))
    if len(words) > MAX_REASON:
        raise click.BadParameter(f"{len(words)} characters; it may have {MAX_REASON}")
    return words


wait_for_moves = wait_option("How long to wait for its live sessions to be moved.")


@command
@click.argument("target", required=False, metavar="[ID|SERIAL|NAME|MAC]")
@click.option("--for", "seconds", callback=_seconds, metavar="TIME", help="For how long, such as 2h; until released.")
@click.option("--reason", default="", callback=_reason, metavar="TEXT", help="Why; the client events show it.")
@wait_for_moves
@listing
def quarantine(context: Context, target: str | None, seconds: int, reason: str, wait: float) -> int:
    """Let a device count as noncompliant for a while.

    Whatever Intune says of it. Without a device, lists those that are quarantined. Exit code 4 says that the policy
    gives it the same as a compliant one.
    """
    by, settings, output = caller(), context.settings(), context.output
    if target is None:
        if seconds or reason:
            raise click.UsageError("which device? radtune devices lists them")
        return _list(settings, output)
    now = time.time()
    with Stores(settings) as stores:
        quarantines = stores.quarantines()
        records = _hardware(stores, target)
        earlier = {id(each): each for device in records for each in quarantines.of_device(device)}.values()
        # What was quarantined together stays so.
        known = (*records, *(device for each in earlier for device in each.devices))
        devices = tuple({device.id: device for device in known}.values())
        until = int(now) + seconds if seconds else 0
        quarantine = Quarantine(devices, by, int(now), until, reason)
        change_quarantines(stores.sessions, lambda quarantines: (*_others(quarantines, devices), quarantine))
        note(settings, output, "quarantined", quarantine, by, str(quarantine))
        output.line(f"{named(quarantine.device)} is {quarantine}")
        for each in earlier:
            output.line(f"in place of: {each}")
        # A policy that is being edited must not stand in the way of a quarantine.
        policy = read_policy(settings.policy, settings.policy_context)
        after = stores.quarantines()
        found = effects(stores, policy, quarantine, Quarantines(_others(after, devices)), after, now)
        keys = sessions_concerned(found, stores)
    show_effects(output, quarantine, found)
    same = [effect for effect in found if effect.as_if_compliant]
    for effect in same:
        output.problem(
            f"{effect.place}: {quarantine.device.name} gets {effect.after.outcome} by rule {effect.after.rule}, as if "
            f"it were compliant: {settings.policy} doesn't ask for mdm_compliance there"
        )
    moved = move_now(settings, output, keys, wait)
    return ExitCode.NOT_ENFORCED if same else moved


def _list(settings: Settings, output: Output) -> int:
    """Print the devices that are quarantined now."""
    now = time.time()
    with Stores(settings) as stores:
        found = sorted((each for each in stores.quarantines() if each.holds(now)), key=lambda each: each.at)
    output.table(COLUMNS, map(_row, found), "no device is quarantined")
    return ExitCode.OK


def move_now(settings: Settings, output: Output, keys: Collection[str], wait: float) -> int:
    """Move the live sessions with these keys to where policy wants them; wait `wait` seconds for it at most.

    A move that policy no longer wants is forgotten.

    A person has said so: limits, hold-down and windows don't count. Raises RefusedError while no server runs, or one
    judges by another policy. Returns NOT_ENFORCED if they are not there in the end.
    """
    if not keys:
        return ExitCode.OK

    def show(progress: Progress) -> None:
        output.line(str(progress))

    try:
        with only_run(settings.store, "apply", wait), Reconcile(settings) as reconcile:
            if obstacle := reconcile.obstacle():
                raise RefusedError(f"its sessions were not moved: {obstacle}. Then run radtune apply")
            reconcile.settle(show)
            plan = reconcile.plan(session for session in reconcile.sessions() if session.key in keys)
            moves = [*plan.moves, *(move for move, _ in plan.held)]
            reconcile.start_over(keys)
            left = reconcile.see_through(moves, wait, show, by_hand=True)
    except TemporaryError as error:
        raise TemporaryError(f"{error}. The quarantine or release stands; radtune apply moves its sessions") from error
    return report(output, reconcile.sender.problems, [each for each in left if each.move.key in keys])


def _hardware(stores: Stores, target: str) -> tuple[Device, ...]:
    """Return all records of the one piece of hardware that this names, the newest check-in first; UsageError."""
    found = list(find_devices(stores.devices, target))
    if not found:
        raise no_such(target, f"{NO_DEVICE}. Whom Intune doesn't know, a rule can deny by its MAC")
    if not may_be_same_hardware(found):
        raise several(target, found)
    one = found[0]
    records = [*found, *(stores.devices.find("serial", one.serial.lower()) if one.serial else ())]
    records += stores.devices.find("entra_id", one.entra_id) if one.entra_id else ()
    unique = {device.id: device for device in records}.values()
    return by_check_in(each for each in unique if may_be_same_hardware((one, each)))


def several(target: str, devices: Sequence[Device]) -> UsageError:
    """Return the error for a word that names several devices."""
    listed = "\n".join(f"  {named(device)}" for device in devices)
    return UsageError(f"{target} names several devices; name one by its id:\n{listed}")


def _others(quarantines: Quarantines, devices: Sequence[Device]) -> Iterator[Quarantine]:
    """Yield the quarantines of other hardware."""
    same = [each for device in devices for each in quarantines.of_device(device)]
    return (each for each in quarantines if each not in same)


def named(device: Device) -> str:
    """Return the device in words."""
    serial = f", serial number {device.serial}" if device.serial else ""
    return f"{device.name} ({device.id}{serial})"


def show_effects(output: Output, quarantine: Quarantine, found: Sequence[Effect]) -> None:
    """Print what the device gets at each place, before and after."""
    for effect in found:
        before = effect.session.granted if effect.session else effect.before.outcome
        output.line(f"{effect.place}: {before} -> {effect.after.outcome} (rule {effect.after.rule})")
    if output.as_json:
        output.json({**_row(quarantine), "effects": [effect.plain() for effect in found]})


def _row(quarantine: Quarantine) -> dict[str, Any]:
    return {
        "device": quarantine.device.name,
        "id": quarantine.device.id,
        "serial": quarantine.device.serial,
        "by": quarantine.by,
        "since": timestamp(quarantine.at),
        "until": timestamp(quarantine.until),
        "reason": quarantine.reason,
    }


def note(settings: Settings, output: Output, kind: EventKind, quarantine: Quarantine, by: str, reason: str) -> None:
    """Append the client event; if that fails, say so and go on."""
    device = quarantine.device
    fields = {
        "mac": next(iter(device.macs), ""),
        "user": device.user,
        "device": device.name,
        "device_id": device.id,
        "by": by,
        "until": timestamp(quarantine.until),
        "reason": reason,
    }
    try:
        append_event(settings.events, time.time(), kind, **fields)
    except OSError as error:
        output.problem(f"an event is lost: {why_not_written(settings.events, error)}")
