"""The live sessions, by site and NAS."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, render_template, request

from radtune.dataclass import dataclass
from radtune.records.device_and_client import INTUNE_STATES, OWN_STATES
from radtune_web.pages.sources import sources

pages = Blueprint("sessions", __name__)
AT_ONCE = 100
FARTHEST = 1_000_000
COLUMNS = (
    *("key", "mac", "device", "device_id", "user", "nas", "site", "port", "ssid", "auth_type", "granted", "rule"),
    *("compliance", "since", "seen", "wanted", "move"),
)
FILTERS = {"site": "site", "nas": "nas", "compliance": "compliance", "granted": "granted"}
"""The filters, each with its column."""
_ORDER = "ORDER BY site, nas, device"
_ROWS = f"SELECT {', '.join(COLUMNS)} FROM session WHERE key IN ({{}}) {_ORDER}"  # noqa: S608  # constants
"""Takes the keys: the rows before those that are wanted are then passed over in an index."""
NO_SITE = "none"
"""The word of an address for sessions at no site."""


@dataclass(frozen=True, slots=True)
class Place:
    """A site with its NASes, each with its number of sessions and of those that are to move."""

    site: str
    sessions: int
    moving: int
    nases: tuple[dict[str, Any], ...]


@pages.get("/sessions")
def sessions() -> str:
    """Show the sites, and the sessions that fit."""
    here = sources()
    chosen = {name: request.args[name][:200] for name in FILTERS if request.args.get(name)}
    moving = request.args.get("moving") == "1"
    start = min(max(request.args.get("start", 0, type=int), 0), FARTHEST)
    snapshot = here.snapshot("sessions")
    where = [f"{FILTERS[name]} = ?" for name in chosen] + (["(wanted <> '' OR move <> '')"] if moving else [])
    values = ["" if name == "site" and value == NO_SITE else value for name, value in chosen.items()]
    keys = f"SELECT key FROM session {'WHERE ' if where else ''}{' AND '.join(where)} {_ORDER} LIMIT ? OFFSET ?"  # noqa: S608
    rows = here.index.rows(_ROWS.format(keys), (*values, AT_ONCE + 1, start))
    filters = {**chosen, **({"moving": "1"} if moving else {})}
    return render_template(
        "sessions.html",
        rows=[dict(zip(COLUMNS, row, strict=True)) for row in rows[:AT_ONCE]],
        places=list(_places(snapshot.value["places"] if snapshot.value else [])),
        chosen=chosen,
        moving=moving,
        start=start,
        at_once=AT_ONCE,
        snapshot=snapshot,
        states=(*INTUNE_STATES, *OWN_STATES),
        before=_link(filters, start - AT_ONCE) if start else "",
        after=_link(filters, start + AT_ONCE) if len(rows) > AT_ONCE else "",
    )


def _link(filters: dict[str, str], start: int) -> str:
    return "?" + urlencode({**filters, "start": max(start, 0)})


def _places(rows: list[dict[str, Any]]) -> Iterator[Place]:
    for site, group in groupby(rows, key=lambda row: str(row["site"])):
        nases = tuple(group)
        yield Place(site, sum(each["sessions"] for each in nases), sum(each["moving"] for each in nases), nases)
