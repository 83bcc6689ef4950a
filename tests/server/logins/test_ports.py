"""Sessions of one MAC on several ports and NASes, from the login to the packets that move them."""

from collections.abc import Iterator

import pytest

from parts.office import NAS_ADDRESS, Office, device, mac_of
from parts.ports import free_udp_port
from parts.raddb import server_directory
from parts.radius_client import Pair, mac_login
from parts.wire_nas import ACK, Answer, Request, WireNases

SECRET = "the NAS's secret"
OTHER = "127.0.0.2"
CALLING, ACCT_SESSION_ID = 31, 44


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    fleet = [device(number) for number in range(1, 9)]
    with server_directory() as directory, Office(directory, fleet) as office:
        office.secret_file("coa-secret", SECRET)
        yield office


def log_in(office: Office, number: int, *more: Pair) -> str:
    pairs = more if any(name == "NAS-IP-Address" for name, _ in more) else (("NAS-IP-Address", NAS_ADDRESS), *more)
    return office.client.login(*mac_login(mac_of(number), *pairs)).vlan


def account(office: Office, status: str, *pairs: Pair) -> None:
    office.client.account(status, *pairs)


def rows(office: Office, number: int) -> dict[str, str]:
    """Return what the live sessions of a device were granted, by their keys."""
    live = office.ask("sessions")
    return {row["session"]: row["granted"] for row in live if row["device"] == f"LAPTOP-{number}"}


def turn(office: Office, number: int) -> None:
    office.intune.patch(device(number)["id"], complianceState="noncompliant")
    office.radtune("sync", "--accept-lost-compliance", "1", expect=0)


def obedient(_: Request) -> Answer:
    return ACK, 0


def nases(office: Office, *addresses: str) -> WireNases:
    port = free_udp_port()
    entry = {"name": "nas", "nas": list(addresses), "port": port, "secret_file": "coa-secret"}
    office.write_settings(nas=[entry])
    return WireNases(addresses, port, SECRET.encode(), obedient)


def on_port(number: int, session_id: str) -> tuple[Pair, ...]:
    return ("NAS-Port", str(number)), ("NAS-Port-Id", f"ge-0/0/{number}"), ("Acct-Session-Id", session_id)


def test_each_port_is_moved_also_after_its_update(office: Office) -> None:
    for number in (1, 2):
        assert log_in(office, 1, *on_port(number, f"A{number}")) == "750"
    account(
        office, "Interim-Update", ("NAS-IP-Address", NAS_ADDRESS), ("Calling-Station-Id", mac_of(1)), *on_port(1, "A1")
    )
    key = f"{NAS_ADDRESS}/0016cb000001/ge-0/0/"
    assert rows(office, 1) == {f"{key}1": "vlan 750", f"{key}2": "vlan 750"}
    turn(office, 1)
    with nases(office, NAS_ADDRESS) as wire:
        office.radtune("apply", "--wait", "0", expect=4)
        assert sorted(request.value(ACCT_SESSION_ID) for request in wire.requests) == [b"A1", b"A2"]
        for number in (1, 2):
            assert log_in(office, 1, *on_port(number, f"B{number}")) == "1"
        assert office.radtune("apply", "--wait", "0", expect=0).stdout.count(": enforced") == 2
    assert rows(office, 1) == {f"{key}1": "vlan 1", f"{key}2": "vlan 1"}


def test_a_device_that_roamed_is_thrown_out_once_at_the_old_nas(office: Office) -> None:
    log_in(office, 2, ("NAS-IP-Address", OTHER))
    log_in(office, 2)
    turn(office, 2)
    with nases(office, NAS_ADDRESS, OTHER) as wire:
        office.radtune("apply", "--wait", "0", expect=4)
        assert log_in(office, 2) == "1"
        done = office.radtune("apply", "--wait", "0", expect=0)
        assert (len(wire.requests), done.stderr) == (2, "")
        assert rows(office, 2) == {f"{NAS_ADDRESS}/0016cb000002": "vlan 1"}
        office.radtune("apply", "--wait", "0", expect=0)
        assert len(wire.requests) == 2


SWITCH, OWN = ("NAS-Identifier", "switch-9"), ("NAS-IP-Address", "192.0.2.9")


@pytest.mark.parametrize(
    "pairs",
    [
        (SWITCH, ("Calling-Station-Id", mac_of(3))),
        (SWITCH,),
        (SWITCH, ("User-Name", "0016cb000003")),
        (OWN, ("User-Name", "0016cb000003")),
    ],
)
def test_accounting_that_tells_little_ends_the_session(office: Office, pairs: tuple[Pair, ...]) -> None:
    """The server adds the source of the packet as NAS-IP-Address, which is another one than the NAS's."""
    log_in(office, 3, OWN, SWITCH, ("Acct-Session-Id", "C1"))
    account(office, "Stop", ("Acct-Session-Id", "C2"), *pairs)
    account(office, "Stop", ("Acct-Session-Id", "C1"), ("NAS-Identifier", "switch-8"))
    assert len(rows(office, 3)) == 1
    account(office, "Stop", ("Acct-Session-Id", "C1"), *pairs)
    assert rows(office, 3) == {}


@pytest.mark.parametrize("claimed", ["0.0.0.0", "169.254.3.3", "224.0.0.5"])  # noqa: S104
def test_a_nas_goes_by_the_source_of_its_packets_if_its_address_cannot_be(office: Office, claimed: str) -> None:
    log_in(office, 4, ("NAS-IP-Address", claimed), ("NAS-Identifier", "ap-1"))
    log_in(office, 4, ("NAS-IP-Address", claimed), ("NAS-Identifier", "ap-2"))
    assert sorted(rows(office, 4)) == [f"127.0.0.1 ap-{number}/0016cb000004" for number in (1, 2)]
    office.write_settings(nas=[{"name": "aps", "nas": ["ap-*"], "secret_file": "coa-secret"}])
    said = office.radtune("coa", "--dry-run", mac_of(4), expect=4).stderr
    assert f"ap-1 says that it is {claimed}, and its packets come from 127.0.0.1" in said
    assert "give aps a coa_address" in said
    for name in ("ap-1", "ap-2"):
        account(
            office,
            "Stop",
            ("NAS-IP-Address", claimed),
            ("NAS-Identifier", name),
            ("Calling-Station-Id", mac_of(4)),
        )
    assert rows(office, 4) == {}
