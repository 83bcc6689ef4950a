"""All destinations at once, each in its own thread: a dead one doesn't delay the others."""

import threading
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, Future, wait

from radtune.config.push_settings import Destination
from radtune.config.settings import Settings
from radtune.errors import RadtuneError, TemporaryError
from radtune_tools.push.forwarder import Forwarder
from radtune_tools.push.saved import saved_file
from radtune_tools.push.sender import Sender
from radtune_tools.push.syslog import LocalSyslog, TlsSyslog
from radtune_tools.push.webhook import Webhook


def sender(destination: Destination) -> Sender:
    """Return what sends to this destination; nothing is sent yet."""
    if destination.type == "webhook":
        return Webhook(destination)
    return LocalSyslog(destination) if destination.address.startswith("/") else TlsSyslog(destination)


def forward(settings: Settings, stop: threading.Event, tell: Callable[[str], None], *, once: bool) -> bool:
    """Send events until `stop` is set, or with `once` those that are there; tell whether all were sent.

    If the file of a destination can't be used, it is reported and left out. `tell` is called from several threads.
    Raises RadtuneError if no destination is left, TemporaryError if the disk is full, and any bug in a destination.
    """
    found = []
    for destination in settings.push:
        file = saved_file(settings.store, destination.name)
        try:
            found.append(Forwarder(destination, settings.events, file, sender(destination), tell))
        except TemporaryError:
            raise  # a later start may go well
        except RadtuneError as error:
            tell(f"push {destination.name}: nothing is sent: {error}")
    if not found:
        raise RadtuneError("no destination under push can be used, so there is nothing to do")
    ended = [_started(each, stop, once=once) for each in found]
    wait(ended, return_when=FIRST_EXCEPTION)
    stop.set()
    for each in ended:
        each.result()
    return len(found) == len(settings.push) and not any(each.is_behind for each in found)


def _started(forwarder: Forwarder, stop: threading.Event, *, once: bool) -> "Future[None]":
    """Run a forwarder in a daemon thread; return the future of its end."""
    ended: Future[None] = Future()

    def run() -> None:
        try:
            while not stop.is_set():
                seconds = forwarder.step()
                if once and seconds:
                    forwarder.report()
                    break
                stop.wait(seconds)
            forwarder.close()
        except BaseException as error:  # noqa: BLE001  # raised again by `result`
            ended.set_exception(error)
        else:
            ended.set_result(None)

    threading.Thread(target=run, daemon=True).start()
    return ended
