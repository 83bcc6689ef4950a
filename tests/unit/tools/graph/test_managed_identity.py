"""Signing in as this machine: Azure's service for virtual machines, and Azure Arc's agent."""

import os
from pathlib import Path

import pytest

from radtune.errors import NotPermittedError, RadtuneError, TemporaryError
from radtune_tools.graph.deadline import Deadline
from radtune_tools.graph.http import Http
from radtune_tools.graph.signin import SignIn
from unit.clock import Clock
from unit.microsoft import GRAPH, tenant
from unit.samples import guid
from unit.wire import Wire, answer

managed_identity = pytest.importorskip("msal.managed_identity", reason="managed_identity needs msal 1.29 or newer")
TOKEN = {"access_token": "t0k3n", "expires_in": "3600", "token_type": "Bearer", "resource": GRAPH}


@pytest.fixture(autouse=True)
def _nowhere_special(monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    """Let the tests' own machine be neither of Azure's nor of Azure Arc's, and have a proxy."""
    assert clock.now
    for name in ("IDENTITY_ENDPOINT", "IDENTITY_HEADER", "IMDS_ENDPOINT", "MSI_ENDPOINT", "MSI_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    monkeypatch.setattr(managed_identity.os.path, "exists", lambda _: False)


def token(kind: str, client_id: str = "") -> str:
    with Http(ca_file=Path("/ca.pem"), proxy="http://proxy.example:3128", deadline=Deadline(1800)) as http:
        return SignIn(tenant(managed_identity=kind, client_id=client_id), http).token()


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return where Azure Arc's agent puts its keys."""
    monkeypatch.setattr(managed_identity, "_supported_arc_platforms_and_their_prefixes", {"linux": str(tmp_path)})
    return tmp_path


def challenge(keys: Path) -> bytes:
    return answer(401, b"", WWW_Authenticate=f"Basic realm={keys}/radtune.key")


@pytest.mark.parametrize("client_id", ["", guid(9)])
def test_a_virtual_machine_of_azure(wire: Wire, client_id: str) -> None:
    wire.will(answer(200, TOKEN))
    assert token("azure", client_id) == "t0k3n"
    assert wire.dialled == [("169.254.169.254", 80)]
    (asked,) = wire.sent
    assert asked.startswith(b"GET /metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fgraph.")
    assert b"Metadata: true" in asked
    assert (f"client_id={guid(9)}".encode() in asked) == bool(client_id)


def test_a_server_of_azure_arc(wire: Wire, keys: Path) -> None:
    (keys / "radtune.key").write_text("hunter2")
    wire.will(challenge(keys)).will(answer(200, TOKEN))
    assert token("arc") == "t0k3n"
    assert wire.dialled == [("localhost", 40342)] * 2
    assert b"Authorization" not in wire.sent[0]
    assert b"Authorization: Basic hunter2" in wire.sent[1]
    assert "IMDS_ENDPOINT" not in os.environ
    assert "IDENTITY_ENDPOINT" not in os.environ


def test_where_the_agent_is_may_be_said_by_the_environment(
    wire: Wire, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMDS_ENDPOINT", "http://localhost:1")
    monkeypatch.setenv("IDENTITY_ENDPOINT", "http://localhost:2/token")
    (keys / "radtune.key").write_text("hunter2")
    wire.will(challenge(keys)).will(answer(200, TOKEN))
    assert token("arc") == "t0k3n"
    assert wire.dialled == [("localhost", 2)] * 2
    assert os.environ["IDENTITY_ENDPOINT"] == "http://localhost:2/token"


def test_keys_of_the_agent_that_radtune_may_not_read(wire: Wire, keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stat(file: str) -> os.stat_result:
        raise PermissionError(13, "Permission denied", file)

    wire.will(challenge(keys))
    monkeypatch.setattr(managed_identity.os, "stat", stat)
    with pytest.raises(NotPermittedError, match="usermod -aG himds freerad"):
        token("arc")


def test_a_challenge_for_a_key_that_is_not_there(wire: Wire, keys: Path) -> None:
    wire.will(challenge(keys))
    with pytest.raises(NotPermittedError, match=r"radtune\.key"):
        token("arc")


@pytest.mark.parametrize(
    ("fault", "error", "says"),
    [
        ((answer(400, {"error": "invalid_request", "error_description": "Identity not found"}),), 77, "not found"),
        ((answer(200, b"<html>"),), 77, "gives no token"),
        ((answer(200, []),), 77, "gives no token"),
        ((answer(200, {**TOKEN, "access_token": "a\nb"}),), 75, "answered without a usable token"),
        ((ConnectionRefusedError(111, "Connection refused"),), 75, "can't be asked: "),
        ((answer(503, b""),), 77, "gives no token"),
    ],
)
def test_what_goes_wrong_there(wire: Wire, fault: tuple[bytes], error: int, says: str) -> None:
    for _ in range(9):
        wire.will(*fault)
    with pytest.raises(RadtuneError) as caught:
        token("azure")
    assert caught.value.exit_code == error
    assert str(caught.value).startswith("contoso.example: the managed identity (azure) ")
    assert says in str(caught.value)
    assert "t0k3n" not in str(caught.value)


def test_an_agent_that_gives_half_an_answer_shows_no_token(wire: Wire, keys: Path) -> None:
    (keys / "radtune.key").write_text("hunter2")
    wire.will(challenge(keys)).will(answer(200, {"access_token": "eyJhbGci.eyJhdWQi.c2ln"}))
    with pytest.raises(NotPermittedError, match="gives no token: ") as caught:
        token("arc")
    assert "eyJ" not in str(caught.value)


def test_an_agent_that_answers_at_once_is_none(wire: Wire) -> None:
    wire.will(answer(200, TOKEN))
    with pytest.raises(NotPermittedError, match="gives no token") as caught:
        token("arc")
    assert "t0k3n" not in str(caught.value)


def test_a_deadline_that_is_over(wire: Wire, clock: Clock) -> None:
    with Http(ca_file=None, proxy="", deadline=Deadline(1)) as http:
        clock.now += 2
        with pytest.raises(TemporaryError, match=r"the deadline of 1 seconds \(sync.deadline\) is over"):
            SignIn(tenant(managed_identity="azure", client_id=""), http).token()
    assert wire.dialled == []
