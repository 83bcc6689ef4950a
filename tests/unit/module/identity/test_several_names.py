"""A subject with several CNs, or with one that the server shows otherwise than it is written, names no device."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radtune.identity.matching import Match, find_device
from radtune.records.device_and_client import Certificate, Facts
from radtune.request.attributes import Attributes
from radtune.request.certificates import CUT_AT, read_certificate
from unit.samples import MAC, as_string, device, guid, octets, one_line, store_of

CERT = "TLS-Client-Cert-"
GOOD, DENIED, GONE = guid(1), guid(2), guid(99)
MEMORY_STORE = store_of(device(1), device(2, compliance="noncompliant", entra_id=guid(51)))
TWO_BYTES = "".join(f"\\x00{char}" for char in DENIED)


def login(subject: str, shown: str, *, dns: str = "", as_octets: bool = True) -> tuple[Certificate, Match]:
    """Return the certificate with this subject in OpenSSL's one-line form, and the device that the client is."""
    pairs = [("Serial", "1"), ("Subject", octets(subject) if as_octets else subject), ("Common-Name", shown)]
    pairs += [("Subject-Alt-Name-Dns", dns), ("X509v3-Subject-Alternative-Name", octets(f"DNS:{dns}"))] if dns else []
    found = read_certificate(Attributes([(f"{CERT}{name}", value) for name, value in pairs if value]))
    assert found is not None
    return found, find_device(Facts(certificate=found, mac=MAC, auth_type="eap-tls"), MEMORY_STORE)


@pytest.mark.parametrize("as_octets", [True, False])
@pytest.mark.parametrize(
    "other",
    [
        *(f"/CN={DENIED}", f"+CN={DENIED}", f"/OU=x/CN={DENIED}/O=y", f"/O=x+CN={DENIED}", f"/CN={TWO_BYTES}"),
        *(f", CN={DENIED}", f",CN = {DENIED}", f";CN={DENIED}", f"/2.5.4.3={DENIED}", f"/OID.2.5.4.3={DENIED}"),
        *(f"/cn={DENIED}", f"/commonName={DENIED}", f"/CN={DENIED.upper()}", "/CN=LAPTOP-2", "/CN=LAPTOP-1", "/CN="),
        pytest.param(f"/OU=x\\/CN={DENIED}", id="behind a value that ends with a backslash"),
        pytest.param(f"/OU=x\\+CN={DENIED}", id="behind such a value, in one part"),
        "/CN=SER2",
        "/CN=x/serialNumber=SER1",
    ],
)
def test_two_are_ambiguous(other: str, as_octets: bool) -> None:
    for first in ("LAPTOP-1", "SER1", GOOD):
        found, match = login(f"/CN={first}{other}", first, as_octets=as_octets)
        assert found.unread == ("common_name",)
        assert (match.state, match.device) == ("ambiguous", None)
        assert "several CNs" in match.how


@pytest.mark.parametrize(
    ("subject", "shown"),
    [
        pytest.param("/CN=\\114APTOP-1", "LAPTOP-1", id="an octal escape"),
        pytest.param("/CN=LAPTOP\\0551", "LAPTOP-1", id="one in the middle"),
        pytest.param("/CN=LAPTOP-1\\000x", "LAPTOP-1", id="a null byte"),
        pytest.param("/CN=LAPTOP-1\\x00x", "LAPTOP-1", id="a real one"),
        pytest.param("/CN=LAPTOP-1\\n", "LAPTOP-1\n", id="a line break"),
        pytest.param("/CN=\\\\LAPTOP-1", "\\LAPTOP-1", id="a backslash"),
        pytest.param("/CN=LAPTOP-12", "LAPTOP-1", id="more behind it"),
        pytest.param("/CN=LAPTOP-1, O=x", "LAPTOP-1", id="another form"),
        pytest.param("/O=x\\/CN=y", "LAPTOP-1", id="none, or one behind a backslash"),
        pytest.param("/O=x", "LAPTOP-1", id="none: that of the issuer"),
    ],
)
def test_one_that_is_written_otherwise_is_not_believed(subject: str, shown: str) -> None:
    found, match = login(subject, shown)
    assert found.common_name == ""
    # Where there is no CN at all the MAC may say which device it is.
    assert match.state == "ambiguous" if "common_name" in found.unread else match.by == "mac"


def test_one_that_is_not_shown_or_cut_off_may_hold_an_id() -> None:
    for subject, shown in ((f"/CN={TWO_BYTES}", ""), (f"/OU={'x' * CUT_AT}", "LAPTOP-1")):
        found, match = login(subject, shown, dns=GOOD)
        assert (found.unclear, match.state) == (True, "ambiguous")


@pytest.mark.parametrize("names", ["/CN=Users/CN=Anna Lee", "/CN=Computers+CN=LAPTOP-2", "/CN=a/OU=x\\/CN=b"])
def test_an_alternative_name_with_an_id_counts_beside_names_that_are_none(names: str) -> None:
    first = names.split("=")[1].partition("/")[0].partition("+")[0]
    _, match = login(f"/DC=com{names}", first, dns=GOOD)
    assert (match.by, match.device) == ("device_id", device(1))


@pytest.mark.parametrize("other", [DENIED, guid(51), GONE, TWO_BYTES, f"x {DENIED}"])
def test_but_not_beside_another_id(other: str) -> None:
    _, match = login(f"/CN=LAPTOP-1/CN={other}", "LAPTOP-1", dns=GOOD)
    assert (match.state, match.device) == ("ambiguous", None)


keys = st.sampled_from(("CN", "O", "OU", "serialNumber", "2.5.4.3"))
pieces = ("LAPTOP-1", "LAPTOP-2", "SER2", GOOD, DENIED, "\\", "\\057", "\\114APTOP-1", "/", "+", "CN=", "/CN=", ", ")
parts = st.lists(st.tuples(keys, st.lists(st.sampled_from(pieces), max_size=3).map("".join)), min_size=1, max_size=4)


@given(parts)
def test_no_device_is_found_by_a_name_that_is_not_the_only_one(written: list[tuple[str, str]]) -> None:
    names = [value for key, value in written if key in ("CN", "2.5.4.3")]
    subject = "".join(f"/{'CN' if key == '2.5.4.3' else key}={one_line(value)}" for key, value in written)
    _, match = login(subject, (as_string(names[0]) or "") if names else "the CA")
    if match.device is not None and match.by != "mac" and "serialNumber" not in dict(written):
        (name,) = names
        assert name.lower() in (match.device.name.lower(), match.device.serial.lower()) or match.device.id in name


@given(st.text(st.characters(codec="utf-8", exclude_characters="\\\0,;"), min_size=1).filter(str.strip))
def test_an_ordinary_name_is_believed(name: str) -> None:
    found, _ = login(f"/O=Contoso/CN={one_line(name)}", name)
    if len(one_line(name)) < CUT_AT - 20 and "=" not in name:
        assert (found.common_name, found.unread, found.unclear) == (name, (), False)
