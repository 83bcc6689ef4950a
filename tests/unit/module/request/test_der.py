"""DER, read: exactly what X.690 allows and nothing else, whatever comes."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from parts.der import der, der_integer, der_oid
from radtune.request.der import ENCODINGS, LONGEST_IDENTIFIER, elements, read_oid, read_text


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


@st.composite
def nearly(draw: st.DrawFn, right: st.SearchStrategy[bytes]) -> bytes:
    """Return what is right, with one octet of it changed, left out or added."""
    octets = draw(right)
    at = draw(st.integers(0, len(octets)))
    return octets[:at] + draw(st.binary(max_size=1)) + octets[at + draw(st.integers(0, 1)) :]


written = st.lists(
    st.tuples(st.integers(0, 255), st.binary(max_size=3) | st.binary(min_size=126, max_size=130)), max_size=3
)
identifiers = st.lists(st.integers(0, 39) | st.integers(120, 130) | st.integers(0, 2**40), min_size=1, max_size=5)


@given(st.binary() | nearly(written.map(lambda found: b"".join(der(tag, content) for tag, content in found))))
@example(b"\4\x81\x7f" + bytes(127))
@example(b"\4\x82\0\x80" + bytes(128))
def test_octets_are_elements_in_one_way_or_not_at_all(content: bytes) -> None:
    found = elements(content)
    assert found is None or b"".join(der(tag, inner) for tag, inner in found) == content


@given(nearly(identifiers.map(lambda numbers: der_oid(".".join(map(str, (1, 3, *numbers))))[2:])))
@example(b"\x2a\x80\1")
def test_octets_are_an_identifier_in_one_way_or_not_at_all(content: bytes) -> None:
    dotted = read_oid(content)
    assert der_oid(dotted)[2:] == content if dotted else content == b"" or content[-1] & 0x80 or b"\x80" in content


@given(st.text() | st.text("aÄ\0\n\u202e", min_size=1), st.sampled_from(sorted(ENCODINGS.items())))
def test_text_that_can_be_printed_is_read(text: str, kind: tuple[int, str]) -> None:
    tag, encoding = kind
    content = text.encode(encoding, "replace")
    assert read_text(tag, content) == (content.decode(encoding) if content.decode(encoding).isprintable() else "")
    assert read_text(0x04, content) == ""


@given(st.binary(), st.sampled_from(sorted(ENCODINGS)))
def test_octets_that_are_no_text_give_none(content: bytes, tag: int) -> None:
    assert read_text(tag, content) in ("", content.decode(ENCODINGS[tag], "replace"))


def test_numbers_are_written() -> None:
    assert [der_integer(number).hex() for number in (0, 127, 128, 256)] == ["020100", "02017f", "02020080", "02020100"]
