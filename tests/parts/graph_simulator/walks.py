"""The page numbers of walks: a link to a next page doesn't carry one, so it is remembered when the link is given."""

import threading
from collections import OrderedDict
from typing import Final
from urllib.parse import unquote, urlsplit

from parts.graph_simulator.messages import Request

# Links remembered; a walk over the largest fleet in pages of 100 has half as many.
MOST: Final = 20_000


class Walks:
    """Which page each link leads to. Two walks that are given the same link are on the same page."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # By decoded target, because clients write the escapes of a link in upper case: page, and link as given.
        self._given: OrderedDict[str, tuple[int, str]] = OrderedDict()

    def page(self, request: Request) -> int | None:
        """Give the number of the page a request asks for, from 1 on; None for a token that was not given here."""
        if not any(name.lower() == "$skiptoken" for name, _ in request.options()):
            return 1
        with self._lock:
            return self._given.get(unquote(request.target), (None, ""))[0]

    def link(self, request: Request) -> str | None:
        """Give the link that a request follows, letter by letter as it was given; None if it follows none."""
        with self._lock:
            return self._given.get(unquote(request.target), (None, None))[1]

    def note(self, request: Request, link: str) -> None:
        """Remember a link that the answer to this request gives, unless it leads to where it is."""
        address = urlsplit(link)
        target, page = unquote(f"{address.path}?{address.query}"), self.page(request)
        if page is not None and target != unquote(request.target):
            with self._lock:
                self._given[target] = page + 1, link
                if len(self._given) > MOST:
                    self._given.popitem(last=False)
