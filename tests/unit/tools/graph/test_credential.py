"""What the application signs in with, and what it sends for it."""

import warnings
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
from cryptography.hazmat.primitives.hashes import SHA256, Hash
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)

from radtune.config.tenants import Tenant
from radtune_tools.graph.credential import ASSERTION_SECONDS, credential, expires, expiry_warning
from unit.clock import Clock
from unit.credentials import Pair, pair, rsa_key, write
from unit.microsoft import LOGIN, TOKEN, Microsoft, asking, tenant
from unit.samples import NOW, guid

LEGACY = (
    PrivateFormat.PKCS12.encryption_builder()
    .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
    .build(b"hunter2")
)
Make = Callable[[Path, Pair], Tenant]


def pem(directory: Path, made: Pair, form: PrivateFormat = PrivateFormat.PKCS8) -> Tenant:
    certificate, key = write(directory / "crt", made.pem(), 0o644), write(directory / "key", made.key_pem(form=form))
    return tenant(certificate_file=certificate, private_key_file=key)


def old_pem(directory: Path, made: Pair) -> Tenant:
    return pem(directory, made, PrivateFormat.TraditionalOpenSSL)


def both_in_one(directory: Path, made: Pair) -> Tenant:
    file = write(directory / "both", made.key_pem() + made.pem())
    return tenant(certificate_file=file, private_key_file=file)


def encrypted_pem(directory: Path, made: Pair) -> Tenant:
    return tenant(
        certificate_file=write(directory / "crt", made.pem()),
        private_key_file=write(directory / "key", made.key_pem(b"hunter2")),
        passphrase_file=write(directory / "pass", "hunter2\n"),
    )


def pfx(directory: Path, made: Pair) -> Tenant:
    file = write(directory / "pfx", made.pfx(BestAvailableEncryption(b"hunter2")))
    return tenant(certificate_file=file, passphrase_file=write(directory / "pass", "hunter2"))


def legacy_pfx(directory: Path, made: Pair) -> Tenant:
    file = write(directory / "pfx", made.pfx(LEGACY))
    return tenant(certificate_file=file, passphrase_file=write(directory / "pass", "hunter2"))


def open_pfx(directory: Path, made: Pair) -> Tenant:
    return tenant(certificate_file=write(directory / "pfx", made.pfx(NoEncryption())))


CERTIFICATES = pytest.mark.parametrize(
    "make", [pem, old_pem, both_in_one, encrypted_pem, pfx, legacy_pfx, open_pfx], ids=lambda make: make.__name__
)


def sign_in(of: Tenant, microsoft: Microsoft | None = None) -> dict[str, str]:
    """Sign in; return what was sent for it."""
    microsoft = microsoft or Microsoft([], [(200, TOKEN)])
    with asking(microsoft, of) as (_, signin), warnings.catch_warnings():
        warnings.simplefilter("error")
        signin.token(new=True)
    return {name: values[0] for name, values in parse_qs(microsoft.forms[-1], strict_parsing=True).items()}


def test_a_secret(tmp_path: Path) -> None:
    of = tenant(client_secret_file=write(tmp_path / "secret", "hun ter/2\n"))
    assert credential(of) == "hun ter/2"
    sent = sign_in(of)
    assert (sent["client_id"], sent["client_secret"]) == (guid(7), "hun ter/2")
    assert (sent["grant_type"], sent["scope"]) == ("client_credentials", "https://graph.example/.default")


@CERTIFICATES
def test_a_certificate_signs_an_assertion(tmp_path: Path, clock: Clock, make: Make) -> None:
    made = pair()
    sent = sign_in(make(tmp_path, made))
    assert sent["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    assert "client_secret" not in sent
    assertion = sent["client_assertion"]
    thumbprint = Hash(SHA256())
    thumbprint.update(made.certificate.public_bytes(Encoding.DER))
    header = jwt.get_unverified_header(assertion)
    assert (header["alg"], header["typ"]) == ("PS256", "JWT")
    assert jwt.utils.base64url_decode(header["x5t#S256"]) == thumbprint.finalize()
    audience = f"{LOGIN}/contoso.example/oauth2/v2.0/token"
    key: Any = made.certificate.public_key()
    # The clock of this test is years ahead.
    claims = jwt.decode(
        assertion, key, ["PS256"], options={"verify_nbf": False, "verify_iat": False}, audience=audience
    )
    assert (claims["iss"], claims["sub"], claims["aud"]) == (guid(7), guid(7), audience)
    assert (claims["nbf"], claims["exp"]) == (clock.now, clock.now + ASSERTION_SECONDS)
    assert sign_in(make(tmp_path, made))["client_assertion"] != assertion


def test_another_issuer_s_token_is_read_anew_each_time(tmp_path: Path) -> None:
    of = tenant(federated_token_file=write(tmp_path / "token", "first.a.b\n"))
    microsoft = Microsoft([], [(200, TOKEN)])
    with asking(microsoft, of) as (_, signin):
        signin.token()
        write(tmp_path / "token", "second.a.b\n")
        signin.token(new=True)
    assert [parse_qs(form)["client_assertion"] for form in microsoft.forms] == [["first.a.b"], ["second.a.b"]]


def test_another_issuer_s_token_is_no_deprecated_kind_of_credential(tmp_path: Path) -> None:
    sent = sign_in(tenant(federated_token_file=write(tmp_path / "token", "a.b.c")))
    assert sent["client_assertion"] == "a.b.c"


@CERTIFICATES
def test_when_a_certificate_ends(tmp_path: Path, make: Make) -> None:
    end = datetime(2027, 5, 1, 12, tzinfo=UTC)
    assert expires(make(tmp_path, pair(ends=end))) == end


def test_when_other_credentials_end(tmp_path: Path) -> None:
    assert expires(tenant(client_secret_file=tmp_path / "s")) is None
    assert expires(tenant(federated_token_file=tmp_path / "t")) is None
    assert expires(tenant(managed_identity="arc")) is None
    dated = tenant(client_secret_file=tmp_path / "s", client_secret_expires="2027-05-01")
    assert expires(dated) == datetime(2027, 5, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("left", "says"),
    [
        (timedelta(days=365), ""),
        (timedelta(days=30), ""),
        (timedelta(days=29, hours=23), "expires in 29 days, on "),
        (timedelta(days=1), "expires in 1 day, on "),
        (timedelta(hours=1), "expires in 0 days, on "),
        (timedelta(0), "has expired on "),
        (timedelta(days=-400), "has expired on "),
    ],
)
def test_a_warning_in_time(tmp_path: Path, left: timedelta, says: str) -> None:
    end = datetime.fromtimestamp(NOW, UTC)
    warning = expiry_warning(pem(tmp_path, pair(ends=end)), end - left)
    assert bool(warning) == bool(says)
    if says:
        assert warning.startswith(f"contoso.example: the certificate {says}{end:%Y-%m-%d}; renew it")
    dated = tenant(client_secret_file=tmp_path / "s", client_secret_expires=f"{end:%Y-%m-%d}")
    midnight = end.replace(hour=0, minute=0, second=0)
    assert ("the client secret" in expiry_warning(dated, midnight - left)) == bool(says)


def test_the_kinds_in_words(tmp_path: Path) -> None:
    assert pem(tmp_path, pair(rsa_key(2))).credential_kind == "certificate"
    assert tenant(client_secret_file=tmp_path / "s").credential_kind == "client secret"
    assert tenant(federated_token_file=tmp_path / "t").credential_kind == "federated token"
    assert tenant(managed_identity="arc").credential_kind == "managed identity (arc)"
