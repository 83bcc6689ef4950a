"""Fleets of any size: computed, not kept, and changed as any other."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from parts.graph_simulator import READ_DIRECTORY, App, Simulator, SimulatorProcess
from parts.graph_simulator.client import MANAGED_DEVICES as LIST
from parts.graph_simulator.client import SECRET, Client, trusting
from parts.graph_simulator.fleet import LARGEST, Fleet, fleet
from parts.graph_simulator.kinds import OVERVIEW
from parts.graph_simulator.managed_device import DEFAULTS, in_list

MILLION = 1_000_000
# Bounds for a machine under load; it takes a tenth of that.
MOST_MEGABYTES = 400
MOST_SECONDS = 60
SELECT = "$select=id,deviceName,azureADDeviceId,wiFiMacAddress,serialNumber,complianceState,lastSyncDateTime"


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorProcess]:
    began = time.monotonic()
    with SimulatorProcess(
        tmp_path_factory.mktemp("simulator"),
        tenant="contoso.example",
        client_id="app",
        client_secret=SECRET,
        devices=MILLION,
        roles=("DeviceManagementManagedDevices.Read.All", READ_DIRECTORY),
    ) as running:
        assert time.monotonic() - began < MOST_SECONDS
        yield running


@pytest.fixture
def client(process: SimulatorProcess) -> Iterator[Client]:
    with trusting(process.ca_file) as session:
        yield Client(process, session, "app", SECRET)


def megabytes(pid: int) -> int:
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    return int(status["VmRSS"].split()[0]) // 1024


def skip_to(name: str, device_id: str) -> str:
    token = f"LastDeviceName='{name.replace(chr(39), 2 * chr(39))}',LastDeviceId='{device_id}'"
    return f"{LIST}?{SELECT}&$skiptoken={quote(token, safe='')}"


def test_a_million_devices_start_at_once_and_take_little(process: SimulatorProcess, client: Client) -> None:
    assert client.get(OVERVIEW).json()["enrolledDeviceCount"] == MILLION
    began, pages, seen = time.monotonic(), 0, 0
    for page in client.pages(f"{LIST}?{SELECT}"):
        keys = [(device["deviceName"], device["id"]) for device in page["value"]]
        assert keys == sorted(keys)
        pages, seen = pages + 1, seen + len(keys)
        if pages == 20:
            break
    assert seen == 20_000
    assert time.monotonic() - began < MOST_SECONDS
    assert megabytes(process.pid) < MOST_MEGABYTES


def test_any_place_of_a_million_is_found_at_once(process: SimulatorProcess, client: Client) -> None:
    made = Fleet(MILLION)
    place = 765_432
    before, wanted = (made.key(made.order.index(place + step)) for step in (0, 1))
    page = client.get(skip_to(*before)).json()
    assert (page["value"][0]["deviceName"], page["value"][0]["id"]) == wanted
    last = made.key(made.order.index(MILLION - 3))
    end = client.get(skip_to(*last)).json()
    assert (len(end["value"]), "@odata.nextLink" in end) == (2, False)
    assert client.get(f"{LIST}/{wanted[1]}?$select=deviceName").json()["deviceName"] == wanted[0]


def test_a_million_devices_change_like_any_others(process: SimulatorProcess, client: Client) -> None:
    made = Fleet(MILLION)
    first, second, third = (made.device(made.order.index(500_000 + number)) for number in range(3))
    before = made.key(made.order.index(499_999))
    process.patch(second["id"], complianceState="error")
    process.delete(first["id"])
    process.put({**third, "deviceName": f"{before[0]} ", "complianceState": "conflict"})
    page = client.get(skip_to(*before)).json()["value"]
    states = {device["id"]: device["complianceState"] for device in page}
    assert first["id"] not in states
    assert (states[second["id"]], states[third["id"]]) == ("error", "conflict")
    assert len(page) == len(states) == 1000
    assert client.get(f"{LIST}/{first['id']}").status_code == 404
    assert client.get(OVERVIEW).json()["enrolledDeviceCount"] == MILLION - 1


def test_entra_keeps_a_million_objects_too(process: SimulatorProcess, client: Client) -> None:
    page = client.get("/v1.0/devices/delta?$select=deviceId,isCompliant").json()
    assert len(page["value"]) == 200
    device = next(each for each in map(Fleet(MILLION).device, range(900_000, 900_100)) if each["azureADRegistered"])
    assert process.entra(device["azureADDeviceId"])["displayName"] == device["deviceName"]


def walk(fleet_: Fleet) -> Iterator[dict[str, Any]]:
    for place in range(len(fleet_)):
        yield fleet_.device(fleet_.order.index(place))


@pytest.mark.parametrize("count", [0, 1, 999, 1000, 1001, 2500])
def test_listing_order_is_that_of_the_keys(count: int) -> None:
    made = fleet(count, seed=9)
    keys = [(device["deviceName"], device["id"]) for device in walk(made)]
    assert keys == sorted((device["deviceName"], device["id"]) for device in made)
    for place, key in enumerate(keys):
        assert made.order.behind(key) == place + 1
        assert made.order.behind((key[0], key[1] + " ")) == place + 1
        assert made.order.behind((key[0], key[1][:-1])) == place
    assert made.order.behind(("", "")) == 0
    assert made.order.behind(("\U0010ffff", "")) == count


def test_what_is_encoded_is_what_the_device_is(tmp_path: Path) -> None:
    made = fleet(1500, seed=4)
    app = App("app", secret=SECRET)
    with (
        Simulator(tmp_path, tenant="t", app=app, devices=fleet(1500, seed=4)) as simulator,
        trusting(simulator.ca_file) as session,
    ):
        client = Client(simulator, session, "app", SECRET)
        listed = [device for page in client.pages(LIST) for device in page["value"]]
        assert listed == [in_list(device, DEFAULTS) for device in walk(made)]
        again = [device for page in client.pages(LIST) for device in page["value"]]
        assert again == listed
        simulator.patch(listed[0]["id"], complianceState="error")
        assert client.get(LIST).json()["value"][0]["complianceState"] == "error"


def test_every_device_is_found_by_its_ids_and_has_its_values() -> None:
    made = fleet(3000, seed=8)
    for index, device in enumerate(made):
        assert made.find(device["id"]) == index
        if made.has_entra_device(index):
            assert made.find_entra(device["azureADDeviceId"]) == index
        for name in ("complianceState", "lastSyncDateTime", "serialNumber", "notes"):
            assert made.value(index, name) == device.get(name, DEFAULTS[name])
    for stranger in ("", "00000", "zzzzz-", "fffff000-0000-4000-a000-000000000000"):
        assert made.find(stranger) is None
        assert made.find_entra(stranger) is None


def test_fleets_of_other_seeds_are_other_devices() -> None:
    one, two = list(fleet(2000, seed=1)), list(fleet(2000, seed=2))
    for name in ("id", "serialNumber"):
        assert not {device[name] for device in one} & {device[name] for device in two}


@pytest.mark.parametrize("count", [-1, LARGEST + 1])
def test_fleet_has_a_largest_size(count: int) -> None:
    with pytest.raises(ValueError, match="devices, not"):
        fleet(count)


def test_a_lag_changes_the_check_ins_alone() -> None:
    for index in range(20):
        now, before = Fleet(20).device(index), Fleet(20, check_in_lag=3600).device(index)
        assert {name for name in now if now[name] != before[name]} == {"lastSyncDateTime"}
        assert now["lastSyncDateTime"] > before["lastSyncDateTime"]
