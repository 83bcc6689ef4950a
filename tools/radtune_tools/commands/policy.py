"""`radtune policy check`."""

from pathlib import Path

from radtune.errors import ExitCode
from radtune.settings import read_policy
from radtune_tools.output import Output


def check(output: Output, file: Path) -> int:
    """Validate a policy file; raises ConfigurationError with every fault."""
    policy = read_policy(file)
    if output.as_json:
        output.json({"file": str(file), "rules": len(policy.rules), "valid": True})
    output.line(f"{file}: valid, {len(policy.rules)} rules")
    return ExitCode.OK
