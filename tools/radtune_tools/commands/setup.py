"""`radtune setup`."""

import os
import shlex
from collections.abc import Callable
from typing import Any

import click

from radtune.config.settings import store_directory
from radtune.errors import ExitCode, NotPermittedError, RadtuneError, UsageError
from radtune.installation import RADDB
from radtune_tools.cli.options import command, wait_option
from radtune_tools.commands.policy_check import check_everything
from radtune_tools.context import Context
from radtune_tools.link import questions
from radtune_tools.raddb_edit.changes import Change, View
from radtune_tools.raddb_edit.raddb_files import Raddb
from radtune_tools.raddb_edit.transaction import only_setup
from radtune_tools.settings_edit.client_secret import secret_as_read
from radtune_tools.setup.listeners import NoProofError, find_listener, loopback_secret
from radtune_tools.setup.plan import BY_HAND, DECLINED, DONE, TO_DO, Planned
from radtune_tools.setup.proof import Proof, prove
from radtune_tools.setup.runner import Person, Runner, Wishes
from radtune_tools.setup.server_control import Server
from radtune_tools.stores import open_devices
from radtune_tools.user_and_lock import as_server

DEBIAN = "/etc/freeradius/"


@command
@click.option("--undo", is_flag=True, help="Put back what setup has changed.")
@click.option("--dry-run", is_flag=True, help="Show each change, and make none.")
@click.option("--yes", is_flag=True, help="Change, restart and log in without a question.")
@click.option(
    "--sites",
    type=click.Choice(["radtune", "own"]),
    help="Let radtune's sites replace the stock ones, or add radtune's words to yours.",
)
@click.option("--server", multiple=True, metavar="NAME", help="With --sites own: a virtual server that radtune is for.")
@click.option("--restart-command", metavar="COMMAND", default="", help="What restarts the server, if not systemctl.")
@wait_option("How long to wait for the server, and for the event of a login.")
def setup(context: Context, /, undo: bool, dry_run: bool, yes: bool, **options: Any) -> int:
    """Switch radtune on in FreeRADIUS, step by step.

    It shows each change and asks, makes and checks it, restarts the server and logs in once. If it doesn't know a
    configuration, it leaves it as it is, and says what to do by hand.
    """
    output = context.output
    if os.geteuid() != 0 and not dry_run:
        raise NotPermittedError(f"{RADDB}: only root changes it; run as root, or look at the changes by --dry-run")
    if not str(RADDB).startswith(DEBIAN):
        output.line(f"{RADDB} isn't laid out as in Debian, where setup was tried; look at each change")
    wishes = Wishes(dry_run, options["sites"] or "", options["server"])
    store = store_directory(context.settings_file)
    server = Server(RADDB, store, _words(options["restart_command"]), options["wait"])

    def agreed(question: str) -> bool:
        return yes or questions.agreed(question, "--yes")

    with only_setup(RADDB):
        runner = Runner(RADDB, store, server, wishes, Person(output, agreed), _checker(context))
        if undo:
            return _told_of_undo(context, *runner.undo(), restarted=runner.restarted)
        sites, found = runner.set_up()
    proof = None
    if not dry_run and all(each.state in (DONE, TO_DO) for each in found):
        changed = any(each.state == TO_DO for each in found)
        if runner.restarted or (not changed and agreed("All is set up. Log in once to prove it?")):
            proof = _proved(context, options["wait"])
    return _told(context, sites, found, proof, restarted=runner.restarted)


def _words(command_line: str) -> list[str]:
    try:
        return shlex.split(command_line)
    except ValueError as error:
        raise UsageError(f"--restart-command: a quote is not closed: {command_line}") from error


def _checker(context: Context) -> Callable[[], None]:
    """Return what raises if settings, policy or store have faults; the policy's warnings are told the first time."""
    warned: list[str] = []

    def check() -> None:
        settings, _, problems, warnings = check_everything(context.settings_file)
        for warning in (str(each) for each in warnings if str(each) not in warned):
            context.output.problem(warning)
            warned.append(warning)
        if problems:
            raise RadtuneError("\n".join(str(problem) for problem in problems))
        # Without devices the server doesn't start.
        with as_server(settings), open_devices(settings):
            pass

    return check


def _proved(context: Context, wait: float) -> Proof | None:
    """Log in once, and say what that proved; None if no login can be tried."""
    output = context.output
    try:
        listener = find_listener(View(Raddb(RADDB)))
        secret = loopback_secret(RADDB / "clients.conf", secret_as_read)
    except NoProofError as error:
        output.instruction(f"no login was tried: {error}; docs/test.md says how to try one")
        return None
    proof = prove(context.as_caller(), listener, secret, wait)
    if proof.proved:
        output.line(f"proved: {proof.words}")
        output.line(
            "not proved: a login by EAP-TLS, which takes a client's certificate. With one, by docs/test.md, run:"
        )
        output.line("eapol_test -c eap-tls.conf -s SECRET -M 00:16:cb:aa:bb:01")
    else:
        output.problem(f"{proof.words}; radtune setup --undo puts everything back")
    return proof


def _told_of_undo(context: Context, back: list[Change], left: list[str], *, restarted: bool) -> int:
    if context.output.as_json:
        files = list(dict.fromkeys(change.path for change in back))
        context.output.json({"files": files, "left": left, "restarted": restarted})
    return ExitCode.REFUSED if left else ExitCode.OK


def _told(context: Context, sites: str, found: list[Planned], proof: Proof | None, *, restarted: bool) -> int:
    if context.output.as_json:
        rows = [
            {
                "step": each.step.name,
                "state": each.state,
                "files": [change.path for change in each.changes],
                "said": each.said,
            }
            for each in found
        ]
        shown = {"proved": proof.proved, "answer": proof.answer, "event": proof.event} if proof else None
        context.output.json({"sites": sites, "steps": rows, "restarted": restarted, "login": shown})
    states = {each.state for each in found}
    if BY_HAND in states:
        return ExitCode.REFUSED
    if DECLINED in states:
        context.output.problem("a step was answered by no; what needs it was left, too")
        return ExitCode.USAGE
    return ExitCode.DIFFERENCE if proof and not proof.proved else ExitCode.OK
