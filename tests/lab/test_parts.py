"""The lab itself: a laptop logs in at a switch port, is thrown out by a Disconnect-Request, and logs in again by it."""

import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

import pytest

from parts.eapol import Supplicant
from parts.lab.das_client import ask_nas
from parts.lab.hostapd import Radius
from parts.lab.lab import Lab
from parts.process import wait_for
from parts.raddb import edit
from parts.steered import Identities, SteeredServer, issue_identities, steered_server

MAC, AS_SENT = "00:16:cb:00:00:01", "00-16-CB-00-00-01"
OTHER, OTHER_AS_SENT = "00:16:cb:00:00:02", "00-16-CB-00-00-02"
STEADY = "00:16:cb:00:00:03"
SECRET = "the secret of the switch"
CONNECTED, DISCONNECTED = f"AP-STA-CONNECTED {MAC}", f"AP-STA-DISCONNECTED {MAC}"
SESSION_ID = "dot1xAuthSessionId"
SILENCE_SECONDS = 1


class MakeLab(Protocol):
    def __call__(
        self, login: Supplicant, identifier: str = ..., address: str = ..., mac: str = ...
    ) -> AbstractContextManager[Lab]: ...


@pytest.fixture(scope="module")
def identities(tmp_path_factory: pytest.TempPathFactory) -> Identities:
    return issue_identities(tmp_path_factory.mktemp("identities"))


@pytest.fixture(scope="module")
def server(identities: Identities) -> Iterator[SteeredServer]:
    """A server that takes requests from every loopback address."""

    def every_loopback_address(raddb: Path) -> None:
        edit(raddb / "clients.conf", (r"ipaddr = 127\.0\.0\.1$", "ipaddr = 127.0.0.0/8"))

    with steered_server(identities, changes=[every_loopback_address]) as server:
        yield server


@pytest.fixture
def make_lab(server: SteeredServer, tmp_path_factory: pytest.TempPathFactory) -> MakeLab:
    server.answer(login=["allow 750"])
    radius = Radius(server.server.auth_port, server.server.acct_port, server.server.secret)

    def make(
        login: Supplicant, identifier: str = "switch-1", address: str = "127.0.0.1", mac: str = MAC
    ) -> AbstractContextManager[Lab]:
        directory = tmp_path_factory.mktemp("lab")
        return Lab(directory, radius, login, mac, das_secret=SECRET, identifier=identifier, address=address)

    return make


@pytest.fixture
def laptop(identities: Identities) -> Supplicant:
    return identities.eap_tls(identities.authority.issue_client("LAPTOP-1"))


def accounting(server: SteeredServer) -> list[tuple[str, str]]:
    """What a switch has accounted of the laptop: status and session, oldest first."""
    calls = [call for call in server.calls if call.question == "accounting"]
    calls = [call for call in calls if call.all("Calling-Station-Id") == [AS_SENT]]
    return [(call.all("Acct-Status-Type")[0], call.all("Acct-Session-Id")[0]) for call in calls]


def session_of(lab: Lab) -> str:
    return lab.switch.station_state(lab.mac)[SESSION_ID]


def test_eap_tls(make_lab: MakeLab, laptop: Supplicant, server: SteeredServer) -> None:
    with make_lab(laptop) as lab:
        lab.wait_logged_in()
        assert lab.laptop.state()["selectedMethod"] == "13 (EAP-TLS)"
        (call,) = [call for call in server.calls if call.question == "login"]
        seen = {
            "User-Name": "host/laptop",
            "NAS-IP-Address": "127.0.0.1",
            "NAS-Identifier": "switch-1",
            "NAS-Port-Type": "Ethernet",
            "NAS-Port-Id": "port1",
            "Calling-Station-Id": AS_SENT,
            "Acct-Session-Id": session_of(lab),
        }
        assert {name: call.all(name) for name in seen} == {name: [value] for name, value in seen.items()}
        wait_for(lambda: accounting(server) == [("Start", session_of(lab))], "accounting Start")


def test_ttls_with_pap(make_lab: MakeLab, identities: Identities, server: SteeredServer) -> None:
    with make_lab(identities.ttls("PAP")) as lab:
        lab.wait_logged_in()
        assert lab.laptop.state()["selectedMethod"] == "21 (EAP-TTLS)"
        assert server.questions.count("login") == 1


def test_a_client_that_is_denied_stays_out(make_lab: MakeLab, laptop: Supplicant, server: SteeredServer) -> None:
    server.answer(certificate=["deny"])
    with make_lab(laptop) as lab:
        lab.switch.wait_event(f"CTRL-EVENT-EAP-FAILURE2 {MAC}")
        assert not lab.switch.authorized(MAC)
        assert not lab.laptop.authenticated()
        assert CONNECTED not in lab.switch.events
        assert accounting(server) == []


def test_a_disconnect_ends_the_session_and_the_laptop_logs_in_again(
    make_lab: MakeLab, laptop: Supplicant, server: SteeredServer
) -> None:
    with make_lab(laptop) as lab:
        lab.wait_logged_in()
        accounted = [("Start", session_of(lab))]
        for number, named in enumerate(
            (
                f'Calling-Station-Id = "{AS_SENT}"',
                f'Calling-Station-Id = "{MAC}"\nNAS-IP-Address = 127.0.0.1\nNAS-Identifier = switch-1',
                "Acct-Session-Id = {session}",
                'User-Name = "host/laptop"',
                'Calling-Station-Id = "0016cb000001"\nAcct-Session-Id = {session}\nUser-Name = "host/laptop"',
            ),
            start=1,
        ):
            ended = session_of(lab)
            reply = ask_nas("disconnect", lab.switch.das_port, SECRET, named.format(session=ended))
            assert (reply.code, reply.all("Error-Cause")) == ("Disconnect-ACK", ())
            lab.switch.wait_event(DISCONNECTED, number)
            lab.switch.wait_event(CONNECTED, number + 1)
            lab.wait_logged_in(number + 1)
            accounted += [("Stop", ended), ("Start", session_of(lab))]
        wait_for(lambda: accounting(server) == accounted, "the accounting of every session")
        assert len({session for _, session in accounted}) == 6
        # The client is one that stays: hostapd doesn't mean to remove it.
        assert lab.switch.station_state(MAC)["timeout_next"] == "NULLFUNC POLL"


@pytest.mark.parametrize(
    ("kind", "attributes", "cause"),
    [
        ("disconnect", 'Calling-Station-Id = "02-00-00-00-00-99"', "Session-Context-Not-Found"),
        ("disconnect", "Acct-Session-Id = 0123456789ABCDEF", "Session-Context-Not-Found"),
        ("disconnect", f'Calling-Station-Id = "{STEADY}"\nUser-Name = "other"', "Session-Context-Not-Found"),
        ("disconnect", "NAS-IP-Address = 127.0.0.1", "Session-Context-Not-Found"),
        ("disconnect", f'Calling-Station-Id = "{STEADY}"\nNAS-IP-Address = 127.0.0.9', "NAS-Identification-Mismatch"),
        ("disconnect", f'Calling-Station-Id = "{STEADY}"\nNAS-Identifier = "other"', "NAS-Identification-Mismatch"),
        ("disconnect", f'Calling-Station-Id = "{STEADY}"\nNAS-Port = 1', "Unsupported-Attribute"),
        ("disconnect", 'Calling-Station-Id = "not a MAC"', "Invalid-Attribute-Value"),
        ("coa", f'Calling-Station-Id = "{STEADY}"', "Missing-Attribute"),
        ("coa", f'Calling-Station-Id = "{STEADY}"\nTunnel-Private-Group-Id = "1"', "Unsupported-Attribute"),
    ],
)
def test_what_the_switch_refuses(refusing: Lab, kind: str, attributes: str, cause: str) -> None:
    reply = ask_nas("coa" if kind == "coa" else "disconnect", refusing.switch.das_port, SECRET, attributes)
    assert reply.code == ("CoA-NAK" if kind == "coa" else "Disconnect-NAK")
    assert reply.all("Error-Cause") == (cause,)
    assert refusing.switch.authorized(STEADY)
    assert f"AP-STA-DISCONNECTED {STEADY}" not in refusing.switch.events


def test_what_the_switch_does_not_answer(refusing: Lab) -> None:
    named = f'Calling-Station-Id = "{STEADY}"'
    now, signature = f"Event-Timestamp = {int(time.time())}", "Message-Authenticator = 0x00"
    long_ago = f"Event-Timestamp = {int(time.time()) - 3600}"
    port = refusing.switch.das_port
    replies = [ask_nas("disconnect", port, "another secret", named, wait_seconds=SILENCE_SECONDS)]
    for more in (signature, now, f"{long_ago}\n{signature}"):
        packet = f"{named}\n{more}"
        replies.append(ask_nas("disconnect", port, SECRET, packet, guarded=False, wait_seconds=SILENCE_SECONDS))
    assert [reply.code for reply in replies] == ["", "", "", ""]
    assert refusing.switch.authorized(STEADY)
    assert f"AP-STA-DISCONNECTED {STEADY}" not in refusing.switch.events


@pytest.fixture(scope="module")
def refusing(server: SteeredServer, identities: Identities, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A laptop that is logged in, for the tests that must not change that."""
    server.answer(login=["allow 750"])
    radius = Radius(server.server.auth_port, server.server.acct_port, server.server.secret)
    with Lab(tmp_path_factory.mktemp("lab"), radius, identities.ttls(), STEADY, das_secret=SECRET) as lab:
        lab.wait_logged_in()
        yield lab


def test_a_login_of_the_laptops_own_accord_is_the_same_session(
    make_lab: MakeLab, laptop: Supplicant, server: SteeredServer
) -> None:
    with make_lab(laptop) as lab:
        lab.wait_logged_in()
        session = session_of(lab)
        lab.laptop.relogin()
        lab.wait_logged_in(times=2)
        assert session_of(lab) == session
        assert server.questions.count("login") == 2
        assert DISCONNECTED not in lab.switch.events
        assert accounting(server) == [("Start", session)]


def test_two_switches_with_addresses_of_their_own(
    make_lab: MakeLab, identities: Identities, server: SteeredServer
) -> None:
    login = identities.ttls()
    with (
        make_lab(login, "switch-2", "127.0.0.2") as second,
        make_lab(login, "switch-3", "127.0.0.3", mac=OTHER) as third,
    ):
        second.wait_logged_in()
        third.wait_logged_in()
        seen = {
            (call.all("NAS-Identifier")[0], call.all("NAS-IP-Address")[0], call.all("Calling-Station-Id")[0])
            for call in server.calls
            if call.question == "login"
        }
        assert seen == {("switch-2", "127.0.0.2", AS_SENT), ("switch-3", "127.0.0.3", OTHER_AS_SENT)}
        named = f'NAS-IP-Address = 127.0.0.3\nCalling-Station-Id = "{OTHER_AS_SENT}"'
        assert ask_nas("disconnect", third.switch.das_port, SECRET, named).code == "Disconnect-ACK"
        third.wait_logged_in(times=2)
        assert DISCONNECTED not in second.switch.events
