"""A managedDevice of Graph -> Device."""

import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radtune.config.tenants import Tenant
from radtune.records.device_and_client import ALL_STATES, Device
from radtune_tools.graph.managed_device import PARSER, PROPERTIES, salt_of, sources_of, to_device
from unit.samples import TENANT, guid, opened, publish

MANAGED = {
    "id": guid(1).upper(),
    "azureADDeviceId": guid(50).upper(),
    "deviceName": " LAPTOP-1 ",
    "serialNumber": "5CG1234XYZ",
    "wiFiMacAddress": "0016CBAABB01",
    "ethernetMacAddress": "00-16-CB-AA-BB-02",
    "complianceState": "compliant",
    "managementState": "retirePending",
    "managedDeviceOwnerType": "company",
    "deviceCategoryDisplayName": "Kiosk",
    "isEncrypted": True,
    "jailBroken": "False",
    "partnerReportedThreatState": "highSeverity",
    "operatingSystem": "Windows",
    "osVersion": "10.0.22631.1",
    "userPrincipalName": "u@contoso.example",
    "lastSyncDateTime": "2024-01-01T00:00:00.1234567Z",
    "enrolledDateTime": "2023-01-01T00:00:00Z",
}


def one(**change: object) -> Device:
    return to_device({**MANAGED, **change}, TENANT)


def test_every_property_that_is_asked_for_is_used() -> None:
    assert set(PROPERTIES) == set(MANAGED)
    assert one() == Device(
        id=guid(1),
        tenant=TENANT,
        name="LAPTOP-1",
        compliance="compliant",
        entra_id=guid(50),
        serial="5CG1234XYZ",
        macs=("0016cbaabb01", "0016cbaabb02"),
        user="u@contoso.example",
        os="Windows",
        os_version="10.0.22631.1",
        ownership="company",
        category="Kiosk",
        encrypted="yes",
        jail_broken="no",
        threat_state="high_severity",
        management_state="retire_pending",
        last_check_in=1_704_067_200,
        enrolled_at=1_672_531_200,
    )


@pytest.mark.parametrize(
    ("said", "state"),
    [
        ("compliant", "compliant"),
        ("noncompliant", "noncompliant"),
        ("inGracePeriod", "in_grace_period"),
        ("configManager", "config_manager"),
        ("conflict", "conflict"),
        ("error", "error"),
        ("unknown", "unknown"),
        ("unknownFutureValue", "unknown"),
        ("Compliant", "unknown"),
        ("", "unknown"),
        (None, "unknown"),
        (True, "unknown"),
    ],
)
def test_compliance_states(said: object, state: str) -> None:
    assert one(complianceState=said).compliance == state
    assert state in ALL_STATES


@pytest.mark.parametrize(
    ("said", "answer"),
    [(True, "yes"), (False, "no"), ("True", "yes"), ("false", "no"), ("Unknown", ""), (None, ""), ("", ""), (1, "")],
)
def test_what_intune_cannot_tell_is_neither_yes_nor_no(said: object, answer: str) -> None:
    assert one(isEncrypted=said).encrypted == answer
    assert one(jailBroken=said).jail_broken == answer


@pytest.mark.parametrize("said", ["Unknown", "unknown", "", None])
def test_a_device_without_a_category(said: object) -> None:
    assert one(deviceCategoryDisplayName=said).category == ""


@pytest.mark.parametrize("value", [None, "", "00000000-0000-0000-0000-000000000000", "x", f"{guid(1)}x", 5, [guid(1)]])
def test_a_placeholder_is_no_id(value: object) -> None:
    assert one(azureADDeviceId=value).entra_id == ""
    with pytest.raises(ValueError, match="without a usable id"):
        one(id=value)


@pytest.mark.parametrize(
    "serial",
    [
        "",
        None,
        "0",
        "Unknown",
        "To Be Filled By O.E.M.",
        "System Serial Number",
        "Default string",
        "None",
        "N/A",
        " 0 ",
    ],
)
def test_a_placeholder_is_no_serial(serial: object) -> None:
    assert one(serialNumber=serial).serial == ""


@pytest.mark.parametrize("mac", [None, "", "000000000000", "ffffffffffff", "02:00:00:00:00:00", "0016CBAABB0", "x"])
def test_a_placeholder_is_no_mac(mac: object) -> None:
    assert one(wiFiMacAddress=mac, ethernetMacAddress=None).macs == ()


def test_a_mac_given_twice_counts_once() -> None:
    assert one(ethernetMacAddress="00:16:cb:aa:bb:01").macs == ("0016cbaabb01",)


@pytest.fixture
def in_tokyo() -> Iterator[None]:
    """Let this machine be nine hours ahead."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", "Asia/Tokyo")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("in_tokyo")
@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2024-01-01T00:00:00Z", 1_704_067_200),
        ("2024-01-01T00:00:00", 1_704_067_200),
        ("2024-01-01T01:00:00+01:00", 1_704_067_200),
        ("0001-01-01T00:00:00Z", 0),
        ("9999-12-31T23:59:59.9999999Z", 0),
        ("1970-01-01T00:00:00+14:00", 0),
        ("yesterday", 0),
        ("", 0),
        (None, 0),
        (1_704_067_200, 0),
    ],
)
def test_times(text: object, seconds: int) -> None:
    assert one(lastSyncDateTime=text).last_check_in == seconds


@pytest.mark.parametrize("name", ["\ud800", "a\0b", "a\nb", "\x1b[31ma", "\u202egnp"])
def test_a_hostile_name_can_be_stored_and_printed(tmp_path: Path, name: str) -> None:
    device = one(deviceName=name, serialNumber=name, userPrincipalName=name)
    assert device.name.isprintable()
    with opened(tmp_path) as store:
        publish(store, [device])
        assert store.get(device.id) == device


def test_a_name_of_many_kinds_of_characters_stays_as_it_is() -> None:
    name = "kantine_AndroidAOSP_5/1/2025_2:56 PM \u2013 Zoë\u2019s 東京"
    assert one(deviceName=name).name == name


@given(
    st.dictionaries(st.sampled_from(PROPERTIES), st.one_of(st.none(), st.text(), st.integers(), st.lists(st.text())))
)
def test_whatever_graph_says_is_a_record_or_a_value_error(managed: dict[str, object]) -> None:
    managed["id"] = guid(1)
    device = to_device(managed, TENANT)
    assert Device.from_json(device.to_json()) == device


def source_of(managed: dict[str, object], salt: bytes = b"") -> str:
    return next(sources_of((managed,), salt))


def test_another_parser_has_another_version() -> None:
    """If this fails, `to_device` reads devices otherwise: raise PARSER, so that each store reads all of them anew."""
    odd = {name: f" {value}\u2028é" for name, value in MANAGED.items() if name != "id"}
    read = [to_device(each, TENANT).to_json() for each in (MANAGED, {"id": guid(2)}, {**MANAGED, **odd})]
    assert (PARSER, sha256("\n".join(read).encode()).hexdigest()[:16]) == (1, "ad2b25d444b3cb0d")


@given(st.sampled_from(PROPERTIES), st.one_of(st.none(), st.booleans(), st.text(), st.integers(), st.lists(st.text())))
def test_the_source_tells_every_value_that_makes_another_record(name: str, value: object) -> None:
    other = {**MANAGED, name: value}
    if name == "id" or to_device(other, TENANT) == one():
        return
    assert source_of(other, b"") != source_of(MANAGED, b"")
    assert len(source_of(other, b"")) == 43


def test_the_source_is_another_one_for_another_tenant_and_other_settings() -> None:
    tenants = [
        Tenant(name, "", "", "", "global", 1000, ethernet_macs=macs, entra_changes=entra)
        for name in ("a.example", "b.example")
        for macs in (False, True)
        for entra in (False, True)
    ]
    assert len({source_of(MANAGED, salt_of(tenant)) for tenant in tenants}) == len(tenants)
    assert source_of(MANAGED, b"") == source_of({**MANAGED}, b"") != source_of({**MANAGED, "jailBroken": None}, b"")
    assert source_of({}, b"")[:24] == source_of({"lastSyncDateTime": MANAGED["lastSyncDateTime"]}, b"")[:24]
