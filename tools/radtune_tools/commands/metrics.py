"""`radtune metrics`."""

import os
import time
from pathlib import Path

from radtune.config.settings import Settings
from radtune.errors import ExitCode, NotPermittedError, UsageError
from radtune.file_access import account
from radtune_tools.health.health import health
from radtune_tools.health.metrics import text, write
from radtune_tools.output import Output


def metrics(settings: Settings, output: Output, *, textfile: Path | None) -> int:
    """Print how radtune is doing as Prometheus reads it, or write it into a file.

    Raises UsageError if JSON was asked for, or there is no such directory, or the file is one; and NotPermittedError if
    it can't be written.
    """
    if output.as_json:
        raise UsageError("metrics are in Prometheus's format; `radtune --json status` says the same in JSON")
    found = health(settings, time.time())
    if textfile is None:
        output.verbatim(text(found))
        return ExitCode.OK
    try:
        write(found, textfile)
    except (FileNotFoundError, NotADirectoryError) as error:
        advice = f"there is no directory {textfile.parent}; make it, or name the one in which node_exporter looks"
        raise UsageError(f"{textfile}: {advice}") from error
    except IsADirectoryError as error:
        raise UsageError(f"{textfile}: is a directory; name a file in it") from error
    except OSError as error:
        advice = f"its directory has to let {account(os.geteuid())} write"
        raise NotPermittedError(f"{textfile}: can't be written ({error.strerror}); {advice}") from error
    return ExitCode.OK
