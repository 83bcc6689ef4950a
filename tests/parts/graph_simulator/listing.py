"""GET /v1.0/deviceManagement/managedDevices: pages of devices, encoded once and kept for the next walk."""

import gzip
import threading
from collections import OrderedDict
from typing import Final
from urllib.parse import urlsplit

from parts.graph_simulator import odata
from parts.graph_simulator.devices import Devices, Entry
from parts.graph_simulator.fault import Change, Shape
from parts.graph_simulator.kinds import MANAGED_DEVICES
from parts.graph_simulator.managed_device import DEFAULTS
from parts.graph_simulator.messages import Request, Response, encoded
from parts.graph_simulator.order import Key

JSON_TYPE: Final = {"Content-Type": "application/json;odata.metadata=minimal;odata.streaming=true;charset=utf-8"}
COMPRESS_LEVEL: Final = 1
# Bytes of compressed pages that are kept; a walk over the largest fleet with the properties that matter needs them.
KEPT_BYTES: Final = 128 << 20
_OPTIONS: Final = frozenset({"$select", "$top", "$skiptoken", "$filter"})
_DATA_CONTEXT: Final = "/v1.0/$metadata#deviceManagement/managedDevices"


class Listing:
    """The list of one tenant's devices; `url` is the scheme, host and port that its links carry."""

    def __init__(self, url: str, devices: Devices) -> None:
        self._url, self._devices = url, devices
        self._kept = _Kept()

    def page(self, request: Request, shape: Shape | None, own: str) -> tuple[Response, str | None]:
        """Give one page, changed as a fault says, and its link to the next; `own` is the link to the page itself."""
        query = odata.read(request, _OPTIONS)
        version = self._devices.version
        key = (version, query)
        if shape is None and (kept := self._kept.get(key)) is not None:
            return kept
        entries, more = self._devices.page(query.after, query.top or odata.LARGEST_PAGE, query.filter)
        link = self._link(query, self._devices.key(entries[-1])) if more else None
        if shape is not None:
            entries, link = self._changed(shape, own, query, entries, link)
        content = self._encode(query, entries, link, with_value=shape is None or shape.change is not Change.NO_VALUE)
        response = Response(200, gzip.compress(content, COMPRESS_LEVEL), JSON_TYPE, packed=True)
        if shape is None and version == self._devices.version:
            self._kept.put(key, response, link)
        return response, link

    def _encode(self, query: odata.Query, entries: list[Entry], link: str | None, *, with_value: bool) -> bytes:
        head = {"@odata.context": self.context(query.select), "@odata.count": len(entries)}
        if link is not None:
            head["@odata.nextLink"] = link
        text = encoded(head)
        if not with_value:
            return text.encode()
        return f'{text[:-1]},"value":[{self._devices.encode(entries, query.select or tuple(DEFAULTS))}]}}'.encode()

    def context(self, select: tuple[str, ...] | None) -> str:
        """Give what @odata.context says of a list with this $select."""
        properties = f"({','.join(select)})" if select else ""
        return f"{self._url}{_DATA_CONTEXT}{properties}"

    def _link(self, query: odata.Query, last: Key) -> str:
        return odata.next_link(self._url + MANAGED_DEVICES, query, last)

    def _changed(
        self, shape: Shape, own: str, query: odata.Query, entries: list[Entry], link: str | None
    ) -> tuple[list[Entry], str | None]:
        """Give the devices and the link of a page to which a fault happens."""
        if shape.change is Change.EMPTY_PAGE:
            # A blank sorts before all that an id goes on with: another link to the same devices.
            name, device_id = query.after or ("", "")
            return [], self._link(query, (name, f"{device_id} "))
        if shape.change is Change.RENAME and entries:
            first = self._devices.page(None, 1)[0][0]
            shown = self._devices.fleet.device(first) if isinstance(first, int) else first
            return [*entries[:-1], {**shown, "deviceName": f"{shown['deviceName']} (renamed)"}], link
        if shape.change is Change.END:
            return entries, None
        return entries, changed_link(shape, own, link)


def changed_link(shape: Shape, own: str, link: str | None) -> str | None:
    """Give the link of a page whose fault concerns no more than that; `own` is the URL of the page."""
    if shape.change is Change.REPEAT_LINK:
        return own
    if shape.change is Change.FOREIGN_LINK:
        return urlsplit(link or own)._replace(netloc=shape.host).geturl()
    return link


class _Kept:
    """The pages given last, with their links, until there are too many of them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pages: OrderedDict[object, tuple[Response, str | None]] = OrderedDict()
        self._bytes = 0

    def get(self, key: object) -> tuple[Response, str | None] | None:
        with self._lock:
            return self._pages.get(key)

    def put(self, key: object, response: Response, link: str | None) -> None:
        with self._lock:
            self._pages[key] = response, link
            self._bytes += len(response.body or b"")
            while self._bytes > KEPT_BYTES:
                _, (oldest, _) = self._pages.popitem(last=False)
                self._bytes -= len(oldest.body or b"")
