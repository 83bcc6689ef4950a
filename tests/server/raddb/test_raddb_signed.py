"""Every reply that leaves our site has one Message-Authenticator; NASes that know of BlastRADIUS drop others."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from parts.eapol import Login
from parts.raddb import edit
from parts.radius_client import Pair, Reply, mac_login
from parts.steered import Identities, SteeredServer, steered_server

MAC = "0016cbaabb02"
SIGNED = 80  # RFC 3579 3.2
UNSIGNED: Pair = ("Message-Authenticator", "0x00")  # radclient computes it
LOGINS: dict[str, tuple[tuple[Pair, ...], str]] = {
    "MAB": (mac_login(MAC), "Access-Accept"),
    "MAB that is denied": (mac_login("0016cbaabb03", ("NAS-Port", 1)), "Access-Reject"),
    "PAP": ((("User-Name", "bob"), ("User-Password", "hello")), "Access-Accept"),
    "a wrong password": ((("User-Name", "bob"), ("User-Password", "hallo")), "Access-Reject"),
    "CHAP": ((("User-Name", "bob"), ("CHAP-Password", "hello")), "Access-Accept"),
    "an unknown user": ((("User-Name", "eve"), ("User-Password", "hello")), "Access-Reject"),
    "a name that the filter refuses": ((("User-Name", "b ob"), ("User-Password", "hello")), "Access-Reject"),
    "no UTF-8": ((("User-Name", b"b\xff"), ("User-Password", "hello")), "Access-Reject"),
    "a malformed EAP packet": ((("User-Name", "bob"), ("EAP-Message", "0x0201ffff01626f62")), "Access-Reject"),
    "no EAP packet": ((("User-Name", "bob"), ("EAP-Message", "0x02")), "Access-Reject"),
    "EAP of no login": ((("User-Name", "bob"), ("EAP-Message", "0x020100060304")), "Access-Reject"),
    "a challenge": ((("User-Name", "bob"), ("User-Password", "challenge")), "Access-Challenge"),
}


def challenge(raddb: Path) -> None:
    """Let another module answer with a challenge, and serve only NASes that sign, as 3.2.10's clients.conf does."""
    edit(
        raddb / "sites-available/radtune",
        (
            r"^\tAuth-Type PAP \{\n\t\tpap\n",
            '\tAuth-Type PAP {\n\t\tif (&User-Password == "challenge") {\n\t\t\tupdate control {\n'
            "\t\t\t\t&Response-Packet-Type := Access-Challenge\n\t\t\t}\n\t\t\thandled\n\t\t}\n\t\tpap\n",
        ),
    )
    edit(raddb / "clients.conf", (r"^\tsecret = .*", "\tsecret = testing123\n\trequire_message_authenticator = yes"))


@pytest.fixture(scope="module")
def strict(identities: Identities) -> Iterator[SteeredServer]:
    with steered_server(identities, changes=[challenge]) as server:
        yield server


def signatures(reply: Reply) -> int:
    return len(reply.all("Message-Authenticator"))


@pytest.mark.parametrize("kind", LOGINS)
def test_a_login_without_eap(strict: SteeredServer, kind: str) -> None:
    pairs, code = LOGINS[kind]
    strict.answer(mab=["deny" if code == "Access-Reject" else "allow"])
    reply = strict.client.login(*pairs, UNSIGNED)
    assert (reply.code, signatures(reply)) == (code, 1)


def test_status(strict: SteeredServer) -> None:
    reply = strict.client.status(UNSIGNED)
    assert (reply.code, signatures(reply)) == ("Access-Accept", 1)


def signed_once(login: Login) -> bool:
    return len(login.all(SIGNED)) == 1


@pytest.mark.parametrize("answer", ["allow 30", "deny"])
@pytest.mark.parametrize("question", ["certificate", "login"])
def test_eap_tls(strict: SteeredServer, identities: Identities, question: str, answer: str) -> None:
    strict.answer(**{question: [answer]})
    (login,) = strict.eap(identities.eap_tls(identities.authority.issue_client("LAPTOP-1")))
    assert (login.code, signed_once(login)) == ("Access-Reject" if answer == "deny" else "Access-Accept", True)


@pytest.mark.parametrize("password", ["hello", "hallo"])
def test_ttls(strict: SteeredServer, identities: Identities, password: str) -> None:
    strict.answer()
    (login,) = strict.eap(identities.ttls(password=password))
    assert (login.code, signed_once(login)) == ("Access-Accept" if password == "hello" else "Access-Reject", True)
