"""A certificate with the id of one enrolment of a device that has others: which record counts, and who may profit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radtune.identity.matching import MANY, Match, find_device, still_shows
from radtune.identity.re_enrolments import may_be_same_hardware
from radtune.records.device_and_client import INTUNE_STATES, Certificate, Device, Facts
from unit.samples import MAC, certificate, device, guid, store_of

ENTRA, OTHER_ENTRA = guid(50), guid(51)


def by_id(number: int, *devices: Device) -> Match:
    return find_device(certificate(dns=(guid(number),)), store_of(*devices))


def record(number: int, compliance: str, at: int, serial: str = "5CG1", entra_id: str = ENTRA) -> Device:
    return device(number, compliance=compliance, last_check_in=at, serial=serial, entra_id=entra_id)


@pytest.mark.parametrize("serial", ["5CG1", "", "Default string"])
@pytest.mark.parametrize(("old", "new"), [("compliant", "noncompliant"), ("noncompliant", "compliant")])
def test_of_one_entra_id_the_newest_check_in_counts(old: str, new: str, serial: str) -> None:
    records = record(1, old, 10, serial), record(2, new, 20, serial)
    for number in (1, 2):
        match = by_id(number, *records)
        assert (match.by, match.device, set(match.candidates)) == ("device_id", records[1], set(records))
        assert f"the newest check-in of 2 records of the same hardware counts: {guid(2)}" in match.how


@pytest.mark.parametrize("entra_ids", [("", ""), (ENTRA, ""), ("", ENTRA)])
def test_of_one_serial_number_a_newer_one_takes_compliance_away(entra_ids: tuple[str, str]) -> None:
    old = record(1, "compliant", 10, entra_id=entra_ids[0])
    new = record(2, "noncompliant", 20, entra_id=entra_ids[1])
    match = by_id(1, old, new)
    assert (match.state, match.device, match.candidates) == ("found", new, (old, new))
    assert f"a newer check-in of LAPTOP-2 ({guid(2)}) with its serial number counts" in match.how


@pytest.mark.parametrize(
    ("old", "new", "taken"),
    [
        ("compliant", "in_grace_period", True),
        ("compliant", "config_manager", True),
        ("in_grace_period", "noncompliant", True),
        ("config_manager", "error", True),
        ("noncompliant", "in_grace_period", False),
        ("unknown", "config_manager", False),
        ("in_grace_period", "config_manager", False),
        ("noncompliant", "conflict", False),
    ],
)
def test_a_newer_one_takes_away_whatever_is_better_than_its_own(old: str, new: str, taken: bool) -> None:
    records = record(1, old, 10, entra_id=""), record(2, new, 20, entra_id="")
    assert by_id(1, *records).device == records[taken]


@pytest.mark.parametrize("entra_ids", [("", ""), (ENTRA, ""), ("", ENTRA), (ENTRA, OTHER_ENTRA)])
@pytest.mark.parametrize("state", [state for state in INTUNE_STATES if state != "compliant"])
def test_a_machine_with_a_forged_serial_number_gets_nothing_of_its_victim(
    entra_ids: tuple[str, str], state: str
) -> None:
    rogue = record(1, state, 10, entra_id=entra_ids[0])
    victim = record(2, "compliant", 20, entra_id=entra_ids[1])
    assert by_id(1, rogue, victim).device == rogue


def test_nor_does_it_take_anything_from_a_victim_with_another_entra_id() -> None:
    victim = record(1, "compliant", 10)
    rogue = record(2, "noncompliant", 20, entra_id=OTHER_ENTRA)
    assert by_id(1, victim, rogue).device == victim


def test_a_serial_number_of_a_crowd_is_ambiguous() -> None:
    match = by_id(1, *(record(number, "compliant", number, entra_id="") for number in range(1, 17)))
    assert (match.state, match.device) == ("ambiguous", None)
    assert "16 records have its serial number" in match.how


records = st.builds(
    record,
    st.integers(1, 4),
    st.sampled_from(("compliant", "noncompliant", "unknown")),
    st.integers(0, 3),
    st.sampled_from(("", "5CG1", "5CG2", "Default string")),
    st.sampled_from(("", ENTRA, OTHER_ENTRA)),
)


@given(st.lists(records, min_size=1, max_size=4, unique_by=lambda each: each.id))
def test_nobody_is_compliant_by_another_record_unless_the_entra_id_says_that_it_is_the_same(
    devices: list[Device],
) -> None:
    for named in devices:
        match = find_device(Facts(certificate=certificate(common_name=named.id).certificate), store_of(*devices))
        if match.device is not None and match.device != named and match.device.compliance == "compliant":
            assert match.device.entra_id == named.entra_id != ""
        if named.entra_id and match.device is not None and match.device.entra_id == named.entra_id:
            same = [each for each in devices if each.entra_id == named.entra_id]
            assert match.device.last_check_in == max(each.last_check_in for each in same)


@pytest.mark.parametrize(
    ("serials", "entra_ids", "same"),
    [
        (("5CG1", "5cg1"), ("", ""), True),
        (("5CG1", "5CG1"), (guid(50), ""), True),
        (("5CG1", "5CG1"), (guid(50), guid(51)), False),
        (("5CG1", "5CG2"), ("", ""), False),
        (("5CG1", "5CG2"), (guid(50), ""), False),
        (("", ""), ("", ""), False),
        (("5CG1", "5CG2"), (guid(50), guid(50)), True),
    ],
)
def test_records_that_may_be_of_one_piece_of_hardware(
    serials: tuple[str, str], entra_ids: tuple[str, str], same: bool
) -> None:
    records = [
        device(number, serial=serial, entra_id=entra_id)
        for number, serial, entra_id in zip((1, 2), serials, entra_ids, strict=True)
    ]
    assert may_be_same_hardware(records) is same


def test_of_too_many_records_with_one_entra_id_none_counts() -> None:
    records = [record(number, "compliant", number) for number in range(1, MANY + 2)]
    match = by_id(1, *records)
    assert (match.state, match.device) == ("ambiguous", None)


@pytest.mark.parametrize(("count", "more"), [(3, ""), (4, " and at least 1 more"), (6, " and at least 3 more")])
def test_three_of_several_devices_are_named(count: int, more: str) -> None:
    match = find_device(Facts(mac=MAC), store_of(*(device(number, macs=(MAC,)) for number in range(1, count + 1))))
    assert match.state == "ambiguous"
    assert match.how.count("LAPTOP-") == min(count, 3)
    assert match.how.partition(")")[2].rpartition(")")[2] == more


def test_a_client_without_a_certificate_has_no_conflict_with_its_own_mac() -> None:
    match = find_device(Facts(mac=MAC), store_of(device(1, macs=(MAC,), user="bob")), conflicts=True)
    assert (match.state, match.conflict) == ("found", "")


@pytest.mark.parametrize(
    ("by", "facts", "shown"),
    [
        ("mac", Facts(mac=MAC), True),
        ("mac", Facts(mac="0016cbaabbff"), False),
        ("mac", Facts(), False),
        ("mac", Facts(mac="0016cbaabbff", certificate=Certificate(common_name=MAC)), True),
        ("name", Facts(certificate=Certificate(common_name="laptop-1.corp")), True),
        ("name", Facts(mac=MAC, certificate=Certificate(common_name="LAPTOP-2")), False),
        ("name", Facts(user_name="host/LAPTOP-1", user_verified=True), True),
        ("device_id", Facts(), True),
    ],
)
def test_a_client_still_shows_what_its_device_was_found_by(by: str, facts: Facts, shown: bool) -> None:
    found = Match("found", "", device(1, macs=(MAC,)), by)
    assert still_shows(facts, found) is shown
    assert not still_shows(facts, Match("not_enrolled", ""))
