"""`radtune policy check`."""

from pathlib import Path

from radtune.errors import ExitCode
from radtune.settings import Settings, read_policy
from radtune_tools.output import Output


def check(settings: Settings, output: Output, *, file: Path | None) -> int:
    """Validate the policy in use, or another file; raises ConfigurationError with every fault."""
    checked = file or settings.policy
    policy = read_policy(checked)
    if output.as_json:
        output.json({"file": str(checked), "rules": len(policy.rules), "valid": True})
    output.line(f"{checked}: valid, {len(policy.rules)} rules")
    return ExitCode.OK
