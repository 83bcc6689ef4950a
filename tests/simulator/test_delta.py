"""Entra's devices/delta: all device objects first, then what has changed, and tokens that are no longer good."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from parts.graph_simulator import (
    READ_DEVICES,
    READ_DIRECTORY,
    App,
    InvalidEntraDeviceError,
    Simulator,
    UnknownEntraDeviceError,
)
from parts.graph_simulator.client import SECRET, Client, trusting
from parts.graph_simulator.fleet import fleet
from parts.graph_simulator.kinds import DELTA

NOWHERE = "00000000-0000-0000-0000-000000000000"


def entra_id(number: int) -> str:
    return f"e0e0e0e0-0000-4000-8000-{number:012}"


def device(number: int, **properties: Any) -> dict[str, Any]:
    return {
        "id": f"dev-{number:03}",
        "deviceName": f"PC-{number}",
        "azureADDeviceId": entra_id(number),
        "complianceState": "compliant",
        **properties,
    }


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    app = App("app", secret=SECRET, roles=frozenset({READ_DEVICES, READ_DIRECTORY}))
    devices = [device(number) for number in range(3)]
    with Simulator(tmp_path, tenant="contoso.example", app=app, devices=devices) as running:
        yield running


def walk(client: Client, start: str = DELTA) -> tuple[list[dict[str, Any]], str]:
    """Follow a round to its end: the objects and the deltaLink."""
    objects, last = [], {}
    for last in client.pages(start):
        objects += last["value"]
    link: str = last["@odata.deltaLink"]
    return objects, link


def test_first_round_gives_all_with_their_verdicts(simulator: Simulator, client: Client) -> None:
    for number, state in enumerate(["noncompliant", "inGracePeriod", "unknown", "error"], 10):
        simulator.put(device(number, complianceState=state))
    simulator.put(device(20, azureADDeviceId=NOWHERE))
    simulator.put(device(21, azureADDeviceId=""))
    objects, _ = walk(client, f"{DELTA}?$select=deviceId,isCompliant,accountEnabled")
    assert {each["deviceId"]: each["isCompliant"] for each in objects} == {
        **{entra_id(number): True for number in range(3)},
        entra_id(10): False,
        entra_id(11): True,
        entra_id(12): None,
        entra_id(13): False,
    }
    assert {tuple(each) for each in objects} == {("id", "deviceId", "isCompliant", "accountEnabled")}
    assert all(each["accountEnabled"] is True and each["id"] != each["deviceId"] for each in objects)
    full, _ = walk(client)
    assert {"displayName", "isManaged", "trustType", "mdmAppId"} <= full[0].keys()


def test_later_rounds_give_what_has_changed(simulator: Simulator, client: Client) -> None:
    _, link = walk(client, f"{DELTA}?$select=deviceId,isCompliant,accountEnabled")
    assert walk(client, link)[0] == []
    simulator.patch("dev-000", complianceState="noncompliant")
    simulator.patch("dev-001", notes="not Entra's affair", osVersion="not selected")
    simulator.directory.patch(entra_id(2), {"accountEnabled": False})
    simulator.put(device(7))
    changed, following = walk(client, link)
    verdicts = {each["deviceId"]: (each["isCompliant"], each["accountEnabled"]) for each in changed}
    assert verdicts == {entra_id(0): (False, True), entra_id(2): (True, False), entra_id(7): (True, True)}
    assert walk(client, following)[0] == []
    again, _ = walk(client, link)
    assert {each["deviceId"] for each in again} == {*verdicts}


def test_removed_objects_say_for_how_long(simulator: Simulator, client: Client) -> None:
    objects, link = walk(client)
    own = {each["deviceId"]: each["id"] for each in objects}
    simulator.directory.delete(entra_id(0))
    simulator.directory.delete(entra_id(1), "deleted")
    removed, _ = walk(client, link)
    assert removed == [
        {"id": own[entra_id(0)], "@removed": {"reason": "changed"}},
        {"id": own[entra_id(1)], "@removed": {"reason": "deleted"}},
    ]
    assert [each["deviceId"] for each in walk(client)[0]] == [entra_id(2)]
    simulator.patch("dev-000", complianceState="noncompliant")
    with pytest.raises(UnknownEntraDeviceError):
        simulator.directory.get(entra_id(0))


def test_device_that_intune_forgets_stays_unmanaged(simulator: Simulator, client: Client) -> None:
    _, link = walk(client)
    simulator.delete("dev-000")
    [left] = walk(client, link)[0]
    assert (left["deviceId"], left["isManaged"], left["isCompliant"]) == (entra_id(0), False, None)


def test_device_registered_anew_is_two_objects(simulator: Simulator, client: Client) -> None:
    _, link = walk(client)
    simulator.patch("dev-000", azureADDeviceId=entra_id(9))
    changed = {each["deviceId"]: each["isManaged"] for each in walk(client, link)[0]}
    assert changed == {entra_id(0): False, entra_id(9): True}


def test_latest_gives_a_link_and_no_objects(simulator: Simulator, client: Client) -> None:
    objects, link = walk(client, f"{DELTA}?$deltatoken=latest&$select=isCompliant")
    assert objects == []
    simulator.patch("dev-001", complianceState="error")
    [changed] = walk(client, link)[0]
    assert changed.keys() == {"id", "isCompliant"}


def test_change_during_the_walk_is_in_the_walk_or_in_the_next_round(tmp_path: Path) -> None:
    app = App("app", secret=SECRET, roles=frozenset({READ_DIRECTORY}))
    made = list(fleet(450))
    known = {each["azureADDeviceId"]: each for each in made if each["azureADDeviceId"] not in ("", NOWHERE)}
    with (
        Simulator(tmp_path, tenant="t", app=app, devices=fleet(450)) as simulator,
        trusting(simulator.ca_file) as session,
    ):
        client = Client(simulator, session, "app", SECRET)
        pages = client.pages(f"{DELTA}?$select=deviceId,isCompliant")
        seen = {each["deviceId"]: each["isCompliant"] for each in next(pages)["value"]}
        assert len(seen) == 200
        for each in made:
            simulator.patch(each["id"], complianceState="error")
        for page in pages:
            seen |= {each["deviceId"]: each["isCompliant"] for each in page["value"]}
        link = page["@odata.deltaLink"]
        assert seen.keys() == known.keys()
        sizes = [len(page["value"]) for page in client.pages(link)]
        changed = {each["deviceId"]: each["isCompliant"] for each in walk(client, link)[0]}
        assert sizes[0] == 200
        assert set((seen | changed).values()) == {False}


@pytest.mark.parametrize(
    ("how", "status", "code"), [("gone", 410, "resyncRequired"), ("expired", 400, "syncStateNotFound")]
)
def test_old_tokens(simulator: Simulator, client: Client, how: Any, status: int, code: str) -> None:
    _, link = walk(client)
    simulator.directory.void_tokens(how)
    response = client.get(link)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert ("Location" in response.headers) is (how == "gone")
    objects, following = walk(client, response.headers.get("Location", DELTA))
    assert len(objects) == 3
    assert client.get(following).status_code == 200


def test_role_is_needed_and_the_directory_does_not_name_it(simulator: Simulator, client: Client) -> None:
    simulator.app.roles = frozenset({READ_DEVICES})
    response = Client(simulator, client.session, "app", SECRET).get(DELTA)
    assert (response.status_code, response.json()["error"]["code"]) == (403, "Authorization_RequestDenied")


@pytest.mark.parametrize(
    "query", ["$top=5", "$filter=isCompliant%20eq%20true", "$select=macAddress", "$deltatoken=x", "$skiptoken=e30"]
)
def test_what_the_delta_does_not_take(client: Client, query: str) -> None:
    assert client.get(f"{DELTA}?{query}").status_code == 400


def test_objects_that_entra_could_not_hold(simulator: Simulator) -> None:
    for changes in ({"isCompliant": "yes"}, {"deviceId": "x"}, {"serialNumber": "x"}):
        with pytest.raises(InvalidEntraDeviceError):
            simulator.directory.patch(entra_id(0), changes)
    with pytest.raises(UnknownEntraDeviceError):
        simulator.directory.patch(entra_id(99), {"isCompliant": True})


def test_other_names_of_the_function(client: Client) -> None:
    for path in ("/v1.0/devices/microsoft.graph.delta", "/v1.0/devices/delta()"):
        assert len(client.get(path).json()["value"]) == 3


def test_a_single_object_by_its_device_id(simulator: Simulator, client: Client) -> None:
    simulator.directory.patch(entra_id(1), {"accountEnabled": False})
    url = f"/v1.0/devices(deviceId='{entra_id(1)}')"
    (found,) = client.pages(f"{url}?$select=deviceId,accountEnabled")
    assert found["id"] == simulator.directory.get(entra_id(1))["id"]
    assert (found["deviceId"], found["accountEnabled"], "displayName" in found) == (entra_id(1), False, False)
    (whole,) = client.pages(url)
    assert whole["displayName"] == "PC-1"
    assert client.get(f"/v1.0/devices(deviceId='{entra_id(7)}')").status_code == 404
    assert client.get("/v1.0/devices").status_code == 400
