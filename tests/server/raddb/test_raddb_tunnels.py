"""What is judged of a login in a tunnel: the inner user and the outer request, and nothing else the client sends."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from parts.eapol import EAP_FAILURE, VENDOR_SPECIFIC, Attribute, Supplicant
from parts.raddb import TlsOptions, edit
from parts.steered import NAS, Call, Identities, SteeredServer, steered_server
from parts.this_server import template_attribute
from parts.ttls_client import TtlsClient, avp

STORE = ("Radtune-Inner-User-Name", "Radtune-Inner-Type")
ARUBA, ESSID_NAME, FILTER_ID, CLASS = 14823, 5, 11, 25
NOT_JUDGED = ("User-Name", "Radtune-Inner-Type", "EAP-Message", "State", "Message-Authenticator", "Event-Timestamp")
TEMPLATE = "1.3.6.1.4.1.311.21.8.1.2"
EXTENSIONS = (
    *("X509v3-Subject-Alternative-Name", "X509v3-Extended-Key-Usage-OID"),
    *(template_attribute(), "1.3.6.1.4.1.311.20.2"),
)


def vendor(name: str) -> Attribute:
    content = name.encode()
    return VENDOR_SPECIFIC, ARUBA.to_bytes(4, "big") + bytes([ESSID_NAME, len(content) + 2]) + content


def judged(call: Call) -> list[tuple[str, str]]:
    """Give what the module sees of the request, but for what differs from packet to packet."""
    return sorted((name, value) for name, value in call.lists["request"] if name not in NOT_JUDGED)


@pytest.mark.parametrize("method", ["TTLS-PAP", "TTLS-MSCHAPv2", "PEAP-MSCHAPv2"])
def test_both_questions_are_about_the_same_request(steered: SteeredServer, identities: Identities, method: str) -> None:
    supplicant = identities.peap() if method.startswith("PEAP") else identities.ttls(method[5:].upper())
    steered.answer()
    steered.eap(supplicant, nas=[*NAS, vendor("Corp"), (FILTER_ID, "a"), (FILTER_ID, "b"), (CLASS, b"\1\2")])
    inner, outer = steered.calls
    assert (inner.question, outer.question) == ("inner", "login")
    assert judged(inner) == judged(outer)
    assert (inner.all("Aruba-Essid-Name"), inner.all("Filter-Id")) == (["Corp"], ["a", "b"])
    assert (inner.all("User-Name"), outer.all("User-Name")) == (["bob"], ["anonymous"])


def test_nothing_a_client_sends_in_the_tunnel_is_judged(steered: SteeredServer) -> None:
    """What a NAS of any vendor says could decide, and which attributes those are is up to the policy."""
    smuggled = (
        avp(ESSID_NAME, b"Corp", vendor=ARUBA),
        avp(FILTER_ID, b"trusted"),
        avp(CLASS, b"trusted"),
        avp(1, b"alice"),
    )
    for more in ((), smuggled):
        steered.answer()
        client = TtlsClient(steered.server.auth_port, steered.server.secret, ((32, b"switch1"),))
        assert client.login(b"bob", b"hello", more) == "Access-Accept"
        inner, outer = steered.calls
        assert judged(inner) == judged(outer)
        assert inner.all("User-Name") == outer.all("Radtune-Inner-User-Name", "session-state") == ["bob"]
        told = {name for name, _ in inner.lists["request"]}
        assert not told & {"Aruba-Essid-Name", "Filter-Id", "Class", "User-Password"}


@pytest.fixture(scope="module")
def trusting(identities: Identities) -> Iterator[SteeredServer]:
    """A server whose users file lets bob in whatever his password is."""
    tls = TlsOptions(cache=True, store=STORE)
    with steered_server(identities, users="bob Auth-Type := Accept\n", tls=tls) as server:
        yield server


def test_who_is_let_in_unasked_has_proved_nothing(trusting: SteeredServer, identities: Identities) -> None:
    trusting.answer()
    fresh, resumed = trusting.eap(identities.ttls(password="wrong"), again=1)
    assert (fresh.code, resumed.code, resumed.resumed) == ("Access-Accept", "Access-Accept", True)
    inner, *outer = trusting.calls
    assert (inner.all("Radtune-Inner-Type"), inner.all("Auth-Type", "config")) == (["Accept"], ["Accept"])
    assert [call.all("Radtune-Inner-Type", "session-state") for call in outer] == [["Accept"], ["Accept"]]
    assert [call.all("Auth-Type", "config") for call in outer] == [["eap"], ["eap"]]


def test_outside_of_a_tunnel_too(trusting: SteeredServer) -> None:
    trusting.answer()
    assert trusting.client.login(("User-Name", "bob"), ("User-Password", "wrong")).code == "Access-Accept"
    assert trusting.calls[-1].all("Auth-Type", "config") == ["Accept"]


@pytest.mark.parametrize(("inner", "auth_type"), [("PAP", "PAP"), ("CHAP", "CHAP"), ("MSCHAPV2", "mschap")])
def test_how_a_user_has_been_authenticated(
    steered: SteeredServer, identities: Identities, inner: str, auth_type: str
) -> None:
    steered.answer()
    steered.eap(identities.ttls(inner))
    assert [call.all("Auth-Type", "config") for call in steered.calls] == [[auth_type], ["eap"]]


@pytest.fixture(scope="module")
def demanding(identities: Identities) -> Iterator[SteeredServer]:
    """A server that wants a certificate of the client before it opens a tunnel."""

    def demand(raddb: Path) -> None:
        edit(raddb / "mods-available/eap", (r"^\t#\trequire_client_cert = yes", "\t\trequire_client_cert = yes"))

    tls = TlsOptions(cache=True, store=STORE)
    with steered_server(identities, tls=tls, changes=[demand]) as server:
        yield server


def with_certificate(identities: Identities, method: str, *, common_name: str = "LAPTOP-1") -> Supplicant:
    pair = identities.authority.issue_client(
        common_name, uris=["IntuneDeviceId://1"], dns=["a", "b"], template=TEMPLATE, template_name="Machine"
    )
    certificate, key = pair.write(identities.directory, "tunnel")
    supplicant = identities.peap() if method == "PEAP" else identities.ttls("PAP")
    return replace(supplicant, certificate=certificate, key=key)


def certificate_of(call: Call) -> dict[str, set[str]]:
    """Give the attributes of the certificate but Valid-Since, which is lost when a session is resumed."""
    names = {name for name, _ in call.lists["request"] if name.startswith("TLS-Client-Cert-")}
    return {name: set(call.all(name)) for name in names - {"TLS-Client-Cert-Valid-Since"}}


def test_a_certificate_beside_a_password(demanding: SteeredServer, identities: Identities) -> None:
    demanding.answer()
    fresh, resumed = demanding.eap(with_certificate(identities, "TTLS"), again=1)
    assert (fresh.code, fresh.resumed, resumed.code, resumed.resumed) == ("Access-Accept", False, "Access-Accept", True)
    assert demanding.questions == ["inner", "login", "login"]
    first, *others = [certificate_of(call) for call in demanding.calls]
    assert first["TLS-Client-Cert-Subject-Alt-Name-Dns"] == {"a", "b"}
    assert {f"TLS-Client-Cert-{name}" for name in EXTENSIONS} <= set(first)
    assert others == [first, first]
    assert demanding.calls[0].all("Radtune-Inner-Type") == ["PAP with certificate"]


def test_a_certificate_that_a_resumed_session_has_lost(demanding: SteeredServer, identities: Identities) -> None:
    """FreeRADIUS 3.2.1 forgets that of PEAP."""
    demanding.answer()
    fresh, resumed = demanding.eap(with_certificate(identities, "PEAP"), again=1)
    assert (fresh.code, resumed.code, resumed.resumed) == ("Access-Accept", "Access-Reject", True)
    assert demanding.calls[0].all("Radtune-Inner-Type") == ["EAP-MSCHAPv2 with certificate"]
    assert demanding.questions == ["inner", "login"]


def test_a_null_byte_in_that_certificate(demanding: SteeredServer, identities: Identities) -> None:
    demanding.answer()
    before = len(demanding.server.log)
    (login,) = demanding.eap(with_certificate(identities, "TTLS", common_name="a\\000b"))
    assert (login.code, login.eap_codes, login.has_keys) == ("Access-Reject", (EAP_FAILURE,), False)
    assert "is not valid UTF-8 or has a null byte" in demanding.server.log[before:]
    assert demanding.questions == []
