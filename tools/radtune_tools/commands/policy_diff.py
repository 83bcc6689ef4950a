"""`radtune policy diff`."""

import time
from pathlib import Path

import click

from radtune.config.policy_file import read_policy
from radtune.errors import ExitCode
from radtune.text import counted
from radtune_tools.cli.options import FILE, command
from radtune_tools.context import Context
from radtune_tools.listing import Columns
from radtune_tools.output import Output
from radtune_tools.policy.difference import Difference, compare
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
"""The login that is imagined of a device, by the kind of identifier that it shows; the strongest first."""


@command
@click.argument("new", type=FILE)
@click.option(
    "--check",
    is_flag=True,
    help="Exit 1 if anybody would get another outcome, or the two find devices by nothing alike.",
)
def policy_diff(context: Context, new: Path, check: bool) -> int:
    """Show who would get another outcome under the policy NEW.

    Names the live sessions and counts the devices; writes nothing.
    """
    # Who called may read a file that the store's owner may not.
    policy = read_policy(new, context.as_caller().policy_context)
    settings, output = context.settings(), context.output
    current = read_policy(settings.policy, settings.policy_context)
    with Stores(settings) as stores:
        found = compare(stores, current, policy, time.time())
    if output.as_json:
        output.json(
            {
                "policy": str(settings.policy),
                "new": str(new),
                "live_sessions": found.live,
                "missing_attribute": found.missing_attribute,
                "sessions": found.sessions,
                "devices_judged": found.judged.total(),
                "judged_by": dict(found.judged),
                "devices_not_judged": found.unjudged,
                "devices_stale": found.stale,
                "devices": found.groups(),
            }
        )
    else:
        _print(output, found)
    differs = found.sessions or found.changed or (found.only_one and not found.identifiers)
    return ExitCode.DIFFERENCE if check and differs else ExitCode.OK


def _print(output: Output, found: Difference) -> None:
    output.line(f"live sessions: {len(found.sessions)} of {found.live} would get another outcome")
    if found.sessions:
        output.table(SESSION_COLUMNS, found.sessions, "")
    if found.missing_attribute:
        why = "a policy asks for what was not kept at their login; it is known at the next"
        output.line(f"unknown for {counted(found.missing_attribute, 'session')}: {why}")
    output.line(f"devices: {_devices(found)}")
    if found.judged and found.unjudged:
        output.line(f"unknown for {counted(found.unjudged, 'device')}: no identifier finds them under both policies")
    if found.only_one and found.identifiers:
        kinds = " or ".join(found.only_one)
        output.line(f"only one of the policies finds a device by {kinds}; such logins are left out")
    if found.changed:
        output.table(DEVICE_COLUMNS, found.groups(), "")
    if found.stale:
        output.line(f"the store is stale for {counted(found.stale, 'device')}, judged as such; run radtune sync")


def _devices(found: Difference) -> str:
    """Return the count of devices that would get another outcome, and the logins that were imagined; or why none."""
    if not found.identifiers:
        return f"can't be judged ({found.unjudged} of them): both policies take none of {', '.join(_LOGINS)}"
    if found.unjudged and not found.judged:
        taken = " or ".join(found.identifiers)
        return f"can't be judged: none of {found.unjudged} has what both policies take: {taken}"
    counted = [(login, found.judged[kind]) for kind, login in _LOGINS.items() if kind in found.judged]
    logins = [login if len(counted) == 1 else f"{login} ({count})" for login, count in counted]
    how = f", each judged {', or '.join(logins)}, at no known place" if logins else ""
    return f"{found.changed.total()} of {found.judged.total()} would get another outcome{how}"
