"""MAB by CHAP, EAP-MD5 and PEAP: a password that is the MAC proves no more by them than by PAP."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from parts.eapol import EAP_FAILURE, Login, Supplicant
from parts.raddb import TlsOptions, edit
from parts.radius_client import Pair
from parts.steered import MAC, Identities, SteeredServer, steered_server

STORE = ("Tunnel-Private-Group-Id", "Radtune-Inner-User-Name", "Radtune-Inner-Type")
NAME = MAC.replace(":", "")
CALLING: Pair = ("Calling-Station-Id", "00-16-CB-AA-BB-01")
NT_HASH_OF_HELLO = "0x066ddfd4ef0e9cd7c256fe77191ef43c"
METHODS = ["CHAP", "MD5", "PEAP"]
SHOWN = {"CHAP": "CHAP with MAC", "MD5": "EAP-MD5 with MAC", "PEAP": "EAP-MSCHAPv2 with MAC"}
JUDGED = {"CHAP": ["login"], "MD5": ["login"], "PEAP": ["inner", "login"]}
VIRTUAL = (61, 5)  # NAS-Port-Type, RFC 2865


def supplicant(made: Identities, method: str, name: str, password: str) -> Supplicant:
    if method == "MD5":
        return Supplicant("MD5", made.ca, name, password=password)
    return Supplicant("PEAP", made.ca, name, password=password, inner="MSCHAPV2", anonymous=name)


def code(server: SteeredServer, made: Identities, method: str, password: str, name: str = NAME) -> str:
    """Log in, and give the name of the reply."""
    if method == "CHAP":
        return server.client.login(("User-Name", name), ("CHAP-Password", password), CALLING).code
    (login,) = server.eap(supplicant(made, method, name, password))
    return login.code


def shown(server: SteeredServer) -> list[str]:
    """Give what the hook was told of the method, at each question."""
    calls = [call for call in server.calls if call.question != "refused"]
    return [(call.all("Radtune-Inner-Type", "session-state") + call.all("Radtune-Inner-Type"))[0] for call in calls]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", [NAME, NAME.upper(), MAC, "0016.cbaa.bb01"])
def test_the_mac_as_password(steered: SteeredServer, identities: Identities, method: str, name: str) -> None:
    steered.answer(login=["allow 30"])
    assert code(steered, identities, method, name, name) == "Access-Accept"
    assert steered.questions == JUDGED[method]
    assert shown(steered) == [SHOWN[method]] * len(JUDGED[method])


@pytest.mark.parametrize("method", METHODS)
def test_another_password(steered: SteeredServer, identities: Identities, method: str) -> None:
    steered.answer()
    assert code(steered, identities, method, "hello") == "Access-Reject"
    assert steered.questions == []
    assert len(steered.refusals) == 1


@pytest.mark.parametrize("method", METHODS)
def test_denied(steered: SteeredServer, identities: Identities, method: str) -> None:
    steered.answer(inner=["deny"], login=["deny"])
    assert code(steered, identities, method, NAME) == "Access-Reject"
    assert steered.questions == JUDGED[method][:1]
    assert steered.refusals == [], "the module has written it down"


def test_eap_md5_that_is_denied_ends_in_a_failure(steered: SteeredServer, identities: Identities) -> None:
    steered.answer(login=["deny"])
    (login,) = steered.eap(supplicant(identities, "MD5", NAME, NAME))
    assert (login.eap_codes, login.eap_ids) == ((EAP_FAILURE,), (login.response_id,))


def test_peap_gives_no_key(steered: SteeredServer, identities: Identities) -> None:
    """With a key, a client would get into a WPA-Enterprise network by the MAC that it has written itself."""
    steered.answer(login=["allow 30"])
    (login,) = steered.eap(supplicant(identities, "PEAP", NAME, NAME))
    assert (login.code, login.succeeded, login.has_keys, login.vlan) == ("Access-Accept", True, False, "30")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", ["0016cbaabb02", "bob"])
def test_the_mac_of_another_client(steered: SteeredServer, identities: Identities, method: str, name: str) -> None:
    steered.answer()
    assert code(steered, identities, method, name, name) == "Access-Reject"
    assert steered.questions == []


@pytest.mark.parametrize("method", ["MD5", "PEAP"])
def test_a_virtual_port(steered: SteeredServer, identities: Identities, method: str) -> None:
    steered.answer()
    (login,) = steered.eap(supplicant(identities, method, NAME, NAME), nas=[VIRTUAL])
    assert (login.code, steered.questions) == ("Access-Reject", [])


@pytest.mark.parametrize("inner", ["PAP", "MSCHAPV2", "CHAP"])
def test_no_nas_does_it_by_ttls(steered: SteeredServer, identities: Identities, inner: str) -> None:
    steered.answer()
    client = Supplicant("TTLS", identities.ca, NAME, password=NAME, inner=inner, anonymous=NAME)
    (login,) = steered.eap(client)
    assert (login.code, steered.questions) == ("Access-Reject", [])


def test_a_name_and_a_certificate(steered: SteeredServer, identities: Identities) -> None:
    steered.answer()
    (login,) = steered.eap(identities.eap_tls(identities.authority.issue_client("LAPTOP-1"), NAME))
    assert (login.code, login.has_keys, steered.questions) == ("Access-Accept", True, ["certificate", "login"])
    assert not any(call.all("Radtune-Inner-Type") for call in steered.calls)


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(f'{NAME} Cleartext-Password := "hello"', id="a password"),
        pytest.param(f"{NAME} NT-Password := {NT_HASH_OF_HELLO}", id="its NT hash"),
    ],
)
def known(identities: Identities, request: pytest.FixtureRequest) -> Iterator[SteeredServer]:
    """A server that knows another password for the MAC's name."""
    with steered_server(identities, users=f"{request.param}\n") as server:
        yield server


def test_peap_with_a_password_of_its_own(known: SteeredServer, identities: Identities) -> None:
    known.answer()
    (login,) = known.eap(supplicant(identities, "PEAP", NAME, "hello"))
    assert (login.code, login.has_keys) == ("Access-Accept", True)
    assert shown(known) == ["EAP-MSCHAPv2", "EAP-MSCHAPv2"]


def test_peap_with_the_mac_in_place_of_that_password(known: SteeredServer, identities: Identities) -> None:
    known.answer()
    assert code(known, identities, "PEAP", NAME) == "Access-Reject"
    assert known.questions == []


@pytest.mark.parametrize("method", ["CHAP", "MD5"])
def test_a_login_by_the_mac_is_always_mab(known: SteeredServer, identities: Identities, method: str) -> None:
    """Those two compare with a Cleartext-Password alone: with that of the users file, or else with the MAC."""
    known.answer()
    if code(known, identities, method, NAME) == "Access-Accept":
        assert shown(known) == [SHOWN[method]]
    known.answer()
    if code(known, identities, method, "hello") == "Access-Accept":
        assert not any(call.all("Radtune-Inner-Type") for call in known.calls)


def elsewhere(raddb: Path) -> None:
    """Let whoever resumes a session come with another MAC address."""
    move = (
        '\tif (&EAP-Session-Resumed) {\n\t\tupdate request {\n\t\t\t&Calling-Station-Id := "0016cb000099"\n\t\t}\n\t}\n'
    )
    edit(
        raddb / "sites-available/radtune",
        (r"^\tremove_reply_message_if_eap\n", f"\tremove_reply_message_if_eap\n{move}"),
    )


@pytest.fixture(scope="module")
def moved(identities: Identities) -> Iterator[SteeredServer]:
    with steered_server(identities, tls=TlsOptions(cache=True, store=STORE), changes=[elsewhere]) as server:
        yield server


def resumed(server: SteeredServer, made: Identities) -> list[Login]:
    logins = server.eap(supplicant(made, "PEAP", NAME, NAME), again=1)
    assert [login.resumed for login in logins] == [False, True]
    return logins


def test_a_resumed_session_is_mab_again(resuming: SteeredServer, identities: Identities) -> None:
    resuming.answer(login=["allow 30"])
    for login in resumed(resuming, identities):
        assert (login.code, login.vlan, login.has_keys) == ("Access-Accept", "30", False)
    assert resuming.questions == ["inner", "login", "login"]
    assert shown(resuming) == ["EAP-MSCHAPv2 with MAC"] * 3


def test_a_session_resumed_by_another_mac(moved: SteeredServer, identities: Identities) -> None:
    moved.answer(login=["allow 30"])
    login = resumed(moved, identities)[1]
    assert (login.code, login.eap_codes, login.has_keys) == ("Access-Reject", (EAP_FAILURE,), False)
    assert moved.questions == ["inner", "login"]
    assert "the resumed session is that of another MAC address" in moved.server.log
