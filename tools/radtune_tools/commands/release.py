"""`radtune release`."""

import time

import click

from radtune.config.policy_file import read_policy
from radtune.policy.quarantines import Quarantine, Quarantines
from radtune.records.addresses import parse_mac
from radtune.records.device_and_client import Device
from radtune.stores.quarantines import change_quarantines
from radtune_tools.bad_target import no_such
from radtune_tools.cli.options import command
from radtune_tools.commands.quarantine import move_now, named, note, several, show_effects, wait_for_moves
from radtune_tools.context import Context
from radtune_tools.enforce.quarantine_effect import effects, sessions_concerned
from radtune_tools.stores import Stores, find_devices
from radtune_tools.user_and_lock import caller


@command
@click.argument("target", metavar="ID|SERIAL|NAME|MAC")
@wait_for_moves
def release(context: Context, target: str, wait: float) -> int:
    """End the quarantine of a device: Intune's word counts again."""
    by, settings, output = caller(), context.settings(), context.output
    with Stores(settings) as stores:
        before = stores.quarantines()
        quarantine = _quarantined(stores, before, target)
        change_quarantines(stores.sessions, lambda quarantines: (each for each in quarantines if each != quarantine))
        note(settings, output, "released", quarantine, by, f"released by {by}; it was {quarantine}")
        output.line(f"{named(quarantine.device)} is released; it was {quarantine}")
        policy = read_policy(settings.policy, settings.policy_context)
        found = effects(stores, policy, quarantine, before, stores.quarantines(), time.time())
        keys = sessions_concerned(found, stores)
    show_effects(output, quarantine, found)
    return move_now(settings, output, keys, wait)


def _quarantined(stores: Stores, quarantines: Quarantines, target: str) -> Quarantine:
    """Return the one quarantine of the device that this names, by what was known of it then or is now; UsageError."""
    mac, lower = parse_mac(target), target.lower()
    named = [each for each in quarantines if any(_goes_by(device, mac, lower) for device in each.devices)]
    named += [each for device in find_devices(stores.devices, target) for each in quarantines.of_device(device)]
    found = list({id(each): each for each in named}.values())
    if not found:
        raise no_such(target, "no such device is quarantined; radtune quarantine lists those that are")
    if len(found) > 1:
        raise several(target, [each.device for each in found])
    return found[0]


def _goes_by(device: Device, mac: str, lower: str) -> bool:
    words = (device.id, device.entra_id, device.serial.lower(), device.name.lower())
    return (lower != "" and lower in words) or (mac != "" and mac in (*device.macs, device.ethernet_mac))
