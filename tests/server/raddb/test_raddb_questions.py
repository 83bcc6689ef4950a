"""Python is called once for each decision, in no other round, and sees what it needs."""

import pytest

from parts.radius_client import mac_login
from parts.steered import Identities, SteeredServer

OUTER = {
    "Calling-Station-Id": ["00-16-CB-AA-BB-01"],
    "Called-Station-Id": ["00-11-22-33-44-55:Corp"],
    "NAS-Identifier": ["switch1"],
    "NAS-IP-Address": ["127.0.0.1"],
    "Acct-Session-Id": ["0A000001"],
    "NAS-Port-Type": ["Wireless-802.11"],
}
DEVICE = "5f0c7a10-0000-4000-8000-000000000001"


def test_eap_tls(steered: SteeredServer, identities: Identities) -> None:
    pair = identities.authority.issue_client(
        "LAPTOP-1",
        dns=[DEVICE, "laptop-1.corp.example"],
        uris=[f"ID:Microsoft Endpoint Manager:GUID:{DEVICE}"],
        upns=["ann@corp.example"],
    )
    steered.answer(login=["allow 750"])
    (login,) = steered.eap(identities.eap_tls(pair))
    assert (login.code, login.succeeded, login.has_keys, login.vlan) == ("Access-Accept", True, True, "750")
    assert steered.questions == ["certificate", "login"]
    for call in steered.calls:
        assert {name: call.all(name) for name in OUTER} == OUTER
        assert call.all("EAP-Type") == ["TLS"]
        assert call.all("TLS-Client-Cert-Common-Name") == ["LAPTOP-1"]
        assert call.all("TLS-Client-Cert-Subject-Alt-Name-Dns") == [DEVICE, "laptop-1.corp.example"]
        assert call.all("TLS-Client-Cert-Subject-Alt-Name-Upn") == ["ann@corp.example"]
        (printed,) = call.all("TLS-Client-Cert-X509v3-Subject-Alternative-Name")
        assert f"URI:ID:Microsoft Endpoint Manager:GUID:{DEVICE}" in bytes.fromhex(printed[2:]).decode()


@pytest.mark.parametrize(
    ("method", "inner", "outer_type", "inner_type"),
    [
        ("TTLS", "PAP", "TTLS", "PAP"),
        ("TTLS", "CHAP", "TTLS", "CHAP"),
        ("TTLS", "MSCHAP", "TTLS", "MSCHAP"),
        ("TTLS", "MSCHAPV2", "TTLS", "MSCHAPv2"),
        ("PEAP", "MSCHAPV2", "PEAP", "EAP-MSCHAPv2"),
    ],
)
def test_tunnels(
    steered: SteeredServer, identities: Identities, method: str, inner: str, outer_type: str, inner_type: str
) -> None:
    supplicant = identities.ttls(inner) if method == "TTLS" else identities.peap()
    steered.answer(inner=["noop"], login=["allow 750"])
    (login,) = steered.eap(supplicant)
    assert (login.code, login.succeeded, login.has_keys, login.vlan) == ("Access-Accept", True, True, "750")
    assert steered.questions == ["inner", "login"]
    for call in steered.calls:
        assert {name: call.all(name) for name in OUTER} == OUTER
        assert call.all("EAP-Type") == [outer_type]
    asked_inside, asked_outside = steered.calls
    assert asked_inside.all("User-Name") == ["bob"]
    assert asked_inside.all("Radtune-Inner-Type") == [inner_type]
    assert asked_outside.all("User-Name") == ["anonymous"]
    assert asked_outside.all("Radtune-Inner-User-Name", "session-state") == ["bob"]
    assert asked_outside.all("Radtune-Inner-Type", "session-state") == [inner_type]


def test_the_nas_is_not_told_the_inner_name(steered: SteeredServer, identities: Identities) -> None:
    (login,) = steered.eap(identities.ttls())
    assert login.all(1) == ("'anonymous'",)


def test_wrong_password_is_not_judged(steered: SteeredServer, identities: Identities) -> None:
    steered.answer()
    (login,) = steered.eap(identities.ttls(password="wrong"))
    assert (login.code, login.eap_codes) == ("Access-Reject", (4,))
    assert steered.questions == []


def test_pap(steered: SteeredServer) -> None:
    steered.answer(login=["allow 20"])
    reply = steered.client.login(("User-Name", "bob"), ("User-Password", "hello"))
    assert (reply.code, reply.vlan) == ("Access-Accept", "20")
    assert steered.questions == ["login"]


def test_mab(steered: SteeredServer) -> None:
    steered.answer(login=["allow 30"])
    reply = steered.client.login(*mac_login("0016cbaabb02"))
    assert (reply.code, reply.vlan) == ("Access-Accept", "30")
    assert steered.questions == ["mab", "login"]


def test_allowed_without_a_vlan(steered: SteeredServer) -> None:
    steered.answer(login=["allow"])
    reply = steered.client.login(*mac_login("0016cbaabb02"))
    given = {name for name, _ in reply.attributes} - {"Message-Authenticator"}
    assert (reply.code, given) == ("Access-Accept", set())


@pytest.mark.parametrize("status", ["Start", "Interim-Update", "Stop", "Accounting-On"])
def test_accounting(steered: SteeredServer, status: str) -> None:
    steered.answer()
    assert steered.client.account(status, ("Acct-Session-Id", "0A000001")).code == "Accounting-Response"
    (call,) = steered.calls
    assert (call.question, call.all("Acct-Status-Type")) == ("accounting", [status])


@pytest.mark.parametrize("answer", ["noop", "fail", "raise", "deny"])
def test_the_nas_gets_its_accounting_response_whatever_the_hook_does(steered: SteeredServer, answer: str) -> None:
    steered.answer(accounting=[answer])
    assert steered.client.account("Start", ("Acct-Session-Id", "0A000001")).code == "Accounting-Response"
    assert steered.questions == ["accounting"]
