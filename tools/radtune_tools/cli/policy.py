"""The words and options of `radtune explain` and `radtune policy`."""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from radtune.config.policy_file import read_policy
from radtune.config.schema import schema
from radtune.errors import NotPermittedError
from radtune.file_access import unreadable
from radtune.records.addresses import parse_mac
from radtune.records.device_and_client import ALL_STATES
from radtune_tools.cli.group import Command, Group
from radtune_tools.cli.options import FILE
from radtune_tools.context import Context
from radtune_tools.policy.what_if import WhatIf

_KINDS = schema("policy")["definitions"]


def _moment(_context: click.Context, _option: click.Parameter, value: str | None) -> float | None:
    try:
        return None if value is None else datetime.fromisoformat(value).timestamp()
    except (ValueError, OverflowError) as error:
        raise click.BadParameter(
            f"{value}: expected a time such as 2026-01-31T18:30 or 2026-01-31T18:30+01:00"
        ) from error


def _mac(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    if value and not parse_mac(value):
        raise click.BadParameter(f"{value}: expected a MAC such as 00:16:cb:aa:bb:01")
    return value


def _pairs(_context: click.Context, _option: click.Parameter, value: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    for text in value:
        if not text.partition("=")[0] or "=" not in text:
            raise click.BadParameter(f"{text}: expected NAME=VALUE")
    return tuple((name, text) for name, _, text in (pair.partition("=") for pair in value))


def _certificate(context: click.Context, _option: click.Parameter, value: Path | None) -> Any:
    if value is None:
        return None
    from radtune_tools.graph.certificate_file import read_client_certificate

    return read_client_certificate(value, context.obj.as_caller().dictionaries)


@click.command("explain", cls=Command)
@click.argument("target", metavar="MAC|DEVICE|SESSION|FILE")
@click.option("--at", metavar="TIME", callback=_moment, help="At another time; ISO 8601, in the local zone if none.")
@click.option("--compliance", type=click.Choice(sorted(ALL_STATES)), help="If that were its state.")
@click.option("--ssid", metavar="SSID", help="On this wireless network.")
@click.option("--nas", metavar="ADDRESS|IDENTIFIER", help="At this switch or access point.")
@click.option("--mac", metavar="MAC", callback=_mac, help="With this MAC.")
@click.option("--user", metavar="NAME", help="With this user name, the inner one in a tunnel.")
@click.option("--auth-type", type=click.Choice(_KINDS["auth_type"]["enum"]), help="By this authentication.")
@click.option("--inner-type", type=click.Choice(_KINDS["inner_type"]["enum"]), help="By this one in a tunnel.")
@click.option("--certificate", metavar="FILE", type=FILE, callback=_certificate, help="With this client certificate.")
@click.option(
    "--attribute",
    "attributes",
    metavar="NAME=VALUE",
    multiple=True,
    callback=_pairs,
    help="With this attribute in the request; may be given several times.",
)
@click.option("--policy", "other", metavar="FILE", type=FILE, help="By this policy.")
@click.pass_obj
def explain_command(context: Context, /, target: str, other: Path | None, **changes: Any) -> int:
    """Say what a client would get now, and why.

    A live session is judged as it logged in. FILE is a client certificate, PEM or DER. Any other word is taken as a
    MAC, or as the name or id in a certificate. The options ask what if: they are laid over that login.
    """
    from radtune_tools.commands import explain
    from radtune_tools.graph.certificate_file import read_client_certificate

    # Files are read by who called; afterwards the store's owner goes on, who may not.
    certificate = read_client_certificate(Path(target), context.as_caller().dictionaries) if _is_file(target) else None
    policy = read_policy(other, context.as_caller().policy_context) if other else None
    what_if = WhatIf(**{name: value for name, value in changes.items() if value is not None})
    question = explain.Question(target, certificate, what_if, policy)
    return explain.explain(context.settings(), context.output, question)


def _is_file(target: str) -> bool:
    try:
        return Path(target).is_file()
    except PermissionError as error:
        raise NotPermittedError(unreadable(Path(target))) from error
    except (OSError, ValueError):  # a name that is too long, or holds what no name can
        return False


@click.group("policy", cls=Group)
def policy_group() -> None:
    """Work on the policy."""


@policy_group.command("check", short_help="Name every fault and warning of settings and policy.")
@click.argument("file", required=False, type=FILE)
@click.option("--strict", is_flag=True, help="Take warnings for faults.")
@click.pass_obj
def policy_check_command(context: Context, file: Path | None, strict: bool) -> int:
    """Name every fault and warning of settings and policy, or of a policy FILE, with file, line and key.

    A FILE is held against the sites and dictionaries of the settings in use, if there are any.
    """
    from radtune_tools.commands import policy_check

    return policy_check.check(context.output, context.settings_file, file, strict=strict)


@policy_group.command("test", short_help="Judge the cases of policy-tests.yaml, or of FILE.")
@click.argument("file", required=False, type=FILE)
@click.option("--policy", "other", metavar="FILE", type=FILE, help="Judge by this policy.")
@click.pass_obj
def policy_test_command(context: Context, file: Path | None, other: Path | None) -> int:
    """Judge the cases in FILE, or in policy-tests.yaml beside the policy; exit 1 if one fails.

    Needs no store and no server; with --policy no settings either.
    """
    from radtune_tools.commands import policy_test

    return policy_test.test(context.output, context.settings_file, file, other)


@policy_group.command("diff", short_help="Show who would get another outcome under the policy NEW.")
@click.argument("new", type=FILE)
@click.option(
    "--check",
    is_flag=True,
    help="Exit 1 if anybody would get another outcome, or the two find devices by nothing alike.",
)
@click.pass_obj
def policy_diff_command(context: Context, new: Path, check: bool) -> int:
    """Show which live sessions and how many devices would get another outcome under the policy NEW; write nothing."""
    from radtune_tools.commands import policy_diff

    policy = read_policy(new, context.as_caller().policy_context)
    return policy_diff.diff(context.settings(), context.output, new, policy, check=check)
