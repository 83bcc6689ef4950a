"""What Graph says when it refuses, in words for an operator."""

import json
from typing import Any

import pytest

from radtune.errors import NotPermittedError, RadtuneError, TemporaryError
from radtune_tools.graph.client import GoneError, InvalidRequestError
from radtune_tools.graph.failure_causes import graph_message, host_of
from unit.clock import Clock
from unit.microsoft import GRAPH, Answer, Microsoft, graph_at

ACTIVITY = "Operation ID (for customer support): 0 - Activity ID: 1234 - Url: https://fef.example/x"
FORBIDDEN = {
    "_version": 3,
    "Message": "Application is not authorized to perform this operation. Application must have one of the following "
    "scopes: DeviceManagementManagedDevices.ReadWrite.All, DeviceManagementManagedDevices.Read.All - " + ACTIVITY,
    "CustomApiErrorPhrase": "",
    "RetryAfter": None,
}
WAITING = {**FORBIDDEN, "Message": f"An error has occurred - {ACTIVITY}"}


def error(code: str, message: object = "") -> dict[str, Any]:
    return {"error": {"code": code, "message": message if isinstance(message, str) else json.dumps(message)}}


@pytest.mark.parametrize(
    ("answer", "kind", "says"),
    [
        ((200, [1]), TemporaryError, f"{GRAPH} answered 200 with a list, where keys with values belong"),
        ((401, error("x", "expired")), NotPermittedError, f"{GRAPH} answered 401: expired"),
        ((403, error("Forbidden")), NotPermittedError, "grant the application DeviceManagementManagedDevices.Read.All"),
        ((403, error("Forbidden", FORBIDDEN)), NotPermittedError, "grant the application DeviceManagementManagedDevic"),
        ((403, error("Forbidden", FORBIDDEN)), NotPermittedError, "Activity ID: 1234"),
        ((403, error("x", "must have one of the following scopes: B.All, A.All")), NotPermittedError, "grant the appl"),
        ((400, error("BadRequest", "Request not applicable to target tenant.")), NotPermittedError, "Intune licence"),
        ((400, error("BadRequest", "Invalid filter clause")), InvalidRequestError, "answered 400: Invalid filter"),
        ((404, error("x")), TemporaryError, "answered 404: x; the store is as it was"),
        ((404, b""), TemporaryError, "answered 404: no explanation"),
        ((410, error("syncStateNotFound")), GoneError, "answered 410: syncStateNotFound"),
        ((429, error("TooManyRequests")), TemporaryError, "answered 429: TooManyRequests"),
        ((503, error("UnknownError", WAITING)), TemporaryError, "answered 503: An error has occurred - Operation ID"),
        ((504, b"<html>gateway</html>"), TemporaryError, "answered 504 with something unexpected"),
        ((403, b"<html>blocked</html>"), TemporaryError, "is there a proxy or a portal in between?"),
        ((200, b"<html>hotel</html>"), TemporaryError, "is there a proxy or a portal in between?"),
    ],
)
def test_what_goes_wrong_there(clock: Clock, answer: Answer, kind: type[RadtuneError], says: str) -> None:
    assert clock.now
    with pytest.raises(kind) as caught, graph_at(Microsoft(lambda _: answer)) as graph:
        list(graph.managed_devices(("id",)))
    assert type(caught.value) is kind
    assert says in str(caught.value)
    assert "token-" not in str(caught.value)


def test_the_smallest_permission_is_named_where_graph_names_several() -> None:
    body = error("x", "must have one of the following scopes: B.ReadWrite.All, A.Read.All - Operation ID")
    with (
        pytest.raises(NotPermittedError, match=r"grant the application A\.Read\.All "),
        graph_at(Microsoft(lambda _: (403, body))) as graph,
    ):
        list(graph.managed_devices(("id",)))


def test_entra_s_devices_need_another_permission() -> None:
    body = error("Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
    with (
        pytest.raises(NotPermittedError, match=r"grant the application Device\.Read\.All "),
        graph_at(Microsoft(lambda _: (403, body))) as graph,
    ):
        list(graph.entra_changes(""))


def test_the_request_id_is_kept() -> None:
    microsoft = Microsoft(lambda _: (404, error("x"), {"request-id": "1234-5678"}))
    with pytest.raises(TemporaryError, match=r"\(request-id 1234-5678\)"), graph_at(microsoft) as graph:
        list(graph.managed_devices(("id",)))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (error("x", "plain"), "plain"),
        (error("Forbidden"), "Forbidden"),
        (error("x", {"Message": "inner"}), "inner"),
        (error("x", {"message": json.dumps({"Message": "innermost"})}), "innermost"),
        (error("x", {"_version": 3, "Message": ""}), '{"_version": 3, "Message": ""}'),
        (error("x", "5"), "5"),
        (error("x", "[1]"), "[1]"),
        ({"error": {"message": {"a": 1}}}, "{'a': 1}"),
        ({"error": {}}, "no explanation"),
        ({"error": "flat"}, "no explanation"),
        ({}, "no explanation"),
        (None, "no explanation"),
        ([], "no explanation"),
    ],
)
def test_the_words_of_an_error(body: object, message: str) -> None:
    assert graph_message(body) == message


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("https://graph.example:443/secret", "https://graph.example"),
        ("https://monitor.example:8443?secret", "https://monitor.example:8443"),
        ("https://monitor.example#secret", "https://monitor.example"),
        ("https://?secret", "https://"),
        ("/secret", ""),
        ("secret", ""),
        ("", ""),
    ],
)
def test_a_url_is_named_by_its_host_alone(url: str, named: str) -> None:
    assert host_of(url) == named
