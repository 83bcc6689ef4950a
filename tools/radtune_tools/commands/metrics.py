"""`radtune metrics`."""

import time
from pathlib import Path

from radtune.errors import ExitCode, NotPermittedError, UsageError
from radtune.settings import Settings
from radtune_tools.health import health
from radtune_tools.metrics import text, write
from radtune_tools.output import Output


def metrics(settings: Settings, output: Output, *, textfile: Path | None) -> int:
    """Print how radtune is doing as Prometheus reads it, or write it into a file.

    Raises UsageError where JSON was asked for, and NotPermittedError where the file can't be written.
    """
    if output.as_json:
        raise UsageError("metrics are in Prometheus's format; `radtune --json status` says the same in JSON")
    found = health(settings, time.time())
    if textfile is None:
        output.verbatim(text(found))
        return ExitCode.OK
    try:
        write(found, textfile)
    except OSError as error:
        advice = "the directory has to let this user write"
        raise NotPermittedError(f"{textfile}: can't be written ({error.strerror}); {advice}") from error
    return ExitCode.OK
