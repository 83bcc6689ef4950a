"""Certificates, keys and PFX files, as an operator makes them for an application at Microsoft."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)
from cryptography.x509.oid import NameOID

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@cache
def rsa_key(number: int = 1) -> rsa.RSAPrivateKey:
    """Return an RSA key, another one for each number; one is costly to make."""
    assert number
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: Key

    def pem(self) -> bytes:
        """Return the certificate as PEM."""
        return self.certificate.public_bytes(Encoding.PEM)

    def key_pem(self, password: bytes = b"", form: PrivateFormat = PrivateFormat.PKCS8) -> bytes:
        """Return the key as PEM."""
        protection = BestAvailableEncryption(password) if password else NoEncryption()
        return self.key.private_bytes(Encoding.PEM, form, protection)

    def pfx(self, protection: KeySerializationEncryption) -> bytes:
        """Return both as PFX."""
        return pkcs12.serialize_key_and_certificates(b"radtune", self.key, self.certificate, None, protection)


def pair(key: Key | None = None, ends: datetime | None = None) -> Pair:
    """Return a self-signed certificate with its key, which ends in a year unless it's said otherwise."""
    key = key or rsa_key()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "radtune")])
    end = ends or datetime.now(UTC) + timedelta(days=365)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(end - timedelta(days=400)).not_valid_after(end)
    return Pair(builder.sign(key, SHA256()), key)


def write(file: Path, content: bytes | str, mode: int = 0o640) -> Path:
    """Write a file that others can't read."""
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    file.chmod(mode)
    return file
