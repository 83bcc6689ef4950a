"""A NAS that says that it has no such session, whose word alone proves nothing."""

from collections.abc import Iterator

import pytest

from parts.coa_server import CoaServer
from parts.office import NAS_ADDRESS, Office, device, mac_of
from parts.raddb import server_directory
from parts.radius_client import mac_login

SECRET = "the NAS's secret"


@pytest.fixture
def office() -> Iterator[Office]:
    """Return an office with two live sessions by MAC, both compliant."""
    with server_directory() as directory, Office(directory, [device(number) for number in (1, 2)]) as office:
        for number in (1, 2):
            log_in(office, number)
        office.secret_file("coa-secret", SECRET)
        yield office


def log_in(office: Office, number: int) -> str:
    return office.client.login(*mac_login(mac_of(number), ("NAS-IP-Address", NAS_ADDRESS))).vlan


def turn(office: Office, state: str, number: int) -> None:
    office.intune.patch(device(number)["id"], complianceState=state)
    office.radtune("sync", "--accept-lost-compliance", "1", expect=0)


def nas(office: Office, error_cause: str = "") -> CoaServer:
    """Return a NAS that refuses for this cause, and let settings name it."""
    place = office.directory / f"nas{error_cause}"
    place.mkdir()
    server = CoaServer(place, SECRET, error_cause)
    use(office, server)
    return server


def use(office: Office, server: CoaServer) -> None:
    entry = {"name": "nas", "nas": [NAS_ADDRESS], "port": server.port, "secret_file": "coa-secret"}
    office.write_settings(nas=[entry])


def test_that_a_nas_has_no_such_session_proves_nothing_until_it_was_seen_to_obey(office: Office) -> None:
    denies = nas(office, "Session-Context-Not-Found")
    with denies:
        turn(office, "noncompliant", 1)
        said = "(503: the NAS has no such session), but it was not seen yet to obey profile rfc5176"
        assert said in office.radtune("apply", expect=4).stderr
        assert said in office.radtune("status", expect=1).stderr
        assert len(office.ask("sessions")) == 2
    with nas(office):
        turn(office, "noncompliant", 2)
        office.radtune("apply", "--wait", "0", expect=4)
        assert log_in(office, 2) == "1"
        assert "enforced" in office.radtune("apply", "--wait", "0", expect=4).stdout
    use(office, denies)
    with denies:
        done = office.radtune("apply", "--retry", expect=0)
        assert "(503: the NAS has no such session); sent 2 times" in done.stdout
        assert len(office.ask("sessions")) == 1
        assert office.ask("plan")["moves"] == []


def test_a_session_id_that_is_out_of_date_does_not_end_a_live_session(office: Office) -> None:
    with nas(office, "Session-Context-Not-Found") as server:
        where = (("NAS-IP-Address", NAS_ADDRESS), ("Calling-Station-Id", mac_of(1)))
        office.client.account("Start", *where, ("Acct-Session-Id", "A2"))
        office.client.account("Interim-Update", *where, ("Acct-Session-Id", "A1"))
        assert office.ask("sessions", "LAPTOP-1")[0]["acct_session_id"] == "A2"
        turn(office, "noncompliant", 1)
        office.radtune("apply", expect=4)
        first, second = server.log.split("Received Disconnect-Request")[1:]
        assert 'Acct-Session-Id = "A2"' in first and "Acct-Session-Id" not in second.partition("Sent ")[0]
