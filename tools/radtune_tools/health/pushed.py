"""The destinations of client events: how far behind each is, and what keeps it."""

from datetime import datetime
from typing import Any

from radtune.config.push_settings import Destination
from radtune.config.settings import Settings
from radtune.errors import RadtuneError
from radtune.text import counted
from radtune_tools.health.reasons import Health
from radtune_tools.output import timestamp
from radtune_tools.push.saved import Saved, read_saved, saved_file

DEAD_SECONDS = 900.0
"""Seconds after which an idle forwarder, or a destination that takes nothing, is a reason to worry."""
TOLD_SECONDS = 86_400.0
"""Seconds for which lost, given up and refused events are reported."""


def pushed(found: Health, settings: Settings, now: float) -> None:
    """Note each destination, and what is wrong with it; nothing if settings have none."""
    rows, lines = [], []
    for destination in settings.push:
        try:
            saved = read_saved(saved_file(settings.store, destination.name))
        except RadtuneError as error:
            found.fail("push", f"push {destination.name}: ", error)
            continue
        rows.append(_row(destination, saved, now))
        lines.append(_line(rows[-1]))
        for worry in _worries(saved, now):
            found.worry("push", f"push {destination.name}: {worry}")
    if settings.push:
        found.say("push", rows, "; ".join(lines) or "can't be read")


def _row(destination: Destination, saved: Saved, now: float) -> dict[str, Any]:
    return {
        "name": destination.name,
        "looked": timestamp(saved.looked_at),
        "sent": saved.sent,
        "last_sent": timestamp(saved.sent_at),
        "lag_seconds": round(_lag(saved, now)),
        "failing_since": timestamp(saved.failing_since),
        "problem": saved.problem,
        "given_up": saved.given_up,
        "refused": saved.refused,
        "losses": saved.losses,
    }


def _lag(saved: Saved, now: float) -> float:
    """Return the age of the oldest event that waits, in seconds; 0 if none does."""
    try:
        return max(0.0, now - datetime.fromisoformat(saved.oldest).timestamp())
    except ValueError:
        return 0.0


def _line(row: dict[str, Any]) -> str:
    sent = f"{row['sent']} sent, the last at {row['last_sent']}" if row["sent"] else "nothing sent yet"
    behind = f", {row['lag_seconds']} seconds behind" if row["lag_seconds"] else ""
    return f"{row['name']}: {sent}{behind}"


def _worries(saved: Saved, now: float) -> list[str]:
    """Return what is wrong, in sentences."""
    if not saved.looked_at:
        return ["no event was ever looked for; run: systemctl enable --now radtune-push"]
    found = []
    if abs(now - saved.looked_at) > DEAD_SECONDS:  # ahead of now: the clock was set back since
        since = timestamp(saved.looked_at)
        found.append(
            f"nobody has looked for events since {since}; does radtune-push, or cron's radtune push, still run?"
        )
    if saved.problem and now - saved.failing_since > DEAD_SECONDS:
        found.append(f"it has taken nothing since {timestamp(saved.failing_since)}: {saved.problem}")
    if saved.losses and now - saved.lost_at < TOLD_SECONDS:
        times = counted(saved.losses, "time")
        found.append(
            f"events were gone from the log before they were sent, {times}, last at {timestamp(saved.lost_at)}"
        )
    if saved.aside_at and now - saved.aside_at < TOLD_SECONDS:
        counts = f"{saved.given_up} were too old (give_up), {saved.refused} were refused"
        found.append(f"events were not sent, the last at {timestamp(saved.aside_at)}: {counts}")
    return found
