"""A policy that is edited while the server runs."""

from collections.abc import Iterator

import pytest

from parts.office import POLICY, Office, device
from parts.process import wait_for
from parts.raddb import server_directory
from parts.radius_client import Reply, mac_login

OTHER = POLICY.replace("vlan: 750", "vlan: 760")
BAD = POLICY.replace("vlan: 750", "vlan: 7500")


@pytest.fixture
def office() -> Iterator[Office]:
    with server_directory() as directory, Office(directory, [device(1)]) as office:
        yield office


def login(office: Office) -> Reply:
    return office.client.login(*mac_login("0016cb000001"))


def replace(office: Office, text: str) -> None:
    """Replace the file by another, as editors do, readable by the server as before."""
    new = office.policy_file.with_suffix(".new")
    new.write_text(text)
    new.chmod(0o644)
    new.replace(office.policy_file)


def test_a_replaced_policy_is_in_force_without_a_restart(office: Office) -> None:
    assert login(office).vlan == "750"
    replace(office, OTHER)
    wait_for(lambda: login(office).vlan == "760", "the VLAN of the new policy")
    wait_for(lambda: "changed and read again; in force: 2 rules" in office.server.log, "its line in the log")


def test_a_bad_policy_changes_nothing_but_the_log_and_stops_the_next_start(office: Office) -> None:
    assert login(office).vlan == "750"
    replace(office, BAD)

    def shouted() -> bool:
        assert login(office).vlan == "750"
        return f"{office.policy_file}:4: labels.corp-vlan.vlan: 7500: expected" in office.server.log

    wait_for(shouted, "the fault in the log")
    assert "The server goes on with the one before" in office.server.log
    assert login(office).vlan == "750"
    assert office.server.stop() == 0
    with pytest.raises(RuntimeError, match="freeradius did not start"):
        office.server.start()


def test_a_bad_policy_moves_nobody(office: Office) -> None:
    login(office)
    replace(office, BAD)
    assert "7500" in office.radtune("apply", expect=78).stderr
    replace(office, OTHER)
    office.radtune("plan", "--check", expect=1)


def test_a_list_of_macs_is_followed(office: Office) -> None:
    macs = office.policy_file.with_name("printers.txt")
    macs.write_text("00:16:cb:00:00:99\n")
    rule = "rules:\n  - {name: Printers, match: [printers], policy: allow, assign: [printer-vlan]}\n"
    labels = "labels:\n  printers: {mac: {file: printers.txt}}\n  printer-vlan: {vlan: 30}\n"
    replace(office, POLICY.replace("labels:\n", labels).replace("rules:\n", rule))
    wait_for(lambda: office.client.login(*mac_login("0016cb000099")).vlan == "30", "the printers' VLAN")
    assert office.client.login(*mac_login("0016cb000098")).code == "Access-Reject"
    macs.write_text("00:16:cb:00:00:99\n00:16:cb:00:00:98\n")
    wait_for(lambda: office.client.login(*mac_login("0016cb000098")).vlan == "30", "the second printer")


def test_sessions_move_as_soon_as_the_server_judges_by_the_new_policy(office: Office) -> None:
    login(office)
    replace(office, OTHER)
    assert "still judges by another policy" in office.radtune("apply", expect=3).stderr
    unknown = mac_login("0016cb0000ff")

    def read_again() -> bool:
        office.client.login(*unknown)
        return "read again" in office.server.log

    wait_for(read_again, "the new policy in force")
    applied = office.radtune("apply", expect=4)
    assert "no entry under nas" in applied.stderr and "vlan 750 -> vlan 760" in applied.stdout
