"""Sites for the tests of the page."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from unit.web.site import Site

Open = Callable[..., Site]


@pytest.fixture
def open_site(office: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Return what opens a site on the stores of `office`, with further lines of the section web."""
    monkeypatch.setattr("radtune_web.access.passwords.METHOD", "pbkdf2:sha256:1")
    monkeypatch.setattr("radtune_web.access.passwords._NOBODY", "pbkdf2:sha256:1$a$b")
    opened = list[Site]()

    def open_one(more: str = "") -> Site:
        opened.append(Site(office, more))
        return opened[-1]

    yield open_one
    for site in opened:
        site.close()


@pytest.fixture
def site(open_site: Open) -> Site:
    """Return a site with its index filled."""
    found = open_site()
    found.feed()
    return found
