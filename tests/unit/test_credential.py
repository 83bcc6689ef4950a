"""What the application signs in with."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from radtune.errors import ConfigurationError, NotPermittedError
from radtune.settings import Intune
from radtune_tools.credential import credential
from unit.samples import guid


def write_key(file: Path, key: ec.EllipticCurvePrivateKey, password: bytes = b"") -> None:
    protection = BestAvailableEncryption(password) if password else NoEncryption()
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, protection))
    file.chmod(0o600)


@pytest.fixture
def intune(tmp_path: Path) -> Intune:
    """Return an application with a certificate and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "radtune")])
    start = datetime.now(UTC).replace(tzinfo=None) - timedelta(days=1)
    builder = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), start)
    made = builder.not_valid_after(start + timedelta(days=2)).sign(key, SHA256())
    (tmp_path / "crt").write_bytes(made.public_bytes(Encoding.PEM))
    write_key(tmp_path / "key", key)
    return Intune("t", guid(7), None, tmp_path / "crt", tmp_path / "key", "https://l", "https://g", None, 1)


def test_a_secret(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hunter2\n")
    (tmp_path / "secret").chmod(0o640)
    intune = Intune("t", guid(7), tmp_path / "secret", None, None, "https://l", "https://g", None, 1)
    assert credential(intune) == "hunter2"


def test_a_certificate_and_its_key(intune: Intune, tmp_path: Path) -> None:
    found = credential(intune)
    assert isinstance(found, dict)
    thumbprint = x509.load_pem_x509_certificate((tmp_path / "crt").read_bytes()).fingerprint(SHA1())  # noqa: S303
    assert bytes.fromhex(found["thumbprint"]) == thumbprint
    assert found["private_key"] == (tmp_path / "key").read_text().strip()


def test_a_key_of_another_certificate(intune: Intune, tmp_path: Path) -> None:
    write_key(tmp_path / "key", ec.generate_private_key(ec.SECP256R1()))
    with pytest.raises(ConfigurationError, match=f"{tmp_path}/key:1: not the key of the certificate {tmp_path}/crt"):
        credential(intune)


def test_a_key_with_a_password(intune: Intune, tmp_path: Path) -> None:
    write_key(tmp_path / "key", ec.generate_private_key(ec.SECP256R1()), b"hunter2")
    with pytest.raises(ConfigurationError, match=f"{tmp_path}/key:1: not a PEM private key without a password"):
        credential(intune)


@pytest.mark.parametrize("file", ["crt", "key"])
@pytest.mark.parametrize("content", ["", "hello\n", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_files_that_are_something_else(intune: Intune, tmp_path: Path, file: str, content: str) -> None:
    (tmp_path / file).write_text(content)
    with pytest.raises(ConfigurationError, match=f"{tmp_path}/{file}:1: "):
        credential(intune)


@pytest.mark.parametrize("file", ["crt", "key"])
def test_files_that_are_not_there(intune: Intune, tmp_path: Path, file: str) -> None:
    (tmp_path / file).unlink()
    with pytest.raises(ConfigurationError, match=f"{tmp_path}/{file}:1: "):
        credential(intune)


def test_a_key_that_everybody_has(intune: Intune, tmp_path: Path) -> None:
    (tmp_path / "key").chmod(0o644)
    with pytest.raises(NotPermittedError, match="lets every user have the private key"):
        credential(intune)
