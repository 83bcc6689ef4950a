"""A device quarantined or released by a person, and its sessions moved to where policy wants them then."""

import time
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from radtune.config.policy_file import read_policy
from radtune.config.settings import Settings
from radtune.errors import ExitCode, RefusedError, TemporaryError, UsageError
from radtune.identity.re_enrolments import by_check_in, may_be_same_hardware
from radtune.policy.patterns import duration
from radtune.policy.quarantines import Quarantine, Quarantines
from radtune.records.addresses import parse_mac
from radtune.records.device_and_client import Device
from radtune.server.client_events import EventKind, append_event, why_not_written
from radtune.stores.quarantines import change_quarantines
from radtune.text import printable
from radtune_tools.bad_target import no_such
from radtune_tools.enforce.move_progress import Progress
from radtune_tools.enforce.quarantine_effect import Effect, effects, sessions_concerned
from radtune_tools.enforce.reconcile import Reconcile
from radtune_tools.output import Output, timestamp
from radtune_tools.stores import NO_DEVICE, Stores, find_devices
from radtune_tools.user_and_lock import only_run

MAX_DAYS = 3650
"""The longest quarantine with an end."""
MAX_REASON = 200


def seconds_of(text: str) -> int:
    """Return the seconds of a quarantine's time, such as 2h; raises ValueError."""
    seconds = duration(text)
    advice = "leave it out for a quarantine until it is released"
    if seconds == 0:
        raise ValueError(f"no time at all; {advice}")
    if seconds > MAX_DAYS * 86_400:
        raise ValueError(f"{text}: at most {MAX_DAYS}d; {advice}")
    return seconds


def reason_of(text: str) -> str:
    """Return the reason for a quarantine as stores and logs take it; raises ValueError if it is too long."""
    # A byte that isn't UTF-8 arrives as half a character, which no store and no log takes.
    words = printable(" ".join(text.split()))
    if len(words) > MAX_REASON:
        raise ValueError(f"{len(words)} characters; it may have {MAX_REASON}")
    return words


def quarantine_device(
    settings: Settings, output: Output, target: str, by: str, seconds: int, reason: str, wait: float
) -> int:
    """Quarantine the device that `target` names, and move its sessions; say what happens.

    by, seconds: the person who wants it, and for how long; 0 until it is released
    wait: seconds to wait for its sessions at most

    Returns NOT_ENFORCED if policy gives it the same as a compliant one, or a session isn't there in the end. Raises
    UsageError for a target that names no device or several, RefusedError and TemporaryError as `move_now` does.
    """
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
        _note(settings, output, "quarantined", quarantine, by, str(quarantine))
        output.line(f"{_named(quarantine.device)} is {quarantine}")
        for each in earlier:
            output.line(f"in place of: {each}")
        # A policy that is being edited must not stand in the way of a quarantine.
        policy = read_policy(settings.policy, settings.policy_context)
        after = stores.quarantines()
        found = effects(stores, policy, quarantine, Quarantines(_others(after, devices)), after, now)
        keys = sessions_concerned(found, stores)
    _show_effects(output, quarantine, found)
    same = [effect for effect in found if effect.as_if_compliant]
    for effect in same:
        output.problem(
            f"{effect.place}: {quarantine.device.name} gets {effect.after.outcome} by rule {effect.after.rule}, as if "
            f"it were compliant: {settings.policy} doesn't ask for mdm_compliance there"
        )
    moved = move_now(settings, output, keys, wait)
    return ExitCode.NOT_ENFORCED if same else moved


def release_device(settings: Settings, output: Output, target: str, by: str, wait: float) -> int:
    """End the quarantine of the device that `target` names, and move its sessions; as `quarantine_device` does."""
    with Stores(settings) as stores:
        before = stores.quarantines()
        quarantine = _quarantined(stores, before, target)
        change_quarantines(stores.sessions, lambda quarantines: (each for each in quarantines if each != quarantine))
        _note(settings, output, "released", quarantine, by, f"released by {by}; it was {quarantine}")
        output.line(f"{_named(quarantine.device)} is released; it was {quarantine}")
        policy = read_policy(settings.policy, settings.policy_context)
        found = effects(stores, policy, quarantine, before, stores.quarantines(), time.time())
        keys = sessions_concerned(found, stores)
    _show_effects(output, quarantine, found)
    return move_now(settings, output, keys, wait)


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
        raise no_such(target, f"{NO_DEVICE}. A rule can deny a client that Intune doesn't know, by its MAC")
    if not may_be_same_hardware(found):
        raise _several(target, found)
    one = found[0]
    records = [*found, *(stores.devices.find("serial", one.serial.lower()) if one.serial else ())]
    records += stores.devices.find("entra_id", one.entra_id) if one.entra_id else ()
    unique = {device.id: device for device in records}.values()
    return by_check_in(each for each in unique if may_be_same_hardware((one, each)))


def _several(target: str, devices: Sequence[Device]) -> UsageError:
    """Return the error for a word that names several devices."""
    listed = "\n".join(f"  {_named(device)}" for device in devices)
    return UsageError(f"{target} names several devices; name one by its id:\n{listed}")


def _others(quarantines: Quarantines, devices: Sequence[Device]) -> Iterator[Quarantine]:
    """Yield the quarantines of other hardware."""
    same = [each for device in devices for each in quarantines.of_device(device)]
    return (each for each in quarantines if each not in same)


def _named(device: Device) -> str:
    """Return the device in words."""
    serial = f", serial number {device.serial}" if device.serial else ""
    return f"{device.name} ({device.id}{serial})"


def _show_effects(output: Output, quarantine: Quarantine, found: Sequence[Effect]) -> None:
    """Print what the device gets at each place, before and after."""
    for effect in found:
        before = effect.session.granted if effect.session else effect.before.outcome
        output.line(f"{effect.place}: {before} -> {effect.after.outcome} (rule {effect.after.rule})")
    if output.as_json:
        output.json({**row_of(quarantine), "effects": [effect.plain() for effect in found]})


def row_of(quarantine: Quarantine) -> dict[str, Any]:
    """Return what a list shows of a quarantine."""
    return {
        "device": quarantine.device.name,
        "id": quarantine.device.id,
        "serial": quarantine.device.serial,
        "by": quarantine.by,
        "since": timestamp(quarantine.at),
        "until": timestamp(quarantine.until),
        "reason": quarantine.reason,
    }


def _note(settings: Settings, output: Output, kind: EventKind, quarantine: Quarantine, by: str, reason: str) -> None:
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


def _quarantined(stores: Stores, quarantines: Quarantines, target: str) -> Quarantine:
    """Return the one quarantine of the device that this names, by what was known of it then or is now; UsageError."""
    mac, lower = parse_mac(target), target.lower()
    named = [each for each in quarantines if any(_goes_by(device, mac, lower) for device in each.devices)]
    named += [each for device in find_devices(stores.devices, target) for each in quarantines.of_device(device)]
    found = list({id(each): each for each in named}.values())
    if not found:
        raise no_such(target, "no such device is quarantined; radtune quarantine lists those that are")
    if len(found) > 1:
        raise _several(target, [each.device for each in found])
    return found[0]


def _goes_by(device: Device, mac: str, lower: str) -> bool:
    words = (device.id, device.entra_id, device.serial.lower(), device.name.lower())
    return (lower != "" and lower in words) or (mac != "" and mac in (*device.macs, device.ethernet_mac))


def report(output: Output, problems: Iterable[str], left: Iterable[Progress]) -> int:
    """Print problems, and sessions that are out of policy; return NOT_ENFORCED if there are any of these."""
    out_of_policy = [progress.problem() for progress in left if progress.out_of_policy]
    for problem in (*problems, *out_of_policy):
        output.problem(problem)
    return ExitCode.NOT_ENFORCED if out_of_policy else ExitCode.OK
