"""Devices asked for by their ids, twenty in a request, and Entra's changes."""

import json
from collections.abc import Callable
from typing import Any

import pytest
import requests

from radtune.errors import NotPermittedError, TemporaryError
from radtune_tools.graph.client import BATCH, GoneError
from radtune_tools.graph.http import TRIES
from unit.clock import Clock
from unit.microsoft import GRAPH, Answer, Microsoft, graph_at
from unit.samples import guid

Inner = Callable[[str], dict[str, Any]]
DELTA = f"{GRAPH}/v1.0/devices/delta?$select=id,deviceId,isCompliant,accountEnabled"


def there(name: str) -> dict[str, Any]:
    return {"status": 200, "body": {"id": name}}


def batched(*rounds: Inner) -> Microsoft:
    """Return a Microsoft that answers each inner request so; in the last way from then on."""
    asked = list(rounds)

    def answer(request: requests.PreparedRequest) -> Answer:
        inner = asked.pop(0) if len(asked) > 1 else asked[0]
        names = [each["id"] for each in json.loads(request.body or b"")["requests"]]
        # Graph answers in any order.
        return 200, {"responses": [{"id": name, **inner(name)} for name in reversed(names)]}

    return Microsoft(answer)


def bodies(microsoft: Microsoft) -> list[list[dict[str, str]]]:
    return [json.loads(request.body or b"")["requests"] for request in microsoft.asked]


def test_twenty_in_a_request() -> None:
    microsoft = batched(there)
    ids = [guid(number) for number in range(45)]
    with graph_at(microsoft) as graph:
        found = dict(graph.devices(ids, ("id", "ethernetMacAddress")))
    assert found == {name: {"id": name} for name in ids}
    assert [len(body) for body in bodies(microsoft)] == [BATCH, BATCH, 5]
    assert microsoft.urls == [f"{GRAPH}/v1.0/$batch"] * 3
    url = f"/deviceManagement/managedDevices/{guid(0)}?$select=id,ethernetMacAddress"
    assert bodies(microsoft)[0][0] == {"id": guid(0), "method": "GET", "url": url}


def test_nothing_to_ask_for_costs_nothing() -> None:
    with graph_at(Microsoft([])) as graph:
        assert dict(graph.devices([], ("id",))) == {}


def test_a_device_that_is_not_there() -> None:
    def inner(name: str) -> dict[str, Any]:
        return there(name) if name == guid(1) else {"status": 404, "body": {"error": {"code": "ResourceNotFound"}}}

    with graph_at(batched(inner)) as graph:
        assert dict(graph.devices([guid(1), guid(2)], ("id",))) == {guid(1): {"id": guid(1)}, guid(2): None}


@pytest.mark.parametrize(
    ("headers", "waits"),
    [
        ({"Retry-After": "9"}, 9.0),
        ({"retry-after": "2.5"}, 2.5),
        ({"Retry-After": 7}, 7.0),
        ({}, 2.0),
        (None, 2.0),
        ({"Retry-After": "soon"}, 2.0),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_those_that_were_throttled_are_asked_for_again(
    clock: Clock, headers: object, waits: float, status: int
) -> None:
    def busy(name: str) -> dict[str, Any]:
        return there(name) if name == guid(1) else {"status": status, "headers": headers, "body": {}}

    microsoft = batched(busy, there)
    with graph_at(microsoft) as graph:
        found = list(graph.devices([guid(1), guid(2), guid(3)], ("id",)))
    assert len(found) == 3
    assert dict(found) == {guid(number): {"id": guid(number)} for number in (1, 2, 3)}
    assert [[each["id"] for each in body] for body in bodies(microsoft)][1] == [guid(2), guid(3)]
    assert clock.slept == [waits]


def test_those_that_stay_throttled_are_left_out(clock: Clock) -> None:
    def busy(name: str) -> dict[str, Any]:
        return there(name) if name == guid(1) else {"status": 429}

    microsoft = batched(busy)
    with graph_at(microsoft) as graph:
        assert dict(graph.devices([guid(1), guid(2)], ("id",))) == {guid(1): {"id": guid(1)}}
    assert len(microsoft.asked) == TRIES
    assert clock.slept == [min(60.0, 2.0**tries) for tries in range(1, TRIES + 1)]


def test_nobody_waits_for_them_beyond_the_deadline(clock: Clock) -> None:
    microsoft = batched(lambda _: {"status": 429, "headers": {"Retry-After": "200"}})
    with graph_at(microsoft, seconds=300) as graph:
        assert dict(graph.devices([guid(1)], ("id",))) == {}
    assert clock.slept == [200.0]


@pytest.mark.parametrize(
    "strange",
    [
        {"status": 400, "body": {"error": {"code": "BadRequest"}}},
        {"status": 405},
    ],
)
def test_what_graph_will_not_speak_of_is_left_out_and_holds_up_nothing(clock: Clock, strange: dict[str, Any]) -> None:
    microsoft = batched(lambda name: there(name) if name == guid(1) else strange)
    with graph_at(microsoft) as graph:
        assert dict(graph.devices([guid(1), guid(2)], ("id",))) == {guid(1): {"id": guid(1)}}
    assert (len(microsoft.asked), clock.slept) == (1, [])


@pytest.mark.parametrize(
    "responses",
    [
        None,
        "none",
        [],
        ["x", None, 5],
        [{}],
        [{"id": guid(9), "status": 200, "body": {}}],
        [{"id": guid(1)}],
        [{"id": guid(1), "status": "200", "body": {}}],
        [{"id": guid(1), "status": [200], "body": {}}],
        [{"id": guid(1), "status": 200, "body": None}],
        [{"id": guid(1), "status": 302}],
    ],
)
def test_answers_that_are_none_are_asked_for_again(clock: Clock, responses: object) -> None:
    microsoft = Microsoft([(200, {"responses": responses}), (200, {"responses": [{"id": guid(1), **there(guid(1))}]})])
    with graph_at(microsoft) as graph:
        assert dict(graph.devices([guid(1)], ("id",))) == {guid(1): {"id": guid(1)}}
    assert clock.slept == [2.0]


@pytest.mark.parametrize("status", [401, 403])
def test_without_permission(clock: Clock, status: int) -> None:
    microsoft = batched(lambda _: {"status": status, "body": {"error": {"code": "x", "message": "no"}}})
    with (
        pytest.raises(NotPermittedError, match=f"answered {status}: no; {'grant' if status == 403 else 'a new'}"),
        graph_at(microsoft) as graph,
    ):
        dict(graph.devices([guid(1)], ("id",)))
    assert (len(microsoft.asked), clock.slept) == ({401: 2, 403: 1}[status], [])


def tokens(microsoft: Microsoft) -> list[str]:
    return [request.headers["Authorization"].removeprefix("Bearer token-") for request in microsoft.asked]


def test_a_token_that_is_no_longer_good_is_renewed_once(clock: Clock) -> None:
    def expired(name: str) -> dict[str, Any]:
        return there(name) if name == guid(1) else {"status": 401, "body": {"error": {"code": "Invalid"}}}

    microsoft = batched(expired, there, there, expired, there)
    ids = [guid(number) for number in range(1, 31)]
    with graph_at(microsoft) as graph:
        assert dict(graph.devices(ids, ("id",))).keys() == set(ids)
        assert dict(graph.devices(ids[:2], ("id",))).keys() == set(ids[:2])
    assert tokens(microsoft) == ["1", "2", "2", "2", "3"]
    assert clock.slept == []


def test_one_that_graph_does_not_permit_is_left_out(clock: Clock) -> None:
    microsoft = batched(lambda name: there(name) if name == guid(1) else {"status": 403, "body": {}})
    with graph_at(microsoft) as graph:
        assert dict(graph.devices([guid(1), guid(2)], ("id",))) == {guid(1): {"id": guid(1)}}
    assert (len(microsoft.asked), clock.slept) == (1, [])


def test_entra_s_devices_by_the_ids_that_intune_knows() -> None:
    microsoft = batched(lambda name: there(name) if name == guid(1) else {"status": 404, "body": {}})
    with graph_at(microsoft) as graph:
        assert dict(graph.entra_devices([guid(1), guid(2)])) == {guid(1): {"id": guid(1)}, guid(2): None}
    url = f"/devices(deviceId='{guid(1)}')?$select=id,deviceId,isCompliant,accountEnabled"
    assert bodies(microsoft)[0][0] == {"id": guid(1), "method": "GET", "url": url}


def test_entra_s_permission_is_the_one_that_is_named() -> None:
    microsoft = batched(lambda _: {"status": 403, "body": {"error": {"code": "x", "message": "no"}}})
    with pytest.raises(NotPermittedError, match=r"application Device\.Read\.All"), graph_at(microsoft) as graph:
        dict(graph.entra_devices([guid(1)]))


def test_entra_s_changes_and_where_they_go_on() -> None:
    pages: list[Answer] = [
        (200, {"value": [{"deviceId": guid(1)}], "@odata.nextLink": f"{DELTA}&$skiptoken=a"}),
        (200, {"value": [], "@odata.deltaLink": f"{DELTA}&$deltatoken=b"}),
        (200, {"value": [{"deviceId": guid(2)}], "@odata.deltaLink": f"{DELTA}&$deltatoken=c"}),
    ]
    microsoft = Microsoft(pages)
    with graph_at(microsoft) as graph:
        assert list(graph.entra_changes("")) == [{"deviceId": guid(1)}]
        assert graph.delta_link == f"{DELTA}&$deltatoken=b"
        assert list(graph.entra_changes(graph.delta_link)) == [{"deviceId": guid(2)}]
        assert graph.delta_link == f"{DELTA}&$deltatoken=c"
    assert microsoft.urls == [DELTA, f"{DELTA}&$skiptoken=a", f"{DELTA}&$deltatoken=b"]


def test_a_link_of_another_cloud_begins_anew() -> None:
    microsoft = Microsoft([(200, {"value": []})])
    with graph_at(microsoft) as graph:
        assert list(graph.entra_changes("https://other.example/v1.0/devices/delta?$deltatoken=b")) == []
        assert graph.delta_link == ""
    assert microsoft.urls == [DELTA]


@pytest.mark.parametrize(
    ("status", "code"), [(410, "resyncRequired"), (410, ""), (400, "syncStateNotFound"), (404, "SyncStateNotFound")]
)
def test_a_link_that_is_too_old(status: int, code: str) -> None:
    microsoft = Microsoft([(status, {"error": {"code": code}})])
    with pytest.raises(GoneError), graph_at(microsoft) as graph:
        list(graph.entra_changes(f"{DELTA}&$deltatoken=b"))


def test_changes_that_break_off_give_no_link(clock: Clock) -> None:
    assert clock.now
    pages: list[Answer] = [(200, {"value": [], "@odata.nextLink": f"{DELTA}&1"}), (404, b"")]
    with pytest.raises(TemporaryError), graph_at(Microsoft(pages)) as graph:
        list(graph.entra_changes(""))
    assert graph.delta_link == ""
