"""A hook that puts into the reply exactly what a test says, and shows how the server gives it a request.

`config { settings = <directory> }` names the directory; `pairs.json` in it is a list, and a request with NAS-Port N
gets its item N: a list of [name, operator, value]. Where the value is null, it is what the request holds of the
attribute of this name, put into a Reply-Message as JSON.
"""

import json
from pathlib import Path
from typing import Any

import radiusd

FILE = Path(radiusd.config["settings"]) / "pairs.json"


class Pairs:
    """The file as it was when it was last read."""

    def __init__(self) -> None:
        self.changed = 0
        self.items: list[Any] = []

    def reread(self) -> list[Any]:
        changed = FILE.stat().st_mtime_ns
        if changed != self.changed:
            self.changed, self.items = changed, json.loads(FILE.read_text())
        return self.items


PAIRS = Pairs()


def instantiate(_lists: Any) -> int:
    return int(radiusd.RLM_MODULE_OK)


def detach(_lists: Any) -> int:
    return int(radiusd.RLM_MODULE_OK)


def authorize(_lists: Any) -> Any:
    return int(radiusd.RLM_MODULE_NOOP)


def accounting(_lists: Any) -> Any:
    return int(radiusd.RLM_MODULE_NOOP)


def post_auth(lists: Any) -> Any:
    (number,) = [int(value) for name, value in lists["request"] if name == "NAS-Port"]
    reply = tuple(
        _shown(name, lists["request"]) if value is None else (name, operator, value)
        for name, operator, value in PAIRS.reread()[number]
    )
    return int(radiusd.RLM_MODULE_UPDATED), {"reply": reply}


def _shown(wanted: str, request: Any) -> tuple[str, str, str]:
    found = [pair for pair in request if pair[0].partition(":")[0] == wanted]
    return "Reply-Message", ":=", json.dumps(found, ensure_ascii=False).replace("\\", "\\\\")
