"""Faults of the connection: resets, bodies that end early, answers that take their time."""

import re
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from parts.graph_simulator import App, Simulator
from parts.graph_simulator.client import MANAGED_DEVICES as LIST
from parts.graph_simulator.client import SECRET, Client, trusting
from parts.graph_simulator.fleet import fleet

BROKEN = (requests.ConnectionError, requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError)


@pytest.fixture
def simulator(tmp_path: Path) -> Iterator[Simulator]:
    app = App("app", secret=SECRET)
    with Simulator(tmp_path, tenant="contoso.example", app=app, devices=fleet(50)) as running:
        yield running


@pytest.mark.parametrize("effect", ["reset", "reset=body", "truncate", "truncate=0", "truncate=100"])
@pytest.mark.parametrize("accepted", ["gzip", "identity"])
def test_connections_that_break(simulator: Simulator, client: Client, effect: str, accepted: str) -> None:
    simulator.set_faults(f"page=1:{effect}")
    headers = {"Accept-Encoding": accepted}
    with pytest.raises((*BROKEN, requests.JSONDecodeError)):
        client.get(LIST, **headers).json()
    assert len(client.get(LIST, **headers).json()["value"]) == 50
    assert simulator.requests()[-2].status == (0 if effect == "reset" else 200)


def raw_end(simulator: Simulator) -> tuple[bytes, bool]:
    """Ask for a page and read to the end of the connection: what came, and whether TCP was reset.

    ssl's own sockets hide a reset; the TLS is done in memory here.
    """
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.create_default_context(cafile=str(simulator.ca_file))
    tls, came, asked = context.wrap_bio(incoming, outgoing, server_hostname="localhost"), b"", False
    with socket.create_connection(("127.0.0.1", int(simulator.url.rpartition(":")[2])), timeout=30) as raw:
        while True:
            with suppress(ssl.SSLWantReadError):
                if not asked:
                    tls.do_handshake()
                    tls.write(f"GET {LIST} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
                    asked = True
                while True:
                    came += tls.read(65536)
            try:
                raw.sendall(outgoing.read())
                data = raw.recv(65536)
            except ConnectionResetError:
                return came, True
            if not data:
                return came, False
            incoming.write(data)


@pytest.mark.parametrize(
    ("effect", "reset", "body"), [("reset", True, None), ("reset=body", True, 0.5), ("truncate=10", False, 10)]
)
def test_reset_is_a_reset_and_truncation_an_early_end(
    simulator: Simulator, effect: str, reset: bool, body: float | None
) -> None:
    simulator.set_faults(f"request=list:status=503,{effect}" if body else f"request=list:{effect}")
    came, was_reset = raw_end(simulator)
    assert was_reset is reset
    if body is None:
        assert came == b""
    else:
        head, _, got = came.partition(b"\r\n\r\n")
        whole = int(re.search(rb"Content-Length: (\d+)", head)[1])  # type: ignore[index]
        assert len(got) == (body if body > 1 else whole // 2)


def test_slow_answers_meet_the_read_timeout(simulator: Simulator, client: Client) -> None:
    simulator.set_faults("page=1:slow=30")
    bearer = {"Authorization": f"Bearer {client.token}"}
    with pytest.raises(requests.ReadTimeout):
        client.session.get(simulator.url + LIST, headers=bearer, timeout=(5, 0.2))
    simulator.set_faults("page=1:slow=0.3,status=503")
    began = time.monotonic()
    assert client.get(LIST).status_code == 503
    assert time.monotonic() - began >= 0.3


def test_body_in_small_pieces_passes_a_read_timeout_and_takes_its_time(simulator: Simulator, client: Client) -> None:
    simulator.set_faults("page=1:drip=1")
    bearer, began = {"Authorization": f"Bearer {client.token}"}, time.monotonic()
    response = client.session.get(simulator.url + LIST, headers=bearer, timeout=(5, 0.8))
    assert time.monotonic() - began >= 0.8
    assert len(response.json()["value"]) == 50


def test_the_simulator_ends_at_once_whatever_it_was_about_to_answer(tmp_path: Path) -> None:
    faults = ["page=1:slow=500", "page=1:drip=500"]
    with (
        Simulator(tmp_path, tenant="t", app=App("app", secret=SECRET), devices=fleet(50), faults=faults) as simulator,
        trusting(simulator.ca_file) as session,
    ):
        client = Client(simulator, session, "app", SECRET)
        bearer = {"Authorization": f"Bearer {client.token}"}
        with pytest.raises(requests.ReadTimeout):
            session.get(simulator.url + LIST, headers=bearer, timeout=0.3)
        session.get(simulator.url + LIST, headers=bearer, stream=True)
        began = time.monotonic()
    assert time.monotonic() - began < 10
