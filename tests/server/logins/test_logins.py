"""Each kind of login against the whole system: real freeradius, the real module, a store filled by the real command."""

import json
from collections.abc import Iterator

import pytest

from parts.eapol import Supplicant
from parts.office import POLICY, Office, device, mac_of
from parts.raddb import server_directory
from parts.radius_client import mac_login

UNKNOWN_ID = "8a0f3c11-0000-4000-8000-0000000000ff"
NOBODY = "02:00:00:00:00:01"
FLEET = [
    device(1),
    device(2, complianceState="noncompliant"),
    device(3, complianceState="unknown"),
    device(4, complianceState="inGracePeriod"),
    device(5, wiFiMacAddress="06:11:22:33:44:05"),
    device(6, lastSyncDateTime="2025-01-01T00:00:00Z", complianceState="noncompliant", deviceName="OLD-7"),
    device(7, serialNumber="SN000006", azureADDeviceId=device(6)["azureADDeviceId"]),
    device(8, deviceName="TWIN"),
    device(9, deviceName="TWIN", complianceState="noncompliant"),
    device(10, azureADDeviceId="00000000-0000-0000-0000-000000000000", serialNumber="Default string"),
]


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    with server_directory() as directory, Office(directory, FLEET) as office:
        yield office


def names(number: int) -> dict[str, str]:
    return {"intune": device(number)["id"], "entra": device(number)["azureADDeviceId"]}


@pytest.mark.parametrize(
    ("common_name", "dns", "uris", "matched_by"),
    [
        ("someone", [names(1)["intune"]], [], "device_id"),
        ("someone", [names(1)["intune"].upper() + ".corp.example"], [], "device_id"),
        ("someone", [], [f"ID:Microsoft Endpoint Manager:GUID:{names(1)['intune']}"], "device_id"),
        ("someone", [], [f"IntuneDeviceId://{names(1)['intune']}"], "device_id"),
        (names(1)["intune"], [], [], "device_id"),
        (names(1)["entra"], [], [], "entra_id"),
        ("SN000001", [], [], "serial"),
        ("LAPTOP-1", [], [], "name"),
        ("laptop-1.corp.example", [], [], "name"),
        ("someone", ["Laptop-1.corp.example"], [], "name"),
    ],
)
def test_eap_tls_by_certificate(
    office: Office, common_name: str, dns: list[str], uris: list[str], matched_by: str
) -> None:
    pair = office.authority.issue_client(common_name, dns=dns, uris=uris)
    (login,) = office.eap_tls(pair, NOBODY)
    assert (login.code, login.succeeded, login.vlan) == ("Access-Accept", True, "750")
    event = office.events()[-1]
    assert (event["event"], event["device"], event["matched_by"]) == ("login_allowed", "LAPTOP-1", matched_by)
    assert (event["cert_cn"], event["auth_type"], event["rule"]) == (common_name, "eap-tls", "Corp Compliant")


@pytest.mark.parametrize(("number", "vlan"), [(1, "750"), (2, "1")])
def test_eap_tls_by_mac(office: Office, number: int, vlan: str) -> None:
    (login,) = office.eap_tls(office.authority.issue_client("Ann Other"), mac_of(number))
    assert (login.code, login.vlan) == ("Access-Accept", vlan)
    assert office.events()[-1]["matched_by"] == "mac"


@pytest.mark.parametrize(
    ("common_name", "dns", "mac", "compliance"),
    [
        ("LAPTOP-3", [], NOBODY, "unknown"),
        ("LAPTOP-4", [], NOBODY, "in_grace_period"),
        ("stranger", [], mac_of(99), "not_enrolled"),
        ("stranger", [], "06:11:22:33:44:05", "not_enrolled"),
        ("TWIN", [], NOBODY, "ambiguous"),
        ("LAPTOP-1", [UNKNOWN_ID], mac_of(1), "not_enrolled"),
        ("00000000-0000-0000-0000-000000000000", [], NOBODY, "not_enrolled"),
        ("Default string", [], NOBODY, "not_enrolled"),
    ],
)
def test_eap_tls_refused(office: Office, common_name: str, dns: list[str], mac: str, compliance: str) -> None:
    pair = office.authority.issue_client(common_name, dns=dns)
    (login,) = office.eap_tls(pair, mac)
    assert (login.code, login.succeeded, login.has_keys, login.vlan) == ("Access-Reject", False, False, "")
    assert login.eap_codes == (4,)
    event = office.events()[-1]
    assert (event["event"], event["compliance"], event["rule"]) == ("login_denied", compliance, "default")
    assert event["reason"] in office.server.log


def test_enrolled_anew_counts_once(office: Office) -> None:
    (login,) = office.eap_tls(office.authority.issue_client("SN000006"), NOBODY)
    assert login.vlan == "750"
    assert office.events()[-1]["device"] == "LAPTOP-7"


TUNNELS = [("TTLS", "PAP"), ("TTLS", "MSCHAPV2"), ("PEAP", "MSCHAPV2")]


@pytest.mark.parametrize(("method", "inner"), TUNNELS)
@pytest.mark.parametrize(("number", "vlan"), [(1, "750"), (2, "1")])
def test_tunnels_by_mac(office: Office, method: str, inner: str, number: int, vlan: str) -> None:
    (login,) = office.eap(tunnel(office, method, inner), mac_of(number))
    assert (login.code, login.succeeded, login.vlan) == ("Access-Accept", True, vlan)
    event = office.events()[-1]
    assert (event["user"], event["matched_by"], event["mac"]) == ("bob", "mac", f"0016cb{number:06x}")
    assert event["auth_type"] == ("eap-ttls" if method == "TTLS" else "peap")


@pytest.mark.parametrize(("method", "inner"), TUNNELS)
@pytest.mark.parametrize("mac", [mac_of(3), mac_of(99), "06:11:22:33:44:05"])
def test_tunnels_refused(office: Office, method: str, inner: str, mac: str) -> None:
    (login,) = office.eap(tunnel(office, method, inner), mac)
    assert (login.code, login.succeeded, login.has_keys, login.vlan) == ("Access-Reject", False, False, "")
    assert login.eap_codes == (4,)
    assert office.events()[-1]["event"] == "login_denied"


def tunnel(office: Office, method: str, inner: str) -> Supplicant:
    return Supplicant(
        "TTLS" if method == "TTLS" else "PEAP",
        office.ca_file,
        "bob",
        password="hello",
        inner=inner,
    )


@pytest.mark.parametrize(
    ("mac", "code", "vlan", "compliance"),
    [
        ("0016cb000001", "Access-Accept", "750", "compliant"),
        ("00-16-CB-00-00-02", "Access-Accept", "1", "noncompliant"),
        ("0016.cb00.0003", "Access-Reject", "", "unknown"),
        ("00:16:cb:00:00:99", "Access-Reject", "", "not_enrolled"),
        ("06-11-22-33-44-05", "Access-Reject", "", "not_enrolled"),
    ],
)
def test_mab(office: Office, mac: str, code: str, vlan: str, compliance: str) -> None:
    reply = office.client.login(*mac_login(mac, ("NAS-Identifier", "switch-7")))
    assert (reply.code, reply.vlan) == (code, vlan)
    event = office.events()[-1]
    assert (event["auth_type"], event["compliance"], event["nas"]) == ("mab", compliance, "switch-7")


def test_radtest_of_a_stranger_is_refused(office: Office) -> None:
    reply = office.client.login(("User-Name", "bob"), ("User-Password", "hello"))
    assert reply.code == "Access-Reject"
    assert office.events()[-1]["reason"] == "there is no MAC to go by"


def test_explain_says_what_the_server_does(office: Office) -> None:
    for word, outcome, code in (("LAPTOP-1", "vlan 750", 0), ("0016cb000002", "vlan 1", 0), ("stranger", "deny", 2)):
        said = office.radtune("--json", "explain", word, expect=code).stdout
        assert json.loads(said)["outcome"] == outcome


def test_accounting_keeps_and_ends_a_session() -> None:
    with server_directory() as directory, Office(directory, FLEET) as office:
        where = (("NAS-Identifier", "switch-7"), ("Calling-Station-Id", "00-16-CB-00-00-01"))
        office.client.login(*mac_login("00-16-CB-00-00-01", ("NAS-Identifier", "switch-7")))
        (before,) = office.ask("sessions")
        assert (before["granted"], before["acct_session_id"]) == ("vlan 750", "")
        assert office.client.account("Start", *where, ("Acct-Session-Id", "A1")).code == "Accounting-Response"
        office.client.account("Interim-Update", *where, ("Acct-Session-Id", "A1"))
        (during,) = office.ask("sessions", "LAPTOP-1")
        assert (during["acct_session_id"], during["since"]) == ("A1", before["since"])
        office.client.account("Stop", *where, ("Acct-Session-Id", "A0"))
        assert office.ask("sessions") != [], "the late Stop of an older session ended the new one"
        office.client.account("Stop", *where, ("Acct-Session-Id", "A1"))
        assert office.ask("sessions") == []


def test_a_refused_stranger_does_not_end_a_session() -> None:
    with server_directory() as directory, Office(directory, [device(1)]) as office:
        office.client.login(*mac_login("0016cb000001"))
        (login,) = office.eap_tls(office.authority.issue_client("x", dns=[UNKNOWN_ID]), mac_of(1))
        assert login.code == "Access-Reject"
        (session,) = office.ask("sessions")
        assert session["granted"] == "vlan 750"


def test_stale_store_is_no_good_store() -> None:
    with server_directory() as directory, Office(directory, FLEET, policy=POLICY + "stale_after: 1s\n") as office:
        mac = mac_login("0016cb000001")
        while office.client.login(*mac).code == "Access-Accept":
            pass
        event = office.events()[-1]
        assert (event["compliance"], event["event"]) == ("stale", "login_denied")


def test_unreadable_store_is_unavailable() -> None:
    with server_directory() as directory, Office(directory, FLEET) as office:
        for file in (office.store / "devices").glob("cache.db*"):
            file.write_bytes(b"not a database " * 1000)
        assert office.client.login(*mac_login("0016cb000001")).code == "Access-Reject"
        event = office.events()[-1]
        assert (event["compliance"], event["event"]) == ("unavailable", "login_denied")


@pytest.mark.parametrize("method", ["TTLS", "PEAP"])
def test_eap_tls_in_a_tunnel_is_refused(office: Office, method: str) -> None:
    """The login outside would not see the certificate, and let the MAC decide."""
    certificate, key = office.certificate(office.authority.issue_client("x", dns=[names(2)["intune"]]), "nested")
    supplicant = Supplicant(
        "TTLS" if method == "TTLS" else "PEAP", office.ca_file, "host/x", certificate, key, inner="TLS"
    )
    (login,) = office.eap(supplicant, mac_of(1))
    assert (login.code, login.succeeded, login.has_keys) == ("Access-Reject", False, False)
