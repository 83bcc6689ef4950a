"""`radtune quarantine` and `radtune release`."""

import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from radtune.config.policy_file import read_policy
from radtune.config.settings import Settings
from radtune.errors import ExitCode, RefusedError, TemporaryError, UsageError
from radtune.identity.re_enrolments import by_check_in, may_be_same_hardware
from radtune.policy.quarantines import Quarantine, Quarantines
from radtune.records.addresses import parse_mac
from radtune.records.device_and_client import Device
from radtune.server.client_events import append_event, why_not_written
from radtune.stores.quarantines import change_quarantines
from radtune_tools.bad_target import no_such
from radtune_tools.commands.apply import report
from radtune_tools.commands.devices import NO_DEVICE, find
from radtune_tools.enforce.move_progress import Progress
from radtune_tools.enforce.quarantine_effect import Effect, effects
from radtune_tools.enforce.reconcile import Reconcile
from radtune_tools.listing import Columns
from radtune_tools.output import Output, timestamp
from radtune_tools.stores import Stores
from radtune_tools.user_and_lock import only_run

COLUMNS = Columns(("device", "by", "since", "until", "reason"), ("serial", "id"))


@dataclass(frozen=True, slots=True)
class QuarantineRequest:
    """A quarantine that a person asks for.

    target: the device's id, Entra id, serial number, name or MAC
    by: the person
    seconds: how long it lasts; 0: until it is released
    """

    target: str
    by: str
    seconds: int = 0
    reason: str = ""


def quarantine(settings: Settings, output: Output, request: QuarantineRequest, wait: float) -> int:
    """Let a device count as noncompliant, say what it gets by that, and move its sessions; wait `wait` seconds for it.

    Raises UsageError if this is no device, or several. Returns NOT_ENFORCED if policy gives it the same as if it were
    compliant.
    """
    now = time.time()
    with Stores(settings) as stores:
        quarantines = stores.quarantines()
        named = _hardware(stores, request.target)
        earlier = {id(each): each for device in named for each in quarantines.of_device(device)}.values()
        # What was quarantined together stays so.
        known = (*named, *(device for each in earlier for device in each.devices))
        devices = tuple({device.id: device for device in known}.values())
        until = int(now) + request.seconds if request.seconds else 0
        quarantine = Quarantine(devices, request.by, int(now), until, request.reason)
        change_quarantines(stores.sessions, lambda quarantines: (*_others(quarantines, devices), quarantine))
        _note(settings, output, "quarantine", quarantine, request.by, str(quarantine))
        output.line(f"{_named(quarantine.device)} is {quarantine}")
        for each in earlier:
            output.line(f"in place of: {each}")
        # A policy that is being edited must not stand in the way of a quarantine.
        policy = read_policy(settings.policy, settings.policy_context)
        after = stores.quarantines()
        found = effects(stores, policy, quarantine, Quarantines(_others(after, devices)), after, now)
    _show(output, quarantine, found)
    same = [effect for effect in found if effect.as_if_compliant]
    for effect in same:
        output.problem(
            f"{effect.place}: {quarantine.device.name} gets {effect.after.outcome} by rule {effect.after.rule}, as if "
            f"it were compliant: {settings.policy} doesn't ask for mdm_compliance there"
        )
    moved = move_now(settings, output, [effect.key for effect in found if effect.moves], wait)
    return ExitCode.NOT_ENFORCED if same else moved


def release(settings: Settings, output: Output, target: str, by: str, wait: float) -> int:
    """Let Intune's word count again for a device that is quarantined, and move its sessions; raises UsageError."""
    with Stores(settings) as stores:
        before = stores.quarantines()
        quarantine = _quarantined(stores, before, target)
        change_quarantines(stores.sessions, lambda quarantines: (each for each in quarantines if each != quarantine))
        _note(settings, output, "release", quarantine, by, f"released by {by}; it was {quarantine}")
        output.line(f"{_named(quarantine.device)} is released; it was {quarantine}")
        policy = read_policy(settings.policy, settings.policy_context)
        found = effects(stores, policy, quarantine, before, stores.quarantines(), time.time())
    _show(output, quarantine, found)
    return move_now(settings, output, [effect.key for effect in found if effect.moves], wait)


def quarantined(settings: Settings, output: Output) -> int:
    """Print the devices that are quarantined now."""
    now = time.time()
    with Stores(settings) as stores:
        found = sorted((each for each in stores.quarantines() if each.holds(now)), key=lambda each: each.at)
    output.table(COLUMNS, map(_row, found), "no device is quarantined")
    return ExitCode.OK


def move_now(settings: Settings, output: Output, keys: Collection[str], wait: float) -> int:
    """Move the live sessions with these keys to where policy wants them; wait `wait` seconds for it at most.

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
    found = list(find(stores.devices, target))
    if not found:
        raise no_such(target, f"{NO_DEVICE}. Whom Intune doesn't know, a rule can deny by its MAC")
    if not may_be_same_hardware(found):
        raise _several(target, found)
    one = found[0]
    records = [*found, *(stores.devices.find("serial", one.serial.lower()) if one.serial else ())]
    records += stores.devices.find("entra_id", one.entra_id) if one.entra_id else ()
    unique = {device.id: device for device in records}.values()
    return by_check_in(each for each in unique if may_be_same_hardware((one, each)))


def _quarantined(stores: Stores, quarantines: Quarantines, target: str) -> Quarantine:
    """Return the one quarantine of the device that this names, by what was known of it then or is now; UsageError."""
    mac, lower = parse_mac(target), target.lower()
    named = [each for each in quarantines if any(_goes_by(device, mac, lower) for device in each.devices)]
    named += [each for device in find(stores.devices, target) for each in quarantines.of_device(device)]
    found = list({id(each): each for each in named}.values())
    if not found:
        raise no_such(target, "no such device is quarantined; radtune quarantine lists those that are")
    if len(found) > 1:
        raise _several(target, [each.device for each in found])
    return found[0]


def _several(target: str, devices: Sequence[Device]) -> UsageError:
    named = "\n".join(f"  {_named(device)}" for device in devices)
    return UsageError(f"{target} names several devices; name one by its id:\n{named}")


def _goes_by(device: Device, mac: str, lower: str) -> bool:
    words = (device.id, device.entra_id, device.serial.lower(), device.name.lower())
    return (lower != "" and lower in words) or (mac != "" and mac in (*device.macs, device.ethernet_mac))


def _others(quarantines: Quarantines, devices: Sequence[Device]) -> Iterator[Quarantine]:
    """Yield the quarantines of other hardware."""
    same = [each for device in devices for each in quarantines.of_device(device)]
    return (each for each in quarantines if each not in same)


def _named(device: Device) -> str:
    serial = f", serial number {device.serial}" if device.serial else ""
    return f"{device.name} ({device.id}{serial})"


def _show(output: Output, quarantine: Quarantine, found: Sequence[Effect]) -> None:
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


def _note(settings: Settings, output: Output, kind: str, quarantine: Quarantine, by: str, reason: str) -> None:
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
