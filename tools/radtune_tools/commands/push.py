"""`radtune push`."""

import signal
import threading
import time
from uuid import uuid4

import click

from radtune.config.settings import Settings
from radtune.errors import ExitCode, RadtuneError, TemporaryError, UsageError
from radtune_tools.cli.options import command
from radtune_tools.context import Context
from radtune_tools.output import Output
from radtune_tools.push.run import forward, sender
from radtune_tools.push.sender import SendError
from radtune_tools.user_and_lock import only_run


@command
@click.option("--once", is_flag=True, help="Send the events that are there, and end: for cron.")
@click.option("--test", is_flag=True, help="Send one test event to each destination, and end.")
def push(context: Context, once: bool, test: bool) -> int:
    """Send client events to syslog and webhooks, as push in settings says.

    It runs until it is ended. A destination gets the events since its first run. Events that could not be sent are
    tried again, also by the next run; an event may come twice, with the same id.
    """
    settings, output = context.settings(), context.output
    if once and test:
        raise UsageError("--once or --test: one of them")
    if not settings.push:
        raise RadtuneError(f"{settings.file}: push names no destination; docs/push.md says how")
    if test:
        return _test(settings, output)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    with only_run(settings.store, "push"):
        done = forward(settings, stop, output.problem, once=once)
    if once and not done:
        raise TemporaryError("not everything was sent; the next run tries again")
    return ExitCode.OK


def _test(settings: Settings, output: Output) -> int:
    """Send a test event to each destination, and say how that went."""
    failed = False
    at = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())
    for destination in settings.push:
        event = {"id": f"test-{uuid4()}", "time": at, "event": "test", "reason": "a test of radtune push"}
        try:
            sender(destination).send([event])
        except SendError as error:
            failed = True
            output.problem(f"push {destination.name}: {error}")
        else:
            output.line(f"{destination.name}: sent, with the id {event['id']}")
    return ExitCode.TEMPORARY if failed else ExitCode.OK
