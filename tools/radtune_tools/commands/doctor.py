"""`radtune doctor`."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

import click

from radtune.errors import NotPermittedError, UsageError
from radtune.file_access import account
from radtune.installation import RADDB
from radtune.text import counted
from radtune_tools.cli.options import command
from radtune_tools.context import Context
from radtune_tools.doctor.bundle import write_bundle
from radtune_tools.doctor.examination import Subject, examine
from radtune_tools.doctor.report import Report
from radtune_tools.output import Output


@command
@click.option("--offline", is_flag=True, help="Don't connect to Microsoft.")
@click.option("--coa", is_flag=True, help="Ask each NAS, as nas test does; no client is moved.")
@click.option(
    "--bundle",
    type=click.Path(readable=False, path_type=Path),
    metavar="FILE",
    help="Also write an archive for a bug report, without private texts.",
)
@click.option(
    "--raddb",
    type=click.Path(readable=False, path_type=Path),
    default=RADDB,
    show_default=True,
    metavar="DIRECTORY",
    help="The server's configuration.",
)
def doctor(context: Context, offline: bool, coa: bool, bundle: Path | None, raddb: Path) -> int:
    """Find what is wrong with server, configuration, files and data.

    For each finding it says what is wrong, what it leads to, and what mends it. It also says what it could not check.
    It changes nothing. Exits 1 if there are findings, 69 if there are none but something could not be checked.
    """
    subject = Subject(context.settings_file.absolute(), raddb.absolute(), offline, coa)
    # Opened before root's rights are given up.
    with _opened(bundle) as file:
        report = examine(subject)
        _tell(context.output, report)
        if file is not None:
            words = write_bundle(report, file)
            for private, word in words.items():
                context.output.line(f"{word} in {bundle} stands for {private}")
    return report.exit_code


@contextmanager
def _opened(bundle: Path | None) -> Iterator[IO[bytes] | None]:
    """Make the file of the archive, for its owner alone; raises UsageError, NotPermittedError."""
    if bundle is None:
        yield None
        return
    try:
        descriptor = os.open(bundle, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except FileExistsError as error:
        raise UsageError(f"{bundle}: is there already; name another file") from error
    except PermissionError as error:
        advice = f"its directory has to let {account(os.geteuid())} write"
        raise NotPermittedError(f"{bundle}: can't be written ({error.strerror}); {advice}") from error
    except OSError as error:
        raise UsageError(f"{bundle}: can't be written: {error.strerror}") from error
    with os.fdopen(descriptor, "wb") as file:
        try:
            yield file
        except BaseException:  # raised again: nothing half is left, if this user may still remove it
            with suppress(OSError):
                bundle.unlink()
            raise


def _tell(output: Output, report: Report) -> None:
    if output.as_json:
        output.json(report.plain())
    for check in report.checks:
        output.line(f"{check.name}: {check.said or 'see below'}")
        for finding in check.findings:
            output.problem(f"{finding.kind}: {finding.what}")
            output.problem(f"  it matters: {finding.why}")
            output.problem(f"  what mends it: {finding.mend}")
        for each in check.not_known:
            output.problem(f"not known: {each.why}")
    counts = f"{counted(len(report.findings), 'finding')}, {len(report.not_known)} not known"
    output.line(str(report.state) if report.state == "healthy" else f"{report.state}: {counts}")
