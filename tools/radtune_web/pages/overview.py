"""The first page: how radtune is, and what has happened today."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, render_template

from radtune_web.index.events_in import BUCKETS, HOUR
from radtune_web.pages.sources import Sources, now, sources
from radtune_web.view.charts import Chart, stacked
from radtune_web.view.words import span

pages = Blueprint("overview", __name__)
LOGIN_HOURS, FLEET_HOURS, ENFORCEMENT_HOURS = 24, 7 * 24, 7 * 24
FLEET_SLOT = 2 * HOUR
OLD = 300.0
"""Seconds after which the status is no longer the one of now; it is looked at all the time."""
LOGIN_COLOURS = {"deny": "bad", "denied by another module": "neutral"}
FLEET_COLOURS = {
    "compliant": "good",
    "in grace period": "wait",
    "noncompliant": "bad",
    "unknown": "neutral",
    "conflict": "s3",
    "error": "s4",
    "config manager": "s5",
}
_LOGINS = """
SELECT hour, outcome, sum(n) FROM hourly WHERE hour > ? AND kind IN ('login_allowed', 'login_denied')
GROUP BY hour, outcome"""
_FLEET = """
SELECT at, compliance, sum(n) FROM fleet
WHERE at IN (SELECT max(at) FROM fleet WHERE at >= ? GROUP BY at / ?) GROUP BY at, compliance ORDER BY at"""
_ENFORCEMENT = "SELECT bucket, sum(n) FROM enforcement WHERE hour > ? GROUP BY bucket"


@pages.get("/")
def overview() -> str:
    """Show it."""
    here, at = sources(), now()
    health, sessions = here.snapshot("health"), here.snapshot("sessions")
    parts: Mapping[str, Any] = health.value["parts"] if health.value else {}
    logins, allowed, denied = _logins(here, at)
    return render_template(
        "overview.html",
        health=health,
        sessions=sessions,
        status=parts,
        headline=_headline(health.value),
        is_old=bool(health.at) and abs(at - health.at) > OLD,
        devices=_devices(parts),
        problems=here.snapshot("problems").value or {},
        logins=logins,
        allowed=allowed,
        denied=denied,
        fleet=_fleet(here, at),
        enforcement=_enforcement(here, at),
    )


def _headline(health: Mapping[str, Any] | None) -> str:
    """Return how radtune is, in a line."""
    reasons = health["reasons"] if health else []
    if not reasons:
        return "All is well"
    return "1 thing is wrong now" if len(reasons) == 1 else f"{len(reasons)} things are wrong now"


def _devices(parts: Mapping[str, Any]) -> dict[str, int]:
    """Return the number of devices by compliance state, of all tenants."""
    found: dict[str, int] = {}
    for tenant in parts.get("devices") or ():
        for state, count in tenant["devices"].items():
            found[state] = found.get(state, 0) + count
    return found


def _logins(here: Sources, at: float) -> tuple[Chart, int, int]:
    """Return the chart of the last day's logins, and how many were let in and denied."""
    first = int(at) // HOUR - LOGIN_HOURS
    hours: dict[int, dict[str, float]] = {hour: {} for hour in range(first + 1, first + LOGIN_HOURS + 1)}
    allowed = denied = 0
    for hour, outcome, count in here.index.rows(_LOGINS, (first,)):
        if hour in hours:
            hours[hour][outcome] = hours[hour].get(outcome, 0) + count
        if outcome in LOGIN_COLOURS:
            denied += count
        else:
            allowed += count
    columns = [(_clock(hour * HOUR, "%H:%M"), numbers) for hour, numbers in hours.items()]
    return stacked(columns, LOGIN_COLOURS, unit=" logins"), allowed, denied


def _fleet(here: Sources, at: float) -> Chart:
    last = int(at) // FLEET_SLOT
    first = last - FLEET_HOURS * HOUR // FLEET_SLOT + 1
    slots: dict[int, dict[str, float]] = {slot: {} for slot in range(first, last + 1)}
    for when, state, count in here.index.rows(_FLEET, (first * FLEET_SLOT, FLEET_SLOT)):
        slots.get(when // FLEET_SLOT, {})[state.replace("_", " ")] = count
    columns = [(_clock(slot * FLEET_SLOT, "%a %H:%M"), numbers) for slot, numbers in slots.items()]
    days = [_clock(at - (FLEET_HOURS - 24 * day) * HOUR, "%a") for day in range(FLEET_HOURS // 24 + 1)]
    return stacked(columns, FLEET_COLOURS, marks=days, unit=" devices")


def _enforcement(here: Sources, at: float) -> Chart:
    first = int(at) // HOUR - ENFORCEMENT_HOURS
    counts = dict(here.index.rows(_ENFORCEMENT, (first,)))
    words = [span(bound) for bound in BUCKETS] + ["more"]
    columns = [(word, {"moves": counts.get(place, 0)}) for place, word in enumerate(words)]
    return stacked(columns, {"moves": "s1"}, marks=words, unit=" within it")


def _clock(seconds: float, form: str) -> str:
    return datetime.fromtimestamp(seconds).astimezone().strftime(form)
