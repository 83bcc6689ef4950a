"""Client events by their filters, and those that have come since."""

import pytest

from unit.samples import MAC, guid
from unit.web.conftest import Open
from unit.web.site import Site


@pytest.fixture
def busy(open_site: Open) -> Site:
    site = open_site()
    common = {"nas": "sw1", "site": "berlin", "compliance": "compliant", "rule": "Corp Compliant"}
    one = {"mac": MAC, "device": "LAPTOP-1", "device_id": guid(1), "user": "host/LAPTOP-1"}
    site.note("login_allowed", 7200, reason="first", **one, **common)
    site.note("moved", 60, reason="second", **one, **{**common, "nas": "sw2"})
    site.note("login_denied", 50, reason="third", mac="0016cb000009", user="guest", nas="sw1", site="lyon")
    site.feed()
    return site


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", "first second third"),
        ("kind=moved", "second"),
        ("client=00:16:CB:AA:BB:01", "first second"),
        ("device=laptop-1", "first second"),
        (f"device={guid(1)}", "first second"),
        ("user=GUEST", "third"),
        ("nas=sw1", "first third"),
        ("nas=sw1&site=berlin", "first"),
        ("rule=corp+compliant&kind=login_allowed", "first"),
        ("compliance=compliant", "first second"),
        ("since=1h", "second third"),
        ("since=1h&nas=sw1", "third"),
        ("site=nowhere", ""),
        ("user=' OR 1=1 --", ""),
        ("before=2", "first"),
        ("before=x&since=y", "first second third"),
    ],
)
def test_filters(busy: Site, query: str, found: str) -> None:
    shown = busy.page(f"/events?{query}")
    assert [word for word in ("first", "second", "third") if f'"why">{word}' in shown] == found.split()


def test_only_what_has_come_since_is_sent(busy: Site) -> None:
    busy.page("/events")
    answer = busy.browser.get("/events?after=3")
    assert (answer.text.strip(), answer.headers["X-Newest"]) == ("", "3")
    busy.note("login_allowed", reason="fourth")
    busy.feed()
    answer = busy.browser.get("/events?after=3")
    assert "fourth" in answer.text and "third" not in answer.text
    assert answer.headers["X-Newest"] == "4"


def test_older_events_are_on_further_pages(open_site: Open) -> None:
    site = open_site()
    for number in range(150):
        site.note("login_allowed", reason=f"number {number};")
    site.feed()
    newest = site.page("/events")
    assert "number 149;" in newest and "number 49;" not in newest
    assert "before=51" in newest
    assert "number 49;" in site.page("/events?before=51")


def test_a_search_that_takes_too_long_says_so(busy: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("radtune_web.index.event_query.SECONDS", -1.0)
    monkeypatch.setattr("radtune_web.index.database.LOOK_STEPS", 1)
    assert "The search has ended early" in busy.page("/events?compliance=compliant")
