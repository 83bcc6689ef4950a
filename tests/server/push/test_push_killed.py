"""`radtune push`, killed with kill -9 while events are written and the log is rotated: nothing is lost."""

import os
import random
import ssl
from pathlib import Path
from typing import Any

from parts.event_receivers import Deed, TlsSyslog, Webhook
from parts.graph_simulator.messages import Cut, Request, Response
from parts.process import wait_for
from parts.push_site import PushSite

KILLS = int(os.environ.get("KILLS", "8"))
"""How often it is killed; the whole is 50."""
PATIENCE = 180.0
TAKES: tuple[Deed, ...] = ("take", "end")
FAILS: tuple[Deed, ...] = ("close-early", "read-half")


class Faults:
    """One in eight requests and connections fails; of some of them the events have arrived."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    def answer(self, _: Request, number: int) -> Response | None:
        busy, broken = Response(429, None, {"Retry-After": "0"}), Response(200, {"taken": True}, cut=Cut("reset"))
        return self._chance.choice([busy, broken, Response(500, None)]) if number % 8 == 0 else None

    def deed(self, number: int) -> Deed:
        return self._chance.choice(FAILS if number % 8 == 0 else TAKES)


def kill_often(site: PushSite, webhook: Webhook, chance: random.Random) -> list[str]:
    """Kill the forwarder while events are written and the log is rotated; give the ids of the events."""
    ids: list[str] = []
    for number in range(KILLS):
        ids += site.write(chance.randrange(40))
        arrived = len(webhook.requests)
        run = site.start()
        if number % 3:  # or else it is killed while it starts
            wait_for(lambda seen=arrived: len(webhook.requests) > seen, "a request", PATIENCE)  # type: ignore[misc]
        ids += site.write(chance.randrange(40))
        if number % 4 == 1:
            site.rotate()
            ids += site.write(chance.randrange(1, 40))
        webhook.ending.wait(chance.random() * 0.3)
        run.kill()
        run.communicate()
    return ids + site.write(1)


def test_killed_at_any_moment_it_loses_nothing_and_doubles_have_the_same_id(
    directory: Path, context: ssl.SSLContext
) -> None:
    chance = random.Random(20261128)  # noqa: S311
    trust: dict[str, Any] = {"ca_file": "ca.pem", "batch": 5}
    with Webhook(context) as webhook, TlsSyslog(context) as syslog:
        faults = Faults(chance)
        webhook.answer, syslog.deed = faults.answer, faults.deed
        site = PushSite(
            directory,
            {"name": "hook", "type": "webhook", "url": webhook.url, **trust},
            {"name": "soc", "type": "syslog", "address": syslog.address, **trust},
        )
        site.push("--once")
        ids = kill_often(site, webhook, chance)
        with site.start() as run:
            wait_for(lambda: set(ids) == set(webhook.ids) == set(syslog.ids), "all events at both", PATIENCE)
            run.terminate()
            assert run.wait() == 0
        webhook.answer, syslog.deed = lambda request, number: None, lambda number: "take"
        site.push("--once")
    for got in (webhook.ids, syslog.ids):
        assert list(dict.fromkeys(got)) == ids, "in order, but for doubles"
    assert {each["id"]: each for each in webhook.taken} == {each["id"]: each for each in reversed(webhook.taken)}
    for name in ("hook", "soc"):
        saved = site.saved(name)
        assert (saved["losses"], saved["refused"], saved["given_up"], saved["oldest"]) == (0, 0, 0, "")
