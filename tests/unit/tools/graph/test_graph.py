"""Graph's list of devices, page by page."""

from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from radtune.errors import TemporaryError
from radtune_tools.graph import client as module
from radtune_tools.graph.managed_device import PROPERTIES
from unit.clock import Clock
from unit.microsoft import GRAPH, Microsoft, graph_at
from unit.samples import guid

LIST = f"{GRAPH}/v1.0/deviceManagement/managedDevices"
NEXT = f"{LIST}?$select=id&$top=500&$skiptoken=LastDeviceName%3d%27b%C3%BCro%2f1%27%2cLastDeviceId%3d%271%27"
PAGE = {"value": [{"id": guid(1)}]}


def listed(microsoft: Microsoft, condition: str = "") -> list[str]:
    with graph_at(microsoft) as graph:
        return [str(device["id"]) for device in graph.managed_devices(("id", "deviceName"), condition)]


def test_only_what_is_used_is_asked_for() -> None:
    microsoft = Microsoft([(200, PAGE)])
    with graph_at(microsoft) as graph:
        assert list(graph.managed_devices(PROPERTIES)) == PAGE["value"]
    (url,) = map(urlsplit, microsoft.urls)
    assert f"{url.scheme}://{url.netloc}{url.path}" == LIST
    assert parse_qs(url.query) == {"$select": [",".join(PROPERTIES)], "$top": ["500"]}
    assert "%24" not in url.query
    assert microsoft.asked[0].headers["Authorization"] == "Bearer token-1"


def test_a_condition_is_sent_as_it_is() -> None:
    microsoft = Microsoft([(200, PAGE)])
    condition = "deviceName eq 'Zoë''s & Bo+1 #5'"
    listed(microsoft, condition)
    assert parse_qs(urlsplit(microsoft.urls[0]).query)["$filter"] == [condition]


def test_the_link_to_the_next_page_is_used_as_it_is() -> None:
    microsoft = Microsoft([(200, {**PAGE, "@odata.nextLink": NEXT}), (200, {"value": [{"id": guid(2)}]})])
    assert listed(microsoft) == [guid(1), guid(2)]
    # But for the digits of its escapes, which requests writes in upper case; RFC 3986 says that is the same.
    assert microsoft.urls[1].lower() == NEXT.lower()


@pytest.mark.parametrize("last", [{"@odata.nextLink": None}, {}])
def test_an_empty_page_is_not_the_end(last: dict[str, None]) -> None:
    pages = [
        (200, {"value": [], "@odata.nextLink": f"{LIST}?1"}),
        (200, {**PAGE, "@odata.nextLink": f"{LIST}?2"}),
        (200, {"value": [], **last}),
    ]
    assert listed(Microsoft(pages)) == [guid(1)]


def test_pages_are_read_when_they_are_wanted() -> None:
    """So memory holds one of them."""
    microsoft = Microsoft([(200, {**PAGE, "@odata.nextLink": f"{LIST}?{number}"}) for number in range(3)])
    with graph_at(microsoft) as graph:
        devices = graph.managed_devices(("id",))
        for asked in (1, 2, 3):
            next(devices)
            assert len(microsoft.asked) == asked


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/v1.0/x",
        f"{GRAPH}.evil.example/x",
        f"{GRAPH}:8443/x",
        f"{GRAPH}@evil.example/x",
        GRAPH.replace("https", "http") + "/x",
        f"{GRAPH}\\@evil.example/x",
        "/v1.0/x",
        "",
    ],
)
def test_a_link_to_elsewhere_is_not_followed(link: str) -> None:
    microsoft = Microsoft([(200, {**PAGE, "@odata.nextLink": link})])
    with pytest.raises(TemporaryError, match=r"the next page is said to be elsewhere .* not followed"):
        listed(microsoft)
    assert len(microsoft.asked) == 1


@pytest.mark.parametrize("links", [[NEXT, NEXT], [f"{LIST}?1", f"{LIST}?2", f"{LIST}?1"]])
def test_a_list_that_goes_in_circles_ends(links: list[str]) -> None:
    microsoft = Microsoft([(200, {**PAGE, "@odata.nextLink": link}) for link in links])
    with pytest.raises(TemporaryError, match="the list of devices doesn't end"):
        listed(microsoft)


def test_a_list_without_an_end_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PAGES", 7)
    monkeypatch.setattr(module, "MAX_DEVICES", 90)

    def pages_of(size: int) -> int:
        microsoft = Microsoft(lambda _: (200, {**PAGE, "@odata.nextLink": f"{LIST}?{len(microsoft.asked)}"}))
        with (
            pytest.raises(TemporaryError, match=r"doesn't end \(\d+ pages\)"),
            graph_at(microsoft, page_size=size) as graph,
        ):
            list(graph.managed_devices(("id",)))
        return len(microsoft.asked)

    assert [pages_of(size) for size in (1000, 10, 1)] == [7, 9, 90]


def test_a_large_fleet_has_many_pages_where_they_are_small() -> None:
    assert max(module.MAX_PAGES, module.MAX_DEVICES // 1) >= 2_000_000
    assert module.MAX_PAGES >= 10 * 1000


@pytest.mark.parametrize(
    ("page", "says"),
    [
        ({}, "no list of devices"),
        ({"value": None}, "no list of devices"),
        ({"value": {"id": "x"}}, "no list of devices"),
        ({"value": ["x"]}, "no list of devices"),
        ([], "answered 200"),
        ({**PAGE, "@odata.nextLink": 5}, "no usable link"),
    ],
)
def test_a_page_that_is_none(page: object, says: str) -> None:
    with pytest.raises(TemporaryError, match=says):
        listed(Microsoft([(200, {**PAGE, "@odata.nextLink": NEXT}), (200, page)]))


def test_one_new_token_in_the_middle() -> None:
    expired = {"error": {"code": "InvalidAuthenticationToken", "message": "expired"}}
    pages = [(200, {**PAGE, "@odata.nextLink": NEXT}), (401, expired), (200, {"value": [{"id": guid(2)}]})]
    microsoft = Microsoft(pages)
    assert listed(microsoft) == [guid(1), guid(2)]
    tokens = [request.headers["Authorization"] for request in microsoft.asked]
    assert tokens == ["Bearer token-1", "Bearer token-1", "Bearer token-2"]
    assert [url.lower() for url in microsoft.urls[1:]] == [NEXT.lower()] * 2


@pytest.mark.parametrize(
    ("status", "body", "count"),
    [
        (200, {"enrolledDeviceCount": 30}, 30),
        (200, {"enrolledDeviceCount": "30"}, None),
        (200, {"enrolledDeviceCount": True}, None),
        (200, {}, None),
        (200, [], None),
        (404, {"error": {"code": "x"}}, None),
    ],
)
def test_intune_s_own_count(status: int, body: object, count: int | None) -> None:
    microsoft = Microsoft([(status, body)])
    with graph_at(microsoft) as graph:
        assert graph.count() == count
    assert microsoft.urls == [f"{GRAPH}/v1.0/deviceManagement/managedDeviceOverview"]


def test_graph_s_clock_is_that_of_its_first_answer() -> None:
    dates = ["Tue, 24 Nov 2026 08:00:00 GMT", "Tue, 24 Nov 2026 08:20:00 GMT"]
    pages = [
        (200, {**PAGE, "@odata.nextLink": NEXT}, {"Date": dates[0]}),
        (200, PAGE, {"Date": dates[1]}),
    ]
    with graph_at(Microsoft(pages)) as graph:
        list(graph.managed_devices(("id",)))
        assert (graph.date, graph.requests) == (dates[0], 2)


def test_a_connection_that_stays_away(clock: Clock) -> None:
    assert clock.now
    with pytest.raises(TemporaryError, match=f"{GRAPH} can't be reached: reset"):
        listed(Microsoft(lambda _: (0, requests.ConnectionError("reset"))))
