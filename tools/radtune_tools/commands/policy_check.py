"""`radtune policy check`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from radtune.config.policy_file import load_policy
from radtune.config.policy_labels import PolicyContext
from radtune.config.settings import Settings, read_configuration, read_settings
from radtune.errors import ConfigurationError, ExitCode, NotPermittedError, Problem, RadtuneError
from radtune.policy.decide import Policy
from radtune.text import counted
from radtune_tools.cli.options import FILE, command
from radtune_tools.context import Context
from radtune_tools.enforce.nas_requests import unusable_secrets
from radtune_tools.graph.credential import credential
from radtune_tools.output import Output
from radtune_tools.policy.lint import warnings
from radtune_tools.user_and_lock import as_server


@command
@click.argument("file", required=False, type=FILE)
@click.option("--strict", is_flag=True, help="Count warnings as faults.")
def policy_check(context: Context, file: Path | None, strict: bool) -> int:
    """Name every fault and warning of settings and policy.

    Each has its file, line and key. With FILE, those of that policy alone: it is held against the sites and
    dictionaries of the settings in use, if there are any.
    """
    settings_file, output = context.settings_file, context.output
    if file is not None:
        return _check_alone(output, settings_file, file, strict=strict)
    settings, policy, problems, found = check_everything(settings_file)
    for problem in problems:
        output.problem(str(problem))
    if not problems:
        output.line(f"{settings.file}: valid")
        _tell(output, settings.policy, policy, found, settings=str(settings.file))
    if problems:
        return problems[0].exit_code
    return ExitCode.CONFIGURATION if strict and found else ExitCode.OK


def check_everything(settings_file: Path) -> tuple[Settings, Policy, list[RadtuneError], list[Problem]]:
    """Return settings and policy, the secrets and credentials that can't be used, and the policy's warnings.

    Raises ConfigurationError with every fault, NotPermittedError.
    """
    # The server's user has to be able to read all of it: root reads as that user does.
    read_configuration(settings_file)
    with as_server(read_settings(settings_file)):
        settings, _ = read_configuration(settings_file)
        problems = [*unusable_secrets(settings), *_unusable_credentials(settings)]
        document, policy = load_policy(settings.policy, settings.policy_context)
    return settings, policy, problems, warnings(document, policy, settings.nas_directory)


def settings_if_any(settings_file: Path) -> tuple[Settings | None, PolicyContext, str]:
    """Return the settings if there are any that this user may read, what a policy is read with, and that in words.

    Raises ConfigurationError if the settings have faults.
    """
    try:
        settings = read_settings(settings_file)
    except NotPermittedError as error:
        why = str(error)
    except ConfigurationError:
        if settings_file.exists():
            raise
        why = f"there is no {settings_file}"
    else:
        return settings, settings.policy_context, f"with the sites and dictionaries of {settings_file}"
    return None, PolicyContext(None), f"without sites and dictionaries: {why}"


def _check_alone(output: Output, settings_file: Path, file: Path, *, strict: bool) -> int:
    settings, context, said = settings_if_any(settings_file)
    document, policy = load_policy(file, context)
    found = warnings(document, policy, context.nas_directory)
    _tell(output, file, policy, found, settings=str(settings_file) if settings else "")
    output.line(f"checked {said}")
    return ExitCode.CONFIGURATION if strict and found else ExitCode.OK


def _unusable_credentials(settings: Settings) -> Iterator[RadtuneError]:
    for tenant in settings.tenants:
        try:
            credential(tenant)
        except RadtuneError as error:
            yield error


def _tell(output: Output, file: Path, policy: Policy, found: list[Problem], *, settings: str) -> None:
    for problem in found:
        output.problem(str(problem))
    if output.as_json:
        rows = [_plain(problem) for problem in found]
        answer = {"file": str(file), "rules": len(policy.rules), "valid": True, "warnings": rows, "settings": settings}
        output.json(answer)
    said = f", {counted(len(found), 'warning')}" if found else ""
    output.line(f"{file}: valid, {counted(len(policy.rules), 'rule')}{said}")


def _plain(problem: Problem) -> dict[str, Any]:
    message = problem.message.removeprefix("warning: ")
    return {"file": str(problem.file), "line": problem.line, "key": problem.key, "message": message}
