"""Every refused login is one client event with the reason of whoever refused it."""

import datetime
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from parts.eapol import Supplicant
from parts.manual import page
from parts.messages import is_in, keys
from parts.office import Office, device, mac_of
from parts.pki import Authority, KeyPair
from parts.raddb import server_directory
from parts.radius_client import Pair

MAC = mac_of(1)
CALLING: Pair = ("Calling-Station-Id", MAC)
LONG_AGO = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
NO_REASON = "the server gives no reason; freeradius -X shows more"
REASONS = keys(page("troubleshoot"))
WRONG = 'pap: Cleartext password does not match "known good" password'


@pytest.fixture(scope="module")
def office() -> Iterator[Office]:
    with server_directory() as directory, Office(directory, [device(1)]) as running:
        yield running


def refused(office: Office, login: Callable[[], str]) -> dict[str, Any]:
    """Log in and give the event, of which there must be one; its reason is in the manual by its words."""
    before = len(office.events())
    assert login() == "Access-Reject"
    (event,) = office.events()[before:]
    assert (event["event"], event["outcome"], event["mac"]) == ("login_denied", "deny", "0016cb000001")
    assert any(is_in(key, event["reason"]) for key in REASONS), event["reason"]
    return event


@pytest.mark.parametrize(
    ("pairs", "user", "reason"),
    [
        pytest.param((("User-Name", "bob"), ("User-Password", "no")), "bob", WRONG, id="a wrong password"),
        pytest.param(
            (("User-Name", "eve"), ("User-Password", "no")), "eve", "No Auth-Type found", id="an unknown user"
        ),
        pytest.param((("User-Name", "eve"),), "eve", "No Auth-Type found", id="no password"),
        pytest.param((("User-Name", "b ob"),), "b ob", "Rejected: User-Name contains whitespace", id="the filter"),
        pytest.param((("User-Name", "bob"), ("CHAP-Password", "no")), "bob", "chap: Password comparison", id="CHAP"),
        pytest.param((("User-Name", b"B\xfcro"),), "B\\xfcro", "radtune: User-Name is not valid UTF-8", id="Latin-1"),
        pytest.param(
            (("User-Name", b"bob\0x"),), "bob\\x00x", "radtune: User-Name is not valid UTF-8", id="a null byte"
        ),
        pytest.param(
            (("User-Name", "bob"), ("NAS-Port-Id", b"\xff"), ("User-Password", "hello")),
            "bob",
            "radtune: NAS-Port-Id is not valid UTF-8",
            id="a port",
        ),
    ],
)
def test_without_eap(office: Office, pairs: tuple[Pair, ...], user: str, reason: str) -> None:
    event = refused(office, lambda: office.client.login(*pairs, CALLING).code)
    assert event["reason"].startswith(reason)
    assert (event["user"], event["auth_type"]) == (user, "chap" if reason.startswith("chap") else "pap")


def test_the_line_in_the_log_is_whole(office: Office) -> None:
    """The request was emptied for the module, and is whole again for the server."""
    before = len(office.server.log)
    office.client.login(("User-Name", b"B\xfcro\\"), ("User-Password", "no"), ("NAS-Port", 7), CALLING)
    (line,) = [line for line in office.server.log[before:].splitlines() if "Login incorrect" in line]
    assert "Login incorrect (radtune: User-Name is not valid UTF-8 or has control characters;" in line
    assert f"port 7 cli {MAC})" in line
    assert "ro\\" in line
    assert "<no User-Name attribute>" not in line


def eap(office: Office, supplicant: Supplicant) -> Callable[[], str]:
    def login() -> str:
        (one,) = office.eap(supplicant, MAC)
        return one.code

    return login


def tls(office: Office, pair: KeyPair) -> Supplicant:
    certificate, key = office.certificate(pair)
    return Supplicant("TLS", office.ca_file, "host/laptop", certificate, key)


def test_a_malformed_eap_packet(office: Office) -> None:
    """The server's own module "eap" fails in Post-Auth-Type REJECT, too, and ends the section."""
    pairs: list[Pair] = [("User-Name", "bob"), ("EAP-Message", "0x0201ffff01626f62"), ("Message-Authenticator", "0x00")]
    event = refused(office, lambda: office.client.login(*pairs, CALLING).code)
    assert event["reason"].startswith("eap: Malformed EAP Message")
    assert event["user"] == "bob"


@pytest.mark.parametrize(
    ("method", "inner", "user", "password", "reason"),
    [
        pytest.param("TTLS", "PAP", "bob", "no", WRONG, id="TTLS, a wrong password"),
        pytest.param("TTLS", "PAP", "eve", "no", "No Auth-Type found", id="TTLS, an unknown user"),
        pytest.param("TTLS", "PAP", "b ob", "no", "Rejected: User-Name contains", id="TTLS, the filter"),
        pytest.param("PEAP", "MSCHAPV2", "bob", "no", "mschap: MS-CHAP2-Response is", id="PEAP, a wrong password"),
        pytest.param("PEAP", "MSCHAPV2", "eve", "no", "mschap: FAILED: No NT-Password", id="PEAP, an unknown user"),
        pytest.param("MD5", "", "bob", "no", NO_REASON, id="EAP-MD5"),
        pytest.param("PWD", "", "bob", "no", "eap: No mutually acceptable types found", id="no method"),
    ],
)
def test_by_password(office: Office, method: Any, inner: str, user: str, password: str, reason: str) -> None:
    client = Supplicant(method, office.ca_file, user, password=password, inner=inner)
    event = refused(office, eap(office, client))
    assert event["reason"].startswith(reason)
    assert event["user"] == user


@pytest.mark.parametrize("kind", ["unknown CA", "certificate has expired"])
def test_a_certificate_that_the_server_refuses(office: Office, kind: str) -> None:
    pair = (
        Authority("Nobody").issue_client("LAPTOP-1")
        if kind == "unknown CA"
        else office.authority.issue_client("LAPTOP-1", ends=LONG_AGO)
    )
    event = refused(office, eap(office, tls(office, pair)))
    assert kind in event["reason"]
    assert (event["auth_type"], event["cert_cn"], event["device"]) == ("eap-tls", "LAPTOP-1", "")


@pytest.mark.parametrize("name", [b"B\xfcro", "a\\000b"])
def test_a_certificate_with_a_broken_name(office: Office, name: str | bytes) -> None:
    event = refused(office, eap(office, tls(office, office.authority.issue_client(name))))
    assert "TLS-Client-Cert-Common-Name is not valid UTF-8" in event["reason"]
    assert event["user"] == "host/laptop"


def test_what_radtune_denies_is_one_event(office: Office) -> None:
    pair = office.authority.issue_client("8a0f3c11-0000-4000-8000-00000000dead")
    event = refused(office, eap(office, tls(office, pair)))
    assert (event["compliance"], event["rule"]) == ("not_enrolled", "default")


@pytest.mark.parametrize("name", ["LAPTOP-1 Corp", "user1@contoso", "user1@contoso@example", "a..b", "a@b.c."])
def test_a_certificate_identifies_whatever_the_name(office: Office, name: str) -> None:
    (login,) = office.eap_tls(office.authority.issue_client("LAPTOP-1"), MAC, name)
    assert (login.code, login.vlan) == ("Access-Accept", "750")


@pytest.mark.parametrize("method", ["MD5", "PEAP", "TTLS"])
def test_other_names_are_filtered(office: Office, method: Any) -> None:
    inner = {"PEAP": "MSCHAPV2", "TTLS": "PAP"}.get(method, "")
    client = Supplicant(method, office.ca_file, "b ob", password="hello", inner=inner, anonymous="b ob")
    assert refused(office, eap(office, client))["reason"] == "Rejected: User-Name contains whitespace"


@pytest.mark.parametrize("method", ["CHAP", "MD5", "PEAP"])
def test_mab_by_another_method_than_pap(office: Office, method: Any) -> None:
    name = "0016cb000001"
    if method == "CHAP":
        reply = office.client.login(("User-Name", name), ("CHAP-Password", name), CALLING)
        code, vlan = reply.code, reply.vlan
    else:
        inner = "MSCHAPV2" if method == "PEAP" else ""
        client = Supplicant(method, office.ca_file, name, password=name, inner=inner, anonymous=name)
        (login,) = office.eap(client, MAC)
        code, vlan = login.code, login.vlan
    assert (code, vlan) == ("Access-Accept", "750")
    event = office.events()[-1]
    assert (event["event"], event["auth_type"], event["matched_by"]) == ("login_allowed", "mab", "mac")
    assert event["user"] == name
