"""`radtune timeline`."""

import time
from typing import Any

import click

from radtune.config.policy_file import read_policy
from radtune.errors import ExitCode
from radtune.records.addresses import parse_mac
from radtune.records.device_and_client import Device
from radtune_tools.bad_target import no_such
from radtune_tools.cli.options import command, limit_option, past_moment
from radtune_tools.context import Context
from radtune_tools.events.event_filter import EventFilter, written
from radtune_tools.events.search import search
from radtune_tools.output import Output
from radtune_tools.stores import Stores, find_devices
from radtune_tools.timeline.present import Present, Statement
from radtune_tools.timeline.story import Chapter, story

NOTHING = "no event, no live session and no device in the store has this name, id or MAC"


@command
@click.argument("target", metavar="DEVICE|MAC|USER")
@click.option(
    "--since",
    default="30d",
    show_default=True,
    metavar="TIME",
    callback=past_moment,
    help="From this time on: RFC 3339, how long ago (2h), or today.",
)
@limit_option("How many events to read, counted from the newest.", default=1000)
def timeline(context: Context, target: str, since: float, limit: int) -> int:
    """Tell what happened to a device, why, and what it waits for.

    Repeated events share one sentence. The last sentences say how it is now.
    """
    settings, output, now = context.settings(), context.output, time.time()
    policy = read_policy(settings.policy, settings.policy_context)
    with Stores(settings) as stores:
        devices = [*find_devices(stores.devices, target), *stores.devices.find("user", target.lower())]
        devices = list({device.id: device for device in devices}.values())
        names = _names(target, devices)
        events = search(settings.events, EventFilter(names, since=written(since)), limit + 1, output.problem)
        statements = list(Present(stores, settings, policy, now).tell(devices, names))
    chapters = story(events[-limit:])
    if not (events or devices or len(statements) > 1):
        raise no_such(target, NOTHING)
    _print(output, target, devices, chapters, statements)
    if len(events) > limit:
        output.instruction(f"older events are left out; --limit shows more than {limit}")
    return ExitCode.OK


def _names(target: str, devices: list[Device]) -> tuple[str, ...]:
    """Return the word, and the ids and MACs of the devices that it names, in lower case."""
    known = [name for device in devices for name in (device.id, *device.macs, device.ethernet_mac) if name]
    return tuple(dict.fromkeys((parse_mac(target) or target.lower(), *known)))


def _print(
    output: Output, target: str, devices: list[Device], chapters: list[Chapter], statements: list[Statement]
) -> None:
    if output.as_json:
        output.json(
            {
                "target": target,
                "devices": [device.id for device in devices],
                "events": [_plain(chapter) for chapter in chapters],
                "now": [{"about": each.about, "said": each.said} for each in statements],
            }
        )
    for chapter in chapters:
        until = f" to {chapter.last[:19]}Z" if chapter.times > 1 else ""
        output.line(f"{chapter.first[:19]}Z{until}: {_who(chapter, target)}{chapter.said}")
    if not chapters:
        output.line("no event tells of it in this time")
    output.line("now:")
    for statement in statements:
        output.line(f"  {statement.said}")


def _who(chapter: Chapter, target: str) -> str:
    """Return the device, if the target is something else: a user may have several."""
    name = chapter.text("device")
    return f"{name} " if name and name.lower() != target.lower() else ""


def _plain(chapter: Chapter) -> dict[str, Any]:
    return {
        "from": chapter.first,
        "to": chapter.last,
        "event": chapter.text("event"),
        "times": chapter.times,
        "said": chapter.said,
        "device": chapter.text("device"),
        "nas": list(chapter.places),
    }
