"""Strings that aren't UTF-8 are refused before Python, with a message that says so; what is UTF-8 arrives unchanged."""

import pytest

from parts.eapol import EAP_FAILURE
from parts.radius_client import Pair, mac_login
from parts.steered import NAS, Call, Identities, SteeredServer
from parts.ttls_client import TtlsClient

MAC = "0016cbaabb02"
LATIN_1 = "Büro".encode("latin-1")
MESSAGE = "is not valid UTF-8 or has control characters"
BROKEN = {
    "Latin-1": LATIN_1,
    "a lone continuation byte": b"a\x80",
    "cut off": b"a\xc3",
    "overlong": b"\xc0\xaf",
    "a surrogate": b"\xed\xa0\x80",
    "beyond Unicode": b"\xf4\x90\x80\x80",
    "a line break": b"a\nb",
    "a null byte": b"a\x00b",
    "a backslash at the end": b"\xff\\",
    "an escape before it": b"\\101\xff",
    "quotes": b'"\xff"',
    "four bytes": b"abc\xff",
}
STRINGS = ["User-Name", "Called-Station-Id", "NAS-Identifier", "NAS-Port-Id", "Connect-Info", "Acct-Session-Id"]

MORE_STRINGS = [
    *("Filter-Id", "Reply-Message", "Callback-Number", "Callback-Id", "Framed-Route", "NAS-Identifier", "Connect-Info"),
    *("Login-LAT-Service", "Login-LAT-Node", "Framed-AppleTalk-Zone", "Login-LAT-Port", "Framed-Pool", "NAS-Port-Id"),
]


def written(refusal: Call) -> list[str]:
    """Give the request as it is written down for the hook, which could not be called with it."""
    assert refusal.lists["request"] is None
    return refusal.all("Radtune-Written", "config")


def log_of(steered: SteeredServer, before: int) -> str:
    return steered.server.log[before:]


@pytest.mark.parametrize("kind", BROKEN)
@pytest.mark.parametrize("name", STRINGS)
def test_a_request_is_refused(steered: SteeredServer, name: str, kind: str) -> None:
    steered.answer()
    before = len(steered.server.log)
    pairs = [pair for pair in mac_login(MAC) if pair[0] != name]
    reply = steered.client.login(*pairs, (name, BROKEN[kind]))
    assert reply.code == "Access-Reject"
    assert reply.all("Reply-Message") == ("An attribute of the request is not valid UTF-8",)
    assert f"(radtune: {name} {MESSAGE}" in log_of(steered, before)
    assert steered.questions == []
    (refusal,) = steered.refusals
    reason = f"radtune: {name} {MESSAGE}".encode()
    assert f"{name}:{BROKEN[kind].hex()}" in written(refusal)
    assert any(line.startswith(f"Module-Failure-Message:{reason.hex()}") for line in written(refusal))


def test_of_many_the_reason_has_each_name_once(steered: SteeredServer) -> None:
    steered.answer()
    before = len(steered.server.log)
    many: list[Pair] = [("Connect-Info", b"\xff")] * 80
    assert steered.client.login(*mac_login(MAC), *many, ("NAS-Port-Id", b"\xff")).code == "Access-Reject"
    assert f"(radtune: Connect-Info,NAS-Port-Id {MESSAGE}" in log_of(steered, before)


def test_of_very_many_names_the_reason_has_ten(steered: SteeredServer) -> None:
    steered.answer()
    before = len(steered.server.log)
    assert steered.client.login(*mac_login(MAC), *((name, b"\xff") for name in MORE_STRINGS)).code == "Access-Reject"
    assert f"(radtune: {','.join(MORE_STRINGS[:10])} {MESSAGE}" in log_of(steered, before)


def test_a_password_is_refused(steered: SteeredServer) -> None:
    steered.answer()
    before = len(steered.server.log)
    reply = steered.client.login(("User-Name", "bob"), ("User-Password", LATIN_1))
    assert reply.code == "Access-Reject"
    assert "a wrong secret does that to User-Password" in log_of(steered, before)
    assert steered.questions == []


def test_eap_is_refused_with_eap_failure(steered: SteeredServer, identities: Identities) -> None:
    steered.answer()
    (login,) = steered.eap(identities.ttls(), nas=[(30, b"00-11-22-33-44-55:" + LATIN_1)])
    assert (login.code, login.eap_codes, login.eap_ids) == ("Access-Reject", (EAP_FAILURE,), (login.response_id,))
    assert not login.all(18), "RFC 3579 2.6.5: no Reply-Message beside EAP-Message"
    assert steered.questions == []


@pytest.mark.parametrize("user", [LATIN_1, b"a\nb"])
def test_an_inner_name_is_refused(steered: SteeredServer, user: bytes) -> None:
    steered.answer()
    before = len(steered.server.log)
    client = TtlsClient(steered.server.auth_port, steered.server.secret)
    assert client.login(user, b"hello") == "Access-Reject"
    assert f") Login incorrect (radtune: User-Name {MESSAGE}" in log_of(steered, before)
    assert steered.questions == []
    assert len(steered.refusals) == 1


@pytest.mark.parametrize("kind", ["Latin-1", "cut off", "overlong", "a surrogate", "beyond Unicode"])
def test_a_certificate_is_refused(steered: SteeredServer, identities: Identities, kind: str) -> None:
    steered.answer()
    before = len(steered.server.log)
    supplicant = identities.eap_tls(identities.authority.issue_client(BROKEN[kind]))
    (login,) = steered.eap(supplicant)
    assert (login.code, login.eap_codes, login.has_keys) == ("Access-Reject", (EAP_FAILURE,), False)
    reason = "radtune: TLS-Client-Cert-Common-Name is not valid UTF-8 or has a null byte"
    assert f"({reason})" in log_of(steered, before)
    assert steered.questions == []
    (refusal,) = steered.refusals
    assert f"Module-Failure-Message:{reason.encode().hex()}" in written(refusal)
    assert f"TLS-Client-Cert-Common-Name:{BROKEN[kind].hex()}" in written(refusal)


@pytest.mark.parametrize("name", ["User-Name", "Called-Station-Id", "Connect-Info"])
def test_accounting_is_answered_but_not_taken_in(steered: SteeredServer, name: str) -> None:
    steered.answer()
    before = len(steered.server.log)
    reply = steered.client.account("Start", ("Acct-Session-Id", "0A000001"), (name, LATIN_1))
    assert reply.code == "Accounting-Response"
    assert steered.questions == []
    assert "UnicodeDecodeError" not in log_of(steered, before), "Python was asked after all"


@pytest.mark.parametrize("name", ["Büro-7", "東京", "🖥", '½ \\ "quoted" %{User-Name}'])
def test_valid_utf8_arrives_unchanged(steered: SteeredServer, name: str) -> None:
    steered.answer()
    pair: Pair = ("Called-Station-Id", f"00-11-22-33-44-55:{name}")
    assert steered.client.login(*mac_login(MAC, pair)).code == "Access-Accept"
    assert [call.all(pair[0]) for call in steered.calls] == [[pair[1]], [pair[1]]]


@pytest.mark.parametrize("name", ["Büro-7", "東京", "🖥"])
def test_valid_utf8_in_eap(steered: SteeredServer, identities: Identities, name: str) -> None:
    steered.answer()
    supplicant = identities.eap_tls(identities.authority.issue_client(name))
    (login,) = steered.eap(supplicant, nas=[*NAS[1:], (30, f"00-11-22-33-44-55:{name}")])
    assert login.code == "Access-Accept"
    for call in steered.calls:
        assert call.all("Called-Station-Id") == [f"00-11-22-33-44-55:{name}"]
        assert call.all("TLS-Client-Cert-Common-Name") == [name]


def test_long_names_in_a_certificate(steered: SteeredServer, identities: Identities) -> None:
    steered.answer()
    names = [f"{'device' * 8}-{number}.corp.example" for number in range(12)]
    (login,) = steered.eap(identities.eap_tls(identities.authority.issue_client("ü" * 32, dns=names)))
    assert login.code == "Access-Accept"
    assert steered.calls[0].all("TLS-Client-Cert-Subject-Alt-Name-Dns") == names


@pytest.mark.parametrize("uri", ["x:\\", "x:\\\\", "x:&User-Name", "x:%{User-Name}", "x:%25", f"x:{'u' * 1000}"])
def test_a_certificate_with_a_line_break_and_that_uri(steered: SteeredServer, identities: Identities, uri: str) -> None:
    """The line break has each attribute looked at."""
    steered.answer()
    (login,) = steered.eap(identities.eap_tls(identities.authority.issue_client("a\nb", uris=[uri])))
    assert login.code == "Access-Accept"
    assert [call.all("TLS-Client-Cert-Common-Name") for call in steered.calls] == [["a\nb"], ["a\nb"]]


def test_the_last_of_many_names(steered: SteeredServer, identities: Identities) -> None:
    steered.answer()
    before = len(steered.server.log)
    names = [f"{'device' * 8}-{number}.corp.example" for number in range(12)]
    (login,) = steered.eap(identities.eap_tls(identities.authority.issue_client("ann", dns=[*names, "b\\000c"])))
    assert login.code == "Access-Reject"
    assert "TLS-Client-Cert-Subject-Alt-Name-Dns is not" in log_of(steered, before)


@pytest.mark.parametrize("length", [200, 1000, 1100, 2100, 3000])
@pytest.mark.parametrize("malformed", [False, True])
def test_neither_a_long_attribute_nor_a_malformed_one_hides_a_refusal(
    steered: SteeredServer, length: int, malformed: bool
) -> None:
    steered.answer()
    eap = b"\x02\x01" + (length + malformed).to_bytes(2) + b"\x01" + b"x" * (length - 5)
    pairs: list[Pair] = [pair for pair in mac_login(MAC) if pair[0] != "User-Password"]
    pairs += [("EAP-Message", f"0x{eap[at : at + 253].hex()}") for at in range(0, length, 253)]
    reply = steered.client.login(*pairs, ("Connect-Info", LATIN_1), ("Message-Authenticator", b"\0"))
    assert reply.code == "Access-Reject"
    (refusal,) = steered.refusals
    assert f"Connect-Info:{LATIN_1.hex()}" in written(refusal)
    assert f"User-Name:{MAC.encode().hex()}" in written(refusal)
