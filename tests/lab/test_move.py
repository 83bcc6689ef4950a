"""A laptop with wpa_supplicant behind hostapd, moved by radtune."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from parts.eapol import Supplicant
from parts.office import Office, device, mac_of
from parts.port import COA_SECRET, HostapdPort
from parts.process import wait_for
from parts.raddb import TlsOptions, server_directory

QUICK = {"retry": "1s"}
NOBODY = 9
"""The discard port, which nothing here listens on."""
STORE = ("Tunnel-Private-Group-Id", "Radtune-Inner-User-Name", "Radtune-Inner-Type")


@contextmanager
def laptop(
    kind: str = "TLS", *, cache: bool = False, coa_secret: str = COA_SECRET, coa_port: int = 0, **settings: object
) -> Iterator[tuple[Office, HostapdPort]]:
    """Give an office with a laptop that is logged in and compliant."""
    tls = TlsOptions(cache=cache, store=STORE)
    with server_directory() as directory, Office(directory, [device(1), device(2)], tls=tls) as office:
        if kind == "TLS":
            pair = office.authority.issue_client("LAPTOP-1", dns=[device(1)["id"]])
            login = Supplicant("TLS", office.ca_file, "host/laptop-1", *office.certificate(pair))
        else:
            login = Supplicant("PEAP", office.ca_file, "bob", password="hello", inner="MSCHAPV2")
        (directory / "port").mkdir()
        with HostapdPort(office, directory / "port", login, mac_of(1)) as port:
            office.secret_file("coa-secret", coa_secret)
            entry = {
                "name": "switch-1",
                "nas": ["switch-1"],
                "coa_address": "127.0.0.1",
                "port": coa_port or port.coa_port,
                "profile": "hostapd",
            }
            office.write_settings(nas=[{**entry, "secret_file": "coa-secret"}], **settings)
            yield office, port


def saw(port: HostapdPort, vlans: list[str]) -> None:
    """See to it that these are the VLANs of the server's answers; its log may lag behind its packets."""
    try:
        wait_for(lambda: port.vlans == vlans, f"{vlans} in the server's log")
    except TimeoutError as error:
        raise AssertionError(f"{error}, but {port.vlans}; the switch saw {port.switch.events}") from error


@pytest.mark.parametrize("kind", ["TLS", "PEAP"])
def test_a_resumed_session_is_judged_anew_and_policys_vlan_wins(kind: str) -> None:
    with laptop(kind, cache=True) as (office, port):
        saw(port, ["750"])
        office.intune.patch(device(1)["id"], complianceState="noncompliant")
        office.radtune("sync", "--apply", expect=0)
        saw(port, ["750", "1"])
        events = office.events()
        # The laptop may be faster than what radclient says of it.
        assert sorted(event["event"] for event in events[1:3]) == ["login_allowed", "move_requested"]
        assert [events[0]["event"], events[3]["event"]] == ["login_allowed", "moved"]
        again = next(event for event in events[1:] if event["event"] == "login_allowed")
        assert (again["resumed"], again["outcome"]) == (True, "vlan 1")
        assert again["user"] == ("host/laptop-1" if kind == "TLS" else "bob")


@pytest.mark.parametrize(("kind", "cache"), [("TLS", False), ("TLS", True), ("PEAP", True)])
def test_a_laptop_that_is_denied_is_thrown_out_and_stays_out(kind: str, cache: bool) -> None:
    with laptop(kind, cache=cache) as (office, port):
        office.intune.patch(device(1)["id"], complianceState="error")
        done = office.radtune("sync", "--apply", expect=0)
        assert "vlan 750 -> deny: enforced" in done.stdout
        wait_for(
            lambda: any(event["event"] == "login_denied" for event in office.events()), "the laptop's refused login"
        )
        assert not port.switch.authorized(port.cable.mac)
        saw(port, ["750"])
        wait_for(lambda: "CTRL-EVENT-EAP-FAILURE2" in port.switch.log, "an EAP-Failure on its way to the laptop")
        assert office.ask("sessions") == []


def flip(office: Office, state: str) -> None:
    office.intune.patch(device(1)["id"], complianceState=state)
    office.radtune("sync", expect=0)


def test_a_wrong_secret_is_not_enforced_and_says_so() -> None:
    with laptop(coa_secret="wrong", moves=QUICK) as (office, port):
        office.intune.patch(device(1)["id"], complianceState="noncompliant")
        done = office.radtune("sync", "--apply", expect=4)
        said = "127.0.0.1 switch-1/0016cb000001/port1: vlan 750 -> vlan 1: not enforced (no answer from 127.0.0.1"
        assert said in done.stderr
        assert "wrong address, port or secret, or the NAS is down; sent 2 times, last by disconnect)" in done.stderr
        assert said in office.radtune("status", expect=1).stderr
        assert port.switch.authorized(port.cable.mac)
        (session,) = office.ask("sessions")
        assert (session["granted"], "not enforced" in session["move"]) == ("vlan 750", True)
        office.secret_file("coa-secret", COA_SECRET)
        office.radtune("apply", "--retry", expect=0)
        saw(port, ["750", "1"])
        assert office.radtune("status").stderr.count("not enforced") == 0


def test_a_nas_that_can_t_be_reached_is_not_enforced_and_says_so() -> None:
    with laptop(moves=QUICK, coa_port=NOBODY) as (office, port):
        flip(office, "noncompliant")
        done = office.radtune("apply", expect=4)
        assert f"not enforced (no answer from 127.0.0.1 port {NOBODY}: wrong address, port" in done.stderr
        assert port.switch.authorized(port.cable.mac)


def test_a_coa_that_is_lost_is_sent_again_and_the_laptop_moves() -> None:
    with laptop(coa_secret="wrong", moves={"retry": "5s"}) as (office, port):
        flip(office, "noncompliant")
        with office.start("apply", "--wait", "60") as running:
            wait_for(lambda: any(event.get("state") == "unanswered" for event in office.events()), "the first try")
            office.secret_file("coa-secret", COA_SECRET)
            assert running.wait() == 0
        saw(port, ["750", "1"])


def test_recovery_moves_the_laptop_back() -> None:
    with laptop(moves={"hold_down": "0s"}) as (office, port):
        flip(office, "noncompliant")
        assert "vlan 750 -> vlan 1: enforced" in office.radtune("apply", expect=0).stdout
        flip(office, "compliant")
        assert "vlan 1 -> vlan 750: enforced" in office.radtune("apply", expect=0).stdout
        saw(port, ["750", "1", "750"])


def test_a_change_that_makes_no_difference_moves_nobody() -> None:
    with laptop() as (office, port):
        office.intune.patch(device(1)["id"], osVersion="10.0.99999", userPrincipalName="other@contoso.example")
        office.radtune("sync", "--apply", expect=0)
        assert [event["event"] for event in office.events()] == ["login_allowed"]
        assert "AP-STA-DISCONNECTED" not in port.switch.log


def test_by_hand() -> None:
    with laptop() as (office, port):
        assert "would send " in office.radtune("coa", "--dry-run", "00-16-CB-00-00-01", expect=0).stdout
        assert "and the NAS has no such session" in office.radtune("nas", "test", "switch-1", expect=0).stdout
        assert "AP-STA-DISCONNECTED" not in port.switch.log
        assert "acknowledged" in office.radtune("coa", "LAPTOP-1", expect=0).stdout
        saw(port, ["750", "750"])
