"""What a real FreeRADIUS answers as a NAS's CoA service: ACK, and NAK with each Error-Cause of RFC 5176 3.5."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from parts.coa_server import CoaServer
from parts.raddb import server_directory
from parts.tool import Tool

SECRET = "the secret of a NAS"
CAUSES = (201, 202, *range(401, 408), *range(501, 509))
WHAT_THE_PACKET_NAMES = '"%{User-Name}"'


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    with server_directory() as directory:
        yield directory


@pytest.fixture(scope="module")
def tool(place: Path) -> Tool:
    return Tool(place, SECRET)


@pytest.mark.parametrize("kind", ["CoA-Request", "Disconnect-Request"])
def test_each_cause_of_a_nak_is_told_in_words(tool: Tool, place: Path, kind: str) -> None:
    (place / kind).mkdir()
    with CoaServer(place / kind, SECRET, WHAT_THE_PACKET_NAMES) as server:
        packets = [[kind, "127.0.0.1", server.port, [["User-Name", str(cause)]]] for cause in CAUSES]
        replies = tool.send(packets=packets)
    assert [(reply["state"], reply["cause"]) for reply in replies] == [("refused", cause) for cause in CAUSES]
    nak = kind.replace("Request", "NAK")
    for cause, reply in zip(CAUSES, replies, strict=True):
        assert reply["answer"].startswith(f"{nak}: ") and f" ({cause}: " in reply["answer"]
    assert len({reply["answer"].partition(": ")[2] for reply in replies}) == len(CAUSES)


@pytest.mark.parametrize("kind", ["CoA-Request", "Disconnect-Request"])
def test_an_ack(tool: Tool, place: Path, kind: str) -> None:
    (place / f"{kind}-ACK").mkdir()
    with CoaServer(place / f"{kind}-ACK", SECRET) as server:
        (reply,) = tool.send(packets=[[kind, "127.0.0.1", server.port, [["User-Name", "bob"]]]])
    assert (reply["state"], reply["answer"]) == ("acknowledged", kind.replace("Request", "ACK"))
