"""Servers for the tests of the raddb files, one for each test file and what it needs of TLS; a simulated Intune."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from parts.graph_simulator import App, Simulator
from parts.graph_simulator.client import SECRET, Client, trusting
from parts.pki import KeyPair, app_credential
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


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    """A tenant without devices, in this process; files with other wishes have one of their own."""
    with Simulator(tmp_path, tenant="contoso.example", app=App("app", secret=SECRET)) as running:
        yield running


@pytest.fixture
def session(simulator: Simulator) -> Iterator[requests.Session]:
    """A session that trusts the simulator."""
    with trusting(simulator.ca_file) as session:
        yield session


@pytest.fixture
def client(simulator: Simulator, session: requests.Session) -> Client:
    """A client of the simulator that has signed in by its secret."""
    return Client(simulator, session, "app", SECRET)


@pytest.fixture(scope="module")
def credential() -> KeyPair:
    """The certificate by which an application signs in."""
    return app_credential("radtune test app")
