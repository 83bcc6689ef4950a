"""Files that hold no usable credential: each fault is named, with its file and without what is secret."""

from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

from radtune.config.tenants import Tenant
from radtune.errors import ConfigurationError, NotPermittedError
from radtune_tools.graph.credential import credential
from unit.credentials import pair, rsa_key, write
from unit.microsoft import tenant

SOMETHING_ELSE = ["", "hello\n", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]


@pytest.fixture
def pem(tmp_path: Path) -> Tenant:
    """Return an application with a certificate and its key."""
    made = pair()
    certificate, key = write(tmp_path / "crt", made.pem()), write(tmp_path / "key", made.key_pem())
    return tenant(certificate_file=certificate, private_key_file=key)


@pytest.fixture
def pfx(tmp_path: Path) -> Tenant:
    """Return an application with both in one file, and its passphrase."""
    file = write(tmp_path / "pfx", pair().pfx(BestAvailableEncryption(b"hunter2")))
    return tenant(certificate_file=file, passphrase_file=write(tmp_path / "pass", "hunter2"))


def unusable(of: Tenant, says: str, kind: type[Exception] = ConfigurationError) -> None:
    with pytest.raises(kind) as caught:
        credential(of)
    assert says in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_key_of_another_certificate(pem: Tenant, tmp_path: Path) -> None:
    write(tmp_path / "key", pair(rsa_key(2)).key_pem())
    unusable(pem, f"{tmp_path}/key:1: not the key of the certificate {tmp_path}/crt")


def test_a_key_that_entra_does_not_take(pem: Tenant, pfx: Tenant, tmp_path: Path) -> None:
    made = pair(ec.generate_private_key(ec.SECP256R1()))
    write(tmp_path / "key", made.key_pem())
    write(tmp_path / "crt", made.pem())
    unusable(pem, f"{tmp_path}/key:1: not an RSA key; Entra takes no other")
    write(tmp_path / "pfx", made.pfx(BestAvailableEncryption(b"hunter2")))
    unusable(pfx, f"{tmp_path}/pfx:1: not an RSA key; Entra takes no other")


@pytest.mark.parametrize("given", ["", "wrong"])
def test_a_key_with_a_passphrase_that_is_not_given(pem: Tenant, tmp_path: Path, given: str) -> None:
    write(tmp_path / "key", pair().key_pem(b"hunter2"))
    more: dict[str, Any] = {"passphrase_file": write(tmp_path / "pass", given)} if given else {}
    of = tenant(certificate_file=pem.certificate_file, private_key_file=pem.private_key_file, **more)
    unusable(of, f"{tmp_path}/key:1: not a PEM private key, or not with this passphrase: ")


def test_a_passphrase_for_a_key_that_has_none(pem: Tenant, tmp_path: Path) -> None:
    passphrase = write(tmp_path / "pass", "hunter2")
    files = {"certificate_file": pem.certificate_file, "private_key_file": pem.private_key_file}
    unusable(tenant(**files, passphrase_file=passphrase), f"{tmp_path}/key:1: not a PEM private key, or not with this")


@pytest.mark.parametrize("file", ["crt", "key"])
@pytest.mark.parametrize("content", SOMETHING_ELSE)
def test_pem_files_that_are_something_else(pem: Tenant, tmp_path: Path, file: str, content: str) -> None:
    write(tmp_path / file, content)
    unusable(pem, f"{tmp_path}/{file}:1: ")


@pytest.mark.parametrize("content", [*SOMETHING_ELSE, "\x00" * 100])
def test_pfx_files_that_are_something_else(pfx: Tenant, tmp_path: Path, content: str) -> None:
    write(tmp_path / "pfx", content)
    unusable(pfx, f"{tmp_path}/pfx:1: not a PFX file, or not with this passphrase")


def test_a_pem_file_in_the_place_of_a_pfx(tmp_path: Path) -> None:
    made = pair()
    of = tenant(certificate_file=write(tmp_path / "both", made.pem() + made.key_pem()))
    unusable(of, f"{tmp_path}/both:1: not a PFX file")


@pytest.mark.parametrize("given", ["", "wrong"])
def test_a_pfx_with_a_passphrase_that_is_not_given(pfx: Tenant, tmp_path: Path, given: str) -> None:
    more: dict[str, Any] = {"passphrase_file": write(tmp_path / "other", given)} if given else {}
    of = tenant(certificate_file=pfx.certificate_file, **more)
    unusable(of, f"{tmp_path}/pfx:1: not a PFX file, or not with this passphrase")


def test_a_pfx_without_a_key(pfx: Tenant, tmp_path: Path) -> None:
    protection = BestAvailableEncryption(b"hunter2")
    content = pkcs12.serialize_key_and_certificates(None, None, pair().certificate, None, protection)
    write(tmp_path / "pfx", content)
    unusable(pfx, "holds no certificate with its key; for PEM, give private_key_file, too")


@pytest.mark.parametrize("name", ["crt", "key"])
def test_pem_files_that_are_not_there(pem: Tenant, tmp_path: Path, name: str) -> None:
    (tmp_path / name).unlink()
    unusable(pem, f"{tmp_path}/{name}:1: ")


@pytest.mark.parametrize("name", ["pfx", "pass"])
def test_pfx_files_that_are_not_there_or_open_to_all(pfx: Tenant, tmp_path: Path, name: str) -> None:
    (tmp_path / name).chmod(0o644)
    unusable(pfx, f"{tmp_path}/{name}: mode 0644 lets every user have", NotPermittedError)
    (tmp_path / name).unlink()
    unusable(pfx, f"{tmp_path}/{name}:1: there is no such file")


def test_a_key_that_everybody_has(pem: Tenant, tmp_path: Path) -> None:
    (tmp_path / "key").chmod(0o644)
    unusable(pem, "lets every user have the private key", NotPermittedError)


def test_a_federated_token_that_is_none(tmp_path: Path) -> None:
    of = tenant(federated_token_file=tmp_path / "token")
    unusable(of, f"{tmp_path}/token:1: there is no such file; it has to hold the federated token")
    write(tmp_path / "token", "a.b.c", 0o644)
    unusable(of, "lets every user have the federated token", NotPermittedError)
    write(tmp_path / "token", "hunter2\nhunter2\n")
    unusable(of, "expected the federated token on one line")


def test_a_client_secret_that_is_none(tmp_path: Path) -> None:
    of = tenant(client_secret_file=write(tmp_path / "secret", "hunter2\nhunter2\n"))
    unusable(of, "expected the client secret on one line")
