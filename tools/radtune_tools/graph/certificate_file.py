"""Certificates in files, such as the one that an application at Microsoft signs with.

The only importer of cryptography.
"""

import re
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key, pkcs12

from radtune.dataclass import dataclass
from radtune.errors import FaultyFileError
from radtune.file_access import read_file
from radtune_tools.secret_file import check_secret_file, read_secret

_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


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
        raise FaultyFileError(key_file or file, "not an RSA key; Entra takes no other")
    return AppCertificate(certificate.fingerprint(SHA256()), key, _end(certificate))


def pem_certificates(file: Path) -> list[bytes]:
    """Return the certificates of a PEM file, each as it stands there; raises FaultyFileError, NotPermittedError."""
    found = _BLOCK.findall(read_file(file, "a certificate")[0])
    if not found:
        raise FaultyFileError(file, "not a PEM certificate: there is none in it")
    return found


def pem_end(file: Path, certificate: bytes) -> datetime:
    """Return when a certificate of `pem_certificates(file)` ends; raises FaultyFileError."""
    try:
        return _end(x509.load_pem_x509_certificate(certificate))
    except ValueError as error:
        raise FaultyFileError(file, f"not a PEM certificate: {error}") from error


def _pem(file: Path, key_file: Path, passphrase: bytes | None) -> tuple[x509.Certificate, object]:
    try:
        certificate = x509.load_pem_x509_certificate(read_file(file, "the certificate")[0])
    except ValueError as error:
        raise FaultyFileError(file, f"not a PEM certificate: {error}") from error
    text = read_secret(key_file, "the private key")
    try:
        key = load_pem_private_key(text.encode(), passphrase)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise FaultyFileError(key_file, f"not a PEM private key, or not with this passphrase: {error}") from error
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if key.public_key().public_bytes(*form) != certificate.public_key().public_bytes(*form):
        raise FaultyFileError(key_file, f"not the key of the certificate {file}")
    return certificate, key


def _pfx(file: Path, passphrase: bytes | None) -> tuple[x509.Certificate, object]:
    content = check_secret_file(file, "the certificate and its key")
    try:
        key, certificate, _ = pkcs12.load_key_and_certificates(content, passphrase)
    except (ValueError, UnsupportedAlgorithm) as error:
        raise FaultyFileError(file, f"not a PFX file, or not with this passphrase: {error}") from error
    if key is None or certificate is None:
        raise FaultyFileError(file, "holds no certificate with its key; for PEM, give private_key_file, too")
    return certificate, key


def _end(certificate: x509.Certificate) -> datetime:
    """Return the end of a certificate; cryptography before 42 gives it without its time zone, which is UTC."""
    end = getattr(certificate, "not_valid_after_utc", None)
    return end if isinstance(end, datetime) else certificate.not_valid_after.replace(tzinfo=UTC)
