"""The query options Graph takes on managedDevices, and the links by which it gives the next page."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from parts.graph_simulator import filters
from parts.graph_simulator.graph_errors import bad_request
from parts.graph_simulator.managed_device import DEFAULTS
from parts.graph_simulator.messages import Request
from parts.graph_simulator.order import Key

LARGEST_PAGE: Final = 1000
_SKIP_TOKEN = re.compile(r"LastDeviceName='((?:[^']|'')*)',LastDeviceId='((?:[^']|'')*)'")


@dataclass(frozen=True, slots=True)
class Query:
    """Query options as read: None stands for an option that was not given."""

    select: tuple[str, ...] | None
    top: int | None
    after: Key | None
    filter: filters.Filter | None = None


def read(request: Request, allowed: frozenset[str]) -> Query:
    """Read the query options; RefusalError with 400 for one that is malformed or that this resource doesn't take.

    A parameter without the $ is no query option, and is ignored as Graph does.
    """
    options = system_options(request, allowed)
    return Query(
        select=selected(request, options["$select"], "managedDevice", DEFAULTS) if "$select" in options else None,
        top=_top(request, options["$top"]) if "$top" in options else None,
        after=_after(request, options["$skiptoken"]) if "$skiptoken" in options else None,
        filter=filters.read(request, options["$filter"]) if "$filter" in options else None,
    )


def system_options(request: Request, allowed: frozenset[str]) -> dict[str, str]:
    """Give the query options that begin with $; RefusalError with 400 for one that isn't allowed or comes twice."""
    options: dict[str, str] = {}
    for name, value in request.options():
        if name.startswith("$"):
            if name not in allowed:
                raise bad_request(request, f"Query option '{name}' is not supported here.")
            if name in options:
                raise bad_request(request, f"Query option '{name}' was specified more than once.")
            options[name] = value
    return options


def next_link(collection_url: str, query: Query, last: Key) -> str:
    """Give the URL of the page behind `last`, with the other options of this one; lower-case escapes, as Graph's."""
    name, device_id = (part.replace("'", "''") for part in last)
    token = f"LastDeviceName='{name}',LastDeviceId='{device_id}'"
    options = [f"$select={_escape(','.join(query.select))}"] if query.select is not None else []
    options += [f"$filter={_escape(query.filter.text)}"] if query.filter is not None else []
    options += [f"$top={query.top}"] if query.top is not None else []
    return f"{collection_url}?{'&'.join([*options, f'$skiptoken={_escape(token)}'])}"


def selected(request: Request, value: str, kind: str, known: Collection[str]) -> tuple[str, ...]:
    """Give the names in $select, each once; RefusalError with 400 for one that the resource doesn't have."""
    names = tuple(dict.fromkeys(name.strip() for name in value.split(",")))
    for name in names:
        if name not in known:
            message = f"Could not find a property named '{name}' on type 'microsoft.graph.{kind}'."
            raise bad_request(request, f"Parsing OData Select and Expand failed: {message}")
    return names


def _top(request: Request, value: str) -> int:
    if not re.fullmatch("[0-9]{1,9}", value) or not 1 <= int(value) <= LARGEST_PAGE:
        raise bad_request(request, f"Invalid value '{value}' for $top: expected 1 to {LARGEST_PAGE}.")
    return int(value)


def _after(request: Request, value: str) -> Key:
    match = _SKIP_TOKEN.fullmatch(value)
    if match is None:
        raise bad_request(request, "Skip token is malformed. Use the nextLink as it was given.")
    name, device_id = (part.replace("''", "'") for part in match.groups())
    return name, device_id


def _escape(text: str) -> str:
    return re.sub("%[0-9A-F]{2}", lambda match: match[0].lower(), quote(text, safe=""))
