"""Throw-away certificates: an authority, what it issues to servers and supplicants, and Entra app credentials."""

import datetime
import hashlib
import ipaddress
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from parts.der import BMP_STRING, SEQUENCE, TELETEX_STRING, UTF8_STRING, der, der_integer, der_length, der_oid

KeyKind = Literal["ec", "rsa"]
PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

# Microsoft's user principal name as a subject alternative name; its value is a UTF8String.
UPN = ObjectIdentifier("1.3.6.1.4.1.311.20.2.3")
# Certificate Template and Enroll Certificate Type (MS-WCCE 2.2.2.7.7): of a template of version 2 and of version 1.
TEMPLATE, TEMPLATE_NAME = ObjectIdentifier("1.3.6.1.4.1.311.21.7"), ObjectIdentifier("1.3.6.1.4.1.311.20.2")
CLIENT_AUTH = ExtendedKeyUsageOID.CLIENT_AUTH.dotted_string
ONE_DAY = datetime.timedelta(days=1)
# SEQUENCE { OBJECT IDENTIFIER ecdsa-with-SHA256 }, RFC 5758 section 3.2.
DER_ECDSA_WITH_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A certificate and its unencrypted PKCS #8 private key, both PEM."""

    certificate_pem: bytes
    key_pem: bytes

    def write(self, directory: Path, stem: str, key_mode: int = 0o600) -> tuple[Path, Path]:
        """Write `stem`.pem and `stem`.key into the directory and give both paths, certificate first."""
        certificate, key = directory / f"{stem}.pem", directory / f"{stem}.key"
        certificate.write_bytes(self.certificate_pem)
        key.unlink(missing_ok=True)
        with os.fdopen(os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(self.key_pem)
        key.chmod(key_mode)
        return certificate, key


class Authority:
    """A self-signed certificate authority (EC P-256, ten years) that lives as long as this object."""

    def __init__(self, common_name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _subject(common_name, None)
        usage = _key_usage(key_cert_sign=True, crl_sign=True)
        builder = (
            _builder(self._name, self._key, _ends(3650))
            .issuer_name(self._name)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
        )
        self._certificate = builder.sign(self._key, hashes.SHA256())
        self.certificate_pem = _pem(self._certificate)

    def issue_server(self, *names_or_ips: str, days: int = 365, key: KeyKind = "ec") -> KeyPair:
        """Issue a certificate for TLS servers; all names and IP addresses go into the SAN, the first into the CN."""
        subject = _subject(names_or_ips[0], None)
        names = [_dns_or_ip(name) for name in names_or_ips]
        return self._issue(subject, names, [ExtendedKeyUsageOID.SERVER_AUTH], _ends(days), key)

    def issue_client(
        self,
        common_name: str | bytes | None,
        *,
        dns: Iterable[str] = (),
        uris: Iterable[str] = (),
        emails: Iterable[str] = (),
        upns: Iterable[str] = (),
        subject_serial: str | None = None,
        unit: str | None = None,
        eku: Iterable[str] = (CLIENT_AUTH,),
        template: str | None = None,
        template_name: str | None = None,
        ends: datetime.datetime | None = None,
        days: int = 365,
        key: KeyKind = "ec",
    ) -> KeyPair:
        """Issue a certificate for TLS clients, EAP-TLS supplicants among them.

        A CN in bytes (127 at most) is put into the certificate as it is, marked TeletexString: OpenSSL takes any byte
        there, while it refuses to load a UTF8String that isn't UTF-8. The names of the SAN come in the order of the
        arguments; `eku` and `template` are dotted object identifiers. `days` below zero gives an expired certificate,
        `ends` says it exactly.
        """
        names: list[x509.GeneralName] = [x509.DNSName(name) for name in dns]
        names += [x509.UniformResourceIdentifier(uri) for uri in uris]
        names += [x509.RFC822Name(email) for email in emails]
        names += [x509.OtherName(UPN, der(UTF8_STRING, upn.encode())) for upn in upns]
        microsoft = []
        if template is not None:
            version = der_oid(template) + der_integer(100) + der_integer(10)
            microsoft.append(x509.UnrecognizedExtension(TEMPLATE, der(SEQUENCE, version)))
        if template_name is not None:
            name = der(BMP_STRING, template_name.encode("utf-16-be"))
            microsoft.append(x509.UnrecognizedExtension(TEMPLATE_NAME, name))
        subject = _subject(common_name, subject_serial, unit)
        usages = [ObjectIdentifier(usage) for usage in eku]
        pair = self._issue(subject, names, usages, ends or _ends(days), key, microsoft)
        return self._with_raw_common_name(pair, common_name) if isinstance(common_name, bytes) else pair

    def issue_any(
        self, subject: x509.Name, names: Iterable[x509.GeneralName], extensions: Iterable[x509.ExtensionType]
    ) -> KeyPair:
        """Issue a certificate with this subject, these alternative names and these further extensions."""
        key = _new_key("ec")
        builder = _builder(subject, key, _ends(365)).issuer_name(self._name)
        for extension in (*extensions, *([x509.SubjectAlternativeName(listed)] if (listed := list(names)) else [])):
            builder = builder.add_extension(extension, critical=False)
        return KeyPair(_pem(builder.sign(self._key, hashes.SHA256())), _key_pem(key))

    def _issue(
        self,
        subject: x509.Name,
        names: Sequence[x509.GeneralName],
        usages: Sequence[ObjectIdentifier],
        ends: datetime.datetime,
        kind: KeyKind,
        more: Sequence[x509.UnrecognizedExtension] = (),
    ) -> KeyPair:
        key = _new_key(kind)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        usage = _key_usage(digital_signature=True, key_encipherment=kind == "rsa")
        builder = (
            _builder(subject, key, ends)
            .issuer_name(self._name)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(issuer, critical=False)
        )
        if usages:
            builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=not list(subject))
        for extension in more:
            builder = builder.add_extension(extension, critical=False)
        return KeyPair(_pem(builder.sign(self._key, hashes.SHA256())), _key_pem(key))

    def _with_raw_common_name(self, pair: KeyPair, raw: bytes) -> KeyPair:
        """Swap the stand-in CN for the raw bytes, which `cryptography` has no way to say, and sign again."""
        certificate = x509.load_pem_x509_certificate(pair.certificate_pem)
        stand_in = der(TELETEX_STRING, b"#" * len(raw))
        body = certificate.tbs_certificate_bytes.replace(stand_in, der(TELETEX_STRING, raw))
        signature = self._key.sign(body, ec.ECDSA(hashes.SHA256()))
        bit_string = b"\x03" + der_length(len(signature) + 1) + b"\x00" + signature
        signed = x509.load_der_x509_certificate(der(SEQUENCE, body + DER_ECDSA_WITH_SHA256 + bit_string))
        return KeyPair(_pem(signed), pair.key_pem)


def app_credential(common_name: str, days: int = 365) -> KeyPair:
    """Give a self-signed RSA-2048 certificate, as an operator uploads one to an Entra app registration."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = _subject(common_name, None)
    certificate = _builder(name, key, _ends(days)).issuer_name(name).sign(key, hashes.SHA256())
    return KeyPair(_pem(certificate), _key_pem(key))


def sha1_thumbprint(certificate_pem: bytes) -> str:
    """Give the SHA-1 of the certificate's DER in upper-case hex, as the Entra portal shows it."""
    der = x509.load_pem_x509_certificate(certificate_pem).public_bytes(serialization.Encoding.DER)
    return hashlib.sha1(der, usedforsecurity=False).hexdigest().upper()


def _new_key(kind: KeyKind) -> PrivateKey:
    if kind == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP256R1())


def _ends(days: int) -> datetime.datetime:
    return datetime.datetime.now(datetime.UTC) + days * ONE_DAY


def _builder(subject: x509.Name, key: PrivateKey, ends: datetime.datetime) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(now, ends) - ONE_DAY)
        .not_valid_after(ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _subject(common_name: str | bytes | None, serial: str | None, unit: str | None = None) -> x509.Name:
    parts = [] if unit is None else [x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit)]
    if isinstance(common_name, bytes):
        parts.append(x509.NameAttribute(NameOID.COMMON_NAME, "#" * len(common_name), _type=_ASN1Type.T61String))
    elif common_name is not None:
        parts.append(x509.NameAttribute(NameOID.COMMON_NAME, common_name))
    if serial is not None:
        parts.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, serial))
    return x509.Name(parts)


def _key_usage(
    *,
    digital_signature: bool = False,
    key_encipherment: bool = False,
    key_cert_sign: bool = False,
    crl_sign: bool = False,
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=key_encipherment,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


def _dns_or_ip(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def name(*parts: tuple[ObjectIdentifier, str]) -> x509.Name:
    """Give a name of these parts."""
    return x509.Name([x509.NameAttribute(kind, value) for kind, value in parts])
