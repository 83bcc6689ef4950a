"""`radtune status`."""

import time
from dataclasses import asdict

from radtune.config.settings import Settings
from radtune.errors import ExitCode
from radtune_tools.health.health import health
from radtune_tools.output import Output


def status(settings: Settings, output: Output) -> int:
    """Print how radtune is doing, and each reason to worry as a problem.

    Returns DIFFERENCE if anything is wrong, and UNKNOWN if nothing is known to be, but not everything can be seen.
    """
    found = health(settings, time.time())
    if output.as_json:
        reasons = [asdict(reason) for reason in found.reasons]
        output.json({"healthy": not reasons, "state": found.state, "reasons": reasons, **found.parts})
    for line in found.lines:
        output.line(line)
    if found.state != "unhealthy":
        output.line(found.state)
    for reason in found.reasons:
        output.problem(reason.message)
    return {"healthy": ExitCode.OK, "unhealthy": ExitCode.DIFFERENCE, "unknown": ExitCode.UNKNOWN}[found.state]
