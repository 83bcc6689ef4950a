"""Real certificates with hostile and unusual names against the whole system: who is found, and who is not."""

from collections.abc import Iterator
from typing import Any

import pytest
from cryptography import x509
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID

from parts.eapol import Login
from parts.office import Office, device, mac_of
from parts.pki import KeyPair
from parts.raddb import TlsOptions, server_directory
from parts.radius_client import mac_login

NOBODY = "02:00:00:00:00:01"
DENIED = device(2)["id"]
SAME = {"serialNumber": "5CG0000004", "azureADDeviceId": "e0e0e0e0-0000-4000-8000-000000000004"}
PLACEHOLDER = {"serialNumber": "Default String", "azureADDeviceId": ""}
FLEET = [
    device(1),
    device(2, complianceState="noncompliant"),
    # Enrolled anew, and noncompliant since then.
    device(4, **SAME),
    device(5, **SAME, complianceState="noncompliant", lastSyncDateTime="2026-01-03T03:04:05Z"),
    # A machine with the serial number of another, which has forged it.
    device(6, serialNumber="SN000001", complianceState="noncompliant", lastSyncDateTime="2026-01-03T03:04:05Z"),
    # Two PCs whose maker gave them no serial number.
    device(7, **PLACEHOLDER, complianceState="noncompliant"),
    device(8, serialNumber="Defaultstring", azureADDeviceId="", lastSyncDateTime="2026-01-03T03:04:05Z"),
    device(9, deviceName="LAPTOP-BERLIN-0042"),
    device(10, serialNumber="ec2e1916-9099-7caf-fd21-012345abcdef"),
]


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    with server_directory() as directory, Office(directory, FLEET, tls=TlsOptions(cache=True)) as office:
        yield office


def part(value: str, kind: _ASN1Type = _ASN1Type.UTF8String, oid: x509.ObjectIdentifier = NameOID.COMMON_NAME) -> Any:
    return x509.NameAttribute(oid, value, _type=kind)


def subject(*parts: Any) -> x509.Name:
    """Give a subject; parts in a list share one place, which OpenSSL prints with a plus between them."""
    groups = [each if isinstance(each, list) else [each] for each in parts]
    return x509.Name([x509.RelativeDistinguishedName(group) for group in groups])


def login(office: Office, name: x509.Name, mac: str = NOBODY, again: int = 0) -> list[Login]:
    return office.eap_tls(office.authority.issue_any(name, (), ()), mac, again=again)


FIRST = part("LAPTOP-1")
TWO_NAMES = {
    "UTF8String": subject(FIRST, part(DENIED)),
    "PrintableString": subject(FIRST, part(DENIED, _ASN1Type.PrintableString)),
    "T61String": subject(FIRST, part(DENIED, _ASN1Type.T61String)),
    "BMPString": subject(FIRST, part(DENIED, _ASN1Type.BMPString)),
    "UniversalString": subject(FIRST, part(DENIED, _ASN1Type.UniversalString)),
    "in one place": subject([FIRST, part("x", oid=NameOID.ORGANIZATIONAL_UNIT_NAME), part(DENIED)]),
    "behind a backslash": subject(FIRST, part("x\\", oid=NameOID.ORGANIZATIONAL_UNIT_NAME), part(DENIED)),
    "behind others": subject(
        part("Contoso", oid=NameOID.ORGANIZATION_NAME), FIRST, part("DE", oid=NameOID.LOCALITY_NAME), part(DENIED)
    ),
    "an octal escape": subject(FIRST, part("\\070" + DENIED[1:])),
    "a name": subject(FIRST, part("LAPTOP-2")),
    "a serial number": subject(FIRST, part("SN000002")),
    "twice the same": subject(FIRST, FIRST),
    "an id first": subject(part(device(1)["id"]), part(DENIED)),
}


@pytest.mark.parametrize("kind", TWO_NAMES)
def test_two_common_names_are_ambiguous(office: Office, kind: str) -> None:
    """However the second is encoded, and even where the MAC is that of a compliant device."""
    (refused,) = login(office, TWO_NAMES[kind], mac_of(1))
    event = office.events()[-1]
    assert (refused.code, refused.succeeded, refused.has_keys) == ("Access-Reject", False, False)
    assert (event["compliance"], event["device"]) == ("ambiguous", "")


@pytest.mark.parametrize(
    "name",
    [
        "\\114APTOP-1",
        "LAPTOP\\0551",
        "\\114\\101\\120\\124\\117\\120\\055\\061",
        "SN00000\\061",
        "LAPTOP-1\\n",
        "LAPTOP-1\\",
    ],
)
def test_a_name_that_the_server_has_changed_is_not_believed(office: Office, name: str) -> None:
    (refused,) = login(office, subject(part(name)), mac_of(1))
    assert (refused.code, office.events()[-1]["compliance"]) == ("Access-Reject", "ambiguous")


def test_a_serial_number_that_the_server_has_changed_is_not_believed(office: Office) -> None:
    serial = part("\\123N000010", oid=NameOID.SERIAL_NUMBER, kind=_ASN1Type.UTF8String)
    (refused,) = login(office, subject(part("someone"), serial), mac_of(1))
    assert (refused.code, office.events()[-1]["compliance"]) == ("Access-Reject", "ambiguous")


@pytest.mark.parametrize(
    ("name", "found", "vlan"),
    [
        pytest.param("LAPTOP-1", "LAPTOP-1", "750", id="a plain name"),
        pytest.param("LAPTOP-BERLIN-0", "LAPTOP-BERLIN-0042", "750", id="a name that NetBIOS has cut"),
        pytest.param("00:16:CB:00:00:0A", "LAPTOP-10", "750", id="a MAC"),
        pytest.param("EC2E1916-9099-7CAF-FD21-012345ABCDEF", "LAPTOP-10", "750", id="a serial number like an id"),
        pytest.param(device(4)["id"], "LAPTOP-5", "1", id="an id of an old enrolment"),
        pytest.param(device(6)["id"], "LAPTOP-6", "1", id="the id of a machine with a forged serial number"),
        pytest.param(device(1)["id"], "LAPTOP-1", "750", id="the id of its victim"),
        pytest.param(device(7)["id"], "LAPTOP-7", "1", id="a PC without a serial number"),
        pytest.param(device(8)["id"], "LAPTOP-8", "750", id="another one"),
        pytest.param("SN000001", "", "", id="a serial number of two machines"),
        pytest.param("Defaultstring", "", "", id="a serial number that is none"),
    ],
)
def test_who_is_found(office: Office, name: str, found: str, vlan: str) -> None:
    """Fresh, and when the TLS session is resumed, which a client that was refused can't do."""
    fresh, *resumed = login(office, subject(part(name)), again=1 if vlan else 0)
    assert (fresh.vlan, office.events()[-1]["device"]) == (vlan, found)
    assert [(each.resumed, each.vlan) for each in resumed] == ([(True, vlan)] if vlan else [])


def test_explain_says_which_record_counts(office: Office) -> None:
    told = office.radtune("explain", device(4)["id"], expect=0).stdout
    assert f"the newest check-in of 2 records of the same hardware counts: {device(5)['id']}" in told
    assert f"used: LAPTOP-5 ({device(5)['id']})" in told
    assert f"candidate: LAPTOP-4 ({device(4)['id']})" in told


def test_quarantine_takes_one_of_two_without_a_serial_number(office: Office) -> None:
    office.radtune("quarantine", "LAPTOP-8", "--wait", "0")
    reasons = [office.ask("explain", device(number)["id"])["reason"] for number in (7, 8)]
    office.radtune("release", "LAPTOP-8", "--wait", "0")
    assert ["quarantined by" in reason for reason in reasons] == [False, True]


@pytest.mark.parametrize(
    ("called", "ssid"),
    [("ap-berlin-3:Corp", "Corp"), ("Building1/Floor2:Corp", "Corp"), ("ap-3", ""), ("ap:a:b", "a:b")],
)
def test_the_ssid_behind_the_name_of_an_access_point(office: Office, called: str, ssid: str) -> None:
    office.client.login(*mac_login("0016cb000001"), ("Called-Station-Id", called), ("NAS-Port-Type", "Wireless-802.11"))
    assert office.events()[-1]["ssid"] == ssid


def test_an_id_in_a_subject_of_a_directory_is_found_by_its_alternative_name(office: Office) -> None:
    """As Active Directory writes it: /DC=com/DC=contoso/CN=Users/CN=Anna Lee."""
    names = subject(part("com", oid=NameOID.DOMAIN_COMPONENT), part("Users"), part("Anna Lee"))
    pair: KeyPair = office.authority.issue_any(names, [x509.DNSName(device(1)["id"])], ())
    (admitted,) = office.eap_tls(pair, NOBODY)
    assert (admitted.vlan, office.events()[-1]["matched_by"]) == ("750", "device_id")


OWN = x509.UniformResourceIdentifier(f"IntuneDeviceId://{device(1)['id']}")
PADDING: list[x509.GeneralName] = [x509.DNSName(f"{number}.example".rjust(60, "x")) for number in range(9)]
BESIDE_ITS_OWN: dict[str, list[x509.GeneralName]] = {
    "behind a NUL, in a DNS name": [x509.DNSName(f"x\0{DENIED}")],
    "behind a NUL, in a URI": [x509.UniformResourceIdentifier(f"x\0{DENIED}")],
    "behind a NUL, in an e-mail": [x509.RFC822Name(f"\0{DENIED}@contoso.example")],
    "before a backslash": [x509.UniformResourceIdentifier(f"{DENIED}\\")],
    "before a backslash, behind the cut": [*PADDING, x509.UniformResourceIdentifier(f"{DENIED}\\")],
    "before a backslash, in a DNS name": [*PADDING, x509.DNSName(f"{DENIED}\\")],
    "in a directory name": [x509.DirectoryName(subject(part(DENIED)))],
}


@pytest.mark.parametrize("kind", BESIDE_ITS_OWN)
def test_an_id_that_the_server_does_not_show(office: Office, kind: str) -> None:
    """A certificate with a good id first, and with the MAC of that device: no release shows the second id."""
    pair: KeyPair = office.authority.issue_any(x509.Name([]), [OWN, *BESIDE_ITS_OWN[kind]], ())
    (refused,) = office.eap_tls(pair, mac_of(1))
    event = office.events()[-1]
    assert (refused.code, event["compliance"], event["device"]) == ("Access-Reject", "ambiguous", "")
