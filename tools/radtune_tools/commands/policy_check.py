"""`radtune policy check`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from radtune.config.policy_file import load_policy
from radtune.config.settings import Settings, read_configuration, read_settings
from radtune.errors import ExitCode, Problem, RadtuneError
from radtune.policy.decide import Policy
from radtune_tools.context import settings_if_any
from radtune_tools.enforce.dispatch import unusable_secrets
from radtune_tools.graph.credential import credential
from radtune_tools.output import Output
from radtune_tools.policy.lint import warnings
from radtune_tools.user_and_lock import as_server


def check(output: Output, settings_file: Path, policy_file: Path | None, *, strict: bool) -> int:
    """Validate settings, the secrets and the policy that they name; or one policy file alone.

    The server's user has to be able to read them: root reads as that user does. Raises ConfigurationError with every
    fault of both files, and NotPermittedError; a secret's file that can't be used is a problem of its own, whose exit
    code is returned. What a policy without faults says that its operator is unlikely to want is a warning; with
    `strict` it is a problem, too.
    """
    if policy_file is not None:
        return _check_alone(output, settings_file, policy_file, strict=strict)
    read_configuration(settings_file)
    with as_server(read_settings(settings_file)):
        settings, _ = read_configuration(settings_file)
        problems = [*unusable_secrets(settings), *_unusable_credentials(settings)]
        for problem in problems:
            output.problem(str(problem))
        document, policy = load_policy(settings.policy, settings.policy_context)
    found = warnings(document, policy, settings.nas_directory)
    if not problems:
        output.line(f"{settings.file}: valid")
        _tell(output, settings.policy, policy, found, settings=str(settings.file))
    if problems:
        return problems[0].exit_code
    return ExitCode.CONFIGURATION if strict and found else ExitCode.OK


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
    said = f", {len(found)} warning{'s' if len(found) > 1 else ''}" if found else ""
    output.line(f"{file}: valid, {len(policy.rules)} rules{said}")


def _plain(problem: Problem) -> dict[str, Any]:
    message = problem.message.removeprefix("warning: ")
    return {"file": str(problem.file), "line": problem.line, "key": problem.key, "message": message}
