"""`radtune status`."""

import time
from dataclasses import asdict

from radtune.errors import ExitCode
from radtune_tools.cli.options import command
from radtune_tools.context import Context
from radtune_tools.health.health import health


@command
def status(context: Context) -> int:
    """Say how radtune is doing; exit 1 if it isn't well.

    The policy in force in the server, the age of the device store, the live sessions, and the moves that are not
    enforced.
    """
    settings, output = context.settings(), context.output
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
