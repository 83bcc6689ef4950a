"""`radtune policy check`."""

from pathlib import Path

from radtune.errors import ExitCode
from radtune.policy_file import read_policy
from radtune.settings import read_configuration
from radtune_tools.output import Output


def check(output: Output, settings_file: Path, policy_file: Path | None) -> int:
    """Validate settings and the policy that they name, or one policy file; raises ConfigurationError."""
    if policy_file is None:
        settings, policy = read_configuration(settings_file)
        file = settings.policy
    else:
        file, policy = policy_file, read_policy(policy_file)
    if output.as_json:
        output.json({"file": str(file), "rules": len(policy.rules), "valid": True})
    output.line(f"{file}: valid, {len(policy.rules)} rules")
    return ExitCode.OK
