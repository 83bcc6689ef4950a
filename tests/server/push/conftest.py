"""A directory, an authority, and the context of a server that it has issued a certificate to."""

import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from parts.event_receivers import server_context
from parts.pki import Authority
from parts.raddb import server_directory


@pytest.fixture
def directory(authority: Authority) -> Iterator[Path]:
    """Return a directory for settings and log, in which ca.pem is the authority."""
    with server_directory() as made:
        (made / "ca.pem").write_bytes(authority.certificate_pem)
        yield made


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority("the company's CA")


@pytest.fixture(scope="module")
def context(authority: Authority, tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    return server_context(authority, tmp_path_factory.mktemp("server"))
