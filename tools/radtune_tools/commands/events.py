"""`radtune events`."""

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NoReturn, get_args

import click

from radtune.errors import ExitCode, UsageError
from radtune.records.device_and_client import ALL_STATES
from radtune.server.client_events import EventKind
from radtune_tools.bad_target import no_such
from radtune_tools.cli.options import command, limit_option, listing, past_moment
from radtune_tools.context import Context
from radtune_tools.enforce.move_progress import OVER
from radtune_tools.events.event_filter import EventFilter, written
from radtune_tools.events.event_reader import EventReader, end_of
from radtune_tools.events.log_files import Event
from radtune_tools.events.search import search
from radtune_tools.listing import Columns, Moment
from radtune_tools.output import Output

COLUMNS = Columns(
    ("time", "event", "mac", "device", "outcome", "reason"),
    (
        *("user", "compliance", "nas", "site", "move", "method", "answer", "rule", "auth_type", "cert_cn", "cert_san"),
        *("ssid", "nas_port", "vlan", "role", "inner_type", "matched_by", "identity_conflict", "resumed", "device_id"),
        *("nas_address", "denied_by", "by", "until", "file", "id"),
    ),
)
STATES = sorted({*ALL_STATES, *OVER, "pending", "acknowledged", "refused", "unanswered", "not_enforced"})
TIME = "Written at this time or {}: RFC 3339, how long ago (2h), or today."
POLL_SECONDS = 0.5


@command
@click.argument("who", required=False, metavar="[MAC|USER|DEVICE]")
@click.option("--nas", metavar="ADDRESS|IDENTIFIER", help="Of this NAS.")
@click.option("--site", metavar="SITE", help="Of the NASes of this site.")
@click.option("--rule", metavar="RULE", help="Decided by this rule.")
@click.option("--state", type=click.Choice(STATES), help="In this compliance state, or of such a move.")
@click.option(
    "--kind", "kinds", multiple=True, type=click.Choice(get_args(EventKind)), help="Of this kind, or several."
)
@click.option("--since", metavar="TIME", callback=past_moment, help=TIME.format("later"))
@click.option("--until", metavar="TIME", callback=past_moment, help=TIME.format("before"))
@limit_option("How many, counted from the newest.", default=50)
@click.option("-f", "--follow", is_flag=True, help="Go on with what is written from now on, until Ctrl-C.")
@listing
def events(
    context: Context,
    who: str | None,
    limit: int,
    since: float | None,
    until: float | None,
    follow: bool,
    **words: Any,
) -> int:
    """Show who logged in or was moved, and why.

    Reads the rotated and the compressed files of the event log as well.
    """
    if since is not None and until is not None and since > until:
        raise UsageError("--since is later than --until")
    given = {name: word for name, word in words.items() if word}
    wanted = EventFilter((who,) if who else (), **given, since=written(since), until=written(until))
    log, output = context.settings().events, context.output
    if follow:
        _follow(log, wanted, limit, output)
    found = search(log, wanted, limit, output.problem)
    if output.as_json:
        output.json(found)
    else:
        asked = wanted != EventFilter()
        empty = f"no event in {log} fits" if asked else f"no events in {log}"
        output.table(COLUMNS, (_shown(event, output) for event in found), "" if who else empty)
    if who and not found:
        raise no_such(who, f"no event in {log} is about this MAC, user, device name or device id")
    return ExitCode.OK


def _follow(log: Path, wanted: EventFilter, limit: int, output: Output) -> NoReturn:
    """Print the newest events that fit, then each that is written."""
    end = end_of(log)
    reader = EventReader(log, end, output.problem)
    found: Iterable[Event] = search(log, wanted, limit, output.problem, end) if end else ()
    while True:
        for event in found:
            output.row(COLUMNS, _shown(event, output))
        time.sleep(POLL_SECONDS)
        found = (event for _, event in reader.read() if wanted.fits(event))


def _shown(event: Event, output: Output) -> Mapping[str, Any]:
    """Return the event; for people, that of a move has its way from one outcome to the other, and what became of it."""
    if output.as_json:
        return event
    event = {**event, "time": Moment(event.get("time", "")), "until": Moment(event.get("until", ""))}
    if "before" not in event:
        return event
    same = event["before"] == event.get("outcome")
    state, answer = event.get("state", ""), event.get("answer", "")
    if event.get("event") == "move_requested":
        answer = f"{state} ({answer})" if answer else state
    return {**event, "move": "" if same else f"{event['before']} -> {event.get('outcome')}", "answer": answer}
