"""Which requests are MAC authentication bypass: the others never reach Python in authorize."""

import pytest

from parts.radius_client import Pair, mac_login
from parts.steered import Identities, SteeredServer

MAC = "0016cbaabb02"
NOTATIONS = [
    "0016cbaabb02",
    "0016CBAABB02",
    "00-16-cb-aa-bb-02",
    "00-16-CB-AA-BB-02",
    "00:16:cb:aa:bb:02",
    "0016.cbaa.bb02",
    "0016-cbaa-bb02",
    "0016CB-AABB02",
    "0016CB.AABB02",
    "00.16.cb.aa.bb.02",
]
CALL_CHECK: Pair = ("Service-Type", "Call-Check")


def request(user: str, password: str | None, calling: str | None, *more: Pair) -> tuple[Pair, ...]:
    pairs: list[Pair] = [("User-Name", user)]
    if password is not None:
        pairs.append(("User-Password", password))
    if calling is not None:
        pairs.append(("Calling-Station-Id", calling))
    return (*pairs, *more)


@pytest.mark.parametrize("notation", NOTATIONS)
def test_every_notation(steered: SteeredServer, notation: str) -> None:
    steered.answer(login=["allow 30"])
    reply = steered.client.login(*request(notation, notation, "00-16-CB-AA-BB-02"))
    assert (reply.code, reply.vlan) == ("Access-Accept", "30")
    assert steered.questions == ["mab", "login"]


@pytest.mark.parametrize("notation", [*NOTATIONS, "00 16 CB AA BB 02", "00_16_cb_aa_bb_02"])
def test_every_notation_of_the_calling_station(steered: SteeredServer, notation: str) -> None:
    steered.answer(login=["allow 30"])
    reply = steered.client.login(*request(MAC, None, notation, CALL_CHECK))
    assert reply.code == "Access-Accept"
    assert steered.questions == ["mab", "login"]


@pytest.mark.parametrize(
    "pairs",
    [
        pytest.param(request(MAC, "the switch's own", MAC, CALL_CHECK), id="a password of the NAS, Call-Check"),
        pytest.param(request(MAC, None, MAC, CALL_CHECK), id="no password, Call-Check"),
        pytest.param(request(MAC, MAC, MAC, ("Service-Type", "Framed-User")), id="Framed-User, password is the MAC"),
        pytest.param(request(MAC, MAC, MAC, ("NAS-Port-Type", "Ethernet")), id="a wired port"),
        pytest.param(request(MAC, MAC, MAC, ("NAS-Port-Type", "Wireless-802.11")), id="a radio port"),
        pytest.param(request(MAC, None, MAC, ("CHAP-Password", b"\x01" + 16 * b"x"), CALL_CHECK), id="CHAP"),
    ],
)
def test_mab(steered: SteeredServer, pairs: tuple[Pair, ...]) -> None:
    steered.answer()
    assert steered.client.login(*pairs).code == "Access-Accept"
    assert steered.questions == ["mab", "login"]


@pytest.mark.parametrize(
    "pairs",
    [
        pytest.param(request(MAC, "hello", MAC), id="another password, no Call-Check"),
        pytest.param(request(MAC, MAC, MAC, ("MS-CHAP-Challenge", 8 * b"x"), CALL_CHECK), id="MS-CHAP"),
        pytest.param(request(MAC, MAC, "0016cbaabb03", CALL_CHECK), id="another client's MAC"),
        pytest.param(request(MAC, MAC, None, CALL_CHECK), id="no Calling-Station-Id"),
        pytest.param(request(MAC, MAC, "192.0.2.7", CALL_CHECK), id="an address for Calling-Station-Id"),
        pytest.param(request(MAC, MAC, f"{MAC}:Corp", CALL_CHECK), id="more than a MAC"),
        pytest.param(request(MAC, MAC, MAC, ("NAS-Port-Type", "Virtual"), CALL_CHECK), id="a virtual port"),
        pytest.param(request("0016cbaabb0", "0016cbaabb0", "0016cbaabb0", CALL_CHECK), id="eleven digits"),
        pytest.param(request("0016cbaabbg2", "0016cbaabbg2", "0016cbaabbg2", CALL_CHECK), id="not hex"),
        pytest.param(request("alice", "alice", MAC, CALL_CHECK), id="a user name"),
    ],
)
def test_not_mab(steered: SteeredServer, pairs: tuple[Pair, ...]) -> None:
    steered.answer()
    assert steered.client.login(*pairs).code == "Access-Reject"
    assert steered.questions == []


def test_eap_with_a_mac_for_a_name_is_not_mab(steered: SteeredServer, identities: Identities) -> None:
    pair = identities.authority.issue_client("LAPTOP-1")
    steered.answer(login=["allow 30"])
    (login,) = steered.eap(identities.eap_tls(pair, "0016cbaabb01"), nas=[(6, 10)])
    assert login.code == "Access-Accept"
    assert steered.questions == ["certificate", "login"]


@pytest.mark.parametrize("answer", ["deny", "fail", "raise"])
def test_refused_at_once(steered: SteeredServer, answer: str) -> None:
    steered.answer(mab=[answer])
    reply = steered.client.login(*mac_login(MAC))
    assert (reply.code, reply.all("Tunnel-Type")) == ("Access-Reject", ())
    assert steered.questions == ["mab"]


def test_no_answer_leaves_it_to_the_other_modules(steered: SteeredServer) -> None:
    steered.answer(mab=["noop"])
    assert steered.client.login(*mac_login(MAC)).code == "Access-Reject"
    assert steered.questions == ["mab"]


@pytest.mark.parametrize("answer", ["deny", "fail", "raise"])
def test_refused_in_the_end(steered: SteeredServer, answer: str) -> None:
    steered.answer(login=[answer])
    reply = steered.client.login(*mac_login(MAC))
    assert (reply.code, reply.vlan) == ("Access-Reject", "")
    assert steered.questions == ["mab", "login"]
