"""Certificates in files: the only importer of cryptography."""

from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from radtune.errors import ConfigurationError, NotPermittedError, Problem
from radtune.records import Certificate
from radtune_tools.shown_certificate import shown


def read_certificate(file: Path) -> Certificate:
    """Return the record that the server would make of this client certificate, PEM or DER.

    Raises ConfigurationError where the file holds no certificate, or one that the server can't show, and
    NotPermittedError.
    """
    data = _bytes(file)
    try:
        if b"-----BEGIN" in data:
            certificate = x509.load_pem_x509_certificate(data)
        else:
            certificate = x509.load_der_x509_certificate(data)
        return shown(certificate.tbs_certificate_bytes)
    except ValueError as error:
        raise _unusable(file, f"not a certificate that the server can show, in PEM or DER: {error}") from error


def thumbprint(certificate_file: Path, key_file: Path, key: str) -> str:
    """Return the thumbprint by which Entra looks a PEM certificate up, if the PEM key is its own.

    Raises ConfigurationError, NotPermittedError.
    """
    try:
        certificate = x509.load_pem_x509_certificate(_bytes(certificate_file))
    except ValueError as error:
        raise _unusable(certificate_file, f"not a PEM certificate: {error}") from error
    try:
        public = load_pem_private_key(key.encode(), password=None).public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _unusable(key_file, f"not a PEM private key without a password: {error}") from error
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if public.public_bytes(*form) != certificate.public_key().public_bytes(*form):
        raise _unusable(key_file, f"not the key of the certificate {certificate_file}")
    # The SHA-1 is a name here, not a protection.
    return certificate.fingerprint(SHA1()).hex()  # noqa: S303


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except PermissionError as error:
        raise NotPermittedError(f"{file}: this user may not read the certificate") from error
    except OSError as error:
        raise _unusable(file, f"can't be read as a certificate: {error.strerror}") from error


def _unusable(file: Path, message: str) -> ConfigurationError:
    return ConfigurationError([Problem(file, 1, "", message)])
