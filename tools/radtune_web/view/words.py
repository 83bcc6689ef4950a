"""Times, addresses and states as people read them: the filters of the templates."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from markupsafe import Markup

from radtune.records.addresses import parse_mac

MINUTE, HOUR, DAY = 60, 3600, 86_400
GOOD = ("compliant", "login_allowed", "moved", "released", "enforced", "acknowledged", "healthy")
BAD = (
    *("noncompliant", "login_denied", "not_enforced", "quarantined", "deny", "unhealthy", "refused", "unanswered"),
    *("error", "policy_refused", "identity_conflict"),
)
WAITING = (
    *("in_grace_period", "move_requested", "pending", "sent", "stale", "unavailable", "ambiguous", "conflict"),
    *("config_manager", "store_replaced"),
)


def seconds_of(value: object) -> float:
    """Return a time (seconds since the epoch, or ISO 8601) in seconds; 0 for none."""
    if isinstance(value, int | float):
        return float(value)
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return 0.0
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def moment(value: object, now: float) -> Markup:
    """Return a time in the zone of this machine, in full beneath; `never` for none."""
    seconds = seconds_of(value)
    if not seconds:
        return Markup('<span class="faint">never</span>')
    try:
        there, today = datetime.fromtimestamp(seconds).astimezone(), datetime.fromtimestamp(now).astimezone()
    except (ValueError, OverflowError, OSError):
        return Markup("{}").format(str(value))
    form = "%H:%M:%S" if there.date() == today.date() else "%d %b %H:%M" if there.year == today.year else "%d %b %Y"
    full, machine = there.strftime("%Y-%m-%d %H:%M:%S %Z"), datetime.fromtimestamp(seconds, UTC).isoformat()
    return Markup('<time datetime="{}" title="{}">{}</time>').format(machine, full, there.strftime(form).lstrip("0"))


def ago(value: object, now: float) -> str:
    """Return how long ago a time is, in its largest unit."""
    seconds = seconds_of(value)
    return f"{span(max(now - seconds, 0))} ago" if seconds else "never"


def span(seconds: float) -> str:
    """Return a time span in its largest unit."""
    for size, name in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if seconds >= (2 * size if size == DAY else size):
            return f"{seconds / size:.0f} {name}"
    return f"{seconds:.0f} s"


def number(value: float) -> str:
    """Return a number with thin spaces between thousands."""
    return f"{value:,.0f}".replace(",", "\u202f")


def plain(word: object) -> str:
    """Return a word of radtune's as people write it."""
    return str(word).replace("_", " ")


def mac(text: str | None) -> str:
    """Return a MAC with colons; any other text as it is."""
    digits = parse_mac(text or "")
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2)) if digits else text or ""


def tone(word: object) -> str:
    """Return whether a state is good, bad or waiting, or '' if it is none of that: for its colour."""
    for name, words in (("good", GOOD), ("bad", BAD), ("wait", WAITING)):
        if str(word) in words:
            return name
    return ""


FILTERS: dict[str, Callable[..., Any]] = {"span": span, "number": number, "plain": plain, "mac": mac, "tone": tone}
