"""A device, or a client that Intune doesn't know: its record, what it would get now, its sessions, its story."""

import json
import re
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, abort, render_template

from radtune.errors import RadtuneError
from radtune.policy.quarantines import Quarantine
from radtune.records.addresses import parse_mac
from radtune.records.device_and_client import Device
from radtune_tools.enforce.running_servers import policy_mismatch, policy_states
from radtune_tools.policy.explanation import Explanation, explain, login_of
from radtune_tools.policy.what_if import WhatIf
from radtune_tools.timeline.story import story
from radtune_web.pages.sessions import COLUMNS
from radtune_web.pages.sources import Sources, now, sources
from radtune_web.view.words import mac as colons

pages = Blueprint("device", __name__)
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
EVENTS = 100
SESSIONS = 50
_SELECT = f"SELECT {', '.join(COLUMNS)} FROM session WHERE"  # noqa: S608  # constants
_OF = (
    "SELECT * FROM (SELECT n, line FROM event WHERE {} = (SELECT id FROM word WHERE text = ?) ORDER BY n DESC LIMIT ?)"
)


@pages.get("/device/<name>")
def device(name: str) -> str:
    """Show a device by its Intune id."""
    if not ID.fullmatch(name):
        abort(404)
    here, at = sources(), now()
    stores = here.stores()
    found = stores.devices.get(name)
    quarantined = [each for each in stores.quarantines() if any(one.id == name for one in each.devices)]
    if found is None and not quarantined:
        abort(404)
    record = found or quarantined[0].device
    quarantine = next((each for each in stores.quarantines().of_device(record) if each.holds(at)), None)
    macs = tuple(dict.fromkeys(filter(None, (*record.macs, record.ethernet_mac))))
    return _page(here, at, title=record.name, target=name, macs=macs, found=found, quarantine=quarantine)


@pages.get("/client/<mac>")
def client(mac: str) -> str:
    """Show a client by its MAC, whether Intune knows it or not."""
    digits = parse_mac(mac)
    if not digits:
        abort(404)
    return _page(sources(), now(), title=colons(digits), target=digits, macs=(digits,))


def _page(
    here: Sources,
    at: float,
    *,
    title: str,
    target: str,
    macs: Sequence[str],
    found: Device | None = None,
    quarantine: Quarantine | None = None,
) -> str:
    device_id = found.id if found else ""
    sessions = _sessions(here, device_id, macs)
    events = events_of(here, device_id, macs)
    explanation, problem = _explanation(here, target, [each["key"] for each in sessions], at)
    return render_template(
        "device.html",
        title=title,
        target=target,
        device=found,
        device_id=device_id or (quarantine.device.id if quarantine else ""),
        macs=macs,
        quarantine=quarantine,
        sessions=sessions,
        explanation=explanation,
        problem=problem,
        chapters=[*reversed(story(reversed(events)))],
        is_all=len(events) < EVENTS,
    )


def _sessions(here: Sources, device_id: str, macs: Sequence[str]) -> list[dict[str, Any]]:
    found = {}
    pairs = [("device_id", device_id)] if device_id else []
    for column, value in (*pairs, *(("mac", mac) for mac in macs)):
        for row in here.index.rows(f"{_SELECT} {column} = ? LIMIT ?", (value, SESSIONS)):
            found[row[0]] = dict(zip(COLUMNS, row, strict=True))
    return sorted(found.values(), key=lambda each: -each["since"])


def _explanation(here: Sources, target: str, keys: Sequence[str], at: float) -> tuple[Explanation | None, str]:
    """Return what the device would get now, and why; or why that isn't known."""
    settings, stores = here.settings, here.stores()
    try:
        policy = here.policy()
        mismatch = policy_mismatch(policy_states(settings), policy.fingerprint, settings.policy)
    except RadtuneError:
        return None, "The policy can't be read; the overview says more."
    live = list(stores.sessions.live(keys).values()) if keys else []
    login = login_of(target, live, None, policy)
    return explain(stores, policy, settings.nas, target, login, WhatIf(), at, mismatch), ""


def events_of(here: Sources, device_id: str, macs: Sequence[str]) -> list[dict[str, Any]]:
    """Return the newest events of a device with these MACs, the newest first."""
    pairs = [("device", device_id)] if device_id else []
    pairs += [("client", mac) for mac in macs]
    select = " UNION ".join(_OF.format(column) for column, _ in pairs)
    values = [value for _, text in pairs for value in (text, EVENTS)]
    rows = here.index.rows(f"{select} ORDER BY n DESC LIMIT ?", (*values, EVENTS)) if pairs else []
    return [json.loads(line) for _, line in rows]
