"""`radtune policy diff`."""

import time
from pathlib import Path
from typing import Any

from radtune.config.policy_file import read_policy
from radtune.config.settings import Settings
from radtune.errors import ExitCode
from radtune.identity.matching import ALL_MEANS
from radtune.policy.decide import Policy
from radtune_tools.listing import Columns
from radtune_tools.output import Output
from radtune_tools.policy.difference import Difference, SessionChange, compare
from radtune_tools.stores import Stores

SESSION_COLUMNS = Columns(
    ("device", "mac", "from", "to", "rule_after"), ("user", "nas", "rule_before", "session", "granted")
)
DEVICE_COLUMNS = Columns(("from", "to", "rule", "devices", "such_as"), ())
_LOGINS = {
    "device_id": "as an EAP-TLS login with its Intune id in the certificate",
    "entra_id": "as an EAP-TLS login with its Entra id in the certificate",
    "serial": "as an EAP-TLS login with its serial number in the certificate",
    "name": "as an EAP-TLS login with its name in the certificate",
    "mac": "by MAC authentication",
}
"""The login that is imagined of a device, by the means that finds it."""


def diff(settings: Settings, output: Output, file: Path, policy: Policy, *, check: bool) -> int:
    """Print who would get another outcome under this policy than under the one in use; nothing is written.

    With `check` the exit code tells whether anybody would, or whether devices can't be judged because the two policies
    find them by nothing in common.
    """
    current = read_policy(settings.policy, settings.policy_context)
    with Stores(settings) as stores:
        found = compare(stores, current, policy, time.time())
    sessions = [_session(change) for change in found.sessions]
    groups = _groups(found)
    if output.as_json:
        counts = {"live": found.live, "undecided": found.undecided, "judged": found.devices, "blind": found.blind}
        counts |= {"not_judged": found.unjudged}
        files, by = {"policy": str(settings.policy), "new": str(file)}, dict(found.judged)
        output.json({**files, **counts, "judged_by": by, "sessions": sessions, "devices": groups})
    else:
        _print(output, found, sessions, groups)
    differs = bool(sessions or groups or (found.only_one and not found.means))
    return ExitCode.DIFFERENCE if check and differs else ExitCode.OK


def _print(output: Output, found: Difference, sessions: list[dict[str, Any]], groups: list[dict[str, Any]]) -> None:
    output.line(f"live sessions: {len(sessions)} of {found.live} would get another outcome")
    if sessions:
        output.table(SESSION_COLUMNS, sessions, "")
    if found.undecided:
        why = "a policy asks for what was not kept at their login; it is known at the next"
        output.line(f"can't tell for {found.undecided} sessions: {why}")
    output.line(_devices(found))
    if found.judged and found.unjudged:
        output.line(f"can't tell for {found.unjudged} devices: they have nothing by which both policies find a device")
    if found.only_one and found.means:
        output.line(
            f"only one of the policies finds a device by {' or '.join(found.only_one)}; such logins are left out"
        )
    if groups:
        output.table(DEVICE_COLUMNS, groups, "")
    if found.blind:
        output.line(f"the store is stale for {found.blind} devices, and they are judged as such; radtune sync mends it")


def _devices(found: Difference) -> str:
    """Return how many devices would get another outcome, and by which login that was judged; or why nobody can tell."""
    if not found.means:
        named = ", ".join(_LOGINS)
        return (
            f"devices: can't be judged ({found.unjudged} of them): no means of {named} is one that both policies take"
        )
    if found.unjudged and not found.judged:
        taken = " or ".join(found.means)
        return f"devices: can't be judged: none of {found.unjudged} has what both policies take: {taken}"
    only = len(found.judged) == 1
    logins = [
        f"{_LOGINS[by]}{'' if only else f' ({count})'}" for by, count in sorted(found.judged.items(), key=_strongest)
    ]
    how = f", each judged {', or '.join(logins)}, at no known place" if logins else ""
    return f"devices: {found.changed} of {found.devices} would get another outcome{how}"


def _strongest(judged: tuple[str, int]) -> int:
    return ALL_MEANS.index(judged[0])


def _session(change: SessionChange) -> dict[str, Any]:
    session = change.session
    return {
        "session": session.key,
        "device": session.device_name,
        "user": session.facts.user_name,
        "mac": session.facts.mac,
        "nas": session.facts.nas_identifier or session.facts.nas_address,
        "from": change.before.outcome,
        "to": change.after.outcome,
        "rule_before": change.before.rule,
        "rule_after": change.after.rule,
        "granted": session.granted,
    }


def _groups(found: Difference) -> list[dict[str, Any]]:
    """Return the groups of devices, the largest first."""
    rows = sorted(found.groups.items(), key=lambda group: (-group[1].count, group[0]))
    return [
        {"from": before, "to": after, "rule": rule, "devices": group.count, "such_as": sorted(group.names)}
        for (before, after, rule), group in rows
    ]
