"""Which managed device a client is."""

from dataclasses import replace

import pytest

from radtune.errors import StoreError
from radtune.identity.identifiers import certificate_ids, certificate_names
from radtune.identity.matching import find_device
from radtune.records.device_and_client import Certificate, Device, Facts, IndexKind
from radtune_tools.policy.evaluation import MemoryStore
from unit.samples import MAC, NOW, RANDOM_MAC, TENANT, by_mac, certificate, device, guid, store_of

INTUNE_URI = f"ID:Microsoft Endpoint Manager:GUID:{guid(1)}"
NO_GUID = "00000000-0000-0000-0000-000000000000"


@pytest.mark.parametrize(
    "names",
    [
        {"dns": (guid(1),)},
        {"dns": (guid(1).upper(),)},
        {"dns": ("www.corp.example", f"{guid(1)}.corp.example")},
        {"uris": (INTUNE_URI,)},
        {"uris": (INTUNE_URI.upper(),)},
        {"uris": (f"ID:Intune:GUID:{guid(1)}",)},
        {"uris": (f"IntuneDeviceId://{guid(1)}",)},
        {"uris": (f"IntuneDeviceId://{guid(1)}/",)},
        {"common_name": guid(1)},
        {"common_name": f"{guid(1)}.corp.example"},
    ],
)
def test_every_form_of_the_intune_device_id(names: dict[str, object]) -> None:
    match = find_device(certificate(**names), store_of(device(1), device(2)))
    assert (match.state, match.by, match.device) == ("found", "device_id", device(1))


@pytest.mark.parametrize(
    "uri",
    [
        "tag:microsoft.com,2022-09-14:sid:S-1-5-21-1-2-3-1001",
        f"tag:microsoft.com,2022-09-14:sid:{guid(1)}",
    ],
)
def test_microsofts_strong_mapping_names_none(uri: str) -> None:
    assert certificate_ids(Certificate(uris=(uri,))) == []
    assert find_device(certificate(uris=(uri,)), store_of(device(1))).state == "not_enrolled"


@pytest.mark.parametrize(
    "uri", [f"https://corp.example/{guid(1)}", f"IntuneDeviceId://{guid(1)}/more", f"urn:uuid:{guid(1)}"]
)
def test_an_id_binds_in_whatever_form(uri: str) -> None:
    assert certificate_ids(Certificate(uris=(uri,))) == [guid(1)]
    assert find_device(certificate(uris=(uri,)), store_of()).state == "not_enrolled"


@pytest.mark.parametrize("name", [f"{{{guid(2)}}}", f"x-{guid(2)}", f"{guid(2)}.a\nb"])
def test_a_name_with_an_unknown_id_in_it_is_rescued_by_nothing(name: str) -> None:
    facts = replace(certificate(common_name=name, dns=("laptop-1",)), mac=device(1).macs[0])
    assert find_device(facts, store_of(device(1))).state == "not_enrolled"


def test_every_id_in_a_certificate_has_to_name_the_same_device() -> None:
    memory_store = store_of(device(1), device(2))
    assert find_device(certificate(common_name=guid(1), dns=(guid(2),)), memory_store).state == "ambiguous"
    assert find_device(certificate(common_name=guid(1), dns=(guid(99),)), memory_store).state == "not_enrolled"


def test_the_entra_id_counts_where_no_intune_id_does() -> None:
    memory_store = store_of(device(1, entra_id=guid(50)), device(2))
    match = find_device(certificate(common_name=guid(50)), memory_store)
    assert (match.by, match.device) == ("entra_id", device(1, entra_id=guid(50)))


@pytest.mark.parametrize("first", [guid(1), guid(50)])
def test_a_certificate_with_both_ids_is_found_by_the_most_trusted(first: str) -> None:
    memory_store = store_of(device(1, entra_id=guid(50)), device(2))
    last = guid(50) if first == guid(1) else guid(1)
    match = find_device(certificate(common_name=first, dns=(last,)), memory_store)
    assert (match.state, match.by, match.device) == ("found", "device_id", device(1, entra_id=guid(50)))
    assert f"the Intune device id {guid(1)}" in match.how
    assert f"the Entra device id {guid(50)}" in match.how


def test_the_intune_id_counts_before_the_entra_id() -> None:
    memory_store = store_of(device(1), device(2, entra_id=guid(1)))
    assert find_device(certificate(common_name=guid(1)), memory_store).device == device(1)


def test_the_serial_counts_before_the_name_of_the_same_device() -> None:
    both = device(1, name="SER1")
    match = find_device(certificate(common_name="ser1"), store_of(both, device(2)))
    assert (match.by, match.device) == ("serial", both)


@pytest.mark.parametrize(
    "names",
    [
        {"common_name": "LAPTOP-1"},
        {"common_name": "laptop-1"},
        {"common_name": "laptop-1.corp.example"},
        {"dns": ("LAPTOP-1.corp.example",)},
        {"dns": ("laptop-1",)},
        {"common_name": "Anna", "dns": ("laptop-1.corp.example",)},
    ],
)
def test_the_device_name_alone_or_with_its_domain(names: dict[str, object]) -> None:
    match = find_device(certificate(**names), store_of(device(1), device(2)))
    assert (match.state, match.by, match.device) == ("found", "name", device(1))


def test_a_certificate_counts_before_the_mac() -> None:
    facts = Facts(mac="0016cbaabb02", certificate=Certificate(common_name="LAPTOP-1"))
    assert find_device(facts, store_of(device(1), device(2))).device == device(1)


def test_a_certificate_whose_names_say_nothing_leaves_the_mac() -> None:
    facts = Facts(mac=MAC, certificate=Certificate(common_name="Anna Lee"))
    match = find_device(facts, store_of(device(1)))
    assert (match.by, match.device) == ("mac", device(1))


def test_an_unknown_id_binds_neither_name_nor_mac_stand_in() -> None:
    facts = Facts(mac=MAC, certificate=Certificate(common_name="LAPTOP-1", dns=(guid(99),)))
    match = find_device(facts, store_of(device(1)))
    assert (match.state, match.device, match.candidates) == ("not_enrolled", None, ())
    assert guid(99) in match.how


def test_where_an_id_may_hide_neither_name_nor_mac_stand_in() -> None:
    facts = Facts(mac=MAC, certificate=Certificate(common_name="LAPTOP-1", unclear=True))
    match = find_device(facts, store_of(device(1)))
    assert (match.state, match.device) == ("ambiguous", None)
    assert "can't be told apart" in match.how


@pytest.mark.parametrize(
    "names", [{"dns": (NO_GUID,)}, {"common_name": NO_GUID}, {"uris": (f"ID:Intune:GUID:{NO_GUID}",)}]
)
def test_the_placeholder_names_no_device(names: dict[str, object]) -> None:
    assert certificate_ids(Certificate(**names)) == []  # type: ignore[arg-type]
    memory_store = store_of(device(1, entra_id=NO_GUID), device(2, id=NO_GUID))
    assert find_device(certificate(**names), memory_store).device is None


def test_ids_come_without_repeats_and_in_lower_case() -> None:
    found = Certificate(uris=(INTUNE_URI,), dns=(guid(1).upper(), guid(2)), common_name=guid(2))
    assert certificate_ids(found) == [guid(1), guid(2)]


def test_names_come_whole_and_up_to_the_first_dot() -> None:
    found = Certificate(common_name="Laptop-1", dns=("LAPTOP-1.corp.example", ""))
    assert certificate_names(found) == ["laptop-1", "laptop-1.corp.example"]


def test_the_mac_of_a_device() -> None:
    match = find_device(by_mac(), store_of(device(1), device(2)))
    assert (match.state, match.by, match.device) == ("found", "mac", device(1))


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        (by_mac("00163eaabb01"), "00163eaabb01"),
        (by_mac(RANDOM_MAC), "randomised"),
        (Facts(calling_station_id="+4930123"), "'+4930123' is no MAC"),
        (Facts(), "no MAC"),
    ],
)
def test_a_mac_that_names_no_device(facts: Facts, says: str) -> None:
    match = find_device(facts, store_of(device(1), device(2, macs=(RANDOM_MAC,))))
    assert (match.state, match.device) == ("not_enrolled", None)
    assert says in match.how


@pytest.mark.parametrize("same", [{"serial": "5CG1"}, {"serial": "", "entra_id": guid(50)}])
def test_re_enrolments_of_one_device_count_as_one_and_the_newest_check_in_wins(same: dict[str, str]) -> None:
    old = device(1, name="X", last_check_in=10, compliance="compliant", **same)
    new = device(2, name="X", last_check_in=20, compliance="noncompliant", **same)
    for memory_store in (store_of(old, new), store_of(new, old)):
        match = find_device(certificate(common_name="x"), memory_store)
        assert (match.state, match.device) == ("found", new)
        assert set(match.candidates) == {old, new}


def test_the_case_of_a_serial_makes_no_difference() -> None:
    old = device(1, macs=(MAC,), serial="5cg1", last_check_in=10)
    new = device(2, macs=(MAC,), serial="5CG1", last_check_in=20)
    assert find_device(by_mac(), store_of(old, new)).device == new


@pytest.mark.parametrize("kept", [{}, {"serial": ""}, {"serial": "", "entra_id": ""}])
def test_records_of_different_devices_are_ambiguous(kept: dict[str, str]) -> None:
    one, other = device(1, macs=(MAC,), **kept), device(2, macs=(MAC,), **kept)
    match = find_device(by_mac(), store_of(one, other))
    assert (match.state, match.device, match.candidates) == ("ambiguous", None, (one, other))
    assert "LAPTOP-1" in match.how
    assert "LAPTOP-2" in match.how


def test_names_of_different_devices_in_one_certificate_are_ambiguous() -> None:
    match = find_device(certificate(common_name="laptop-1", dns=("laptop-2",)), store_of(device(1), device(2)))
    assert match.state == "ambiguous"


def test_the_serial_of_one_device_that_is_the_name_of_another_is_ambiguous() -> None:
    match = find_device(certificate(common_name="SER1"), store_of(device(1), device(2, name="SER1")))
    assert match.state == "ambiguous"


def test_two_known_ids_of_different_devices_are_ambiguous() -> None:
    match = find_device(certificate(dns=(guid(1), guid(2))), store_of(device(1), device(2)))
    assert match.state == "ambiguous"


TWO_TENANTS = {TENANT: NOW, "fabrikam.example": 5.0}


def test_the_sync_of_the_device_s_own_tenant_counts() -> None:
    assert find_device(by_mac(), MemoryStore((device(1),), TWO_TENANTS)).synced_at == NOW
    assert find_device(by_mac(), MemoryStore((device(1, tenant="fabrikam.example"),), TWO_TENANTS)).synced_at == 5.0
    assert find_device(by_mac(), MemoryStore((device(1, tenant="gone.example"),), TWO_TENANTS)).synced_at == 0.0


def test_where_no_device_is_found_the_tenant_that_waits_longest_counts() -> None:
    assert find_device(Facts(), MemoryStore((), TWO_TENANTS)).synced_at == 5.0
    assert find_device(Facts(), store_of(synced_at=None)).synced_at == 0.0


def test_a_store_that_can_t_be_read_is_its_own_state() -> None:
    class Broken(MemoryStore):
        def find(self, kind: IndexKind, value: str) -> tuple[Device, ...]:
            raise StoreError(f"no {kind} of {value}")

    match = find_device(by_mac(), Broken((device(1),), {}))
    assert (match.state, match.how, match.device) == ("unavailable", f"no mac of {MAC}", None)
