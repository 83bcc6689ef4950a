"""`radtune policy diff`."""

import time
from pathlib import Path
from typing import Any

from radtune.errors import ExitCode
from radtune.policy import Policy
from radtune.policy_file import read_policy
from radtune.settings import Settings
from radtune_tools.output import Output
from radtune_tools.policy_difference import Difference, SessionChange, compare
from radtune_tools.stores import Stores

SESSION_COLUMNS = ("device", "user", "mac", "nas", "from", "to", "rule_before", "rule_after")
DEVICE_COLUMNS = ("from", "to", "rule", "devices", "such_as")


def diff(settings: Settings, output: Output, file: Path, policy: Policy, *, check: bool) -> int:
    """Print who would get another outcome under this policy than under the one in use; nothing is written.

    With `check` the exit code tells whether anybody would.
    """
    current = read_policy(settings.policy, settings.surroundings)
    with Stores(settings) as stores:
        found = compare(stores, current, policy, time.time())
    sessions = [_session(change) for change in found.sessions]
    groups = _groups(found)
    if output.as_json:
        counts = {"live": found.live, "undecided": found.undecided, "judged": found.devices, "blind": found.blind}
        output.json(
            {"policy": str(settings.policy), "new": str(file), **counts, "sessions": sessions, "devices": groups}
        )
    else:
        _print(output, found, sessions, groups)
    return ExitCode.DIFFERENCE if check and (sessions or groups) else ExitCode.OK


def _print(output: Output, found: Difference, sessions: list[dict[str, Any]], groups: list[dict[str, Any]]) -> None:
    output.line(f"live sessions: {len(sessions)} of {found.live} would get another outcome")
    if sessions:
        output.table(SESSION_COLUMNS, sessions, "")
    if found.undecided:
        why = "a policy asks for what was not kept at their login; it is known at the next"
        output.line(f"can't tell for {found.undecided} sessions: {why}")
    output.line(
        f"devices: {found.changed} of {found.devices} would get another outcome, each judged as an EAP-TLS login with "
        "its Intune id in the certificate, at no known place"
    )
    if groups:
        output.table(DEVICE_COLUMNS, groups, "")
    if found.blind:
        output.line(f"the store is stale for {found.blind} devices, and they are judged as such; radtune sync mends it")


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
