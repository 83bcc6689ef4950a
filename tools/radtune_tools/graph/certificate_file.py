"""Certificates in files: the only importer of cryptography."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key, pkcs12

from radtune.config.secret_file import check_secret_file, read_secret
from radtune.dictionary.dictionary import Dictionary
from radtune.errors import ConfigurationError, NotPermittedError, Problem
from radtune.file_access import open_regular, unreadable
from radtune.records.device_and_client import Certificate
from radtune.request.attributes import Attributes
from radtune.request.certificates import read_certificate
from radtune.request.der import elements, read_oid

_NAMES = (
    "2.5.4.3=CN 2.5.4.4=SN 2.5.4.5=serialNumber 2.5.4.6=C 2.5.4.7=L 2.5.4.8=ST 2.5.4.9=street 2.5.4.10=O "
    "2.5.4.11=OU 2.5.4.12=title 2.5.4.13=description 2.5.4.15=businessCategory 2.5.4.17=postalCode "
    "2.5.4.20=telephoneNumber 2.5.4.41=name 2.5.4.42=GN 2.5.4.43=initials 2.5.4.44=generationQualifier "
    "2.5.4.45=x500UniqueIdentifier 2.5.4.46=dnQualifier 2.5.4.65=pseudonym 2.5.4.72=role "
    "2.5.4.97=organizationIdentifier 0.9.2342.19200300.100.1.1=UID 0.9.2342.19200300.100.1.3=mail "
    "0.9.2342.19200300.100.1.25=DC 1.2.840.113549.1.9.1=emailAddress 1.2.840.113549.1.9.2=unstructuredName "
    "1.2.840.113549.1.9.8=unstructuredAddress 1.3.6.1.4.1.311.60.2.1.1=jurisdictionL "
    "1.3.6.1.4.1.311.60.2.1.2=jurisdictionST 1.3.6.1.4.1.311.60.2.1.3=jurisdictionC "
)
_SHORT_NAMES = dict(pair.split("=") for pair in _NAMES.split())
"""OpenSSL's short names for the parts of a subject; it writes any other part with its object identifier."""
_COMMON_NAME, _ALTERNATIVE_NAMES, _KEY_USAGES = "2.5.4.3", "2.5.29.17", "2.5.29.37"
_TEMPLATES = ("1.3.6.1.4.1.311.21.7", "1.3.6.1.4.1.311.20.2")
_UPN = "1.3.6.1.4.1.311.20.2.3"
_UTF8_STRING, _IA5_STRING, _VERSION = 0x0C, 0x16, 0xA0
_PRINTED_AS: Mapping[type[x509.GeneralName], str] = {
    x509.DNSName: "DNS",
    x509.RFC822Name: "email",
    x509.UniformResourceIdentifier: "URI",
    x509.IPAddress: "IP Address",
}
_ESCAPE = re.compile(rb'\\(["\\rnt]|[0-7][0-9]{2})')
_CONTROLS = {b"r": b"\r", b"n": b"\n", b"t": b"\t"}
_OCTETS_CUT_AT = 510
"""Bytes of octets that rlm_python3 passes at most."""


def read_client_certificate(file: Path, dictionaries: Sequence[Path]) -> Certificate:
    """Return the record that the server would make of this client certificate, PEM or DER.

    `dictionaries`: the server's files, its own first. They say which names it makes attributes of.
    Raises ConfigurationError if the file holds no certificate, or one that the server can't show; NotPermittedError.
    """
    data = _bytes(file)
    load = x509.load_pem_x509_certificate if b"-----BEGIN" in data else x509.load_der_x509_certificate
    try:
        shown = Attributes(_as_freeradius_shows(load(data), shows_uris=_shows_uris(dictionaries)))
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        raise _unusable(file, f"not a certificate that the server can show, in PEM or DER: {error}") from error
    record = read_certificate(shown)
    if record is None:
        raise _unusable(file, "a certificate without subject and serial number")
    return record


def _shows_uris(dictionaries: Sequence[Path]) -> bool:
    """Tell whether the server's own dictionary has the name; that of radtune, behind it, always has."""
    own = Dictionary.read(dictionaries[:1]) if dictionaries else None
    return own is not None and own.attribute("TLS-Client-Cert-Subject-Alt-Name-Uri") is not None


def _as_freeradius_shows(certificate: x509.Certificate, *, shows_uris: bool) -> Iterator[tuple[str, str]]:
    """Yield the attributes that FreeRADIUS 3.2 makes of a certificate (cbtls_verify in its src/main/tls.c)."""
    extensions: dict[str, Any] = {each.oid.dotted_string: each.value for each in certificate.extensions}
    names: list[x509.GeneralName] = list(extensions.get(_ALTERNATIVE_NAMES, ()))
    issuer, subject = _distinguished_names(certificate)
    serial = abs(certificate.serial_number)
    texts: dict[str, Iterable[bytes]] = {
        "Serial": [serial.to_bytes(max(1, (serial.bit_length() + 7) // 8), "big").hex().encode()],
        "Expiration": [f"{_end(certificate):%Y%m%d%H%M%SZ}".encode()],
        "Issuer": [_one_line(issuer)],
        "Common-Name": [value for kind, value in _parts(subject) if kind == _COMMON_NAME][:1],
        "Subject-Alt-Name-Dns": _texts(names, x509.DNSName),
        "Subject-Alt-Name-Email": _texts(names, x509.RFC822Name),
        "Subject-Alt-Name-Upn": _user_principal_names(names),
        "Subject-Alt-Name-Uri": _texts(names, x509.UniformResourceIdentifier) if shows_uris else (),
        "X509v3-Extended-Key-Usage-OID": [each.dotted_string.encode() for each in extensions.get(_KEY_USAGES, ())],
    }
    for name, values in texts.items():
        yield from ((f"TLS-Client-Cert-{name}", text) for text in map(_as_quoted, values) if text)
    octets = {"Subject": _one_line(subject), "X509v3-Subject-Alternative-Name": _print(names)}
    octets = {name: content[:_OCTETS_CUT_AT] for name, content in octets.items()}
    octets |= {oid: extensions[oid].public_bytes() for oid in _TEMPLATES if oid in extensions}
    yield from ((f"TLS-Client-Cert-{name}", f"0x{content.hex()}") for name, content in octets.items() if content)


def _as_quoted(raw: bytes) -> str:
    """Read a value, up to its first NUL, as the inside of double quotes; a backslash at its end empties it."""
    raw = raw.partition(b"\0")[0]
    if not re.fullmatch(rb"(?:[^\\]|\\.)*", raw, re.DOTALL):
        return ""
    text = _ESCAPE.sub(_unescaped, raw)
    if b"\0" in text:
        raise ValueError("a name has a null byte in it")
    return text.decode()


def _unescaped(match: re.Match[bytes]) -> bytes:
    escaped = match[1]
    if len(escaped) == 1:
        return _CONTROLS.get(escaped, escaped)
    octal = re.match(rb"[0-7]+", escaped)
    return bytes([int(octal[0], 8) & 0xFF]) if octal else match[0]


def _distinguished_names(certificate: x509.Certificate) -> tuple[bytes, bytes]:
    """Return issuer and subject as they stand there (RFC 5280 4.1): cryptography decodes their parts."""
    ((_, content),) = elements(certificate.tbs_certificate_bytes) or []
    _serial, _algorithm, issuer, _validity, subject, *_ = (
        value for tag, value in elements(content) or [] if tag != _VERSION
    )
    return issuer, subject


def _parts(name: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield object identifier and value of each part of a distinguished name, whatever the encoding of the value."""
    for _, relative in elements(name) or []:
        for _, part in elements(relative) or []:
            (_, kind), (_, value) = elements(part) or []
            yield read_oid(kind), value


def _one_line(name: bytes) -> bytes:
    """Return the name in OpenSSL's one-line form."""
    parts = (f"/{_SHORT_NAMES.get(kind, kind)}=".encode() + _escaped(value) for kind, value in _parts(name))
    return b"".join(parts)


def _escaped(value: bytes) -> bytes:
    written = (chr(octet) if 0x20 <= octet <= 0x7E else f"\\x{octet:02X}" for octet in value)
    return "".join(f"\\{letter}" if letter in "/+" else letter for letter in written).encode()


def _texts(names: Iterable[x509.GeneralName], kind: type[x509.GeneralName]) -> list[bytes]:
    return [name.value.encode() for name in names if isinstance(name, kind)]


def _user_principal_names(names: Iterable[x509.GeneralName]) -> list[bytes]:
    others = (_other(name) for name in names if isinstance(name, x509.OtherName))
    return [text for kind, tag, text in others if (kind, tag) == (_UPN, _UTF8_STRING)]


def _other(name: x509.OtherName) -> tuple[str, int, bytes]:
    """Return the kind of an `otherName`, and the DER tag and content of its value."""
    ((tag, content),) = elements(name.value) or [(0, b"")]
    return name.type_id.dotted_string, tag, content


def _print(names: Iterable[x509.GeneralName]) -> bytes:
    """Return OpenSSL's print of the alternative names, or b'' for names that it fails to print."""
    printed = []
    for name in names:
        if isinstance(name, x509.OtherName):
            kind, tag, content = _other(name)
            if kind == _UPN and tag != _UTF8_STRING:
                return b""
            text = content if tag in (_UTF8_STRING, _IA5_STRING) else b"<unsupported>"
            printed.append(f"othername: {'UPN' if kind == _UPN else kind}::".encode() + text)
        elif isinstance(name, x509.DirectoryName):
            ((_, directory),) = elements(name.value.public_bytes()) or []
            printed.append(b"DirName:" + _one_line(directory))
        elif isinstance(name, x509.RegisteredID):
            printed.append(f"Registered ID:{name.value.dotted_string}".encode())
        else:
            printed.append(f"{_PRINTED_AS[type(name)]}:{name.value}".encode())
    line = b", ".join(printed)
    return b"" if b"\0" in line else line


@dataclass(frozen=True, slots=True)
class AppCertificate:
    """The means of an application to sign: its key, its certificate's SHA-256 thumbprint, and when that ends."""

    thumbprint: bytes
    key: RSAPrivateKey
    expires: datetime


def read_app_certificate(file: Path, key_file: Path | None, passphrase: str) -> AppCertificate:
    """Return the certificate of an application with its key: of a PFX, or in PEM if `key_file` holds the key.

    Raises ConfigurationError or NotPermittedError where a file is missing, not what it should be, or open to others.
    """
    secret = passphrase.encode() or None
    certificate, key = _pfx(file, secret) if key_file is None else _pem(file, key_file, secret)
    if not isinstance(key, RSAPrivateKey):
        raise _unusable(key_file or file, "not an RSA key; Entra takes no other")
    return AppCertificate(certificate.fingerprint(SHA256()), key, _end(certificate))


def _pem(file: Path, key_file: Path, passphrase: bytes | None) -> tuple[x509.Certificate, object]:
    try:
        certificate = x509.load_pem_x509_certificate(_bytes(file))
    except ValueError as error:
        raise _unusable(file, f"not a PEM certificate: {error}") from error
    text = read_secret(key_file, "the private key")
    try:
        key = load_pem_private_key(text.encode(), passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _unusable(key_file, f"not a PEM private key, or not with this passphrase: {error}") from error
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if key.public_key().public_bytes(*form) != certificate.public_key().public_bytes(*form):
        raise _unusable(key_file, f"not the key of the certificate {file}")
    return certificate, key


def _pfx(file: Path, passphrase: bytes | None) -> tuple[x509.Certificate, object]:
    content = check_secret_file(file, "the certificate and its key")
    try:
        key, certificate, _ = pkcs12.load_key_and_certificates(content, passphrase)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise _unusable(file, f"not a PFX file, or not with this passphrase: {error}") from error
    if key is None or certificate is None:
        raise _unusable(file, "holds no certificate with its key; for PEM, give private_key_file, too")
    return certificate, key


def _end(certificate: x509.Certificate) -> datetime:
    """Return the end of a certificate; cryptography before 42 gives it without its time zone, which is UTC."""
    end = getattr(certificate, "not_valid_after_utc", None)
    return end if isinstance(end, datetime) else certificate.not_valid_after.replace(tzinfo=UTC)


def _bytes(file: Path) -> bytes:
    try:
        with open_regular(file) as stream:
            return stream.read()
    except PermissionError as error:
        raise NotPermittedError(unreadable(file, "the certificate")) from error
    except OSError as error:
        raise _unusable(file, f"can't be read as a certificate: {error.strerror}") from error


def _unusable(file: Path, message: str) -> ConfigurationError:
    return ConfigurationError([Problem(file, 1, "", message)])
