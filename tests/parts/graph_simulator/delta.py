"""GET /v1.0/devices/delta: first all of Entra's device objects, then what has changed since."""

import base64
import binascii
import json
from dataclasses import asdict, dataclass, replace
from typing import Final

from parts.graph_simulator import graph_errors, odata
from parts.graph_simulator.directory import PROPERTIES, Directory, UnknownEntraDeviceError
from parts.graph_simulator.kinds import DELTA
from parts.graph_simulator.messages import JsonObject, Request

PAGE_SIZE: Final = 200
LATEST: Final = "latest"


@dataclass(frozen=True, slots=True)
class State:
    """What a token says: a walk over all objects goes on at `cursor` and began at the moment `until`; a round of
    changes goes on at the moment `since` and ends at `until`, or if that is None, now.
    """

    epoch: int
    select: tuple[str, ...] | None
    cursor: int | None = None
    since: int | None = None
    until: int | None = None

    def token(self) -> str:
        """Give the state as the text that only the simulator is to read."""
        return base64.urlsafe_b64encode(json.dumps(asdict(self)).encode()).decode().rstrip("=")


class Delta:
    """The rounds of change tracking over one tenant's directory."""

    def __init__(self, url: str, directory: Directory) -> None:
        self._start, self._directory = url + DELTA, directory

    def page(self, request: Request) -> tuple[list[JsonObject], dict[str, str]]:
        """Give one page of objects, and its nextLink or deltaLink by name; RefusalError for a bad token or option."""
        state = self._state(request)
        if state.cursor is not None:
            found, cursor = self._directory.page(state.cursor, PAGE_SIZE)
            shown = [selected(each, state.select) for each in found]
            following = None if cursor is None else replace(state, cursor=cursor)
        else:
            shown, following = self._round(state)
        if following is not None:
            return shown, {"@odata.nextLink": f"{self._start}?$skiptoken={following.token()}"}
        after = State(state.epoch, state.select, since=state.until)
        return shown, {"@odata.deltaLink": f"{self._start}?$deltatoken={after.token()}"}

    def next_after(self, request: Request) -> str:
        """Give a link to the very page that is asked for, whose text differs from the request's."""
        return f"{self._start}?$skiptoken={self._state(request).token()}&again={request.request_id}"

    def _round(self, state: State) -> tuple[list[JsonObject], State | None]:
        """Give the objects of up to a page of changes, each once on it, and the state of what is left."""
        assert state.since is not None
        changes = self._directory.changes(state.since, state.until or 0)
        shown: dict[str, JsonObject] = {}
        for number, change in enumerate(changes, state.since):
            if len(shown) == PAGE_SIZE:
                return list(shown.values()), replace(state, since=number)
            if change.removed is None and state.select is not None and not change.names & {*state.select}:
                continue
            try:
                current = selected(self._directory.get(change.device_id), state.select)
            except UnknownEntraDeviceError as gone:
                current = {"id": gone.object_id, "@removed": {"reason": gone.reason}}
            shown[change.device_id] = current
        return list(shown.values()), None

    def _state(self, request: Request) -> State:
        options = odata.system_options(request, frozenset({"$select", "$skiptoken", "$deltatoken"}))
        token = options.get("$skiptoken") or options.get("$deltatoken") or None
        epoch = self._directory.epoch
        if token is None or token == LATEST:
            select = odata.selected(request, options["$select"], "device", PROPERTIES) if "$select" in options else None
            now = self._directory.now()
            return State(epoch, select, since=now, until=now) if token else State(epoch, select, cursor=0, until=now)
        state = _read(request, token)
        if state.epoch != epoch:
            if self._directory.voided == "expired":
                raise graph_errors.sync_state_not_found(request)
            raise graph_errors.resync(request, self._start)
        return state if state.until is not None else replace(state, until=self._directory.now())


def _read(request: Request, token: str) -> State:
    try:
        fields = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
        select = fields.pop("select")
        return State(**fields, select=None if select is None else tuple(select))
    except (binascii.Error, ValueError, TypeError, KeyError, AttributeError):
        raise graph_errors.bad_request(request, "Badly formed token. Use the link as it was given.") from None


def selected(shown: JsonObject, select: tuple[str, ...] | None) -> JsonObject:
    """Give the selected properties of an object, and its id, which is there whether it is selected or not."""
    return shown if select is None else {name: shown[name] for name in dict.fromkeys(("id", *select))}
