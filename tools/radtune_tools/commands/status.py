"""`radtune status`."""

import time

from radtune.errors import ExitCode
from radtune.settings import Settings
from radtune_tools.health import health
from radtune_tools.output import Output


def status(settings: Settings, output: Output) -> int:
    """Print how radtune is doing; return DIFFERENCE, and print each reason as a problem, where it isn't well."""
    found = health(settings, time.time())
    if output.as_json:
        output.json({"healthy": not found.reasons, "reasons": found.reasons, **found.parts})
    for line in found.lines:
        output.line(line)
    if not found.reasons:
        output.line("healthy")
    for reason in found.reasons:
        output.problem(reason)
    return ExitCode.DIFFERENCE if found.reasons else ExitCode.OK
