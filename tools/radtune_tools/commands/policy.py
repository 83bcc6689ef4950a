"""`radtune policy check`."""

from collections.abc import Iterator
from pathlib import Path

from radtune.errors import ExitCode, RadtuneError
from radtune.policy import Policy
from radtune.policy_file import read_policy
from radtune.settings import Settings, read_configuration, read_secret
from radtune_tools.credential import credential
from radtune_tools.output import Output


def check(output: Output, settings_file: Path, policy_file: Path | None) -> int:
    """Validate settings, the secrets and the policy that they name; or one policy file alone.

    Raises ConfigurationError with every fault of the two files; a secret's file that can't be used is a problem of its
    own, whose exit code is returned.
    """
    if policy_file is not None:
        _valid(output, policy_file, read_policy(policy_file))
        return ExitCode.OK
    settings, policy = read_configuration(settings_file)
    problems = list(_unusable_secrets(settings))
    for problem in problems:
        output.problem(str(problem))
    if problems:
        return problems[0].exit_code
    output.line(f"{settings.file}: valid")
    _valid(output, settings.policy, policy)
    return ExitCode.OK


def _unusable_secrets(settings: Settings) -> Iterator[RadtuneError]:
    for nas in settings.nas:
        try:
            read_secret(nas.secret_file, f"the CoA secret of {nas.name}")
        except RadtuneError as error:
            yield error
    if settings.intune is not None:
        try:
            credential(settings.intune)
        except RadtuneError as error:
            yield error


def _valid(output: Output, file: Path, policy: Policy) -> None:
    if output.as_json:
        output.json({"file": str(file), "rules": len(policy.rules), "valid": True})
    output.line(f"{file}: valid, {len(policy.rules)} rules")
