"""A simulated Intune, and who signs in to it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from parts.graph_simulator import App, Simulator
from parts.graph_simulator.client import SECRET, Client, trusting
from parts.pki import KeyPair, app_credential


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
