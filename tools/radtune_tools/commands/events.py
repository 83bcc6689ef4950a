"""`radtune events`."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

import click

from radtune.config.settings import Settings
from radtune.errors import ExitCode, NotPermittedError
from radtune.file_access import unreadable
from radtune.records.addresses import parse_mac
from radtune.server.client_events import newest_events
from radtune_tools.bad_target import no_such
from radtune_tools.cli.options import command, limit_option, listing
from radtune_tools.context import Context
from radtune_tools.listing import Columns, Moment

COLUMNS = Columns(
    ("time", "event", "mac", "device", "outcome", "reason"),
    (
        *("user", "compliance", "nas", "move", "method", "answer", "rule", "auth_type", "cert_cn", "cert_san", "ssid"),
        *("nas_port", "vlan", "role", "inner_type", "matched_by", "identity_conflict", "resumed", "device_id"),
        *("nas_address", "site", "denied_by", "by", "until", "id"),
    ),
)


@command
@click.argument("only", required=False, metavar="[MAC|USER|DEVICE]")
@limit_option("How many, counted from the newest.", default=50)
@listing
def events(context: Context, only: str | None, limit: int) -> int:
    """Show who logged in or was moved, and why.

    Reads the newest file of the events. logrotate keeps the older ones beside it.
    """
    settings, output = context.settings(), context.output
    try:
        found = list(islice(_matching(settings, only), limit))
    except PermissionError as error:
        raise NotPermittedError(unreadable(settings.events)) from error
    found.reverse()
    if output.as_json:
        output.json(found)
    else:
        output.table(COLUMNS, map(_shown, found), "" if only else f"no events in {settings.events}")
    if only and not found:
        raise no_such(only, f"no event in {settings.events} is about this MAC, user, device name or device id")
    return ExitCode.OK


def _matching(settings: Settings, only: str | None) -> Iterator[Mapping[str, Any]]:
    mac, word = parse_mac(only or ""), (only or "").lower()
    for event in newest_events(settings.events):
        named = (
            event.get("mac"),
            str(event.get("user")).lower(),
            str(event.get("device")).lower(),
            event.get("device_id"),
        )
        if not word or (mac or word) in named:
            yield event


def _shown(event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the event; that of a move has its way from one outcome to the other, and what became of it."""
    event = {**event, "time": Moment(event.get("time", "")), "until": Moment(event.get("until", ""))}
    if "before" not in event:
        return event
    same = event["before"] == event.get("outcome")
    state, answer = event.get("state", ""), event.get("answer", "")
    if state != event.get("event"):
        answer = f"{state} ({answer})" if answer else state
    return {**event, "move": "" if same else f"{event['before']} -> {event.get('outcome')}", "answer": answer}
