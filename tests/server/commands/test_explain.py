"""`radtune explain` against real servers: certificates as FreeRADIUS shows them, and outcomes as it gives them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID, ObjectIdentifier

from parts.office import Office, device, mac_of
from parts.pki import KeyPair, name
from parts.raddb import server_directory
from parts.radius_client import mac_login
from parts.steered import Identities, SteeredServer

ID = device(1)["id"]
URI = x509.UniformResourceIdentifier(f"IntuneDeviceId://{ID}")
UPN = ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")
USAGES = x509.ExtendedKeyUsage(
    [ObjectIdentifier(oid) for oid in ("1.3.6.1.5.5.7.3.2", "1.3.6.1.4.1.311.20.2.2", "1.2.3")]
)
TEMPLATE = x509.UnrecognizedExtension(
    ObjectIdentifier("1.3.6.1.4.1.311.21.7"), bytes.fromhex("301006082b06010401823715020164020103")
)


def upn(text: bytes, tag: int = 0x0C) -> x509.OtherName:
    return x509.OtherName(UPN, bytes([tag, len(text)]) + text)


LAPTOP = name((NameOID.COUNTRY_NAME, "DE"), (NameOID.COMMON_NAME, "LAPTOP-1"), (NameOID.SERIAL_NUMBER, "SN 1"))
CERTIFICATES: dict[str, tuple[x509.Name, list[x509.GeneralName], list[x509.ExtensionType]]] = {
    "usual": (
        LAPTOP,
        [x509.DNSName("laptop-1"), URI, x509.RFC822Name("ann@x.example"), upn(b"ann@corp.example")],
        [USAGES, TEMPLATE],
    ),
    "no names but a subject": (LAPTOP, [], []),
    "no subject": (name(), [x509.DNSName("laptop-1"), URI], [USAGES]),
    "letters": (
        name((NameOID.ORGANIZATION_NAME, 'Größe & "Söhne" /+='), (NameOID.COMMON_NAME, "Jürgen's\tlaptop")),
        [URI],
        [USAGES],
    ),
    "backslashes": (
        name((NameOID.COMMON_NAME, r"a\b\n\101\'\9\999\\z")),
        [x509.DNSName(r"d\nx"), x509.RFC822Name(r"a\@b"), upn(rb"a\b\\c")],
        [USAGES],
    ),
    "a backslash at the end": (
        name((NameOID.COMMON_NAME, "x")),
        [x509.DNSName("y"), URI, x509.DNSName("x\\")],
        [USAGES],
    ),
    "odd parts": (
        name(
            (NameOID.COMMON_NAME, "one"),
            (NameOID.COMMON_NAME, "two"),
            (NameOID.DOMAIN_COMPONENT, "corp"),
            (NameOID.USER_ID, "ann"),
            (NameOID.EMAIL_ADDRESS, "e@x"),
            (NameOID.SURNAME, "S"),
            (NameOID.GIVEN_NAME, "G"),
            (NameOID.STREET_ADDRESS, "street"),
            (NameOID.JURISDICTION_COUNTRY_NAME, "DE"),
            (ObjectIdentifier("1.2.3.4.5"), "odd"),
        ),
        [URI],
        [],
    ),
    "a long subject": (
        name((NameOID.COMMON_NAME, "x"), *((NameOID.ORGANIZATIONAL_UNIT_NAME, "y" * 60) for _ in range(20))),
        [URI],
        [USAGES],
    ),
    "an address": (LAPTOP, [URI, x509.IPAddress(ip_address("192.0.2.1"))], [USAGES]),
    "a directory name": (LAPTOP, [URI, x509.DirectoryName(name((NameOID.COMMON_NAME, "x")))], [USAGES]),
    "a name that looks like two": (LAPTOP, [x509.DNSName(f"a, URI:{URI.value}")], [USAGES]),
    "a broken template": (LAPTOP, [URI], [USAGES, x509.UnrecognizedExtension(TEMPLATE.oid, b"\x30\x03\xff")]),
    "a broken policy": (LAPTOP, [URI], [USAGES, x509.UnrecognizedExtension(ObjectIdentifier("2.5.29.32"), b"x")]),
    "a UPN that is none": (LAPTOP, [URI, upn(b"ann@x", tag=0x16)], [USAGES]),
}


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    with server_directory() as directory, Office(directory, [device(1), device(2)]) as office:
        yield office


def readable(office: Office, pair: KeyPair, stem: str = "explained") -> Path:
    """Write the certificate where the command can read it, whoever it runs as."""
    certificate, _ = office.certificate(pair, stem)
    certificate.chmod(0o644)
    return certificate


@pytest.mark.parametrize("kind", CERTIFICATES)
def test_a_file_is_shown_as_the_server_shows_the_certificate(
    office: Office, steered: SteeredServer, identities: Identities, kind: str
) -> None:
    pair = identities.authority.issue_any(*CERTIFICATES[kind])
    steered.answer()
    (login,) = steered.eap(identities.eap_tls(pair))
    assert login.code == "Access-Accept"
    call, *_ = steered.calls
    shown: dict[str, Any] = office.ask("explain", str(readable(office, pair)))["certificate"]
    expected = {key: call.all(f"TLS-Client-Cert-{name}") for key, name in ATTRIBUTES.items()}
    expected["subject"] = call.subject()
    if "common_name" in shown["unread"]:
        # The subject doesn't say the same, or has several.
        expected["common_name"] = [shown["common_name"]] if kind == "odd parts" else []
    got = {
        key: shown[key] if isinstance(shown[key], list) else [shown[key]] if shown[key] else [] for key in ATTRIBUTES
    }
    assert got == expected
    (expires,) = call.all("TLS-Client-Cert-Expiration")
    at = datetime.strptime(expires, "%y%m%d%H%M%SZ").replace(tzinfo=UTC)
    assert shown["expires_at"] == at.timestamp()


ATTRIBUTES = {
    "common_name": "Common-Name",
    "subject": "Subject",
    "issuer": "Issuer",
    "serial": "Serial",
    "dns": "Subject-Alt-Name-Dns",
    "emails": "Subject-Alt-Name-Email",
    "upns": "Subject-Alt-Name-Upn",
    "eku": "X509v3-Extended-Key-Usage-OID",
}


@pytest.mark.parametrize(
    "kind", ["usual", "no subject", "an address", "a directory name", "a name that looks like two"]
)
def test_a_login_with_a_certificate_comes_out_as_explained(office: Office, kind: str) -> None:
    pair = office.authority.issue_any(*CERTIFICATES[kind])
    explained = office.ask("explain", str(readable(office, pair)), "--mac", "02:00:00:00:00:01")
    (login,) = office.eap_tls(pair, "02:00:00:00:00:01")
    event = office.events()[-1]
    for key in ("outcome", "rule", "compliance", "matched_by", "device", "cert_cn", "cert_san", "vlan", "reason"):
        assert explained[key] == event[key], key
    assert login.vlan == explained["vlan"]
    assert explained["packet"] == login.code


def test_der_is_as_good_as_pem(office: Office) -> None:
    pem = readable(office, office.authority.issue_any(*CERTIFICATES["usual"]))
    der = pem.with_suffix(".der")
    loaded = x509.load_pem_x509_certificate(pem.read_bytes())
    der.write_bytes(loaded.public_bytes(Encoding.DER))
    der.chmod(0o644)
    assert office.ask("explain", str(der))["certificate"] == office.ask("explain", str(pem))["certificate"]


def test_a_name_that_is_not_utf_8_is_refused_here_and_there(office: Office) -> None:
    pair = office.authority.issue_client(b"J\xfcrgen")
    (login,) = office.eap_tls(pair, mac_of(1))
    assert login.code == "Access-Reject"
    said = office.radtune("explain", str(readable(office, pair)), expect=78).stderr
    assert "not a certificate that the server can show" in said


def test_what_if_a_session_were_elsewhere(office: Office) -> None:
    office.client.login(*mac_login("0016cb000002", ("NAS-Identifier", "switch-7")))
    (session,) = office.ask("sessions", "LAPTOP-2")
    assert office.ask("explain", session["session"])["outcome"] == session["granted"] == "vlan 750"
    answer = office.ask("explain", session["session"], "--compliance", "noncompliant", "--ssid", "Guest")
    assert (answer["outcome"], answer["ssid"], answer["granted"]) == ("vlan 1", "Guest", "vlan 750")
    assert ["Tunnel-Private-Group-Id:0", "1"] in answer["reply"]
    office.policy_file.write_text(office.policy_file.read_text().replace("750", "752"))
    said = office.radtune("explain", "LAPTOP-2", expect=0)
    assert "outcome: vlan 752" in said.stdout and "granted so far: vlan 750; radtune apply would move it" in said.stdout
    assert "the server still judges by another policy than" in said.stderr
