"""The identifiers by which a device is found, those that the policy lets count, and clients that name two devices."""

from dataclasses import replace

import pytest

from radtune.identity.matching import DEFAULT_IDENTIFIERS, IDENTIFIERS, find_device
from radtune.records.addresses import NO_MACS
from radtune.records.device_and_client import Certificate, Device, Facts
from unit.samples import MAC, RANDOM_MAC, device, guid, store_of

BOB = "bob@contoso.example"
USER = Certificate(common_name="Bob", upns=("Bob@Contoso.example",))
EVERY = frozenset(IDENTIFIERS)


def login(**more: object) -> Facts:
    return Facts(auth_type="eap-tls", certificate=Certificate(**more))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("facts", "by"),
    [
        (login(dns=(guid(1),)), "device_id"),
        (login(upns=(f"{guid(1)}@contoso.example",)), "device_id"),
        (login(emails=(f"{guid(50)}@contoso.example",)), "entra_id"),
        (login(subject_serial="ser1"), "serial"),
        (login(common_name="host/LAPTOP-1.corp.example"), "name"),
        (Facts(user_name="host/laptop-1.corp.example", user_verified=True, auth_type="peap"), "name"),
        (Facts(mac=MAC), "mac"),
        (Facts(certificate=USER), "user"),
    ],
)
def test_every_identifier_finds_the_device_and_can_be_left_out(facts: Facts, by: str) -> None:
    memory_store = store_of(device(1, entra_id=guid(50), user=BOB), device(2))
    match = find_device(facts, memory_store, EVERY)
    assert (match.state, match.by) == ("found", by)
    assert match.device is not None
    assert match.device.id == guid(1)
    assert find_device(facts, memory_store, EVERY - {by}).state == "not_enrolled"


def test_a_user_s_certificate_finds_a_device_only_where_the_policy_says_so() -> None:
    memory_store = store_of(device(1, user=BOB))
    assert "user" not in DEFAULT_IDENTIFIERS
    assert find_device(Facts(certificate=USER), memory_store).state == "not_enrolled"


def test_a_user_with_several_devices_is_ambiguous() -> None:
    match = find_device(Facts(certificate=USER), store_of(device(1, user=BOB), device(2, user=BOB)), EVERY)
    assert (match.state, match.by) == ("ambiguous", "user")


def test_the_mac_counts_before_the_user() -> None:
    memory_store = store_of(device(1, user=BOB), device(2, user=BOB))
    match = find_device(Facts(certificate=USER, mac=MAC), memory_store, EVERY)
    assert (match.by, match.device) == ("mac", device(1, user=BOB))


def test_an_id_binds_whatever_the_policy_lets_count() -> None:
    facts = Facts(mac=MAC, certificate=Certificate(dns=(guid(99),), upns=(BOB,)))
    assert find_device(facts, store_of(device(1, user=BOB)), EVERY).state == "not_enrolled"
    assert find_device(
        replace(facts, certificate=Certificate(dns=(guid(1),))), store_of(device(1)), frozenset({"mac"})
    ).state == ("not_enrolled")


def test_a_computer_that_only_says_its_name_is_not_believed() -> None:
    facts = Facts(user_name="host/laptop-1", auth_type="eap-tls", mac=RANDOM_MAC)
    assert find_device(facts, store_of(device(1)), EVERY).state == "not_enrolled"


@pytest.mark.parametrize("mac", sorted(NO_MACS))
def test_a_placeholder_for_a_mac_names_no_device(mac: str) -> None:
    assert find_device(Facts(mac=mac), store_of(device(1, macs=(mac,))), EVERY).state == "not_enrolled"


@pytest.mark.parametrize("serial", ["Default string", "0", "To Be Filled By O.E.M."])
def test_a_placeholder_for_a_serial_names_no_device(serial: str) -> None:
    assert find_device(login(common_name=serial), store_of(device(1, serial=serial)), EVERY).state == "not_enrolled"


def test_two_ids_of_two_devices_are_a_conflict() -> None:
    match = find_device(login(dns=(guid(1), guid(2))), store_of(device(1), device(2)))
    assert (match.state, match.conflict) == ("ambiguous", "the certificate has the ids of two devices")
    assert find_device(login(dns=(guid(1), guid(50))), store_of(device(1, entra_id=guid(50)))).conflict == ""


def conflict(facts: Facts, *devices: Device) -> str:
    return find_device(facts, store_of(*devices), EVERY, conflicts=True).conflict


def test_a_mac_of_another_device_is_a_conflict_and_the_certificate_wins() -> None:
    facts = replace(login(common_name="LAPTOP-2"), mac=MAC)
    match = find_device(facts, store_of(device(1), device(2)), conflicts=True)
    assert match.device == device(2)
    assert match.conflict == (f"the client is LAPTOP-2 by its name, and its MAC {MAC} belongs to LAPTOP-1 ({guid(1)})")
    assert find_device(facts, store_of(device(1), device(2))).conflict == ""


def test_a_client_without_a_device_names_no_two() -> None:
    """Whoever else the MAC belongs to: its certificate names a device that is gone, or two."""
    facts = replace(login(dns=(guid(9),)), mac=MAC)
    match = find_device(facts, store_of(device(1)), conflicts=True)
    assert (match.state, match.conflict) == ("not_enrolled", "")
    facts = replace(login(dns=(guid(2), guid(3))), mac=MAC)
    assert conflict(facts, device(1), device(2), device(3)) == "the certificate has the ids of two devices"


def test_a_mac_of_the_same_device_is_none() -> None:
    assert conflict(replace(login(common_name="LAPTOP-1"), mac=MAC), device(1), device(2)) == ""


def test_a_mac_that_an_older_record_of_the_same_hardware_has_is_none() -> None:
    facts = replace(login(dns=(guid(2),)), mac=MAC)
    assert conflict(facts, device(1, serial="5CG1"), device(2, serial="5CG1", macs=())) == ""
    assert conflict(facts, device(1, serial="5CG1"), device(2, serial="5CG2", macs=())) != ""


@pytest.mark.parametrize("mac", ["", RANDOM_MAC, "0016cbffffff", "020000000000"])
def test_a_mac_that_says_nothing_is_none(mac: str) -> None:
    facts = replace(login(common_name="LAPTOP-2"), mac=mac)
    assert conflict(facts, device(1, macs=(RANDOM_MAC, "020000000000")), device(2)) == ""


def test_a_user_s_certificate_on_another_user_s_device_is_a_conflict() -> None:
    facts = Facts(certificate=USER, mac=MAC)
    assert "ann@contoso.example's LAPTOP-1" in conflict(facts, device(1, user="ann@contoso.example"))
    assert conflict(facts, device(1, user="BOB@contoso.example")) == ""
    assert conflict(facts, device(1, user="")) == ""


@pytest.mark.parametrize(
    ("facts", "identify_by", "says"),
    [
        (Facts(), EVERY, "there is no MAC to go by"),
        (Facts(calling_station_id="x"), EVERY, "Calling-Station-Id 'x' is no MAC"),
        (Facts(mac=RANDOM_MAC), EVERY, "is randomised"),
        (Facts(mac="000000000000"), EVERY, "is a placeholder"),
        (Facts(mac=MAC), EVERY, "Intune knows no device with the MAC"),
        (Facts(mac=MAC), frozenset({"name"}), "the policy takes no MAC as identity"),
        (login(common_name="x", subject_serial="5CG9"), EVERY, "the certificate names 5cg9 or x, which is no device's"),
        (login(), EVERY, "the certificate names nothing"),
    ],
)
def test_why_nobody_was_found(facts: Facts, identify_by: frozenset[str], says: str) -> None:
    assert says in find_device(facts, store_of(), identify_by).how


def test_names_do_not_stand_in_for_a_serial_number_that_cannot_be_read() -> None:
    facts = login(common_name="LAPTOP-1", subject="/serialNumber=SER2/CN=LAPTOP-1/CN=x")
    assert find_device(facts, store_of(device(1), device(2)), EVERY).state == "ambiguous"
    facts = login(common_name="LAPTOP-1", subject="/serialNumber=SER1/CN=LAPTOP-1", subject_serial="SER1")
    assert find_device(facts, store_of(device(1), device(2)), EVERY).by == "serial"
