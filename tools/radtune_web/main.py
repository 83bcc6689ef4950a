"""The command radtune-web: serves the page, or writes the file of its users."""

import multiprocessing
import os
import sys
from getpass import getpass
from pathlib import Path
from threading import Thread
from time import sleep

import click
from waitress.server import BaseWSGIServer, MultiSocketServer, create_server

from radtune.config.settings import Settings, read_settings
from radtune.errors import ExitCode, NotPermittedError, RadtuneError, UsageError
from radtune.installation import DEFAULT_SETTINGS
from radtune.text import printable
from radtune_tools.user_and_lock import become_store_owner, store_group
from radtune_web.access.passwords import add_user, remove_user
from radtune_web.app import LARGEST, create_app
from radtune_web.index.feeder import feed

THREADS = 8
CONNECTIONS = 200
IDLE_SECONDS = 60
"""Seconds after which a connection that says nothing is closed."""
HEADER_BYTES = 32 * 1024
AGAIN_SECONDS = 5.0
"""Seconds after which the process that feeds the index is started again, if it has ended."""


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--settings",
    "settings_file",
    type=click.Path(path_type=Path, dir_okay=False),
    default=lambda: os.environ.get("RADTUNE_SETTINGS") or DEFAULT_SETTINGS,
    metavar="FILE",
    help="The settings.yaml to use. Without it: RADTUNE_SETTINGS, or the server's settings.",
)
@click.option("--add-user", metavar="NAME", help="Ask for a password, write it into web.password_file, and end.")
@click.option("--remove-user", metavar="NAME", help="Remove the user from web.password_file, and end.")
def command(settings_file: Path, add_user: str | None, remove_user: str | None) -> int:
    """Serve radtune's page for the network team and the help desk.

    If root runs it, it changes to the user who owns the stores.
    """
    settings = read_settings(settings_file.absolute())
    if add_user or remove_user:
        _change_users(settings, add_user or "", remove_user or "")
    else:
        if os.geteuid() == 0:
            _make_state(settings)
            os.chdir("/")  # processes that this one starts begin where it is, and can't if that is closed to their user
        become_store_owner(settings.store)
        serve(settings)
    return ExitCode.OK


def _change_users(settings: Settings, added: str, removed: str) -> None:
    file = settings.web.password_file
    if file is None:
        raise UsageError(f"web.password_file in {settings.file} names no file yet; give it, such as web-passwords")
    if removed:
        remove_user(file, removed)
        click.echo(f"{removed} can't sign in any more")
        return
    password = _asked(f"password for {added}: ")
    group = store_group(settings) if os.geteuid() == 0 else None
    add_user(file, added, password, group)
    click.echo(f"{added} can sign in")


def _asked(question: str) -> str:
    """Return a password, from a terminal asked for twice; raises UsageError."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass(question)
    if getpass("once more: ") != password:
        raise UsageError("the two passwords differ; nothing was changed")
    return password


def _make_state(settings: Settings) -> None:
    """Make the directory of the index as root, for the owner of the stores."""
    directory, owner = settings.web.state, settings.store.stat() if settings.store.is_dir() else None
    if owner is not None and not os.path.lexists(directory):
        directory.mkdir(mode=0o700)
        os.chown(directory, owner.st_uid, owner.st_gid, follow_symlinks=False)


def serve(settings: Settings) -> None:
    """Serve until the process is ended; raises what `_server` raises."""
    directory = settings.web.state
    try:
        directory.mkdir(mode=0o700, exist_ok=True)
    except PermissionError as error:
        raise NotPermittedError(f"{directory}: can't be made ({error.strerror}); run this as root, once") from error
    for left in directory.glob("shadow-*.yaml"):  # of a job that was killed
        left.unlink(missing_ok=True)
    server = _server(settings)
    Thread(target=_feeding, args=(str(settings.file),), daemon=True).start()
    click.echo(f"radtune-web listens on http://{settings.web.listen}", err=True)
    try:
        server.run()
    except KeyboardInterrupt:
        pass
    finally:
        server.close()


def _server(settings: Settings) -> BaseWSGIServer | MultiSocketServer:
    """Return the server, which has the port; raises RadtuneError if it can't be had, and what `create_app` raises."""
    app = create_app(settings)
    try:
        return create_server(
            app,
            host=settings.web.address,
            port=settings.web.port,
            threads=THREADS,
            connection_limit=CONNECTIONS,
            channel_timeout=IDLE_SECONDS,
            max_request_header_size=HEADER_BYTES,
            max_request_body_size=2 * LARGEST,
            clear_untrusted_proxy_headers=False,  # the gate knows whom to believe them
            ident=None,
        )
    except OSError as error:
        raise RadtuneError(f"{settings.file}: web.listen: {settings.web.listen}: {error.strerror or error}") from error


def _feeding(settings_file: str) -> None:
    """Keep a process running that feeds the index; start it again if it ends."""
    context = multiprocessing.get_context("spawn")
    while True:
        process = context.Process(target=feed, args=(settings_file, os.getpid()), daemon=True)
        process.start()
        process.join()
        click.echo(f"radtune-web: its index is fed again in {AGAIN_SECONDS:.0f} seconds", err=True)
        sleep(AGAIN_SECONDS)


def main() -> int:
    """Run the command line of this process; return its exit code."""
    try:
        return int(command.main(prog_name="radtune-web", standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        return ExitCode.USAGE
    except click.Abort:
        return ExitCode.INTERRUPTED
    except RadtuneError as error:
        for line in str(error).splitlines():
            click.echo(f"radtune-web: {printable(line)}", err=True)
        return error.exit_code
    except OSError as error:
        where = f"{printable(str(error.filename))}: " if error.filename else ""
        click.echo(f"radtune-web: {where}{error.strerror or error}", err=True)
        return ExitCode.NOT_PERMITTED if isinstance(error, PermissionError) else ExitCode.CONFIGURATION
