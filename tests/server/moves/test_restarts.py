"""Accounting-On and Accounting-Off against the whole system: which sessions they end, and which NAS is which."""

from collections.abc import Iterator

import pytest

from parts.office import Office, device
from parts.raddb import server_directory
from parts.radius_client import mac_login

CORP, GUESTS = "02-00-00-00-01-00:Corp", "02-00-00-00-01-01:Guests"
AP, SWITCH = ("NAS-IP-Address", "192.0.2.1"), ("NAS-IP-Address", "192.0.2.2")


@pytest.fixture
def office() -> Iterator[Office]:
    with server_directory() as directory, Office(directory, [device(number) for number in range(1, 5)]) as office:
        yield office


def live(office: Office) -> list[str]:
    return sorted(row["session"] for row in office.ask("sessions"))


@pytest.mark.parametrize("status", ["Accounting-On", "Accounting-Off"])
def test_a_restart_empties_the_nas_or_the_bss(office: Office, status: str) -> None:
    office.client.login(*mac_login("0016cb000001", AP, ("Called-Station-Id", CORP)))
    office.client.login(*mac_login("0016cb000002", AP, ("Called-Station-Id", GUESTS)))
    office.client.login(*mac_login("0016cb000003", AP))
    office.client.login(*mac_login("0016cb000004", SWITCH))
    assert len(live(office)) == 4
    office.client.account(status, AP, ("Called-Station-Id", CORP))
    assert live(office) == ["192.0.2.1/0016cb000002", "192.0.2.1/0016cb000003", "192.0.2.2/0016cb000004"]
    assert office.client.account(status, AP).code == "Accounting-Response"
    assert live(office) == ["192.0.2.2/0016cb000004"]
    office.client.login(*mac_login("0016cb000001", AP, ("Called-Station-Id", CORP)))
    assert live(office) == ["192.0.2.1/0016cb000001", "192.0.2.2/0016cb000004"]
    office.radtune("apply", expect=0)
    assert live(office) == ["192.0.2.1/0016cb000001", "192.0.2.2/0016cb000004"]


def test_a_nas_that_names_no_address_goes_by_that_of_its_packets(office: Office) -> None:
    """As `preprocess` has it, in logins and in accounting; a NAS behind a proxy names its own."""
    office.client.login(*mac_login("0016cb000001", ("NAS-Identifier", "switch-7")))
    office.client.login(*mac_login("0016cb000001", AP, ("NAS-Identifier", "switch-8")))
    assert live(office) == ["127.0.0.1 switch-7/0016cb000001", "192.0.2.1/0016cb000001"]
    office.client.account("Accounting-On", ("NAS-Identifier", "switch-8"))
    assert live(office) == ["127.0.0.1 switch-7/0016cb000001", "192.0.2.1/0016cb000001"], (
        "another NAS at the same address"
    )
    office.client.account("Accounting-On", ("NAS-Identifier", "switch-7"))
    assert live(office) == ["192.0.2.1/0016cb000001"]
