"""Client events with filters; live, if the browser runs JavaScript."""

import time
from typing import Any, get_args
from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, render_template, request

from radtune.records.addresses import parse_mac
from radtune.records.device_and_client import INTUNE_STATES, OWN_STATES
from radtune.server.client_events import EventKind
from radtune_web.index.event_query import NOTHING, Found, find, newest
from radtune_web.pages.sources import Sources, sources

pages = Blueprint("events", __name__)
AT_ONCE = 100
FILTERS = ("kind", "client", "device", "user", "nas", "site", "rule", "compliance")
SINCE = {"1h": (3600, "last hour"), "24h": (86_400, "last 24 hours"), "7d": (604_800, "last 7 days"), "": (0, "all")}
"""How far back, by the word in the address: in seconds, and in words."""
_NAMED = "SELECT id FROM device WHERE name = ? COLLATE NOCASE LIMIT 20"
_LARGEST = 1 << 62


@pages.get("/events")
def events() -> Response:
    """Show the events that fit, or the rows of those that have come since."""
    here = sources()
    chosen = {name: text for name in FILTERS if (text := request.args.get(name, "").strip()[:200])}
    span = request.args.get("since", "")
    span = span if span in SINCE else ""
    before, after = (_number(request.args.get(name, "")) for name in ("before", "after"))
    since = time.time() - SINCE[span][0] if SINCE[span][0] else 0.0
    found = _find(here, chosen, since=since, before=before, after=after)
    if "after" in request.args:
        answer = make_response(render_template("event_rows.html", events=found.events))
        answer.headers["X-Newest"] = str(found.newest or after)
        return answer
    filters = {**chosen, **({"since": span} if span else {})}
    older = f"?{urlencode({**filters, 'before': found.oldest})}" if len(found.events) == AT_ONCE else ""
    return make_response(
        render_template(
            "events.html",
            events=found.events,
            is_all=found.is_all,
            chosen=chosen,
            span=span,
            spans=SINCE,
            kinds=get_args(EventKind),
            states=(*INTUNE_STATES, *OWN_STATES),
            sites=[each.name for each in here.settings.nas_directory.sites],
            older=older,
            is_newest=not before,
            filtered=bool(filters),
            live=f"?{urlencode({**filters, 'after': ''})}",
            newest=newest(here.index),
        )
    )


def _find(here: Sources, chosen: dict[str, str], **bounds: Any) -> Found:
    """Return the events with these filters; a device may be named, a MAC written in any way."""
    filters = {name: (text,) for name, text in chosen.items()}
    if "client" in chosen:
        filters["client"] = (parse_mac(chosen["client"]) or chosen["client"],)
    if "device" in chosen:
        named = tuple(name for (name,) in here.index.rows(_NAMED, (chosen["device"],)))
        filters["device"] = named or (chosen["device"],)
    return find(here.index, filters, AT_ONCE, **bounds) if all(map(all, filters.values())) else NOTHING


def _number(text: str) -> int:
    return min(int(text), _LARGEST) if text.isascii() and text.isdecimal() and len(text) < 20 else 0
