"""DER, read: exactly what X.690 allows and nothing else, whatever comes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parts.der import UTF8_STRING, der, der_integer, der_oid
from radtune.der import LONGEST_IDENTIFIER, elements, read_oid, read_text, read_time


@given(st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=300))))
def test_elements_are_read(written: list[tuple[int, bytes]]) -> None:
    assert elements(b"".join(der(tag, content) for tag, content in written)) == written


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("05", id="no length"),
        pytest.param("0402aa", id="too short"),
        pytest.param("048101aa", id="a long length that could be short"),
        pytest.param("04820080" + 128 * "00", id="a length with a leading zero"),
        pytest.param("04800000", id="an indefinite length"),
        pytest.param("0482", id="half a length"),
        pytest.param("04ff", id="a length of 127 octets that aren't there"),
    ],
)
def test_no_elements(text: str) -> None:
    assert elements(bytes.fromhex(text)) is None


@pytest.mark.parametrize(
    "dotted",
    ["1.3.6.1.5.5.7.3.2", "0.9.2342.19200300.100.1.25", "2.5.29.37", "2.999.3", "1.39", "0.0", "2.0.128.16384"],
)
def test_identifiers(dotted: str) -> None:
    ((_, content),) = elements(der_oid(dotted)) or []
    assert read_oid(content) == dotted


@pytest.mark.parametrize("text", ["", "80", "2a80", "2a8001", "2aff", "2a" * (LONGEST_IDENTIFIER + 1)])
def test_no_identifiers(text: str) -> None:
    assert read_oid(bytes.fromhex(text)) == ""


@given(st.binary())
def test_any_octets_are_taken(content: bytes) -> None:
    found = elements(content)
    assert found is None or b"".join(der(tag, inner) for tag, inner in found) == content
    dotted = read_oid(content)
    assert not dotted or der_oid(dotted)[2:] == content
    for tag in (UTF8_STRING, 0x13, 0x16, 0x1E, 0x04):
        assert read_text((tag, content)).isprintable()


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("700101000000Z", 0),
        ("700101000001Z", 1),
        ("361120201751Z", 2110825071),
        ("491231235959Z", 2524607999),
        ("500101000000Z", 0),
        ("991231235959Z", 946684799),
        ("20500101000000Z", 2524608000),
        ("99991231235959Z", 253402300799),
        ("240229000000Z", 1709164800),
    ],
)
def test_times(text: str, seconds: int) -> None:
    assert read_time(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        *("", "Z", "361120201751", "3611202017Z", "361120201751z", "361120201751+0100", "361120201751.5Z"),
        *("20361120201751.5Z", "203611202017Z0", "361320201751Z", "361131201751Z", "230229000000Z", "361120241751Z"),
        *(
            "361120206051Z",
            "361120201760Z",
            "361120201761Z",
            "00000101000000Z",
            "\u0663\u0666" + "1120201751Z",
            " 361120201751Z",
        ),
    ],
)
def test_no_times(text: str) -> None:
    assert read_time(text) == 0


@given(st.text() | st.text("0123456789Z", max_size=16))
def test_any_text_is_taken(text: str) -> None:
    assert read_time(text) >= 0


def test_numbers_are_written() -> None:
    assert [der_integer(number).hex() for number in (0, 127, 128, 256)] == ["020100", "02017f", "02020080", "02020100"]
