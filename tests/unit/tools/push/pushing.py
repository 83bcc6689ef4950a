"""Destinations, events, and a forwarder between a log and a destination, for the tests of push."""

import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from radtune.config.push_settings import Destination
from radtune_tools.push.forwarder import Forwarder
from radtune_tools.push.sender import RefusedError

URL = "http://127.0.0.1:8088/s3cret-path?sig=s3cret"


def webhook(**more: Any) -> Destination:
    """Return a webhook on loopback, with these fields."""
    return destination(type="webhook", **{"url": URL, **more})


def destination(**more: Any) -> Destination:
    """Return a destination of every kind of event, with these fields."""
    usual = {"name": "soc", "type": "syslog", "kinds": ("moved",), "batch": 10, "timeout": 10, "give_up": 604_800}
    return Destination(**{**usual, **more})


def event(number: int, **more: Any) -> dict[str, Any]:
    """Return an event that is fresh."""
    return {"time": "2027-01-15T08:00:00.000Z", "event": "moved", "id": f"e-{number}", "site": "", **more}


def ids(*numbers: int) -> list[str]:
    """Return the ids of these events."""
    return [f"e-{number}" for number in numbers]


class Taker:
    """A destination that does what a test says: `refuses` events of these ids, `fails` with these errors first."""

    def __init__(self, most: int = 10) -> None:
        self.most = most
        self.requests: list[list[str]] = []
        self.refuses: set[str] = set()
        self.fails: list[Exception] = []

    def send(self, events: Sequence[Any]) -> None:
        ids = [str(each["id"]) for each in events]
        self.requests.append(ids)
        if self.fails:
            raise self.fails.pop(0)
        if self.refuses & set(ids):
            raise RefusedError("soc answered 400")

    @property
    def asked(self) -> list[str]:
        return [each for request in self.requests for each in request]


class Pushing:
    """A log, a destination, and a forwarder between them, which can be started anew."""

    def __init__(self, tmp_path: Path) -> None:
        self.log, self.file = tmp_path / "events.jsonl", tmp_path / "store/push/soc.json"
        self.file.parent.parent.mkdir()
        self.taker, self.told = Taker(), list[str]()
        self.destination: Destination = destination()
        self.start()

    def start(self) -> None:
        self.forwarder = Forwarder(self.destination, self.log, self.file, self.taker, self.told.append)

    def write(self, *numbers: int, age: float = 0.0, **more: Any) -> None:
        at = datetime.fromtimestamp(time.time() - age, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        with self.log.open("a") as log:
            for number in numbers:
                log.write(json.dumps({**event(number), "time": at, **more}) + "\n")

    def steps(self) -> float:
        """Step until nothing more is there at once, or something fails; return the seconds to wait."""
        while not (seconds := self.forwarder.step()):
            pass
        return seconds

    @property
    def saved(self) -> dict[str, Any]:
        found = json.loads(self.file.read_text())
        assert isinstance(found, dict)
        return found
