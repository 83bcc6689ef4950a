"""Certificates as the server shows them; tests/server holds the same against a real one."""

import tempfile
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import NameOID, ObjectIdentifier

from parts.pki import Authority, name
from radtune.errors import ConfigurationError
from radtune.records.device_and_client import Certificate
from radtune_tools.policy.client_certificate import read_client_certificate

KEY = ec.generate_private_key(ec.SECP256R1())
START = datetime(2026, 1, 2, 3, 4, 5)  # cryptography takes UTC without saying so
URI = x509.UniformResourceIdentifier("IntuneDeviceId://8a0f3c11-0000-4000-8000-000000000001")
UPN = ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")
UTF8_STRING, IA5_STRING = 0x0C, 0x16
OCTETS_CUT_AT = 510


def shown(content: bytes) -> Certificate:
    """Return the record of a certificate that a file holds."""
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        return read_client_certificate(Path(file.name), ())


def made(
    subject: x509.Name,
    *alternatives: x509.GeneralName,
    extensions: tuple[x509.ExtensionType, ...] = (),
    serial: int = 0x6C3D,
    days: int = 365,
) -> Certificate:
    """Return what is shown of a certificate of this kind."""
    issuer = name((NameOID.COUNTRY_NAME, "DE"), (NameOID.COMMON_NAME, "The CA"))
    builder = x509.CertificateBuilder(issuer, subject, KEY.public_key(), serial, START, START + timedelta(days))
    for extension in extensions:
        builder = builder.add_extension(extension, critical=True)
    if alternatives:
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    return shown(builder.sign(KEY, SHA256()).public_bytes(Encoding.DER))


def common_name(text: str) -> x509.Name:
    return name((NameOID.COMMON_NAME, text))


def encoded(text: str, kind: _ASN1Type) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text, _type=kind)])


def value(tag: int, content: bytes) -> bytes:
    """Return a short DER value."""
    assert len(content) < 128
    return bytes([tag, len(content)]) + content


def test_a_certificate() -> None:
    usages = x509.ExtendedKeyUsage([ObjectIdentifier("1.3.6.1.5.5.7.3.2"), ObjectIdentifier("1.2.3.4")])
    subject = name(
        (NameOID.ORGANIZATION_NAME, "Contoso"), (NameOID.COMMON_NAME, "LAPTOP-1"), (NameOID.SERIAL_NUMBER, "SN1")
    )
    upn = x509.OtherName(UPN, value(UTF8_STRING, b"ann@corp.example"))
    names = (x509.DNSName("laptop-1"), URI, x509.RFC822Name("ann@x.example"), upn, x509.DNSName("b"))
    assert made(subject, *names, extensions=(usages,)) == Certificate(
        common_name="LAPTOP-1",
        dns=("laptop-1", "b"),
        uris=(URI.value,),
        emails=("ann@x.example",),
        upns=("ann@corp.example",),
        issuer="/C=DE/CN=The CA",
        serial="6c3d",
        subject="/O=Contoso/CN=LAPTOP-1/serialNumber=SN1",
        subject_serial="SN1",
        eku=("1.3.6.1.5.5.7.3.2", "1.2.3.4"),
        expires_at=int(datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC).timestamp()),
    )


@pytest.mark.parametrize(("number", "text"), [(5, "05"), (0x80FF, "80ff"), (1 << 158, "40" + "00" * 19)])
def test_serial_numbers(number: int, text: str) -> None:
    assert made(common_name("x"), serial=number).serial == text


def test_a_date_after_2049() -> None:
    assert made(common_name("x"), days=365 * 40).expires_at == int(
        (START.replace(tzinfo=UTC) + timedelta(365 * 40)).timestamp()
    )


@pytest.mark.parametrize(
    ("subject", "line", "first"),
    [
        (name(), "", ""),
        (name((NameOID.ORGANIZATION_NAME, "Contoso")), "/O=Contoso", ""),
        (common_name("Jürgen"), "/CN=J\\xC3\\xBCrgen", "Jürgen"),
        (common_name("a/b+c=d"), "/CN=a\\/b\\+c=d", "a/b+c=d"),
        (common_name("tab\there"), "/CN=tab\\x09here", "tab\there"),
        (common_name(r"a\b\n\101\"q\9\\z"), r"/CN=a\b\n\101\"q\9\\z", ""),
        (common_name(r"\114APTOP-1"), r"/CN=\114APTOP-1", ""),
        (common_name("end\\"), "/CN=end\\", ""),
        (encoded("PC", _ASN1Type.BMPString), "/CN=\\x00P\\x00C", ""),
        (encoded("PC", _ASN1Type.UniversalString), "/CN=\\x00\\x00\\x00P\\x00\\x00\\x00C", ""),
        (encoded("PC", _ASN1Type.T61String), "/CN=PC", "PC"),
        (name((NameOID.COMMON_NAME, "one"), (NameOID.COMMON_NAME, "two")), "/CN=one/CN=two", "one"),
        (
            name((ObjectIdentifier("1.2.3.4.5"), "odd"), (NameOID.EMAIL_ADDRESS, "e")),
            "/1.2.3.4.5=odd/emailAddress=e",
            "",
        ),
    ],
)
def test_subjects(subject: x509.Name, line: str, first: str) -> None:
    found = made(subject)
    assert (found.subject, found.common_name) == (line, first)


def test_a_subject_that_is_too_long_ends_before_the_part_that_is() -> None:
    subject = name(*((NameOID.ORGANIZATIONAL_UNIT_NAME, chr(97 + number) * 60) for number in range(20)))
    found = made(subject)
    assert found.subject == "".join(f"/OU={chr(97 + number) * 60}" for number in range(15))[:OCTETS_CUT_AT]
    assert found.unclear


@pytest.mark.parametrize(
    ("names", "uris", "unclear"),
    [
        ((URI,), (URI.value,), False),
        ((URI, x509.IPAddress(ip_address("192.0.2.1"))), (URI.value,), False),
        ((URI, x509.IPAddress(ip_address("2001:db8::1"))), (URI.value,), False),
        ((URI, x509.DirectoryName(common_name("x"))), (), True),
        ((URI, x509.RegisteredID(ObjectIdentifier("1.2.3"))), (URI.value,), False),
        ((URI, x509.OtherName(ObjectIdentifier("1.2.3"), value(UTF8_STRING, b"z"))), (), True),
        ((x509.DNSName("a, URI:b"),), (), True),
        ((x509.DNSName("a"), x509.RFC822Name("b@c")), (), False),
        ((URI, *(x509.DNSName(f"{'x' * 50}{number}") for number in range(20))), (), True),
        ((URI, x509.UniformResourceIdentifier("x\\")), (), True),
        ((URI, x509.DNSName("a\0b")), (), True),
        # The server shows no print at all of this.
        ((URI, x509.OtherName(UPN, value(IA5_STRING, b"u@x"))), (), False),
    ],
)
def test_uris_that_the_server_can_and_can_t_tell_apart(
    names: tuple[x509.GeneralName, ...], uris: tuple[str, ...], unclear: bool
) -> None:
    found = made(common_name("x"), *names)
    assert (found.uris, found.unclear) == (uris, unclear)


def test_names_that_the_server_leaves_out() -> None:
    found = made(common_name("x"), x509.DNSName("x\\"), x509.DNSName("y"), x509.OtherName(UPN, value(0x16, b"u@x")))
    assert (found.dns, found.upns) == (("y",), ())


@pytest.mark.parametrize(
    ("oid", "content", "template"),
    [
        ("1.3.6.1.4.1.311.21.7", "301006082b06010401823715020164020103", "1.3.6.1.4.1.311.21"),
        ("1.3.6.1.4.1.311.20.2", value(0x1E, "Machine".encode("utf-16-be")).hex(), "Machine"),
        ("1.3.6.1.4.1.311.20.2", value(UTF8_STRING, b"User").hex(), "User"),
        ("1.3.6.1.4.1.311.99", "0500", ""),
        ("1.3.6.1.4.1.311.21.7", "3003ff", ""),
        ("1.3.6.1.4.1.311.20.2", "ff", ""),
    ],
)
def test_templates(oid: str, content: str, template: str) -> None:
    extension = x509.UnrecognizedExtension(ObjectIdentifier(oid), bytes.fromhex(content))
    found = made(common_name("x"), extensions=(extension,))
    assert found.template == template
    assert found.unread == (() if template or oid.endswith(".99") else ("template",))


def test_what_the_server_does_not_look_at_may_be_broken() -> None:
    policies = x509.UnrecognizedExtension(ObjectIdentifier("2.5.29.32"), b"broken")
    assert made(common_name("x"), x509.DNSName("y"), extensions=(policies,)).dns == ("y",)


@pytest.mark.parametrize(
    ("oid", "content"), [("2.5.29.17", "3003ff"), ("2.5.29.17", "30"), ("2.5.29.37", "3002"), ("2.5.29.37", "ff")]
)
def test_names_and_usages_that_are_broken(oid: str, content: str) -> None:
    extension = x509.UnrecognizedExtension(ObjectIdentifier(oid), bytes.fromhex(content))
    with pytest.raises(ConfigurationError, match="not a certificate that the server can show"):
        made(common_name("x"), extensions=(extension,))


@pytest.mark.parametrize("content", [b"", b"x", b"\x30\0", b"-----BEGIN CERTIFICATE-----\nx!\n-----END", b"\x30\x80"])
def test_what_is_no_certificate(content: bytes) -> None:
    with pytest.raises(ConfigurationError, match="not a certificate that the server can show, in PEM or DER"):
        shown(content)


def test_text_before_the_certificate() -> None:
    pem = Authority("The CA").issue_client("laptop").certificate_pem
    assert shown(b"subject=CN = laptop\n" + pem.replace(b"\n", b"\r\n") + pem).common_name == "laptop"


def test_a_name_that_is_not_utf_8() -> None:
    pem = Authority("The CA").issue_client(b"J\xfcrgen").certificate_pem
    with pytest.raises(ConfigurationError, match="not a certificate that the server can show"):
        shown(pem)


def test_null_bytes() -> None:
    """One that is written as an escape is refused by the server; what stands behind another one is cut off."""
    with pytest.raises(ConfigurationError, match="null byte"):
        made(common_name("a\\000b"))
    assert made(common_name("x"), x509.DNSName("a\0b")).dns == ("a",)
