"""`radtune explain`."""

import time
from pathlib import Path
from typing import Any

import click

from radtune.config.policy_file import read_policy
from radtune.config.schema import schema
from radtune.config.settings import Settings
from radtune.dataclass import replace
from radtune.errors import ExitCode, NotPermittedError
from radtune.file_access import unreadable
from radtune.policy.decide import Policy
from radtune.records.addresses import parse_mac
from radtune.records.device_and_client import ALL_STATES, Certificate
from radtune_tools.bad_target import malformed, no_such
from radtune_tools.cli.options import FILE, command, moment
from radtune_tools.commands.coa import names
from radtune_tools.commands.explain_answer import show
from radtune_tools.context import Context
from radtune_tools.enforce.running_servers import policy_mismatch, policy_states
from radtune_tools.policy.client_certificate import read_client_certificate
from radtune_tools.policy.explanation import Explanation, login_of
from radtune_tools.policy.explanation import explain as explain_login
from radtune_tools.policy.what_if import WhatIf
from radtune_tools.stores import Stores

NOTHING = "no live session and no device in the store has this name, id or MAC"
_KINDS = schema("policy")["definitions"]


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
    return None if value is None else read_client_certificate(value, context.obj.as_caller().dictionaries)


@command
@click.argument("target", metavar="MAC|DEVICE|SESSION|FILE")
@click.option("--at", metavar="TIME", callback=moment, help="At another time; ISO 8601, in the local zone if none.")
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
def explain(context: Context, /, target: str, other: Path | None, **changes: Any) -> int:
    """Say what a client would get now, and why.

    A live session is judged as it logged in. FILE is a client certificate, PEM or DER. Any other word is taken as a
    MAC, or as the name or id in a certificate. The options ask what if: they are laid over that login.
    """
    # Files are read by who called; afterwards the store's owner goes on, who may not.
    certificate = None
    if _is_file(target):
        certificate = read_client_certificate(Path(target), context.as_caller().dictionaries)
    policy = read_policy(other, context.as_caller().policy_context) if other else None
    what_if = WhatIf(**{name: value for name, value in changes.items() if value is not None})
    settings, output = context.settings(), context.output
    explanation = _explain(settings, target, certificate, policy, what_if)
    if not explanation.is_known and malformed(target):
        raise no_such(target, NOTHING)
    show(output, explanation)
    if not explanation.is_known:
        raise no_such(target, f"{NOTHING}; it was judged as a name in a certificate")
    return ExitCode.OK


def _is_file(target: str) -> bool:
    try:
        return Path(target).is_file()
    except PermissionError as error:
        raise NotPermittedError(unreadable(Path(target))) from error
    except (OSError, ValueError):  # a name that is too long, or holds what no name can
        return False


def _explain(
    settings: Settings, target: str, certificate: Certificate | None, other: Policy | None, what_if: WhatIf
) -> Explanation:
    """Evaluate the policy for the client, another one if it is given, with the changes of `what_if`."""
    policy, now = other or read_policy(settings.policy, settings.policy_context), time.time()
    with Stores(settings) as stores:
        live = () if certificate else stores.sessions.sessions()
        login = login_of(target, [each for each in live if names(each, target)], certificate, policy)
        mismatch = None if other else policy_mismatch(policy_states(settings), policy.fingerprint, settings.policy)
        found = explain_login(stores, policy, settings.nas, target, login, what_if, now, mismatch)
    return replace(found, is_known=True) if certificate else found
