"""By which address a NAS goes, in logins and in accounting: its own, however its packets got here."""

from collections.abc import Iterator

import pytest

from parts.office import Office, device
from parts.raddb import server_directory
from parts.radius_client import Pair, mac_login

MAC = "0016cb000001"
V4, V6 = ("NAS-IP-Address", "192.0.2.1"), ("NAS-IPv6-Address", "2001:db8::7")


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    with server_directory() as directory, Office(directory, [device(1)]) as office:
        yield office


@pytest.mark.parametrize(
    ("pairs", "nas"),
    [
        ((), "127.0.0.1"),
        ((("NAS-Identifier", "switch-7"),), "127.0.0.1 switch-7"),
        ((V4,), "192.0.2.1"),
        ((V6,), "2001:db8::7"),
        ((V6, ("NAS-Identifier", "switch-7")), "2001:db8::7"),
        ((V6, V4), "192.0.2.1"),
        ((V6, ("NAS-IP-Address", "127.0.0.1")), "127.0.0.1"),
    ],
)
def test_a_nas_goes_by_what_it_has_sent(office: Office, pairs: tuple[Pair, ...], nas: str) -> None:
    """Over IPv4, as through a proxy: a NAS that sends no address goes by that of its packets.

    NASes whose address can't be their own are told apart by their identifiers.
    """
    assert office.client.login(*mac_login(MAC, *pairs)).code == "Access-Accept"
    assert office.events()[-1]["nas_address"] == nas.partition(" ")[0]
    assert [row["session"] for row in office.ask("sessions")] == [f"{nas}/{MAC}"]
    caller: Pair = ("Calling-Station-Id", MAC)
    office.client.account("Start", caller, ("Acct-Session-Id", "A1"), *pairs)
    assert [row["acct_session_id"] for row in office.ask("sessions")] == ["A1"]
    office.client.account("Stop", caller, ("Acct-Session-Id", "A1"), *pairs)
    assert office.ask("sessions") == []
