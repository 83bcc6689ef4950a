"""Servers for the tests of the raddb files, one for each test file and what it needs of TLS."""

from collections.abc import Iterator

import pytest

from parts.raddb import TlsOptions
from parts.steered import Identities, SteeredServer, issue_identities, steered_server

STORE = ("Tunnel-Private-Group-Id", "Radtune-Inner-User-Name", "Radtune-Inner-Type")


@pytest.fixture(scope="module")
def identities(tmp_path_factory: pytest.TempPathFactory) -> Identities:
    return issue_identities(tmp_path_factory.mktemp("identities"))


@pytest.fixture(scope="module")
def steered(identities: Identities) -> Iterator[SteeredServer]:
    """A server without a TLS session cache, as the stock configuration has it."""
    with steered_server(identities) as server:
        yield server


@pytest.fixture(scope="module")
def resuming(identities: Identities) -> Iterator[SteeredServer]:
    """A server that lets clients resume their TLS sessions."""
    with steered_server(identities, tls=TlsOptions(cache=True, store=STORE)) as server:
        yield server
