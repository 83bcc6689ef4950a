"""A resumed TLS session is judged anew, with its own identity, and policy has the last word on the VLAN."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from parts.eapol import EAP_FAILURE, Supplicant
from parts.raddb import TlsOptions, edit
from parts.radius_client import mac_login
from parts.steered import NAS, Identities, SteeredServer, steered_server

Make = Callable[[Identities], Supplicant]

METHODS: dict[str, Make] = {
    "EAP-TLS": lambda made: made.eap_tls(made.authority.issue_client("LAPTOP-1")),
    "TTLS-PAP": lambda made: made.ttls("PAP"),
    "TTLS-MSCHAPv2": lambda made: made.ttls("MSCHAPV2"),
    "PEAP-MSCHAPv2": lambda made: made.peap(),
}
INNER = ("Radtune-Inner-User-Name", "Radtune-Inner-Type")
STORE = ("Tunnel-Type", "Tunnel-Medium-Type", "Tunnel-Private-Group-Id", *INNER)
VLANS = """
\tTunnel-Type:0 := VLAN, Tunnel-Type:1 := VLAN,
\tTunnel-Medium-Type:0 := IEEE-802, Tunnel-Medium-Type:1 := IEEE-802,
\tTunnel-Private-Group-Id:0 := "666", Tunnel-Private-Group-Id:1 := "667"
"""
# The users file gives VLANs to bob in his tunnel, and to whoever asks through the NAS "leaky".
LEAKY_USERS = f'bob Cleartext-Password := "hello"{VLANS}DEFAULT NAS-Identifier == "leaky"{VLANS}'
LEAKY_NAS = (*NAS[:1], (32, "leaky"))
DEVICE = "5f0c7a10-0000-4000-8000-000000000001"


@pytest.fixture(scope="module", params=["last", "first"])
def leaky(identities: Identities, request: pytest.FixtureRequest) -> Iterator[SteeredServer]:
    """A server whose other modules give VLANs, too, in time for the session cache to keep them.

    radtune is listed last in post-auth, where it belongs, or first, before what is restored comes into the reply.
    """

    def use_tunneled_reply(raddb: Path) -> None:
        edit(raddb / "mods-available/eap", (r"^\t\tuse_tunneled_reply = no", "\t\tuse_tunneled_reply = yes"))

    def ask_first(raddb: Path) -> None:
        site = raddb / "sites-available/radtune"
        edit(site, (r"^\tradtune\n(?=\n\t#\n\t#  MACsec)", ""), (r"^post-auth \{\n", "post-auth {\n\tradtune\n"))

    tls = TlsOptions(cache=True, store=STORE)
    changes = [use_tunneled_reply, *([ask_first] if request.param == "first" else [])]
    with steered_server(identities, users=LEAKY_USERS, tls=tls, changes=changes) as server:
        yield server


@pytest.fixture(scope="module")
def modern(identities: Identities) -> Iterator[SteeredServer]:
    """A server that speaks TLS 1.3 and caches sessions."""
    with steered_server(identities, tls=TlsOptions(cache=True, store=INNER, max_version="1.3")) as server:
        yield server


@pytest.mark.parametrize(("now", "vlan"), [("allow 750", "750"), ("allow 1", "1"), ("allow", "")])
@pytest.mark.parametrize("method", METHODS)
def test_the_vlan_of_the_policy_wins(
    leaky: SteeredServer, identities: Identities, method: str, now: str, vlan: str
) -> None:
    leaky.answer(login=["allow 750", now])
    before = len(leaky.server.log)
    fresh, resumed = leaky.eap(METHODS[method](identities), again=1, nas=LEAKY_NAS)
    assert '&session-state:Tunnel-Private-Group-Id:0 = "666"' in leaky.server.log[before:], "nothing was restored"
    assert (fresh.code, fresh.resumed, fresh.vlan) == ("Access-Accept", False, "750")
    assert (resumed.code, resumed.resumed, resumed.vlan) == ("Access-Accept", True, vlan)


@pytest.mark.parametrize(("answer", "vlan"), [("allow 20", "20"), ("allow", "")])
def test_the_vlan_of_another_module_is_taken_away(leaky: SteeredServer, answer: str, vlan: str) -> None:
    leaky.answer(login=[answer])
    reply = leaky.client.login(*mac_login("0016cbaabb02", ("NAS-Identifier", "leaky")))
    assert (reply.code, reply.vlan) == ("Access-Accept", vlan)


def test_the_certificate_is_the_same_when_resumed(resuming: SteeredServer, identities: Identities) -> None:
    pair = identities.authority.issue_client(
        "LAPTOP-1",
        dns=[DEVICE, "laptop-1.corp.example"],
        uris=[f"ID:Microsoft Endpoint Manager:GUID:{DEVICE}", "https://example/"],
        emails=["ann@corp.example"],
        upns=["ann@corp.example"],
    )
    resuming.answer()
    fresh, resumed = resuming.eap(identities.eap_tls(pair), again=1)
    assert (fresh.resumed, resumed.resumed) == (False, True)
    assert resuming.questions == ["certificate", "login", "certificate", "login"]
    names = (
        "Serial",
        "Subject",
        "Issuer",
        "Common-Name",
        "Expiration",
        "Subject-Alt-Name-Dns",
        "Subject-Alt-Name-Email",
        "Subject-Alt-Name-Upn",
        "X509v3-Subject-Alternative-Name",
    )
    seen = [{name: call.all(f"TLS-Client-Cert-{name}") for name in names} for call in resuming.calls]
    assert all(seen[0].values())
    assert seen == [seen[0]] * 4
    assert [call.all("EAP-Session-Resumed") for call in resuming.calls] == [[], [], [], ["yes"]]


@pytest.mark.parametrize(
    ("method", "inner_type"),
    [("TTLS-PAP", "PAP"), ("TTLS-MSCHAPv2", "MSCHAPv2"), ("PEAP-MSCHAPv2", "EAP-MSCHAPv2")],
)
def test_who_logged_in_is_known_when_resumed(
    resuming: SteeredServer, identities: Identities, method: str, inner_type: str
) -> None:
    resuming.answer()
    fresh, resumed = resuming.eap(METHODS[method](identities), again=1)
    assert (fresh.resumed, resumed.resumed) == (False, True)
    assert resuming.questions == ["inner", "login", "login"]
    last = resuming.calls[-1]
    assert last.all("EAP-Session-Resumed") == ["yes"]
    assert last.all("Radtune-Inner-User-Name", "session-state") == ["bob"]
    assert last.all("Radtune-Inner-Type", "session-state") == [inner_type]


def test_tls_1_3_without_the_certificate_is_refused(modern: SteeredServer, identities: Identities) -> None:
    """FreeRADIUS 3.2.1 has no certificate of a session resumed with TLS 1.3: the client has to show it again."""
    supplicant = identities.eap_tls(identities.authority.issue_client("LAPTOP-1"), tls_1_3=True)
    modern.answer(login=["allow 750"])
    fresh, resumed = modern.eap(supplicant, again=1)
    assert (fresh.resumed, fresh.code, fresh.vlan) == (False, "Access-Accept", "750")
    assert (resumed.resumed, resumed.code, resumed.eap_codes) == (True, "Access-Reject", (EAP_FAILURE,))
    assert not resumed.has_keys
    assert modern.questions == ["certificate", "login"]
    assert "Login incorrect (radtune: the server has no certificate of the resumed session" in modern.server.log


@pytest.mark.parametrize("inner", ["PAP", "MSCHAPV2", "PEAP"])
def test_tls_1_3_tunnels_without_their_login_are_refused(
    modern: SteeredServer, identities: Identities, inner: str
) -> None:
    """FreeRADIUS 3.2.1 restores nothing of a tunnel that is resumed with TLS 1.3."""
    supplicant = identities.peap(tls_1_3=True) if inner == "PEAP" else identities.ttls(inner, tls_1_3=True)
    modern.answer(login=["allow 750"])
    fresh, resumed = modern.eap(supplicant, again=1)
    assert (fresh.resumed, fresh.code, fresh.vlan) == (False, "Access-Accept", "750")
    assert (resumed.resumed, resumed.code, resumed.eap_codes) == (True, "Access-Reject", (EAP_FAILURE,))
    assert not resumed.has_keys
    assert "Login incorrect (radtune: a resumed tunnel whose login is not known" in modern.server.log
    assert "TLS 1.3 gives back none of that): [" in modern.server.log


@pytest.fixture(scope="module")
def forgetful(identities: Identities) -> Iterator[SteeredServer]:
    """A server whose session cache isn't told to keep who logged in through the tunnel."""
    with steered_server(identities, tls=TlsOptions(cache=True)) as server:
        yield server


@pytest.mark.parametrize("method", ["TTLS-PAP", "PEAP-MSCHAPv2"])
def test_a_resumed_tunnel_whose_login_is_not_known_is_refused(
    forgetful: SteeredServer, identities: Identities, method: str
) -> None:
    """As is a session of EAP-TLS that is resumed as EAP-TTLS, which has had no login in a tunnel at all."""
    forgetful.answer(login=["allow 750"])
    fresh, resumed = forgetful.eap(METHODS[method](identities), again=1)
    assert (fresh.code, fresh.vlan) == ("Access-Accept", "750")
    assert (resumed.resumed, resumed.code, resumed.eap_codes) == (True, "Access-Reject", (EAP_FAILURE,))
    assert not resumed.has_keys
    assert forgetful.questions == ["inner", "login"]
