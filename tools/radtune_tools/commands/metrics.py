"""`radtune metrics`."""

import os
import time
from pathlib import Path

import click

from radtune.errors import ExitCode, NotPermittedError, UsageError
from radtune.file_access import account
from radtune_tools.cli.options import command
from radtune_tools.context import Context
from radtune_tools.health.metrics import text, write


@command
@click.option(
    "--textfile", type=click.Path(path_type=Path), metavar="FILE", help="Write them there, for node_exporter."
)
def metrics(context: Context, textfile: Path | None) -> int:
    """Print metrics for Prometheus: what status says, and counts.

    The counts are kept in the store, so that they go on over restarts. Each run counts the events that are new.
    """
    settings, output = context.settings(), context.output
    if output.as_json:
        raise UsageError("metrics are in Prometheus's format; `radtune --json status` says the same in JSON")
    now, report = time.time(), output.problem
    if textfile is None:
        output.verbatim(text(settings, now, report))
        return ExitCode.OK
    try:
        write(settings, now, report, textfile)
    except (FileNotFoundError, NotADirectoryError) as error:
        advice = f"there is no directory {textfile.parent}; make it, or name the one in which node_exporter looks"
        raise UsageError(f"{textfile}: {advice}") from error
    except IsADirectoryError as error:
        raise UsageError(f"{textfile}: is a directory; name a file in it") from error
    except OSError as error:
        advice = f"its directory has to let {account(os.geteuid())} write"
        raise NotPermittedError(f"{textfile}: can't be written ({error.strerror}); {advice}") from error
    return ExitCode.OK
