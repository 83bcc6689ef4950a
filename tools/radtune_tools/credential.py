"""What the application signs in with: a client secret, or a certificate with its key."""

from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from radtune.errors import ConfigurationError, Problem
from radtune.settings import Intune, read_secret


def credential(intune: Intune) -> str | dict[str, str]:
    """Return the credential as msal takes it.

    Raises ConfigurationError or NotPermittedError where a file is missing, not what it should be, or open to others.
    """
    if intune.client_secret_file is not None:
        return read_secret(intune.client_secret_file, "the client secret")
    if intune.certificate_file is None or intune.private_key_file is None:
        raise AssertionError("settings have either a secret or a certificate")
    certificate = _certificate(intune.certificate_file)
    key = read_secret(intune.private_key_file, "the private key")
    try:
        public = load_pem_private_key(key.encode(), password=None).public_key()
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise _unusable(intune.private_key_file, f"not a PEM private key without a password: {error}") from error
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if public.public_bytes(*form) != certificate.public_key().public_bytes(*form):
        raise _unusable(intune.private_key_file, f"not the key of the certificate {intune.certificate_file}")
    # Entra looks the certificate up by its SHA-1 thumbprint; that is a name here, not a protection.
    return {"private_key": key, "thumbprint": certificate.fingerprint(SHA1()).hex()}  # noqa: S303


def _certificate(file: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(file.read_bytes())
    except (OSError, ValueError) as error:
        raise _unusable(file, f"not a PEM certificate: {error}") from error


def _unusable(file: Path, message: str) -> ConfigurationError:
    return ConfigurationError([Problem(file, 1, "", message)])
