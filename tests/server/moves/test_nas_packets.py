"""Packets through the real radclient: what arrives, byte by byte, and what becomes of many of them."""

import random
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from parts.coa_server import CoaServer
from parts.ports import free_udp_port
from parts.raddb import server_directory
from parts.readable import PROJECT
from parts.tool import Tool
from parts.wire_nas import ACK, NAK, Answer, Request, WireNases

SECRET = 'the NASes\' "secret" # \\ %{User-Name} `id`'
USER_NAME, STATE_MISSING = 1, 503
NASTY = "ab\"\\'`%{}$&#\n\r\t =:,;()ä€\u2028\x1b01234567"
FACTS = {
    "mac": "0010a42319c0",
    "calling_station_id": "0010-a423-19c0",
    "user_name": "bob",
    "nas_user_name": 'anony"mous',
    "nas_address": "192.0.2.10",
    "nas_identifier": "switch %{1}",
    "nas_port": "7",
    "nas_port_id": "ge-0/0/7",
    "acct_session_id": "S1",
    "audit_session_id": "C0A8",
    "framed_ip": "192.0.2.77",
}


@pytest.fixture
def tool() -> Iterator[Tool]:
    with server_directory() as directory:
        yield Tool(directory, SECRET)


def acknowledge(_: Request) -> Answer:
    return ACK, 0


def hostile(count: int) -> list[str]:
    """Give texts of the characters that could mean something to radclient; the same at every run."""
    draw = random.Random(5176)  # noqa: S311  # nothing secret
    made = [
        'S0"\n\nPacket-Type = CoA-Request\nUser-Name = "bob',
        "%{User-Name}",
        "`id`",
        "\\",
        "\\\\",
        '"',
        "$INCLUDE x",
    ]
    return made + ["".join(draw.choices(NASTY, k=draw.randint(1, 60))) for _ in range(count)]


def test_whatever_a_session_says_arrives_as_it_is(tool: Tool) -> None:
    port, texts = free_udp_port(), hostile(150)
    with WireNases(["127.0.0.1"], port, SECRET.encode(), acknowledge) as nases:
        packets = [["Disconnect-Request", "127.0.0.1", port, [["User-Name", text]]] for text in texts]
        replies = tool.send(packets=packets, rate=1000)
        assert {reply["state"] for reply in replies} == {"acknowledged"}
        assert nases.faults == []
        arrived = [request.value(USER_NAME).decode() for request in nases.requests]
    assert sorted(arrived) == sorted(set(texts))
    assert {request.code for request in nases.requests} == {40}
    # User-Name and Event-Timestamp, and nothing that was for radclient alone.
    assert {tuple(number for number, _ in request.attributes) for request in nases.requests} == {(1, 55)}


def test_values_of_every_type_arrive(tool: Tool) -> None:
    port = free_udp_port()
    pairs = [
        ["NAS-IP-Address", "192.0.2.10"],
        ["NAS-IPv6-Address", "2001:db8::10"],
        ["NAS-Port", "4294967295"],
        ["Class", "0x00ff22"],
        ["Service-Type", "Authorize-Only"],
        ["Aruba-Port-Bounce-Host", "12"],
    ]
    with WireNases(["127.0.0.1"], port, SECRET.encode(), acknowledge) as nases:
        tool.send(packets=[["CoA-Request", "127.0.0.1", port, pairs]])
        (request,) = nases.requests
    assert [(number, value.hex()) for number, value in request.attributes if number != 55] == [
        (4, "c000020a"),
        (95, "20010db8000000000000000000000010"),
        (5, "ffffffff"),
        (25, "00ff22"),
        (6, "00000011"),
        (26, "000039e728060000000c"),
    ]
    assert request.code == 43
    (stamp,) = [value for number, value in request.attributes if number == 55]
    assert abs(int.from_bytes(stamp, "big") - time.time()) < 60


def test_a_nas_with_an_ipv6_address(tool: Tool) -> None:
    port = free_udp_port()
    with WireNases(["::1", "127.0.0.1"], port, SECRET.encode(), lambda request: (NAK, 501 + (request.code == 43))):
        packets = [["CoA-Request", "::1", port, []], ["Disconnect-Request", "127.0.0.1", port, []]]
        assert [reply["cause"] for reply in tool.send(packets=packets)] == [502, 501]


def test_many_packets_to_many_nases_of_which_some_are_silent(tool: Tool) -> None:
    """Each has its own answer, whatever their order; silent ones keep no other waiting for long."""
    port = free_udp_port()
    addresses = [f"127.0.2.{number}" for number in range(1, 41)]
    silent, lossy = set(addresses[::8]), addresses[1]

    def answer(request: Request) -> Answer:
        number = int(request.value(USER_NAME))
        if request.address in silent or (request.address == lossy and number % 7 == 0):
            return None
        return (NAK, STATE_MISSING if number % 2 else 504) if number % 3 == 0 else (ACK, 0)

    with WireNases(addresses, port, SECRET.encode(), answer) as nases:
        asked = [(address, str(number)) for number in range(30) for address in addresses]
        packets = [["Disconnect-Request", address, port, [["User-Name", text]]] for address, text in asked]
        started = time.monotonic()
        replies = tool.send(packets=packets)
        lasted = time.monotonic() - started
        assert max(nases.seen.values()) <= 4
    for (address, text), reply in zip(asked, replies, strict=True):
        expected = answer(Request(address, 40, ((USER_NAME, text.encode()),)))
        if address in silent:
            assert reply["state"] == ("unanswered" if int(text) < 20 else "pending")
        elif expected is None:
            assert reply["state"] == "unanswered"
        else:
            assert (reply["state"], reply["cause"]) == (
                "acknowledged" if expected[0] == ACK else "refused",
                expected[1],
            )
    assert lasted < 40, "two rounds, of three tries of two seconds each at the most"


def test_silent_nases_of_many_secrets_take_the_time_of_one_and_keep_no_other_waiting(tool: Tool) -> None:
    port, count = free_udp_port(), 24
    addresses = [f"127.0.3.{number + 1}" for number in range(count)]
    files, arrived = [tool.directory / f"secret-{number}" for number in range(count)], []

    def answer(request: Request) -> Answer:
        arrived.append((request.address, time.monotonic()))
        return (ACK, 0) if request.address in addresses[-2:] else None

    with ExitStack() as nases:
        for address, file in zip(addresses, files, strict=True):
            file.write_text(f"secret of {address}\n")
            file.chmod(0o640)
            nases.enter_context(WireNases([address], port, f"secret of {address}".encode(), answer))
        packets = [["Disconnect-Request", address, port, []] for address in addresses for _ in range(2)]
        started = time.monotonic()
        replies = tool.send(packets=packets, secret_files=[str(file) for file in files for _ in range(2)])
        lasted = time.monotonic() - started
    assert [reply["state"] for reply in replies] == ["unanswered"] * 44 + ["acknowledged"] * 4
    assert {address for address, _ in arrived} == set(addresses)
    assert max(at for address, at in arrived if address in addresses[-2:]) - started < 5
    assert lasted < 12, "one round, of three tries of two seconds each"


def test_another_secret_and_an_address_without_a_way(tool: Tool) -> None:
    port = free_udp_port()
    with WireNases(["127.0.0.1"], port, b"another", acknowledge) as nases:
        packets = [["CoA-Request", "255.255.255.255", port, []], ["CoA-Request", "127.0.0.1", port, []]]
        first, second = tool.send(packets=packets)
        assert set(nases.faults) == {"signed with another secret"}
    assert first["state"] == "pending" and "can't be reached" in first["answer"]
    assert second["state"] == "unanswered"


def test_freeradius_reads_every_profile_s_packets_as_they_are_meant(tool: Tool) -> None:
    (tool.directory / "nas").mkdir()
    with CoaServer(tool.directory / "nas", "plain secret") as server:
        tool.secret_file.write_text("plain secret\n")
        rows = tool.send(facts=FACTS, address="127.0.0.1", port=server.port)
        log = server.log
    # This server refuses every Service-Type but Authorize-Only (RFC 5176 3); a ZoneDirector wants one.
    odd = [row["name"] for row in rows if row["state"] != "acknowledged"]
    assert odd == [row["name"] for row in rows if "Service-Type" in dict(row["pairs"])]
    found = re.findall(r"Received (CoA|Disconnect)-Request Id.*\n((?:.*\n)*?)(?=.*(?:# Executing|ERROR: ))", log)
    arrived = [(f"{kind}-Request", attributes(block)) for kind, block in found]
    wanted = [(row["kind"], sorted(f"{name} = {value}" for name, value in row["pairs"])) for row in rows]
    assert sorted(arrived) == sorted(wanted)
    profiles = {file.stem for file in (PROJECT / "module/radtune/config/profiles").iterdir()}
    assert {row["name"].partition(" ")[0] for row in rows} == profiles


def attributes(block: str) -> list[str]:
    """Give the attributes of a packet in the server's log, but for those that go with every one."""
    lines = [plain(line.strip().split(") ", 1)[-1].strip()) for line in block.splitlines()]
    return sorted(line for line in lines if not line.startswith(("Event-Timestamp", "Message-Authenticator")))


def plain(line: str) -> str:
    """Give an attribute as the server's log shows it without the quotes and what is escaped in them."""
    name, _, value = line.partition(" = ")
    return f"{name} = {value[1:-1].replace(chr(92) + chr(34), chr(34))}" if value.startswith('"') else line
