"""`radtune events`."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from radtune.errors import ExitCode, NotPermittedError
from radtune.events import newest_events
from radtune.facts import parse_mac
from radtune.settings import Settings
from radtune_tools.output import Output

COLUMNS = (
    "time",
    "event",
    "mac",
    "user",
    "auth_type",
    "cert_cn",
    "cert_san",
    "device",
    "compliance",
    "rule",
    "vlan",
    "move",
    "method",
    "answer",
    "nas",
    "reason",
)


def events(settings: Settings, output: Output, *, limit: int, only: str | None) -> int:
    """Print the newest `limit` client events, oldest of them first; with `only` those of a MAC, user or device.

    JSON has the fields that the file has.
    """
    try:
        found = list(islice(_matching(settings, only), limit))
    except PermissionError as error:
        raise NotPermittedError(f"{settings.events}: this user may not read it; run as the server's user") from error
    found.reverse()
    if output.as_json:
        output.json(found)
    else:
        empty = f"no events{f' of {only}' if only else ''} in {settings.events}"
        output.table(COLUMNS, map(_shown, found), empty)
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
    if "before" not in event:
        return dict(event)
    same = event["before"] == event.get("outcome")
    state, answer = event.get("state", ""), event.get("answer", "")
    if state != event.get("event"):
        answer = f"{state} ({answer})" if answer else state
    return {**event, "move": "" if same else f"{event['before']} -> {event.get('outcome')}", "answer": answer}
