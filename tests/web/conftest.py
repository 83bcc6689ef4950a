"""A desk with its browser, for all tests of a file."""

from collections.abc import Iterator

import pytest

from parts.raddb import server_directory
from web.desk import Browser, Desk, browser_of


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    """Return a running radtune-web, on which people may act."""
    with server_directory() as directory, Desk(directory, more="  actions: true\n") as found:
        yield found


@pytest.fixture(scope="module")
def browser(desk: Desk) -> Iterator[Browser]:
    """Return a browser that is signed in."""
    with browser_of(desk) as found:
        yield found
