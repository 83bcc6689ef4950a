"""Which serial numbers name a device."""

from itertools import pairwise

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from radtune.identity.identifiers import real_serial
from radtune.identity.matching import find_device
from radtune.identity.re_enrolments import same_hardware
from radtune.records.device_and_client import Certificate, Facts
from radtune_tools.graph.managed_device import to_device
from unit.samples import by_mac, device, guid, store_of

WRITTEN_BY_MAKERS = (
    *("Default string", "System Serial Number", "To be filled by O.E.M.", "None", "N/A", "Not Applicable", "INVALID"),
    *("Not Specified", "Not Available", "Chassis Serial Number", "Base Board Serial Number", "OEM", "unknown", "Empty"),
    *("Serial Number", "No Serial Number", "Type2 - Board Serial Number", "SN", "TBD by OEM", "<none>", "(null)"),
    *("0", ".", "...", "00000000", "XXXXXXXX", "ffffffff", "0123456789", "123456789", "1234567890", "MB-1234567890"),
    *("0123456789ABCDEF", "abcdef", "987654321", "fedcba", "112233445566", "01 02 03 04", "12341234", "1234512345"),
    *("ABABAB", "1313", "112233", "010203", "0000001", "12", "A", "ab-", "System Serial Number 1"),
    *("Serial Number xxxxxx", "SN123456789"),
)
OF_DEVICES = (
    *("7H8J9K2", "ABCD123", "5CG1234XYZ", "PF0A1B2C", "C02XK1ABJGH5", "F9FXK3ABJC6C", "R9XN123", "NXMVWAA00112345"),
    *("VMware-56 4d 2f 1b 3c 4d 5e 6f-01 23 45 67 89 ab cd ef", "Parallels-1A 2B 3C 4D 5E 6F", "SN000001"),
    *("0000-0003-9999-1234-5501-7781-51", "ec2e1916-9099-7caf-fd21-012345abcdef", "1B0TSA0001", "MJ0BASET"),
    *("00000000a1b2c3d4", "BTNO1234", "123456A", "2024031500042", "9A7B8C6D", "ACACAD"),
)


@pytest.mark.parametrize("serial", WRITTEN_BY_MAKERS)
def test_what_makers_write_where_there_is_none(serial: str) -> None:
    assert real_serial(serial) == ""


@pytest.mark.parametrize("serial", OF_DEVICES)
def test_a_real_one(serial: str) -> None:
    assert real_serial(serial) == serial.lower()


@given(st.sampled_from(WRITTEN_BY_MAKERS), st.data())
def test_case_blanks_and_punctuation_make_no_difference(serial: str, data: st.DataObject) -> None:
    changed = "".join(
        data.draw(st.sampled_from((char.lower(), char.upper())))
        + data.draw(st.sampled_from(("", "", " ", ".", "-", "_", ", ")))
        for char in serial
    )
    assert real_serial(changed) == ""
    assert real_serial("".join(char for char in serial if char.isalnum())) == ""


@given(st.text("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", min_size=7, max_size=14))
@example("1234567")
def test_a_serial_number_of_letters_and_digits_is_kept_unless_it_says_nothing(serial: str) -> None:
    """What is thrown away has less than four characters behind its zeros, only two kinds of them, or is a row."""
    steps = {ord(other) - ord(one) for one, other in pairwise(serial)}
    assume(len(serial.lstrip("0")) >= 4 and len(set(serial)) > 4 and len(steps) > 4)
    assert real_serial(serial) == serial.lower()


@pytest.mark.parametrize("word", ["name", "standard", "no", "xxx", "123456", "abc", "ab"])
def test_a_long_text_of_such_words_is_looked_at_once(word: str) -> None:
    assert real_serial(word * 300 + "q") == word * 300 + "q"


@given(st.text())
def test_any_text_is_taken(text: str) -> None:
    assert real_serial(text) in ("", text.strip().lower())


@pytest.mark.parametrize("serial", ["Defaultstring", "ToBeFilledByO.E.M.", "0123456789", "."])
def test_it_joins_no_two_machines_and_names_none(serial: str) -> None:
    one, other = (device(number, serial=serial, name="PC", macs=("0016cbaabb01",)) for number in (1, 2))
    assert not same_hardware((one, other))
    assert find_device(by_mac(), store_of(one, other)).state == "ambiguous"
    assert find_device(Facts(certificate=Certificate(subject_serial=serial)), store_of(one)).state == "not_enrolled"
    assert to_device({"id": guid(1), "serialNumber": serial}, "").serial == ""


A, B = guid(50), guid(51)


@pytest.mark.parametrize(
    ("entra_ids", "same"), [((A, A), True), ((A, B), False), (("", ""), True), ((A, ""), False), (("", B), False)]
)
def test_a_serial_number_joins_records_without_an_entra_id(entra_ids: tuple[str, str], same: bool) -> None:
    one, other = (device(number, serial="5CG1", entra_id=each) for number, each in enumerate(entra_ids, 1))
    assert same_hardware((one, other)) is same
    match = find_device(Facts(certificate=Certificate(subject_serial="5CG1")), store_of(one, other))
    assert match.state == ("found" if same else "ambiguous")
